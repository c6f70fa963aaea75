"""Whole runs with other hedges: products, contracts, limits, ratios, policies, a loan."""

from functools import cache

import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from tests.sample import SAMPLE, sample_market, small_strategy

WINDOW = ("2014-09-17", "2015-02-27")
LATE = ("2015-07-01", "2015-12-31")  # index futures on the CSI 500 began in April


@cache
def run(*changes: str, window: tuple[str, str] = WINDOW):
    return backtest(small_strategy(*changes), sample_market(), *window)


def kinds(result):
    return {note["kind"] for note in result.notes}


def test_two_products_are_held_side_by_side():
    result = run("hedge.product=['IF', 'IC']", "beta={kind='ols', window=120}", window=LATE)
    held = result.contracts.assign(product=result.contracts["contract"].str[:2])
    days = held.groupby("date")["product"].nunique()
    assert (days == 2).mean() > 0.5
    sums = held.groupby("date")[["lots", "futures_notional", "margin_required"]].sum()
    ledger = result.ledger.loc[sums.index]
    pd.testing.assert_frame_equal(sums, ledger[sums.columns], check_names=False, check_freq=False)


def test_risk_aversion_moves_the_hedge_towards_what_carries():
    plain, keen = run(window=LATE), run("hedge.risk_aversion=3.0", window=LATE)
    assert not plain.ledger["lots"].equals(keen.ledger["lots"])


def test_a_speculative_account_opens_no_more_than_the_exchange_lets_it():
    free = run(window=LATE)
    bound = run("hedge.account=speculative", window=LATE)
    after = bound.trades[
        (bound.trades["date"] >= "2015-09-07") & bound.trades["code"].str.startswith("IF")
    ]
    opened = after[after["side"] == "sell"].groupby("date")["quantity"].sum()
    assert opened.max() <= 10
    refused = bound.refusals[bound.refusals["reason"] == "open_limit"]
    assert len(refused) > 0
    assert (refused["wanted"] > refused["done"]).all()
    assert "open_limit" in kinds(bound)
    assert "open_limit" not in kinds(free)
    short = bound.ledger["lots"].abs().sum()
    assert short < free.ledger["lots"].abs().sum()


def test_a_quota_holds_in_each_contract():
    result = run("hedge.quota_lots=20")
    assert result.contracts["lots"].abs().max() == 20
    assert {"position_limit"} <= kinds(result)
    assert "quota" in kinds(run())


@pytest.mark.parametrize("contract", ["next", "quarter", "cheapest_carry"])
def test_other_contracts_are_held_and_rolled(contract):
    result = run(f"hedge.contract={contract}")
    front, held = run().contracts, result.contracts
    assert not held["contract"].equals(front["contract"])
    assert (result.trades["reason"] == "roll").any()


@pytest.mark.parametrize(
    "ratio",
    ["{kind='dollar_neutral'}", "{kind='fixed', value=0.7}", "{kind='minimum_variance'}",
     "{kind='alpha_scaled'}", "{kind='beta', scale=0.5}", "0.5"],
)  # fmt: skip
def test_ratios_decide_how_much_is_short(ratio):
    ledger = run(f"hedge.ratio={ratio}").ledger.iloc[5:]
    held = ledger["futures_notional"] / ledger["stock_value"]
    expected = {
        "{kind='dollar_neutral'}": (0.9, 1.1),
        "{kind='fixed', value=0.7}": (0.62, 0.78),
        "{kind='beta', scale=0.5}": (0.3, 0.7),
        "0.5": (0.3, 0.7),
    }.get(ratio, (0.2, 1.3))
    assert expected[0] < held.mean() < expected[1]


def test_half_a_beta_is_the_same_as_a_number_and_as_a_rule():
    number, rule = run("hedge.ratio=0.5").ledger, run("hedge.ratio={kind='beta', scale=0.5}").ledger
    pd.testing.assert_frame_equal(number, rule)


def test_a_lazy_policy_trades_the_hedge_less():
    lazy = run("hedge.policy={kind='deviation', fraction=0.2}")
    keen = run("hedge.policy.every_days=1")
    counts = [(one.trades["reason"] == "hedge").sum() for one in (lazy, keen)]
    assert counts[0] < counts[1]
    assert "when it is off its target by 20%" in lazy.timeline["en"]


def test_the_range_of_a_public_fund_holds():
    ledger = run("hedge.range=[0.8, 0.9]", "hedge.policy.every_days=1").ledger
    held = ledger["futures_notional"] / ledger["stock_value"]
    assert held.iloc[5:].between(0.74, 0.96).all()


def test_betas_say_which_days_they_leave_out():
    result = run("beta.preparation={resumption='drop', listing_days='until_free'}")
    note = next(note for note in result.notes if note["kind"] == "beta_preparation")
    assert "days of resumption left out" in note["en"]
    assert "复牌首日剔除" in note["zh"]
    assert "beta_preparation" not in kinds(run())


def test_a_loan_pays_for_more_stocks_and_costs_its_interest():
    result = run("invested_fraction=1.0", "accounts.borrowed=0.3")
    ledger = result.ledger
    assert ledger["loan"].iloc[-1] > 0.2 * ledger["equity"].iloc[-1]
    assert ledger["loan_interest"].sum() > 0
    assert "loan" in kinds(result)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (("invested_fraction=1.2",), "needs accounts.borrowed"),
        (("beta.method=top_down",), "takes bottom_up"),
        (("hedge.product=['IF', 'IF']",), "at most once"),
        (("hedge.range=[1.2, 0.8]",), "least <= largest"),
        (("hedge.quota_lots=5", "hedge.account=speculative"), "hedging account"),
        (("hedge.policy={kind='calendar'}",), "one of them"),
        (("beta.kind=clairvoyant",), "clairvoyant"),
    ],
)
def test_hedges_that_make_no_sense_are_refused(changes, text):
    with pytest.raises(StrategyError, match=text):
        small_strategy(*changes)


def test_the_sample_has_the_products():
    assert SAMPLE.is_dir()
    assert {"IF", "IC"} <= set(sample_market().futures_products())
