"""The capacity curve: impact paid in the ledger, counts that agree with the tables of the runs."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.hedge import BetaRatio, HedgeRule
from quanthedge.report.capacity import MEASURES, capacity_answer
from quanthedge.studies.capacity import capacity_curve
from quanthedge.studies.capacity.measures import hedge_measures, margin_drag
from tests.sample import sample_market, small_strategy

END = "2015-02-27"
SIZES = (2e4, 5e7, 1e9)


def run(size: float, coefficient: float):
    changes = (f"capital_yuan={size}", f"costs.impact_coefficient={coefficient}")
    return backtest(small_strategy(*changes), sample_market(), "2014-09-17", END)


def curve_of(sizes=(5e7,), **asked):
    return capacity_curve(
        small_strategy(), sample_market(), "2014-09-17", END, sizes=sizes, **asked
    )


@pytest.fixture(scope="module")
def curve():
    return curve_of(SIZES)


def test_more_money_moves_prices_more(curve) -> None:
    ran = curve[curve["reason"] == ""]
    assert ran["size_impact"].is_monotonic_increasing
    assert (ran["size_impact"] > 0).all()
    assert (ran["net"] < ran["net_without_size_impact"]).all()
    assert ran["lots"].is_monotonic_increasing
    assert ran["lot_rounding"].is_monotonic_decreasing
    assert ran["open_interest_share_most"].iloc[-1] >= ran["open_interest_share"].iloc[-1]


def test_a_curve_is_a_table_that_shows_itself_as_a_card(curve) -> None:
    assert type(curve.round(4)) is type(curve[["net"]]) is pd.DataFrame
    ran = curve[curve["reason"] == ""]
    for language, words in (("en", ("gross", "curve.T")), ("zh", ("费前", "占持仓量"))):
        text = curve.card().text(language)
        assert all(word in text for word in words)
        assert all(f"{value:.2%}" in text for value in ran["net"])
        assert capacity_answer(curve, language)[:20] in text.replace("\n  ", "")
    assert repr(curve) == curve.card().text()
    assert "<table" in curve._repr_html_()


def test_a_size_that_cannot_be_run_keeps_its_row_with_the_reason(curve) -> None:
    assert "capital_yuan 20,000" in curve.loc[2e4, "reason"]
    assert curve.loc[2e4, list(MEASURES)].isna().all()


def test_a_row_is_the_run_of_that_size_with_the_coefficient_in_its_ledger(curve) -> None:
    result, row = run(1e9, 1.0), curve.loc[1e9]
    assert row["net"] == result.summary()["annual_return_net"].value
    ledger = result.ledger.iloc[1:]
    years = (result.ledger.index[-1] - result.ledger.index[0]).days / 365
    yuan_years = ledger["equity"].mean() * years
    assert row["impact"] == pytest.approx(ledger["impact"].sum() / yuan_years, rel=1e-12)
    cash = (ledger["stock_cash"] + ledger["futures_cash"]) / ledger["equity"]
    assert row["margin"] + row["idle_cash"] == pytest.approx(cash.mean(), rel=1e-12)
    assert row["net_without_size_impact"] == run(1e9, 0.0).summary()["annual_return_net"].value


def test_impact_is_slippage_and_the_square_root_law_order_by_order(curve) -> None:
    result, market = run(1e9, 1.0), sample_market()
    stock = result.trades[result.trades["commission"] > 0]
    returns, amounts = market.panel("simple_return"), market.panel("amount")
    total = 0.0
    for trade in stock.itertuples():
        t = int(np.searchsorted(market.dates, np.datetime64(trade.date, "D")))
        i = int(np.flatnonzero(market.codes == trade.code)[0])
        spread = np.nanstd(np.asarray(returns[t - 20 : t, i], dtype=float), ddof=1)
        size = spread * np.sqrt(trade.amount / amounts[t, i]) * trade.amount
        assert trade.impact == pytest.approx(size + 5e-4 * trade.amount, rel=1e-9)
        total += size
    years = (result.ledger.index[-1] - result.ledger.index[0]).days / 365
    expected = total / result.ledger["equity"].iloc[1:].mean() / years
    assert curve.loc[1e9, "size_impact"] == pytest.approx(expected, rel=1e-9)


def test_a_higher_coefficient_leaves_less() -> None:
    rows = [curve_of((1e9,), coefficient=k).iloc[0] for k in (0.0, 0.5, 1.0, 2.0)]
    assert all(a["net"] > b["net"] for a, b in pairwise(rows))
    assert all(a["impact"] < b["impact"] for a, b in pairwise(rows))
    assert rows[0]["net"] == rows[0]["net_without_size_impact"]
    assert rows[0]["size_impact"] == pytest.approx(0.0, abs=1e-15)


def test_the_strategys_own_coefficient_is_taken_where_it_has_one() -> None:
    own = small_strategy("costs.impact_coefficient=0.3")
    table = capacity_curve(own, sample_market(), "2014-09-17", "2014-10-31", sizes=(1e8,))
    assert table["coefficient"].tolist() == [0.3]


def test_several_processes_give_the_same_table(curve) -> None:
    lines: list[str] = []
    table = curve_of(SIZES, jobs=2, tell=lines.append)
    pd.testing.assert_frame_equal(table, curve, check_exact=True)
    assert len(lines) == len(SIZES)
    assert {line.split()[0] for line in lines} == {"1/3", "2/3", "3/3"}


def test_shares_of_open_interest_and_turnover_agree_with_the_market(curve) -> None:
    result, market = run(1e9, 1.0), sample_market()
    bars = market.futures("IF").set_index(["date", "contract"])["open_interest"]
    shares = [
        abs(row.lots) / bars[row.date, row.contract]
        for row in result.contracts.itertuples()
        if row.lots
    ]
    row = curve.loc[1e9]
    assert row["open_interest_share"] == pytest.approx(np.mean(shares), rel=1e-12)
    assert row["open_interest_share_most"] == max(shares)
    assert row["lots"] == result.ledger["lots"].abs().max()
    stock = result.refusals[result.refusals["code"].isin(market.codes)]
    undone = (stock["done"] == 0).sum()
    filled = (result.trades["commission"] > 0).sum()
    cut = (stock["reason"] == "volume").sum()
    assert row["volume_cuts"] == cut / (filled + undone)


def test_margin_drag_is_the_return_that_idle_money_would_have_earned_in_the_book() -> None:
    # a book of 600 of 1,000 earns 73 in 73 days: 73/600 x 5 a year; cash of 400 earns 4: 1% x 5
    days = pd.DatetimeIndex(["2015-01-01", "2015-03-15"])
    columns = ["equity", "stock_value", "stock_cash", "futures_cash", "stock_pnl", "dividends",
               "futures_pnl", "interest", "commission", "stamp_duty", "transfer_fee",
               "exchange_fee", "futures_fee", "impact", "dividend_tax", "loan_interest",
               "lending_fee",
               ]  # fmt: skip
    ledger = pd.DataFrame(0.0, index=days, columns=columns)
    ledger.loc[days[1], ["equity", "stock_value", "stock_cash", "futures_cash"]] = (
        1_000.0, 600.0, 300.0, 100.0,
    )  # fmt: skip
    ledger.loc[days[1], ["stock_pnl", "dividends", "futures_pnl", "interest"]] = 90.0, 3, -10.0, 4.0
    ledger.loc[days[1], ["commission", "impact"]] = 4.0, 6.0
    assert margin_drag(ledger) == pytest.approx(0.4 * (73 / 600 - 4 / 400) * 5)


def test_the_hedge_is_measured_against_what_was_wanted() -> None:
    # wanted 0.9 x 1,000 = 900, held 3 lots of 270 = 810; equity 2,000
    ledger = pd.DataFrame(
        {"equity": 2_000.0, "stock_value": 1_000.0, "book_beta": 0.9, "futures_notional": 810.0,
         "lots": -3},
        index=pd.RangeIndex(2),
    )  # fmt: skip
    found = hedge_measures(ledger, HedgeRule())
    assert found["hedge_gap"] == pytest.approx(90 / 2_000)
    assert found["lot_rounding"] == pytest.approx(90 / 2_000)  # 900 / 270 = 3.33: three are nearest
    assert found["smallest_hedged_yuan"] == pytest.approx(0.5 * 270 / (900 / 2_000))
    ranged = hedge_measures(ledger, HedgeRule(ratio=BetaRatio(scale=0.5), range=(0.81, 1.0)))
    assert ranged["hedge_gap"] == pytest.approx(0.0, abs=1e-12)


def test_below_the_smallest_hedged_size_there_is_no_hedge(curve) -> None:
    smallest = curve.loc[5e7, "smallest_hedged_yuan"]
    below = curve_of((0.6 * smallest,)).iloc[0]
    assert "too small" in below["reason"] or below["lots"] == 0
    assert curve_of((1.6 * smallest,)).iloc[0]["lots"] >= 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"sizes": ()}, "sizes none"),
        ({"sizes": (1e8, -1.0)}, "above 0"),
        ({"coefficient": -0.5}, "coefficient -0.5"),
        ({"open_interest_limit": 0.0}, "open_interest_limit"),
        ({"jobs": 0}, "jobs 0"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict, words: str) -> None:
    with pytest.raises(StrategyError, match=words):
        curve_of(**({"sizes": (1e8,)} | asked))
