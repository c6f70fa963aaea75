"""Trailing four quarters of statement items, as they were known on each day.

A value of a day uses, for every period that it needs, the last figure public by that day. It is
undefined (and has no row) as long as one of them is not public.
"""

from typing import Any, Literal

import numpy as np
import pyarrow as pa

from quanthedge.sources.vendors.keys import code_ranks, days_of

__all__ = ["trailing"]

Array = np.ndarray[Any, Any]
Reported = Literal["cumulative", "single"]
_SPAN = 1 << 12  # quarters since 1900


def _quarter_numbers(periods: Array) -> Array:
    """Return quarters since 1900 of period ends, -1 where a day is no quarter's end.

    >>> _quarter_numbers(np.array(["1900-03-31", "1901-12-31", "2014-05-15"], "datetime64[D]"))
    array([ 0,  7, -1])
    """
    month = periods.astype("datetime64[M]")
    number = month.astype(np.int64) + 70 * 12
    last = (month + 1).astype("datetime64[D]") - np.timedelta64(1, "D") == periods
    return np.where(last & (number % 3 == 2) & (number >= 0), number // 3, -1)


def trailing(rows: pa.Table, item: str, renamed: str, reported: Reported) -> pa.Table:
    """Return the trailing sum of an item as rows code, item, known_date, period_end, value.

    Parameters
    ----------
    rows
        Columns code, known_date, period_end and the item; one row per figure that was published.
    reported
        "cumulative": since the year's start, so that the sum is
        ``figure + last year's whole - last year's same quarters``; "single": of the quarter alone.
    """
    values = rows[item].cast(pa.float64()).fill_null(np.nan).to_numpy()
    quarter = _quarter_numbers(rows["period_end"].to_numpy().astype("datetime64[D]"))
    ranks, words = code_ranks(rows["code"])
    known = days_of(rows["known_date"])
    sound = (quarter >= 4) & np.isfinite(values)
    values, quarter, known = values[sound], quarter[sound], known[sound]
    series = ranks[sound] * _SPAN + quarter
    order = np.lexsort((known, series))
    table = _Figures(series[order] * (1 << 17) + known[order], values[order])
    events = _events(series, known, reported)
    total = np.zeros(len(events))
    at = events >> 17
    for steps, sign in _parts(at & (_SPAN - 1), reported):
        total += sign * table.at((at - steps) * (1 << 17) + (events & ((1 << 17) - 1)))
    events, total = events[np.isfinite(total)], total[np.isfinite(total)]
    news = np.ones(len(events), dtype=bool)  # an event that changes nothing has no row
    news[1:] = (total[1:] != total[:-1]) | (events[1:] >> 17 != events[:-1] >> 17)
    events, total = events[news], total[news]
    return _rows(events, total, words, renamed)


class _Figures:
    """Figures by series and day: the last one public by a day."""

    def __init__(self, keys: Array, values: Array) -> None:
        self._keys, self._values = keys, values

    def at(self, wanted: Array) -> Array:
        """Return the figures as of the keys, NaN where none is public (or none is needed)."""
        if len(self._keys) == 0:
            return np.full(len(wanted), np.nan)
        place = np.maximum(np.searchsorted(self._keys, wanted, side="right") - 1, 0)
        found = (self._keys[place] >> 17 == wanted >> 17) & (self._keys[place] <= wanted)
        return np.where(found, self._values[place], np.nan)


def _parts(quarter: Array, reported: Reported) -> list[tuple[Array | int, Array | int]]:
    """Return (quarters before, sign) of the figures that make the sum."""
    if reported == "single":
        return [(steps, 1) for steps in range(4)]
    within = quarter % 4  # 3: the whole year, which needs no other figure
    partial = (within != 3).astype(np.int64)
    return [(0, 1), ((within + 1) * partial, partial), (4 * partial, -partial)]


def _events(series: Array, known: Array, reported: Reported) -> Array:
    """Return (series, day) pairs on which a sum may change, each once, in order."""
    after = [0, 1, 2, 3] if reported == "single" else [0, 1, 2, 3, 4]
    pairs = np.concatenate([(series + step) * (1 << 17) + known for step in after])
    return np.unique(pairs)


def _rows(events: Array, total: Array, words: list[str | None], renamed: str) -> pa.Table:
    quarter = (events >> 17) & (_SPAN - 1)
    month = np.datetime64("1900-01", "M") + (quarter * 3 + 3)
    ends = month.astype("datetime64[D]") - np.timedelta64(1, "D")
    first = np.datetime64("1900-01-01", "D")
    known = first + (events & ((1 << 17) - 1)).astype("timedelta64[D]")
    codes = np.asarray(words, dtype=object)[events >> 29] if len(events) else []
    return pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "item": pa.array([renamed] * len(events), pa.string()),
            "known_date": pa.array(known, pa.date32()),
            "period_end": pa.array(ends, pa.date32()),
            "value": pa.array(total),
        }
    )
