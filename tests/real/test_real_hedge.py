"""The hedge on real data: the basis beside published figures, the limits of 2015 as they were."""

import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.hedge import basis_table
from quanthedge.strategy import load_strategy
from tests.sample import NEUTRAL

# Mean premium of IF's front month in percent, by a published study (source B11 of the rule book).
PUBLISHED = {2010: 0.589, 2011: 0.140, 2012: 0.209, 2013: -0.130, 2014: 0.001}


def test_the_front_basis_is_that_of_a_published_study(real_market):
    frame = basis_table(real_market, "IF")
    front = frame[frame["position"] == "front"]
    means = 100 * front.groupby(front["date"].dt.year)["basis_fraction"].mean()
    for year, published in PUBLISHED.items():
        assert means[year] == pytest.approx(published, abs=0.05)


def test_from_september_2015_a_speculator_opens_ten_lots_a_day_and_a_hedger_what_he_needs(
    real_market,
):
    opened = {}
    for account in ("hedging", "speculative"):
        strategy = load_strategy(NEUTRAL, [f"hedge.account={account}"])
        result = backtest(strategy, real_market, "2015-08-03", "2015-10-30")
        futures = result.trades[result.trades["code"].str.startswith("IF")]
        sold = futures[futures["side"] == "sell"].groupby("date")["quantity"].sum()
        opened[account] = sold[sold.index >= "2015-09-07"]
        rate = result.ledger["margin_required"] / result.ledger["futures_notional"]
        jump = {"hedging": 0.20, "speculative": 0.40}[account]
        assert rate.loc["2015-09-07"] == pytest.approx(jump)
        refused = result.refusals[result.refusals["reason"] == "open_limit"]
        assert (len(refused) > 0) == (account == "speculative")
    assert opened["speculative"].max() <= 10
    assert opened["hedging"].max() > 50
