"""Decisions fall on the close before the orders; the calendar decides."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quanthedge.errors import StrategyError
from quanthedge.portfolio import Periodic
from tests.sample import sample_market


@pytest.fixture(scope="module")
def dates():
    return sample_market().dates


def slow_trade_days(dates, every, offset, first, last):
    """Day by day with pandas periods."""
    days = pd.Series(pd.DatetimeIndex(dates))
    if isinstance(every, int):
        return list(range(first, last + 1, every))
    period = days.dt.to_period("M" if every == "month" else "W-SUN")
    begins = [t + offset for t in range(1, len(days)) if period[t] != period[t - 1]]
    return [first, *(t for t in begins if first < t <= last)]


@settings(max_examples=150, deadline=None)
@given(
    every=st.one_of(st.sampled_from(["month", "week"]), st.integers(1, 60)),
    offset=st.integers(0, 15),
    data=st.data(),
)
def test_decisions_are_made_on_the_close_before_each_trade_day(dates, every, offset, data):
    row = st.integers(1, len(dates) - 1)
    first, last = sorted(data.draw(st.tuples(row, row)))
    offset = 0 if isinstance(every, int) else offset
    rows = Periodic(every=every, offset_days=offset).rows_on(dates, first, last)
    assert (rows + 1).tolist() == slow_trade_days(dates, every, offset, first, last)
    assert rows.dtype == np.int64


def test_a_month_is_traded_on_its_first_day_from_the_last_close_of_the_month_before(dates):
    first = int(np.searchsorted(dates, np.datetime64("2014-09-17")))
    last = int(np.searchsorted(dates, np.datetime64("2014-11-30"))) - 1
    rows = Periodic().rows_on(dates, first, last)
    months = dates.astype("datetime64[M]").astype(str)
    assert rows[0] == first - 1
    assert months[rows[1:]].tolist() == ["2014-09", "2014-10"]
    assert months[rows[1:] + 1].tolist() == ["2014-10", "2014-11"]
    later = Periodic(offset_days=1).rows_on(dates, first, last)
    assert months[later[1:]].tolist() == ["2014-10", "2014-11"]
    np.testing.assert_array_equal(later[1:], rows[1:] + 1)


# Trading days around two new years, the National Day holidays and a week of a single day.
HOLIDAYS = np.array(
    [
        "2013-12-30", "2013-12-31", "2014-01-02", "2014-01-03", "2014-01-06",
        "2014-09-29", "2014-09-30", "2014-10-08", "2014-10-09", "2014-10-10", "2014-10-13",
        "2014-12-30", "2014-12-31", "2015-01-05", "2015-01-06", "2015-02-17", "2015-02-25",
    ],
    dtype="datetime64[D]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("every", "traded"),
    [
        ("week", "2013-12-31 2014-01-06 2014-09-29 2014-10-08 2014-10-13 2014-12-30 2015-01-05 "
                 "2015-02-17 2015-02-25"),
        ("month", "2013-12-31 2014-01-02 2014-09-29 2014-10-08 2014-12-30 2015-01-05 2015-02-17"),
        (5, "2013-12-31 2014-09-30 2014-12-30 2015-02-25"),
    ],
)  # fmt: skip
def test_weeks_run_over_the_new_year_and_holidays_move_the_first_day(every, traded):
    rows = Periodic(every=every).rows_on(HOLIDAYS, 1, len(HOLIDAYS) - 1)
    assert HOLIDAYS[rows + 1].astype(str).tolist() == traded.split()


def test_a_longer_span_or_calendar_does_not_move_earlier_decisions(dates):
    for schedule in (Periodic(), Periodic(every="week", offset_days=2), Periodic(every=7)):
        whole = schedule.rows_on(dates, 100, 700)
        for last in (100, 333, 512):
            short = schedule.rows_on(dates[: last + 1], 100, last)
            np.testing.assert_array_equal(short, whole[whole < last])


@pytest.mark.parametrize(("first", "last"), [(0, 10), (-3, 10), (10, 9), (5, None)])
def test_days_without_a_close_before_them_are_refused(dates, first, last):
    last = len(dates) if last is None else last  # the day after the calendar
    with pytest.raises(StrategyError, match="rebalance"):
        Periodic().rows_on(dates, first, last)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"every": value} for value in ("mnth", "5", 0, -3, 2.0, 2.5, True, False, None)),
        {"every": 5, "offset_days": 1},
        {"offset_days": -1},
    ],
    ids=str,
)
def test_wrong_calendars_are_refused(wrong):
    with pytest.raises(ValidationError):
        Periodic(**wrong)
