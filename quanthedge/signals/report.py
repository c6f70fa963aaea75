"""What became of a table on a market: what was left out, gaps, days without trading."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from quanthedge.market import Market
from quanthedge.signals.scores import Scores
from quanthedge.typing import Bools, Days, Floats, Ints

__all__ = ["ClosedDays", "Placed", "TableReport", "named", "table_report"]

ClosedDays = Literal["next", "previous"]
_NAMED = 5  # codes and days that a report names


@dataclass(frozen=True)
class TableReport:
    """What became of a table on a market.

    Attributes
    ----------
    scores, days, stocks : int
        Scores in the market's days and codes.
    first, last : str
        First and last of these days; "" without any.
    empty : int
        Cells without a number.
    unknown : tuple of str
        Codes that are no stock of the market.
    unknown_scores : int
        Their scores, which are left out.
    closed : tuple of str
        Days of the table without trading.
    closed_days : {"next", "previous"}
        With which trading day these count.
    early : int
        Days of the table before the market's first, which are left out.
    never : int
        Days of which nothing is known by the market's end.
    spacing : int
        Trading days between two days of the table, the median.
    gap : (str, str, int)
        The longest time without new scores: after, until, trading days.
    """

    scores: int
    days: int
    stocks: int
    first: str
    last: str
    empty: int
    unknown: tuple[str, ...]
    unknown_scores: int
    closed: tuple[str, ...]
    closed_days: ClosedDays
    early: int
    never: int
    spacing: int
    gap: tuple[str, str, int]

    def __str__(self) -> str:
        lines = [
            f"{self.scores:,} scores of {self.stocks:,} stocks on {self.days:,} days, "
            f"{self.first} to {self.last}; new ones after {self.spacing} trading days (median)"
        ]
        if self.gap[2] > max(1, self.spacing):
            after, until, days = self.gap
            lines.append(f"longest gap: {days} trading days, {after} to {until}")
        if self.empty:
            lines.append(f"{self.empty:,} cells without a number")
        if self.unknown:
            lines.append(
                f"{len(self.unknown):,} codes are no stock of the market ({named(self.unknown)}): "
                f"{self.unknown_scores:,} scores left out"
            )
        if self.closed:
            lines.append(
                f"{len(self.closed):,} days without trading ({named(self.closed)}): they count "
                f"with the close of the {self.closed_days} trading day"
            )
        if self.early:
            lines.append(f"{self.early:,} days before the market's first are left out")
        if self.never:
            lines.append(f"{self.never:,} days become known after the market's end")
        return "\n".join(lines)


def named(words: tuple[str, ...]) -> str:
    """Return the first of some words, for a message."""
    return ", ".join(words[:_NAMED]) + (", ..." if len(words) > _NAMED else "")


class Placed(NamedTuple):
    """A table's days [A] with their rows, and those of them on the market [D] with their scores."""

    days: Days
    row: Ints
    closed: Bools
    used: Ints
    known: Ints
    values: Floats


def table_report(
    scores: Scores, placed: Placed, there: Bools, market: Market, closed_days: ClosedDays
) -> TableReport:
    """Return what became of a table; ``there`` says which of its codes the market has."""
    days, row, closed, used, known, values = placed
    latest = np.iinfo(np.int64).max
    first_known = np.where(np.isfinite(values), known, latest).min(axis=1)
    if known.shape[1] == 1:
        first_known = known[:, 0]
    inside = first_known < len(market.dates)
    steps = np.unique(first_known[inside])
    gaps = np.diff(steps)
    at = int(gaps.argmax()) if gaps.size else 0
    gap = (
        (str(market.dates[steps[at]]), str(market.dates[steps[at + 1]]), int(gaps[at]))
        if gaps.size
        else ("", "", 0)
    )
    return TableReport(
        scores=int(np.isfinite(values).sum()),
        days=used.size,
        stocks=int(np.isfinite(values).any(axis=0).sum()),
        first=str(days[used[0]]),
        last=str(days[used[-1]]),
        empty=scores.empty,
        unknown=tuple(scores.names[~there].tolist()),
        unknown_scores=int((~there)[scores.places].sum()),
        closed=tuple(str(one) for one in days[closed]),
        closed_days=closed_days,
        early=int((row < 0).sum()),
        never=int((~inside).sum()),
        spacing=int(np.median(gaps)) if gaps.size else 0,
        gap=gap,
    )
