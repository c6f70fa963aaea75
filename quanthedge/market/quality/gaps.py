"""Gaps of the coverage map, in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quanthedge.market.quality.coverage import CoverageRow

__all__ = ["complete", "gaps_in_words", "months_in_words"]

Array = np.ndarray[Any, Any]
_FULL = 0.95  # suspensions alone keep shares a little below 1


def gaps_in_words(rows: Sequence[CoverageRow], months: Array) -> list[str]:
    """Return one sentence for each row that is not complete.

    >>> months = np.arange("2014-01", "2014-05", dtype="datetime64[M]")
    >>> row = CoverageRow("cash_rate", "days with a rate", np.array([0, 20, 20, 0]), np.full(4, 20))
    >>> gaps_in_words([row], months)
    ['cash_rate, days with a rate: none in 2014-01, 2014-04']
    """
    sentences = []
    for row in rows:
        parts = _none(row, months) + _low(row, months)
        if parts:
            sentences.append(f"{row.group}, {row.name}: " + "; ".join(parts))
    return sentences


def complete(rows: Sequence[CoverageRow]) -> list[CoverageRow]:
    """Return the shares that are at least _FULL in every month in which anything is expected."""
    return [row for row in rows if row.expected is not None and _lowest(row) >= _FULL]


def _lowest(row: CoverageRow) -> float:
    share = row.share[~np.isnan(row.share)]
    return float(share.min()) if len(share) else 1.0


def _none(row: CoverageRow, months: Array) -> list[str]:
    if row.group == "corporate_actions":  # months without an event are no gap
        return []
    wanted = np.ones(len(months), dtype=bool) if row.expected is None else row.expected > 0
    empty = wanted & (row.found == 0)
    return [f"none in {months_in_words(months[empty])}"] if empty.any() else []


def _low(row: CoverageRow, months: Array) -> list[str]:
    if row.expected is None:
        return []
    share = row.share
    low = (row.found > 0) & (share < _FULL)
    if not low.any():
        return []
    worst = int(np.flatnonzero(low)[np.argmin(share[low])])
    some = int(np.count_nonzero(row.found > 0))
    where = "every month" if low.sum() == some else f"{low.sum()} of {some} months"
    return [
        f"below {_FULL:.0%} in {where} (median there {np.median(share[low]):.1%}, lowest "
        f"{share[worst]:.1%} in {months[worst]}: {row.found[worst]:,.0f} of "
        f"{row.expected[worst]:,.0f})"
    ]


def months_in_words(months: Array) -> str:
    """Write months as stretches: "2014-01 to 2014-03, 2014-07"."""
    numbers = months.astype("datetime64[M]").astype(np.int64)
    cuts = np.flatnonzero(np.diff(numbers) > 1) + 1
    return ", ".join(
        f"{part[0]} to {part[-1]}" if len(part) > 1 else str(part[0])
        for part in np.split(months, cuts)
        if len(part)
    )
