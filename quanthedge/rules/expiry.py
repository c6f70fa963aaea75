"""Last trading days of index futures: the third Friday, or the next trading day when it is none."""

import numpy as np

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import as_days

__all__ = ["third_friday"]


def third_friday(year: int, month: int, calendar: object = None) -> np.datetime64:
    """Return the last trading day of the contract of a month.

    Parameters
    ----------
    year, month
        The contract month.
    calendar
        Trading days, sorted; None: the plain third Friday, holidays not considered.

    Raises
    ------
    RuleError
        The calendar does not reach that far.

    Examples
    --------
    >>> third_friday(2014, 10)
    np.datetime64('2014-10-17')
    """
    if not 1 <= month <= 12:
        raise RuleError(f"month {month}; accepted: 1 to 12")
    first = np.datetime64(f"{year:04d}-{month:02d}-01", "D")
    friday = first + np.timedelta64((4 - (int(first.astype(np.int64)) + 3) % 7) % 7 + 14, "D")
    if calendar is None:
        return friday
    days = as_days(calendar)
    place = int(np.searchsorted(days, friday))
    if friday < days[0] or place == len(days):
        raise RuleError(
            f"the calendar covers {days[0]} to {days[-1]}; the contract of {year}-{month:02d} ends "
            f"on {friday} or soon after; pass a calendar that reaches it"
        )
    return np.datetime64(days[place], "D")
