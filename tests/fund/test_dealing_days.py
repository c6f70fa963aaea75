"""On which days a fund deals: the last trading day of each period, orders on the next of them."""

from datetime import date

import numpy as np
import pytest

from quanthedge.errors import StrategyError
from quanthedge.fund import Clients, opening_days
from quanthedge.fund.clients import Distribution, Flow
from quanthedge.fund.dealing_days import distribution_days, flows_by_day

# two weeks with a holiday on Friday the 2nd, over the end of a month and of a quarter
DATES = np.array(
    ["2014-09-24", "2014-09-25", "2014-09-26", "2014-09-29", "2014-09-30", "2014-10-01",
     "2014-10-08", "2014-10-31", "2014-11-03"],
    dtype="datetime64[D]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("day", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("week", [2, 5, 6, 7]),
        ("month", [4, 7]),
        ("quarter", [4]),
    ],
)
def test_a_fund_opens_on_the_last_trading_day_of_each_period_but_the_run_s_last(opening, expected):
    assert np.flatnonzero(opening_days(opening, DATES)).tolist() == expected


def test_a_week_is_that_of_the_calendar_in_every_week_of_three_years():
    dates = np.arange("2014-01-01", "2017-01-01", dtype="datetime64[D]")
    dates = dates[np.is_busday(dates) & (dates.astype(np.int64) % 11 != 3)]  # with holidays
    weeks = [day.isocalendar()[:2] for day in dates.tolist()]
    last = [t for t in range(dates.size - 1) if weeks[t] != weeks[t + 1]]
    assert np.flatnonzero(opening_days("week", dates)).tolist() == last


def flow(day: str) -> Flow:
    return Flow(date=date.fromisoformat(day), investor="B", subscribe_yuan=1.0)


def test_an_order_is_done_on_the_first_opening_day_at_or_after_its_date():
    flows = tuple(map(flow, ("2014-09-24", "2014-09-30", "2014-10-01", "2014-10-05")))
    found = flows_by_day(Clients(flows=flows), DATES, opening_days("month", DATES))
    assert {day: [one.date.isoformat() for one in orders] for day, orders in found.items()} == {
        4: ["2014-09-24", "2014-09-30"],
        7: ["2014-10-01", "2014-10-05"],
    }


@pytest.mark.parametrize("day", ["2014-09-23", "2014-11-01"])
def test_an_order_without_an_opening_day_is_refused_by_name(day):
    with pytest.raises(StrategyError, match=f"flow of B on {day}: no opening day"):
        flows_by_day(Clients(flows=(flow(day),)), DATES, opening_days("month", DATES))


def paid(*days: str) -> list[Distribution]:
    return [Distribution(date=date.fromisoformat(one), yuan_per_unit=0.1) for one in days]


def test_a_dividend_is_paid_on_a_trading_day_before_the_last_of_run_and_business():
    found = distribution_days(paid("2014-09-24", "2014-10-31"), DATES, DATES.size)
    assert np.flatnonzero(found).tolist() == [0, 7]
    for day, last in (
        ("2014-09-27", DATES.size),  # no trading day
        ("2014-11-03", DATES.size),  # the last of the run
        ("2014-12-01", DATES.size),  # after it
        ("2014-10-01", 5),  # the last day of business
    ):
        with pytest.raises(StrategyError, match=f"distribution of {day}"):
            distribution_days(paid(day), DATES, last)
    assert distribution_days(paid("2014-09-30"), DATES, 5)[4]
