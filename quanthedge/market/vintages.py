"""Published figures and their restatements: which value was known for which period, and when.

A report of a period is one row for each time that it was published. What counts on a day is the
newest period known by then; of its rows "latest" takes the last one known, "first" the first one.
A later restatement of an older period changes neither, but it changes trailing sums.
"""

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import DataError

__all__ = [
    "Vintage",
    "as_of",
    "check_quarters",
    "check_vintage",
    "kept_rows",
    "trailing",
    "vintage_frame",
]

Array = np.ndarray[Any, Any]
Vintage = Literal["latest", "first"]
_VINTAGES: tuple[Vintage, ...] = get_args(Vintage)
MONTHS = 3


def check_vintage(vintage: str) -> None:
    """Raise DataError for anything but "latest" and "first"."""
    if vintage not in _VINTAGES:
        raise DataError(f"vintage {vintage!r}; accepted: {', '.join(_VINTAGES)}")


def as_of(dates: Array, stocks: int, stock: Array, known: Array, values: Array) -> Array:
    """Return the value of the last row with known date <= each day, [T, N].

    Parameters
    ----------
    dates
        Trading days, datetime64[D] [T]. A row known on a day without trading counts from the next
        trading day on.
    stocks
        N.
    stock, known, values
        Position (-1: not in the market), known date and value of each row, sorted by stock and
        known date; of several rows of one day the last counts.

    Returns
    -------
    ndarray
        float64 [T, N]; NaN before the first row and where the last row is NaN.

    Examples
    --------
    >>> days = np.array(["2014-09-17", "2014-09-18", "2014-09-19"], dtype="datetime64[D]")
    >>> known = np.array(["2014-09-01", "2014-09-18"], dtype="datetime64[D]")
    >>> as_of(days, 1, np.array([0, 0]), known, np.array([1.0, 2.0])).ravel()
    array([1., 2., 2.])
    """
    from quanthedge.market.kernels import fill_as_of

    result = np.full((len(dates), stocks), np.nan)
    day = np.searchsorted(dates, known).astype(np.int64)
    order = np.asarray(stock, dtype=np.int64)
    fill_as_of(day, order, np.ascontiguousarray(values, dtype=np.float64), result)
    return result


def kept_rows(stock: Array, period: Array, vintage: Vintage) -> Array:
    """Return which rows say what the newest period's figure is, bool [rows].

    Parameters
    ----------
    stock, period
        Stock and end of the period (NaT: none) of each row, sorted by stock and known date.
    vintage
        "latest" or "first".

    Notes
    -----
    Rows without a period always count: the last one known is the figure.
    """
    day = np.where(np.isnat(period), np.datetime64("1600-01-01", "D"), period).astype(np.int64)
    group = np.zeros(len(stock), dtype=np.int64)
    group[1:] = np.cumsum(stock[1:] != stock[:-1])
    span = np.int64(1_000_000)
    reached = np.maximum.accumulate(group * span + day + span // 2)
    own = group * span + day + span // 2
    newest: Array = own >= reached
    if vintage == "first":
        before = np.append(np.int64(-1), reached[:-1])
        newest &= own > before
    return newest | np.isnat(period)


def check_quarters(item: str, codes: pa.ChunkedArray, known: Array, period: Array) -> None:
    """Raise DataError, naming the first row, unless every period ends with a quarter."""
    month = period.astype("datetime64[M]")
    last = (month + 1).astype("datetime64[D]") - np.timedelta64(1, "D") == period
    wrong = ~last | ((month.astype(np.int64) + 1) % MONTHS != 0)
    if wrong.any():
        first = int(wrong.argmax())
        raise DataError(
            f"fundamental '{item}': {int(wrong.sum()):,} rows have no period_end that ends a "
            f"quarter (first: {codes[first]}, known {known[first]}, period_end {period[first]}); "
            "trailing figures need year-to-date reports of periods to 31 March, 30 June, "
            "30 September or 31 December"
        )


def trailing(stock: Array, period: Array, values: Array, vintage: Vintage, *, year: bool) -> Array:
    """Return after each row the trailing year or the single quarter from year-to-date figures.

    Parameters
    ----------
    stock, period, values
        As for `kept_rows`; each period ends with a quarter (`check_quarters`), values are
        cumulative since the start of the calendar year.
    vintage
        Which publication of each period is taken.
    year
        Twelve months; otherwise the single quarter.

    Returns
    -------
    ndarray
        float64 [rows]; NaN where a report that the figure takes is missing or undefined.
    """
    from quanthedge.market.kernels import trailing_of_rows

    quarter = period.astype("datetime64[M]").astype(np.int64) // MONTHS
    base = int(quarter.min() // 4 * 4) if len(quarter) else 0
    result = np.full(len(values), np.nan)
    trailing_of_rows(
        np.asarray(stock, dtype=np.int64), quarter - base,
        np.ascontiguousarray(values, dtype=np.float64), vintage == "first", year, result,
    )  # fmt: skip
    return result


def vintage_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with each period's publications numbered: 0 is the first one."""
    rows = rows.sort_values(["code", "period_end", "known_date"], ignore_index=True)
    keys = rows.groupby(["code", "period_end"], dropna=False, sort=False)
    return rows.assign(revision=keys.cumcount())
