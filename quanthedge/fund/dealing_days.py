"""Days on which a fund deals with its investors, and what is done on each."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.fund.clients import Clients, Distribution, Flow
from quanthedge.typing import Bools, Days

__all__ = ["distribution_days", "flows_by_day", "is_of_day", "opening_days"]


def opening_days(opening: str, dates: Days) -> Bools:
    """Return the opening days: the last trading day of each period; not the run's last day.

    Parameters
    ----------
    opening : {"day", "week", "month", "quarter"}
    dates : datetime64 [T]
        Trading days of the run.
    """
    if opening == "day":
        found = np.ones(dates.size, dtype=np.bool_)
    elif opening == "week":
        week = (dates.astype(np.int64) + 3) // 7
        found = np.append(week[1:] != week[:-1], False)
    else:
        months = dates.astype("datetime64[M]").astype(np.int64)
        period = months // 3 if opening == "quarter" else months
        found = np.append(period[1:] != period[:-1], False)
    found[-1] = False  # what is asked for on the last day would be booked after the run
    return found


def distribution_days(plans: Sequence[Distribution], dates: Days, last: int) -> Bools:
    """Return the days on which the fund pays a dividend, [T].

    Parameters
    ----------
    plans : sequence of Distribution
    dates : datetime64 [T]
    last : int
        Day index of the last day of business; T without one.

    Raises
    ------
    StrategyError
        When a day is no trading day before the last.
    """
    found = np.zeros(dates.size, dtype=np.bool_)
    for one in plans:
        at = int(np.searchsorted(dates, np.datetime64(one.date, "D")))
        if at >= min(last, dates.size - 1) or not is_of_day(one.date, dates[at]):
            raise StrategyError(
                f"clients: distribution of {one.date}: not a trading day of the run before its "
                "last, or the last day of business"
            )
        found[at] = True
    return found


def flows_by_day(clients: Clients, dates: Days, opening: Bools) -> dict[int, list[Flow]]:
    """Return the orders by the opening day on which they are done.

    Raises
    ------
    StrategyError
        When an order is of before the run, or no opening day follows it.
    """
    days = np.flatnonzero(opening)
    found: dict[int, list[Flow]] = {}
    for flow in clients.flows:
        asked = np.datetime64(flow.date, "D")
        later = days[dates[days] >= asked]
        if asked < dates[0] or not later.size:
            raise StrategyError(
                f"clients: flow of {flow.investor} on {flow.date}: no opening day from then to the "
                f"end of the run or the last day of business ({dates[0]} to {dates[-1]}, opening "
                f"each {clients.opening})"
            )
        found.setdefault(int(later[0]), []).append(flow)
    return found


def is_of_day(day: date, trading_day: np.datetime64) -> bool:
    """Return whether a date of the plan is a trading day."""
    return bool(np.datetime64(day, "D") == trading_day)
