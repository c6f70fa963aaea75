"""Each statistic beside a slow reference written from its definition."""

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanthedge.ledger import line_names
from quanthedge.performance import (
    Drawdowns,
    annual_return,
    daily_returns,
    levels,
    period_levels,
    period_returns,
    sharpe_ratio,
    sortino_ratio,
    volatility,
    win_rate,
)
from quanthedge.performance.returns import NO_MOVE, downside_deviation, profit_loss_ratio
from tests.oracles import performance as oracle
from tests.performance.random_run import random_ledger

RETURNS = st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=60)


def series(returns: list[float]) -> pd.Series:
    days = pd.bdate_range("2014-12-29", periods=len(returns) + 1)
    return pd.Series(np.cumprod([1.0, *[1.0 + r for r in returns]]), index=days)


@settings(max_examples=60, deadline=None)
@given(RETURNS, st.floats(0.0, 0.05))
def test_statistics_agree_with_their_definitions(returns: list[float], risk_free: float) -> None:
    level = series(returns)
    days = [day.date() for day in level.index]
    values = pd.Series(returns)
    assert annual_return(level) == pytest.approx(oracle.annual_return(days, level.tolist()))
    assert volatility(values) == pytest.approx(oracle.volatility(returns), abs=1e-12)
    assert win_rate(values) == pytest.approx(oracle.win_rate(returns))
    if volatility(values) > 1e-9:
        expected = oracle.sharpe_ratio(returns, risk_free)
        assert sharpe_ratio(values, risk_free) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    if min(returns) < -1e-9:
        expected = oracle.sortino_ratio(returns, risk_free)
        assert sortino_ratio(values, risk_free) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(50, 60), min_size=1, max_size=40))
def test_drawdown_agrees_with_a_look_at_every_pair(values: list[int]) -> None:
    days = pd.bdate_range("2015-01-05", periods=len(values))
    level = pd.Series(values, index=days, dtype=float)
    depth, peak, trough, recovery = oracle.max_drawdown([float(v) for v in values])
    found = Drawdowns(level).deepest()
    if depth == 0.0:
        assert found is None
        return
    assert found is not None
    assert found.depth == pytest.approx(depth)
    assert (found.peak, found.trough) == (days[peak], days[trough])
    assert found.recovery == (None if recovery is None else days[recovery])
    assert found.fall_days == trough - peak
    assert found.fall_calendar_days == (days[trough] - days[peak]).days
    end = len(days) - 1 if recovery is None else recovery
    assert found.under_days == end - peak


@settings(max_examples=60, deadline=None)
@given(RETURNS, st.floats(0.01, 100.0))
@example([0.0625, -1e-12], 0.07498124531132784)  # at the edge of what counts as no move
def test_drawdown_knows_no_currency_and_no_flat_days(returns: list[float], scale: float) -> None:
    level = series(returns)
    depth = float(Drawdowns(level).depth.min())
    assert -1.0 < depth <= 0.0
    # a rounding of the product may carry a fall of NO_MOVE over the edge to none
    edge = NO_MOVE + 1e-15
    assert float(Drawdowns(level * scale).depth.min()) == pytest.approx(depth, rel=1e-9, abs=edge)
    still = pd.concat([level, pd.Series([level.iloc[-1]], index=[level.index[-1] + timedelta(1)])])
    assert float(Drawdowns(still).depth.min()) == depth
    assert float(Drawdowns(level.iloc[:2]).depth.min()) >= depth


def test_longest_drawdown_is_not_the_deepest() -> None:
    days = pd.bdate_range("2015-01-05", periods=8)
    level = pd.Series([1.0, 0.8, 1.0, 0.99, 0.98, 0.99, 0.995, 1.01], index=days)
    deepest, longest = Drawdowns(level).deepest(), Drawdowns(level).longest()
    assert deepest is not None
    assert longest is not None
    assert (deepest.depth, deepest.under_days) == (pytest.approx(-0.2), 2)
    assert (longest.depth, longest.under_days) == (pytest.approx(-0.02), 5)
    assert (longest.peak, longest.recovery) == (days[2], days[7])


@pytest.mark.parametrize("every", ["weekly", "monthly"])
@pytest.mark.parametrize("start", ["2014-12-26", "2014-12-29", "2014-12-31", "2015-01-05"])
def test_weeks_and_months_end_on_their_last_trading_day(every: str, start: str) -> None:
    days = pd.bdate_range(start, periods=45).delete([3, 4, 17, 18, 19, 20, 21])
    level = pd.Series(np.arange(1.0, len(days) + 1.0), index=days)
    expected = oracle.period_ends([day.date() for day in days], every)
    assert period_levels(level, every).tolist() == level.iloc[expected].tolist()


def test_every_period_compounds_to_the_same_whole() -> None:
    level = levels(random_ledger(150))["net"]
    for every in ("daily", "weekly", "monthly"):
        whole = (1.0 + period_returns(level, every)).prod()
        assert whole == pytest.approx(level.iloc[-1])


def test_flows_are_no_return_and_fees_stand_between_gross_and_net() -> None:
    ledger = random_ledger(150)
    returns = daily_returns(ledger)
    inside = ledger.iloc[1:]
    assert (inside["subscriptions"] > 0).any()
    expected = oracle.daily_returns(ledger.to_dict("records"), line_names("fee"))
    assert np.allclose(returns[["net", "gross"]], expected, rtol=0, atol=1e-13)
    # without anything accrued, net and gross differ by the fees of the day alone
    nothing = daily_returns(ledger.assign(accrued_performance_fee=0.0, accrued_fee_at_open=0.0))
    flows = inside["subscriptions"] - inside["redemptions"] - inside["distributions"]
    before = ledger["equity"].shift(1).iloc[1:] + flows
    fees = inside[list(line_names("fee"))].sum(axis=1)
    assert np.allclose((nothing["gross"] - nothing["net"]) * before, fees)
    assert nothing["gross"].tolist() == returns["gross"].tolist()
    assert levels(ledger)["net"].iloc[-1] == pytest.approx(ledger["unit_value"].iloc[-1], abs=5e-5)


def test_what_cannot_be_stated_is_nan_and_no_warning() -> None:
    flat = pd.Series([0.0, 0.0, 0.0])
    empty = pd.Series([], dtype=float)
    assert math.isnan(volatility(pd.Series([0.01])))
    assert math.isnan(sharpe_ratio(flat))
    assert math.isnan(sortino_ratio(pd.Series([0.01, 0.02])))
    assert math.isnan(profit_loss_ratio(pd.Series([0.01, 0.02])))
    assert math.isnan(win_rate(empty))
    lost = pd.Series([1.0, -0.2], index=pd.to_datetime(["2015-01-05", "2015-01-06"]))
    assert math.isnan(annual_return(lost))
    assert math.isnan(Drawdowns(1.0 - lost).calmar_ratio())  # it never fell


@settings(max_examples=60, deadline=None)
@given(RETURNS, st.floats(0.0, 0.05))
def test_the_downside_is_measured_over_all_days(returns: list[float], risk_free: float) -> None:
    below = [min(0.0, r - risk_free / 243) ** 2 for r in returns]
    expected = math.sqrt(243 * sum(below) / len(returns))
    assert downside_deviation(pd.Series(returns), risk_free) == pytest.approx(expected, abs=1e-12)
    assert math.isnan(downside_deviation(pd.Series(returns[:1])))
