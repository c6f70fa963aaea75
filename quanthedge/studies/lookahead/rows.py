"""After which days the future is changed: every decision, or as many of each kind as are asked for.

A peek of one day at row r shows only where the future is changed right after r, so that the rows
are those on which something is decided, and the row after each. Where a market is large or a
number is given, rows are left out evenly: the first and the last of each kind stay.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quanthedge.errors import QuantHedgeError
from quanthedge.market import Market

__all__ = [
    "LARGE",
    "LATEST",
    "RUN_DAYS",
    "blocks",
    "decision_rows",
    "evenly",
    "random_rows",
    "rows_of_months",
    "rows_of_things",
]

Array = np.ndarray[Any, Any]
_WARM_UP = 260  # trading days before the first day that is audited, where the market has them
LARGE = 2_000_000  # cells of a panel above which rows are left out by default
_OF_A_KIND = 6  # rows of each kind that are kept then
_EVALUATED = 24_000_000  # cells that whole-market results may add up to before rows are left out
LATEST = 10  # last rows, always there: two weeks hold every weekday
RUN_DAYS = 45  # trading days of a run before the first cut that shares it, in large markets


def evenly(rows: Array, most: int | None) -> Array:
    """Return the rows, or as many of them, the first and the last included.

    >>> evenly(np.arange(10), 4)
    array([0, 3, 6, 9])
    """
    rows = np.unique(rows)
    if most is None or len(rows) <= most:
        return rows
    if most == 1:
        return rows[-1:]
    return rows[np.unique(np.round(np.linspace(0, len(rows) - 1, most)).astype(np.int64))]


def decision_rows(
    kinds: dict[str, Array], first: int, last: int, market: Market, most: int | None
) -> tuple[Array, dict[str, int]]:
    """Return the rows of a run after which the future is changed, and how many of each kind.

    Parameters
    ----------
    kinds
        Trading days on which something was decided, as positions in the run.
    first, last
        Rows of the run's first and last day.
    market
    most
        Of each kind; None: all, or a few where the market is large.

    Notes
    -----
    The decision of trading day t was made at the close of t - 1: both are rows, the first for what
    was decided, the second for what came of it. The future is changed after a row that has a next
    one, whose open stays.
    """
    if most is None and len(market.dates) * len(market.codes) > LARGE:
        most = _OF_A_KIND
    rows, counts = [np.array([last - 1])], {}
    for name, days in kinds.items():
        chosen = evenly(days[days + first <= last], most)
        counts[name] = len(chosen)
        rows += [first + chosen - 1, first + chosen]
    found = np.unique(np.concatenate(rows))
    return found[(found >= first - 1) & (found < last)].astype(np.int64), counts


def rows_of_things(market: Market, most: int | None, *, by_row: bool) -> Array:
    """Return the rows on which a factor, universe, estimator or function is tried.

    All of them, unless the market is too large for that: then every month's end and the row after,
    the last two weeks, and others evenly. ``by_row``: the thing computes one row at a time.
    """
    last = len(market.dates) - 2
    every = np.arange(min(1, last), last + 1)
    if most is not None:
        ends = evenly(_month_ends(market, every), most)
        return np.unique([*ends, *np.minimum(ends + 1, last), last, *evenly(every, most)])
    cells = len(market.codes) * (_WARM_UP if by_row else len(market.dates))
    allowed = max(60, _EVALUATED // cells)
    if len(every) <= allowed:
        return every
    ends = _month_ends(market, every)
    ends = np.unique([*ends, *np.minimum(ends + 1, last)])
    return np.unique([*ends, *every[-LATEST:], *evenly(every, allowed)])


def rows_of_months(market: Market, rows: Array, most: int | None) -> list[int]:
    """Return the months' ends among some rows, at which later rows are scrambled as well."""
    if most is None and len(market.dates) * len(market.codes) > LARGE:
        most = _OF_A_KIND
    found: list[int] = evenly(_month_ends(market, rows), most).tolist()
    return found


def _month_ends(market: Market, rows: Array) -> Array:
    month = market.dates.astype("datetime64[M]")
    ends = rows[month[rows + 1] != month[rows]]
    return np.asarray(ends)


def random_rows(market: Market, dates: int, seed: int) -> list[int]:
    """Return random rows, the last but one, and one before an index changes its members."""
    last = len(market.dates) - 2
    first = min(_WARM_UP, max(1, last // 2))
    rng = np.random.default_rng(seed)
    rows = set(rng.integers(min(first, last), last + 1, dates).tolist()) | {last}
    changes = _changes_of_members(market)
    inside = changes[(changes > first) & (changes <= last)]
    if len(inside):
        rows.add(int(rng.choice(inside)) - 1)
    return sorted(rows)


def _changes_of_members(market: Market) -> Array:
    try:
        members = [market.members(code) for code in market.member_indices()]
    except QuantHedgeError:
        members = []
    changed = [(one[1:] != one[:-1]).any(axis=1) for one in members]
    return np.flatnonzero(np.any(changed, axis=0)) + 1 if changed else np.empty(0, dtype=np.int64)


def blocks(rows: Array, first: int, *, whole: bool) -> list[tuple[int, Sequence[int]]]:
    """Return the first day of runs and the rows that share each; one run where it is ``whole``."""
    if whole:
        return [(first, rows.tolist())]
    found: list[tuple[int, list[int]]] = []
    for row in rows.tolist():
        if not found or row > found[-1][0] + 2 * RUN_DAYS:
            found.append((max(first, row - RUN_DAYS), []))
        found[-1][1].append(row)
    return list(found)
