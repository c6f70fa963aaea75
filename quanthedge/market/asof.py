"""From dated rows and spells to arrays by day: only what was known by each day's close."""

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["carried", "spell_codes", "spell_mask"]

Array = np.ndarray[Any, Any]


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
    by_stock = (  # a spell lies in one piece of memory
        np.zeros((stocks, len(dates)), dtype=bool)
        if number is None
        else np.full((stocks, len(dates)), -1, dtype=np.int16)
    )
    first = np.searchsorted(dates, start)
    stop = np.where(np.isnat(end), len(dates), np.searchsorted(dates, end, side="right"))
    for row in np.flatnonzero((stock >= 0) & (stop > first)):
        by_stock[stock[row], first[row] : stop[row]] = True if number is None else number[row]
    made = np.ascontiguousarray(by_stock.T)
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
