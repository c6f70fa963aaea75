"""Trailing periods and the largest drawdowns, beside a walk through the days in plain Python."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.performance import Drawdowns, Spans, daily_returns, levels
from tests.performance.random_run import random_ledger

MONTHS = {"month": 1, "three_months": 3, "six_months": 6, "year": 12}


def days_of(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days


def anchor(name: str, last: date) -> date:
    """Calendar date at which the period begins."""
    if name == "week":
        return last - timedelta(7)
    if name == "year_to_date":
        return date(last.year - 1, 12, 31)
    count = last.year * 12 + last.month - 1 - MONTHS[name]
    year, month = divmod(count, 12)
    return date(year, month + 1, min(last.day, days_of(year, month + 1)))


def chained(returns: list[float]) -> float:
    value = 1.0
    for r in returns:
        value *= 1.0 + r
    return value - 1.0


def deepest(returns: list[float]) -> float:
    value, top, depth = 1.0, 1.0, 0.0
    for r in returns:
        value *= 1.0 + r
        top = max(top, value)
        depth = min(depth, value / top - 1.0)
    return depth


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 420), st.integers(0, 400))
def test_every_period_is_a_walk_from_its_first_value(days: int, shift: int) -> None:
    ledger = random_ledger(days, seed=shift)
    ledger.index = pd.bdate_range("2014-01-06", periods=days + 1) + pd.Timedelta(days=shift)
    returns = daily_returns(ledger)
    table = Spans(ledger).trailing()
    all_days = [day.date() for day in ledger.index]
    for name in Spans.TRAILING[:-1]:
        begin = anchor(name, all_days[-1])
        known = [day for day in all_days if day <= begin]
        row = table.loc[name]
        if not known:
            assert row["days"] == 0
            assert row.drop("days").isna().all()
            continue
        inside = returns[returns.index > pd.Timestamp(known[-1])]
        net, index = chained(inside["net"].tolist()), chained(inside["index"].tolist())
        assert row["start"].date() == known[-1]
        assert row["days"] == len(inside)
        assert row["net"] == pytest.approx(net, abs=1e-12)
        assert row["gross"] == pytest.approx(chained(inside["gross"].tolist()), abs=1e-12)
        assert row["index"] == pytest.approx(index, abs=1e-12)
        assert row["excess"] == pytest.approx((1 + net) / (1 + index) - 1, abs=1e-12)
        assert row["max_drawdown"] == pytest.approx(deepest(inside["net"].tolist()), abs=1e-12)
    assert table.loc["inception", "net"] == pytest.approx(levels(ledger)["net"].iloc[-1] - 1)
    assert table.loc["inception", "days"] == days


def test_the_end_of_a_month_goes_back_to_the_end_of_a_shorter_one() -> None:
    ledger = random_ledger(60)
    ledger.index = pd.bdate_range(end="2015-03-31", periods=61)
    assert Spans(ledger).trailing().loc["month", "start"] == pd.Timestamp("2015-02-27")  # a Friday
    earlier = Spans(ledger).trailing("2015-03-02")
    assert earlier.loc["month", "start"] == pd.Timestamp("2015-02-02")
    assert earlier.loc["inception", "end"] == pd.Timestamp("2015-03-02")


def test_this_year_is_the_row_of_the_year() -> None:
    ledger = random_ledger(300)
    this, year = Spans(ledger).trailing().loc["year_to_date"], Spans(ledger).yearly().iloc[-1]
    for name in ("net", "gross", "index", "excess", "max_drawdown", "days"):
        assert this[name] == pytest.approx(year[name])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(50, 60), min_size=1, max_size=40))
def test_the_largest_drawdowns_are_the_spells_below_each_peak(values: list[int]) -> None:
    days = pd.bdate_range("2015-01-05", periods=len(values))
    level = pd.Series(values, index=days, dtype=float)
    spells, top, lowest = [], values[0], values[0]
    for value in [*values[1:], None]:
        if value is None or value >= top:
            if lowest < top:
                spells.append(lowest / top - 1.0)
            top = lowest = value or top
        lowest = min(lowest, value or lowest)
    found = Drawdowns(level).largest(4)
    assert [fall.depth for fall in found] == pytest.approx(sorted(spells)[:4])
    if found:
        assert found[0] == Drawdowns(level).deepest()
    for fall in found:
        assert fall.peak < fall.trough
        assert fall.recovery is None or level[fall.recovery] >= level[fall.peak]
        assert level[fall.trough] / level[fall.peak] - 1 == pytest.approx(fall.depth)
        inside = level.loc[fall.peak : fall.recovery].iloc[
            1 : None if fall.recovery is None else -1
        ]
        assert (inside < level[fall.peak]).all()


def test_a_run_that_never_fell_has_none() -> None:
    level = pd.Series(np.arange(1.0, 5.0), index=pd.bdate_range("2015-01-05", periods=4))
    assert Drawdowns(level).largest() == []
