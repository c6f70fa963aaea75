"""From dated rows and spells to arrays by day: only what was known by each day's close."""

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["carried", "latest_values", "spell_codes", "spell_mask"]

Array = np.ndarray[Any, Any]


def latest_values(dates: Array, stocks: int, stock: Array, known: Array, values: Array) -> Array:
    """Return the value of the last row with known date <= each day, [T, N].

    Parameters
    ----------
    dates
        Trading days, datetime64[D] [T].
    stocks
        N.
    stock, known, values
        Position (-1: not in the market), known date and value of each row, sorted by stock and
        known date; of several rows of one date the last counts.

    Returns
    -------
    ndarray
        float64 [T, N]; NaN before the first row and where the last row is NaN.

    Examples
    --------
    >>> days = np.array(["2014-09-17", "2014-09-18", "2014-09-19"], dtype="datetime64[D]")
    >>> known = np.array(["2014-09-01", "2014-09-18"], dtype="datetime64[D]")
    >>> latest_values(days, 1, np.array([0, 0]), known, np.array([1.0, 2.0])).ravel()
    array([1., 2., 2.])
    """
    day = np.searchsorted(dates, known)
    rows = np.flatnonzero((stock >= 0) & (day < len(dates)))
    cell = day[rows] * stocks + stock[rows]
    later = np.append(cell[1:] == cell[:-1], False)  # the next row replaces this one
    table = np.full((len(dates), stocks), -1, dtype=np.int32)
    table.ravel()[cell[~later]] = rows[~later]
    np.maximum.accumulate(table, axis=0, out=table)
    result: Array = np.append(values, np.nan)[table]
    return result


def spell_mask(
    dates: Array,
    stocks: int,
    stock: Array,
    start: Array,
    end: Array,
    number: Array | None = None,
) -> Array:
    """Return on which days spells hold, bool [T, N], or their numbers, int16 [T, N] (-1: none).

    A spell holds from `start` to `end`, both inclusive; NaT = open end.
    """
    made = (
        np.zeros((len(dates), stocks), dtype=bool)
        if number is None
        else np.full((len(dates), stocks), -1, dtype=np.int16)
    )
    first = np.searchsorted(dates, start)
    stop = np.where(np.isnat(end), len(dates), np.searchsorted(dates, end, side="right"))
    for row in np.flatnonzero((stock >= 0) & (stop > first)):
        made[first[row] : stop[row], stock[row]] = True if number is None else number[row]
    made.flags.writeable = False
    return made


def spell_codes(texts: dict[str, Array], start: Array) -> tuple[Array, pd.DataFrame]:
    """Return industry numbers in the order in which they came into use, and what they mean.

    The number of each row is int16 [rows]; the frame has industry, name_zh, name_en, first_use.
    The order does not change when later rows are cut off.
    """
    frame = pd.DataFrame({**texts, "first_use": start.astype("datetime64[s]")})
    first = (
        frame.sort_values(["first_use", "industry"])
        .drop_duplicates("industry")
        .reset_index(drop=True)
    )
    number = pd.Index(first["industry"]).get_indexer(pd.Index(frame["industry"]))
    return number.astype(np.int16), first


def carried(dates: Array, known: Array, values: Array) -> tuple[Array, int]:
    """Return the last value with date <= each day [T], and on how many days it is older.

    NaN before the first value.
    """
    place = np.searchsorted(known, dates, side="right") - 1
    result = np.where(place >= 0, np.append(values, np.nan)[place], np.nan)
    exact = np.append(known, np.datetime64("NaT", "D"))[place] == dates
    return result, int(np.count_nonzero((place >= 0) & ~exact))
