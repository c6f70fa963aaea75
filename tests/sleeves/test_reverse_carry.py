"""Reverse carry: a basket borrowed and sold against a contract, as a user asks for it."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.backtesting.plan import prepare
from quanthedge.comparison.sleeves import compared_sleeves
from quanthedge.errors import DataError, StrategyError
from quanthedge.ledger import run_ledger
from quanthedge.sleeves import Wishes

START, END = "2014-10-08", "2014-12-05"  # IF1411 is bought on 2014-11-06 and delivered
TERMS = {"entry": 0.0, "exit": -5.0, "months": ["front"]}
LENT = pd.DataFrame(
    {
        "date": pd.to_datetime(["2014-01-02", "2014-11-10"]),
        "fee": [0.005, 0.01],
        "available": [2e8, 2e8],
        "collateral": [0.5, 0.5],
    }
)


def carry(**more: object) -> dict[str, object]:
    return {
        "kind": "cash_and_carry", "label": "carry", "budget": 0.8, "terms": TERMS, "lending": LENT,
    } | more  # fmt: skip


@pytest.fixture(scope="module")
def market() -> qh.Market:
    return qh.sample_market()


@pytest.fixture(scope="module")
def alone() -> qh.Strategy:
    return qh.load_strategy("cash_and_carry")


@pytest.fixture(scope="module")
def run(market: qh.Market, alone: qh.Strategy) -> qh.Result:
    return qh.backtest(alone.change({"sleeves": [carry()]}), market, START, END)


def test_the_reverse_side_is_borrowed_sold_delivered_and_returned(run: qh.Result) -> None:
    stocks = run.trades[~run.trades["code"].str.startswith("IF")]
    entry, exit_day = stocks["date"].min(), stocks["date"].max()
    assert (str(entry.date()), str(exit_day.date())) == ("2014-11-06", "2014-11-21")
    assert set(stocks["side"][stocks["date"] == entry]) == {"sell"}
    futures = run.trades[run.trades["code"] == "IF1411"]
    assert futures["reason"].astype(str).tolist() == ["rebalance", "delivery"]
    assert futures["side"].tolist() == ["buy", "sell"]
    days = run.sleeves[run.sleeves["sleeve"] == "carry"].set_index("date")
    short = days["stocks_borrowed"] > 0
    assert short.sum() == 11  # trading days from the 6th to the 20th
    lot = futures["amount"].iloc[0]
    assert days["stocks_borrowed"][short].iloc[0] == pytest.approx(lot, rel=0.05)
    np.testing.assert_allclose(days["stock_value"], -days["stocks_borrowed"])
    np.testing.assert_allclose(days["cash_pledged"], 1.5 * days["stocks_borrowed"])
    assert (run.positions["shares"][run.positions["date"].isin(days.index[short])] < 0).all()


def test_what_it_earned_is_what_its_trades_dividends_and_fees_come_to(
    market: qh.Market, run: qh.Result
) -> None:
    trades = run.trades
    signed = np.where(trades["side"] == "sell", 1.0, -1.0) * trades["amount"]
    costs = trades[["commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee",
                    "impact", "dividend_tax"]].sum(axis=1)  # fmt: skip
    held = trades.assign(
        n=np.where(trades["side"] == "buy", trades["quantity"], -trades["quantity"])
    )
    owed = held[~held["code"].str.startswith("IF")].pivot_table(
        "n", "date", "code", aggfunc="sum"
    )  # fmt: skip
    ledger = run.ledger
    owed = owed.reindex(ledger.index).fillna(0.0).cumsum()
    actions = market.corporate_actions()
    assert not actions["code"][
        actions["ex_date"].between("2014-11-07", "2014-11-21")
    ].isin(owed.columns).any()  # fmt: skip
    place = [list(market.codes).index(code) for code in owed.columns]
    rows = [market.day(str(day.date())) for day in ledger.index]
    value = -(owed * market.panel("mark")[rows][:, place]).sum(axis=1)
    rate = np.where(ledger.index < "2014-11-10", 0.005, 0.01)
    gap = pd.Series(ledger.index).diff().dt.days.to_numpy()[1:]
    fees = (value * rate).to_numpy()[:-1] * gap / 365
    np.testing.assert_allclose(ledger["lending_fee"].iloc[1:], fees, atol=1e-6)
    earned = signed.sum() - costs.sum() - fees.sum()
    last = run.sleeves[run.sleeves["sleeve"] == "carry"]["earned"].iloc[-1]
    assert last == pytest.approx(earned, abs=0.01)
    bridge = qh.sleeve_bridge(run, "whole").iloc[0]
    financed = run.sleeves.loc[run.sleeves["sleeve"] == "carry", "interest"].sum()
    assert bridge["carry"] == pytest.approx(earned + financed, abs=0.01)
    assert abs(bridge["residual"]) < 1e-3
    assert abs(run.bridge("whole")["residual"].iloc[0]) < 1e-3
    assert run.bridge("whole")["lending_fee"].iloc[0] == pytest.approx(-fees.sum())
    figures = qh.sleeve_figures(run, "whole").set_index("sleeve").loc["carry"]
    assert figures["costs_yuan"] == pytest.approx(costs.sum() + fees.sum())
    assert 0 < figures["capital_yuan"] < 0.8 * 1.02e8  # collateral and margin


def test_proceeds_earn_no_interest(run: qh.Result, market: qh.Market) -> None:
    ledger = run.ledger
    rows = [market.day(str(day.date())) for day in ledger.index]
    rate = market.cash_rate()[rows][:-1]
    gap = pd.Series(ledger.index).diff().dt.days.to_numpy()[1:]
    free = (ledger["stock_cash"] - ledger["stocks_borrowed"]).to_numpy()[:-1]
    np.testing.assert_allclose(ledger["interest"].iloc[1:], free * rate * gap / 365, rtol=1e-9)


def test_a_run_says_what_was_borrowed_and_why_nothing_was(
    market: qh.Market, alone: qh.Strategy, run: qh.Result
) -> None:
    (told,) = [one for one in run.notes if one["kind"] == "lent"]
    assert "2 rows" in told["en"]
    assert "融券" in told["zh"]
    without = qh.backtest(alone, market, START, END)
    (told,) = [one for one in without.notes if one["kind"] == "not_lent"]
    assert "no lending table" in told["en"]
    assert (without.ledger["stocks_borrowed"] == 0).all()


def test_a_table_that_lends_nothing_changes_nothing(market: qh.Market, alone: qh.Strategy) -> None:
    nothing = LENT.assign(available=0.0)
    spans = ("2015-05-04", "2015-07-31")
    terms = {"entry": 0.0}
    off, on = (
        run_ledger(
            prepare(alone.change({"sleeves": [carry(**more, terms=terms)]}), market, *spans).inputs
        )
        for more in ({"lending": ()}, {"lending": nothing})
    )
    assert off.trades.size
    np.testing.assert_array_equal(on.trades, off.trades)
    np.testing.assert_array_equal(on.ledger, off.ledger)


def test_a_run_keeps_its_table_and_runs_again(
    tmp_path: Path, market: qh.Market, run: qh.Result
) -> None:
    folder = run.to_parquet(tmp_path / "run")
    kept = qh.load_strategy(Path(folder) / "strategy.json")
    assert kept.sleeves == run.strategy.sleeves
    again = qh.backtest(kept, market, START, END)
    pd.testing.assert_frame_equal(again.ledger, run.ledger)
    other = run.strategy.change({"sleeves": [carry(lending=LENT.assign(fee=[0.005, 0.02]))]})
    changed = qh.backtest(other, market, START, END)
    assert changed.strategy.model_dump(mode="json") != run.strategy.model_dump(mode="json")
    assert changed.ledger["lending_fee"].sum() > run.ledger["lending_fee"].sum()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_beside_the_strategy_is_read(tmp_path: Path, ending: str) -> None:
    if ending == "csv":
        LENT.to_csv(tmp_path / "lent.csv", index=False)
    else:
        LENT.to_parquet(tmp_path / "lent.parquet")
    text = (Path(__file__).parents[2] / "strategies" / "cash_and_carry.toml").read_text("utf-8")
    budget = "budget = 0.95\n"
    assert budget in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(budget, f'{budget}lending = "lent.{ending}"\n'), "utf-8")
    rows = qh.load_strategy(file).sleeves[0].lending  # type: ignore[attr-defined]
    assert [row.date for row in rows] == [date(2014, 1, 2), date(2014, 11, 10)]
    assert [row.fee for row in rows] == [0.005, 0.01]


def test_rows_that_say_the_same_are_one(alone: qh.Strategy) -> None:
    daily = pd.DataFrame({"date": pd.date_range("2014-01-01", periods=500), "fee": 0.08,
                          "available": 1e8, "collateral": 0.5})  # fmt: skip
    (sleeve,) = alone.change({"sleeves": [carry(lending=daily)]}).sleeves
    assert len(sleeve.lending) == 1  # type: ignore[attr-defined]


WRONG = {
    "no column": (LENT.drop(columns="collateral"), "no column 'collateral'"),
    "no row": (LENT.iloc[:0], "one row or more"),
    "backwards": (LENT.iloc[::-1], "dates ascending"),
    "below 0": (LENT.assign(fee=-0.01), "0 or more"),
    "no number": (LENT.assign(available=np.nan), "0 or more"),
    "no file": ("nowhere.csv", "no such file"),
    "rows backwards": (LENT.to_dict("records")[::-1], "dates ascending"),
    "rows short": ([{"date": "2014-01-02", "fee": 0.1}], "no column 'available'"),
    "something else": (7, "tuple"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_table_that_cannot_be_meant_ends_in_one_line(alone: qh.Strategy, case: str) -> None:
    table, told = WRONG[case]
    with pytest.raises((StrategyError, DataError), match=told):
        alone.change({"sleeves": [carry(lending=table)]})


def test_no_other_sleeve_takes_a_table(alone: qh.Strategy) -> None:
    spread = {"kind": "calendar_spread", "label": "spread", "budget": 0.1, "lending": LENT}
    with pytest.raises(StrategyError, match="lending"):
        alone.change({"sleeves": [spread]})


class Short(qh.Sleeve):
    """Sells a stock that nobody lends it."""

    def wishes(self, market: qh.Market, first: int, last: int) -> Wishes:
        return Wishes(np.array([first]), ({0: -0.1},), ({},))


def test_a_sleeve_without_a_table_sells_nothing_short(
    market: qh.Market, alone: qh.Strategy
) -> None:
    wrong = alone.change({"sleeves": [Short(label="short", budget=0.1)]})
    with pytest.raises(StrategyError, match="with a lending table only"):
        qh.backtest(wrong, market, START, END)


def test_wishes_turn_round_with_the_side(market: qh.Market, alone: qh.Strategy) -> None:
    (sleeve,) = alone.change({"sleeves": [carry()]}).sleeves
    first, last = market.span(START, END)
    found = sleeve.checked_wishes(market, first, last)
    at = [k for k, one in enumerate(found.weights) if one]
    assert len(at) == 1
    stocks, contracts = found.weights[at[0]], found.contracts[at[0]]
    assert max(stocks.values()) < 0
    assert contracts == {"IF1411": pytest.approx(-sum(stocks.values()))}
    part = 1 / (0.5 + 0.12 + 0.10)  # collateral, margin of IF1411 then, reserve
    assert contracts["IF1411"] == pytest.approx(part, rel=0.05)


def test_expected_is_that_of_the_better_side(market: qh.Market, alone: qh.Strategy) -> None:
    first, last = market.span(START, END)
    with_table, without = (
        alone.change({"sleeves": [carry(**more)]}).sleeves[0].expected(market, first, last)
        for more in ({}, {"lending": ()})
    )
    known = np.isfinite(with_table) & np.isfinite(without)
    held = slice(market.day("2014-11-05") - first + 1, market.day("2014-11-20") - first + 1)
    assert len(set(with_table[held])) == 1
    known[held] = False
    assert (with_table[known] >= without[known]).all()
    assert (with_table[known] > without[known]).any()


@pytest.mark.slow
def test_the_audit_passes_the_reverse_side(market: qh.Market) -> None:
    both = qh.load_strategy("market_neutral", ["selector.n=30"]).change({"sleeves": [carry()]})
    assert qh.audit(both, market, start="2014-10-30", end="2014-11-28").passed


def test_a_comparison_counts_the_collateral_of_borrowed_stocks_as_tied_up(run: qh.Result) -> None:
    line = compared_sleeves("fund", run, {}).set_index("sleeve").loc["carry"]
    days = run.sleeves[run.sleeves["sleeve"] == "carry"].set_index("date")
    collateral = 0.5 * days["stocks_borrowed"] + days["margin_required"]
    assert line["capital"] == pytest.approx((collateral / run.ledger["equity"]).dropna().mean())
    assert line["days"] == 11  # trading days with stocks owed
