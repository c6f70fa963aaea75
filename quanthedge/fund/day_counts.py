"""Day counts: over how many days of a year a rate is counted, stated once.

- Fees of the fund (management, custody, service, audit): each calendar day over the days of its own
  year, 365 or 366. The contracts of public funds and the rule book (``fund_rules``,
  fee_accrual_formula) say "day fee = net assets of the day before x rate / days of the year".
- Interest of cash and loans, simple hurdles: calendar days / 365.
- Annual returns, fixed income beside a fund: to the power of 365 / calendar days.
- Levered exposures and loans against collateral: elapsed time / 365 days, fees included.
- Annualised basis and carry of futures: 365 / calendar days to delivery.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["fee_years"]


def fee_years(dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return the part of a year for which each day after the first charges fees, [T].

    Parameters
    ----------
    dates : datetime64[D] [T + 1]

    Notes
    -----
    From the day after the last close to the day itself, each calendar day counts as one part of its
    own year: a spell over New Year's Eve has days of two years.

    Examples
    --------
    >>> days = np.array(["2015-12-31", "2016-01-04", "2016-12-30", "2017-01-03"], "datetime64[D]")
    >>> fee_years(days)[[0, 2]] - [4 / 366, 1 / 366 + 3 / 365]
    array([0., 0.])
    """
    year, passed, length = _places(dates)
    within = np.diff(passed) / length[1:]
    over = (length[:-1] - passed[:-1]) / length[:-1] + passed[1:] / length[1:]
    over += np.diff(year) - 1
    return np.asarray(np.where(np.diff(year) == 0, within, over))


def _exact_fee_years(first: np.datetime64, last: np.datetime64) -> Fraction:
    """Return the same for the days after ``first`` up to ``last``, exactly.

    >>> _exact_fee_years(np.datetime64("2016-12-30"), np.datetime64("2017-01-03"))
    Fraction(1463, 133590)
    """
    year, passed, length = _places(np.array([first, last], dtype="datetime64[D]"))
    before, after = (
        int(y) + Fraction(int(p), int(n)) for y, p, n in zip(year, passed, length, strict=True)
    )
    return after - before


def _places(dates: NDArray[np.datetime64]) -> tuple[NDArray[np.int64], ...]:
    """Return the year of each date, its days passed at the end of the date, and its length."""
    days = dates.astype("datetime64[D]")
    year = days.astype("datetime64[Y]")
    begin = year.astype("datetime64[D]")
    passed = (days - begin).astype(np.int64) + 1
    length = ((year + 1).astype("datetime64[D]") - begin).astype(np.int64)
    return year.astype(np.int64), passed, length
