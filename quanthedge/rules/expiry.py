"""Last trading days of index futures: the third Friday, or the next trading day when it is none.

The months of 2010 to 2026 whose third Friday was a holiday stand in ``data/fut_expiry_moved.csv``.
"""

from pathlib import Path

import numpy as np

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import as_days
from quanthedge.rules.tables import read_table

__all__ = ["third_friday"]


def third_friday(
    year: int, month: int, calendar: object = None, *, folder: Path | None = None
) -> np.datetime64:
    """Return the last trading day of the contract of a month.

    Parameters
    ----------
    year, month
        The contract month.
    calendar
        Trading days, sorted; they alone decide. None: the holidays in the rule book decide, which
        knows every month of 2010 to 2026. The holidays of a later year are fixed each December,
        so that a later month without a calendar is the plain third Friday, a holiday or not.

    Raises
    ------
    RuleError
        The calendar does not reach that far.

    Examples
    --------
    >>> third_friday(2014, 10)
    np.datetime64('2014-10-17')
    >>> third_friday(2015, 2)  # the 20th was in the Spring Festival
    np.datetime64('2015-02-25')
    """
    if not 1 <= month <= 12:
        raise RuleError(f"month {month}; accepted: 1 to 12")
    name = f"{year:04d}-{month:02d}"
    first = np.datetime64(f"{name}-01", "D")
    friday = first + np.timedelta64((4 - (int(first.astype(np.int64)) + 3) % 7) % 7 + 14, "D")
    if calendar is None:
        return _moved(folder).get(name, friday)
    days = as_days(calendar)
    place = int(np.searchsorted(days, friday))
    if friday < days[0] or place == len(days):
        raise RuleError(
            f"the calendar covers {days[0]} to {days[-1]}; the contract of {name} ends "
            f"on {friday} or soon after; pass a calendar that reaches it"
        )
    return np.datetime64(days[place], "D")


def _moved(folder: Path | None) -> dict[str, np.datetime64]:
    """Return the last trading days that are not the third Friday, by month."""
    rows = read_table("fut_expiry_moved", folder)
    return {row.cells["contract_month"]: np.datetime64(row.last, "D") for row in rows}
