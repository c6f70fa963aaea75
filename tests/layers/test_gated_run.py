"""A run whose book stands aside: whole contracts, every yuan, the un-gated run beside it."""

from functools import cache
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.hedge import annual_discount
from quanthedge.hedge.research.dividends import dividend_calendar
from quanthedge.performance import Bridge
from quanthedge.portfolio import Book, Selector, TopSelector
from quanthedge.strategy.variants import variant_names
from tests.oracles import layers as slow
from tests.sample import END, START, sample_market, sample_result, small_strategy

GATE = "layers.allocation={kind='carry_gate',worst_annual_discount=0.02}"
OTHERS = {
    "carry_scaled": "layers.allocation={kind='carry_scaled'}",
    "drawdown": "layers.allocation={kind='drawdown',largest=0.05}",
    "risk_budget": "layers.allocation={kind='risk_budget',target_volatility=0.08}",
}


@cache
def gated() -> Result:
    return backtest(small_strategy(GATE), sample_market(), START, END)


@cache
def prepared(change: str):
    return prepare(small_strategy(change), sample_market(), START, END)


def test_the_discount_is_that_of_the_contract_held_by_its_raw_bars():
    market, table = sample_market(), gated().allocation
    bars = market.futures("IF").to_dict("records")
    calendar = dividend_calendar(market, "000300.SH")
    held = sample_result().ledger["contract"]
    for date, found in zip(table["date"].iloc[1:], table["discount"].iloc[1:], strict=True):
        row = market.day(date)
        slowly = slow.discount(
            bars, market.index_close("000300.SH")[row], date, held[date],
            calendar.trailing[row], calendar.profile(date.year),
        )  # fmt: skip
        assert found == pytest.approx(slowly, rel=1e-9)


def test_a_contract_about_to_end_is_not_judged():
    market = sample_market()
    bars = market.futures("IF")
    one = bars[bars["date"] == "2014-10-15"].sort_values("contract").iloc[:2]
    row = np.array([market.day("2014-10-15")])  # two days before the third Friday
    front, later = (annual_discount(market, "IF", row, [name])[0] for name in one["contract"])
    assert front == later == annual_discount(market, "IF", row, [""])[0]


def test_targets_are_the_whole_ones_times_the_exposure():
    ours, whole = gated(), sample_result()
    exposure = dict(zip(ours.allocation["date"], ours.allocation["exposure"], strict=True))
    assert set(exposure.values()) == {0.0, 1.0}
    of_each = whole.targets["date"].map(exposure)
    wanted = whole.targets.assign(weight=whole.targets["weight"] * of_each)
    wanted = wanted[wanted["weight"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours.targets, wanted)


def test_contracts_go_to_nothing_with_the_stocks_and_come_back():
    ledger, table = gated().ledger, gated().allocation
    trades = [ledger.index[ledger.index.searchsorted(day) + 1] for day in table["date"]]
    spans = zip(table["exposure"], trades, [*trades[1:], ledger.index[-1]], strict=True)
    seen = set()
    for exposure, begin, end in spans:
        part = ledger.loc[begin:end].iloc[:-1]
        seen.add(exposure)
        if exposure == 0:
            # what was suspended, or too large for a day, is sold later and hedged until then
            assert (part["names"].iloc[5:] <= 3).all()
            assert (part["lots"].iloc[5:].abs() <= 3).all()
            assert part["stock_value"].iloc[-1] < 0.05 * part["equity"].iloc[-1]
        else:
            assert (part["names"] >= 28).all()
            assert (part["lots"] < -20).all()
    assert seen == {0.0, 1.0}
    assert (ledger["lots"] == ledger["lots"].round()).all()


def test_every_yuan_of_every_day_is_accounted_for():
    daily, ledger = Bridge(gated()).yuan("day"), gated().ledger
    worth = ledger["equity"] - ledger["accrued_performance_fee"]
    assert (daily["residual"].abs() / ledger["equity"].iloc[1:]).max() < 1e-9
    np.testing.assert_allclose(
        daily[list(Bridge.LINES)].sum(axis=1), worth.diff().iloc[1:], atol=0.01
    )


def test_the_ungated_run_stands_beside_it_unasked_and_is_the_plain_one():
    assert tuple(gated().variants) == ("ungated",)
    pd.testing.assert_frame_equal(gated().variants["ungated"].ledger, sample_result().ledger)
    note = next(one for one in gated().notes if one["kind"] == "allocation")
    assert "independent episodes 2" in note["en"]
    assert "One or two episodes prove nothing" in note["en"]
    assert "2 个独立区间" in note["zh"]
    assert "期货年化贴水闸门" in gated().timeline["zh"]
    assert "ungated" in variant_names(("all",))
    assert small_strategy(GATE).variant("long_only").layers == small_strategy().layers


def test_a_fund_may_begin_without_a_book():
    found = backtest(small_strategy(GATE), sample_market(), "2014-11-03", "2014-12-31")
    lots, names = found.ledger["lots"], found.ledger["names"]
    assert found.allocation["reason"].tolist()[:2] == ["aside", "whole"]
    assert (names[:"2014-11-28"] == 0).all()
    assert (lots[:"2014-11-28"] == 0).all()
    assert (lots["2014-12-02":] < 0).all()


def test_asked_by_name_a_fund_without_an_allocation_says_that_it_is_its_own_ungated_run():
    found = backtest(small_strategy(), sample_market(), START, "2014-10-10", variants=("ungated",))
    assert not found.variants
    (note,) = [one for one in found.notes if one["kind"] == "itself_whole"]
    assert "it has no allocation" in note["en"]


def test_another_allocation_selects_no_stock_anew(monkeypatch):
    prepare(small_strategy(), sample_market(), START, END)

    def never(*_args, **_named):
        raise AssertionError("selected anew")

    monkeypatch.setattr("quanthedge.backtesting.selection.select", never)
    found = prepare(small_strategy(GATE), sample_market(), START, END)
    assert len(found.allocation) == 11


@pytest.mark.parametrize("name", ["carry_gate", *OTHERS])
def test_a_market_that_ends_after_a_decision_gives_the_same_exposures(name):
    change = OTHERS.get(name, GATE)
    market, whole = sample_market(), prepared(change)
    day = market.dates[whole.first - 1 + int(whole.inputs.targets.trade_days[0, 6]) + 1]
    cut = prepare(small_strategy(change), market.until(day), START, str(day))
    for table in ("allocation", "expected"):
        mine, other = getattr(cut, table), getattr(whole, table)
        pd.testing.assert_frame_equal(mine, other.iloc[: len(mine)], check_exact=True)
    assert len(cut.allocation) == 7
    assert (whole.allocation["exposure"] < 1).any()


def test_drawdown_control_goes_by_the_fund_without_it():
    values = sample_result().ledger["unit_value"]
    table = prepared(OTHERS["drawdown"]).allocation
    for date, exposure in zip(table["date"], table["exposure"], strict=True):
        assert exposure == pytest.approx(slow.surplus(values[:date].tolist(), 0.05), abs=1e-12)


def test_the_run_folder_keeps_what_was_decided(tmp_path):
    again = Result.open(gated().to_parquet(tmp_path / "run"))
    pd.testing.assert_frame_equal(again.allocation, gated().allocation)
    assert len(again.expected) == 0
    assert tuple(again.variants) == ("ungated",)


class Industrial(Selector):
    """The ten best, once it has looked at what its strategy expects and tilts."""

    needs_circumstances: ClassVar[bool] = True
    seen: ClassVar[list] = []

    def weights(self, market, scores, rows):
        return TopSelector(n=10).weights(market, scores, rows)

    def decide(self, market, scores, rows, circumstances):
        self.seen.append((scores, circumstances.expected(), circumstances.tilts()))
        return Book(TopSelector(n=10).targets(market, scores, rows), pd.DataFrame())


def test_a_selector_that_weighs_risk_is_told_what_is_expected_and_tilted():
    strategy = small_strategy().change(
        {"selector": Industrial(), "layers.industry": {"kind": "score", "bound": 0.02}}
    )
    Industrial.seen.clear()
    found = prepare(strategy, sample_market(), START, END)
    scores, (expected, coefficient), tilts = Industrial.seen[0]
    np.testing.assert_array_equal(np.isfinite(expected) <= np.isfinite(scores), True)
    assert np.abs(tilts).max() == pytest.approx(0.02)
    np.testing.assert_allclose(tilts.sum(axis=1), 0.0, atol=1e-12)
    table, wanted = found.expected, found.selection.targets
    np.testing.assert_array_equal(table["information_coefficient"], coefficient)
    # the mean over ten stocks of equal weight, and a round trip of those that are exchanged
    for r in (0, 4):
        span = slice(wanted.pointer[r], wanted.pointer[r + 1])
        mean = np.nan_to_num(expected[r, wanted.stocks[span]]).mean()
        assert table["expected_return"].iloc[r] == pytest.approx(mean, abs=1e-15)
    before, now = (set(wanted.stocks[wanted.pointer[r] : wanted.pointer[r + 1]]) for r in (3, 4))
    fresh = len(now - before) / 10
    # commission and slippage of 13 bp a side, 10 bp of duty on sales, 0.06 bp to 0.6 bp of fees
    assert table["expected_cost"].iloc[4] == pytest.approx(fresh * 0.0036, rel=0.06)
