"""A fund that has come back is back, whatever the rounding of chained returns says."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.performance import Drawdowns, levels, period_returns, win_rate
from quanthedge.performance.returns import profit_loss_ratio
from tests.hand_made import hand_made


def chained(equity: list[float]) -> pd.Series:
    days = pd.bdate_range("2015-01-05", periods=len(equity))
    ledger = pd.DataFrame({"equity": equity, "index_close": 1.0}, index=days)
    return levels(hand_made(ledger))["net"]


def test_a_recovery_to_the_yuan_is_a_recovery() -> None:
    level = chained([100_000_000.0, 94_946_343.19, 90_248_032.02, 100_000_000.0, 100_000_000.0])
    assert level.iloc[-1] < 1.0  # the rounding that this is about
    found = Drawdowns(level).deepest()
    assert (str(found.recovery.date()), found.under_days) == ("2015-01-08", 3)
    assert Drawdowns(level).longest().under_days == 3


@settings(deadline=None)
@given(st.lists(st.floats(8e7, 9.99e7), min_size=1, max_size=30))
def test_every_way_back_to_the_opening_equity_ends_there(path: list[float]) -> None:
    level = chained([1e8, *path, 1e8, 1e8])
    assert Drawdowns(level).depth.iloc[-2:].tolist() == [0.0, 0.0]
    falls = Drawdowns(level).largest()
    assert len(falls) == 1
    assert falls[0].recovery == level.index[-2]


def test_a_cent_of_a_hundred_million_is_a_fall() -> None:
    level = chained([1e8, 1e8 - 0.01, 1e8 - 0.01])
    assert Drawdowns(level).deepest().depth == pytest.approx(-1e-10, rel=1e-3)


def test_a_period_that_ends_where_it_began_is_neither_won_nor_lost() -> None:
    level = chained([1e8, 94_946_343.19, 90_248_032.02, 1e8, 1e8, 1e8])
    weeks = period_returns(level, "weekly")
    assert weeks.iloc[0] != 0.0
    assert win_rate(weeks) == 0.0
    assert win_rate(-weeks) == 0.0
    assert pd.isna(profit_loss_ratio(weeks))


def test_a_ledger_of_the_user_s_own_that_accrues_no_fee_needs_no_column_of_it() -> None:
    equity = [100000000.0, 94946343.19, 90248032.02, 100000000.0, 100000000.0]
    days = pd.bdate_range("2015-01-05", periods=5)
    free = dict.fromkeys(
        ["subscriptions", "redemptions", "distributions", "management_fee", "custody_fee",
         "service_fee", "audit_fee", "performance_fee"], 0.0,
    )  # fmt: skip
    ledger = pd.DataFrame({"equity": equity, "index_close": 1.0, **free}, index=days)
    fall = Drawdowns(levels(ledger)["net"]).deepest()
    assert (fall.recovery, fall.under_days) == (pd.Timestamp("2015-01-08"), 3)
