"""Compiled passes over fundamentals: as-of values by day, and trailing figures from reports."""

from typing import Any

import numpy as np

from quanthedge.compiled import njit

Array = np.ndarray[Any, Any]
_QUARTERS = 4


@njit(cache=True)
def fill_as_of(
    day: Array, stock: Array, values: Array, result: Array
) -> None:  # pragma: no cover -- compiled
    """Carry each row's value from its day on, until the next row of the same stock.

    Parameters
    ----------
    day, stock : int64 [rows]
        Position of the first day on which the row counts (T or more: never), and of the stock
        (-1: none). Sorted by stock, then by time; of one day the last row counts.
    values : float64 [rows]
    result : float64 [T, N]
        Filled with NaN by the caller.
    """
    days = result.shape[0]
    rows = len(day)
    for k in range(rows):
        if stock[k] < 0:
            continue
        end = days
        if k + 1 < rows and stock[k + 1] == stock[k]:
            end = min(days, day[k + 1])
        for t in range(day[k], end):
            result[t, stock[k]] = values[k]


@njit(cache=True)
def trailing_of_rows(
    stock: Array, period: Array, values: Array, first: bool, year: bool, result: Array
) -> None:  # pragma: no cover -- compiled
    """Work out, after each row, the trailing year (or the single quarter) of the newest period.

    Parameters
    ----------
    stock : int64 [rows]
        Sorted; rows of a stock in the order in which they became known.
    period : int64 [rows]
        Quarter as 4 x year + quarter (0 to 3), counted from the smallest one.
    values : float64 [rows]
        Cumulative since the year's start.
    first : bool
        Keep each period as first published; otherwise as restated last.
    year : bool
        Twelve months; otherwise the single quarter.
    result : float64 [rows]
        NaN where a figure that it takes is missing.

    Notes
    -----
    With c the cumulative figure of quarter q (1 to 4) of year y: the trailing year is
    ``c(y, q) + c(y - 1, 4) - c(y - 1, q)``, and c itself at q = 4; the single quarter is
    ``c(y, q) - c(y, q - 1)``, and c itself at q = 1. `period` must start with a first quarter.
    """
    quarters = 1
    for k in range(len(period)):
        quarters = max(quarters, period[k] + 1)
    known = np.full(quarters + 2 * _QUARTERS, np.nan)
    seen = np.zeros(quarters + 2 * _QUARTERS, np.bool_)
    before = -2
    newest = -1
    for k in range(len(stock)):
        if stock[k] != before:
            known[:] = np.nan
            seen[:] = False
            newest = -1
            before = stock[k]
        p = period[k]
        if not (first and seen[p]):
            known[p] = values[k]
            seen[p] = True
        newest = max(newest, p)
        quarter = newest % _QUARTERS
        figure = known[newest]
        if year and quarter < _QUARTERS - 1:
            annual = newest - quarter - 1
            figure = np.nan if annual < 0 else figure + known[annual] - known[newest - _QUARTERS]
        elif not year and quarter > 0:
            figure = figure - known[newest - 1]
        result[k] = figure


@njit(cache=True)
def history_of_rows(
    stock: Array, period: Array, values: Array, result: Array, newest_of: Array
) -> None:  # pragma: no cover -- compiled
    """Work out, after each row, the figures of the newest period known and of those before it.

    Parameters
    ----------
    stock : int64 [rows]
        Sorted; rows of a stock in the order in which they became known. Rows of -1 are left out.
    period : int64 [rows]
        Quarters, counted from any first quarter of a year on.
    values : float64 [rows]
        NaN says nothing and leaves what was known of the period.
    result : float64 [rows, Q]
        Column j is the figure of the period j quarters before the newest; NaN filled by the caller.
    newest_of : int64 [rows]
        The newest period after each row.
    """
    quarters = 1
    for k in range(len(period)):
        quarters = max(quarters, period[k] + 1)
    known = np.full(quarters, np.nan)
    before = -2
    newest = -1
    for k in range(len(stock)):
        if stock[k] < 0:
            continue
        if stock[k] != before:
            known[:] = np.nan
            newest = -1
            before = stock[k]
        if not np.isnan(values[k]):
            known[period[k]] = values[k]
        newest = max(newest, period[k])
        newest_of[k] = newest
        for j in range(min(result.shape[1], newest + 1)):
            result[k, j] = known[newest - j]


@njit(cache=True)
def rows_as_of(
    day: Array, begin: Array, values: Array, rows: Array, result: Array
) -> None:  # pragma: no cover -- compiled
    """Write each stock's last value whose day is not after a row, on some rows.

    Parameters
    ----------
    day, values : int64 and float64 [E]
        Sorted by stock, then by day; of one day the last counts.
    begin : int64 [N + 1]
        Where each stock's rows begin.
    rows : int64 [R]
    result : float64 [R, N]
        Filled with NaN by the caller.
    """
    place = begin[:-1].copy()  # of each stock, the first row whose day is after the last one asked
    for r in range(len(rows)):
        back = r > 0 and rows[r] < rows[r - 1]
        for n in range(len(begin) - 1):
            k = begin[n] if back else place[n]
            while k < begin[n + 1] and day[k] <= rows[r]:
                k += 1
            place[n] = k
            if k > begin[n]:
                result[r, n] = values[k - 1]
