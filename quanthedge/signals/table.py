"""Scores in a market's days and codes, each used from the day on which it was known.

A row is known at the close of a trading day: of its own day, so many trading days later (``lag``),
or of the day that a column states. What became known on a day without trading counts with the close
of the next trading day. Row t of :meth:`ScoreTable.at` holds what was known by the close of t, to
be traded on from the next trading day.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.signals.scores import Scores
from quanthedge.typing import Days, Floats, Ints

__all__ = ["Carry", "ClosedDays", "InForce", "ScoreTable", "TableReport"]

Carry = Literal["day", "stock"]
ClosedDays = Literal["next", "previous"]
_NAMED = 5  # codes and days that a report names


class InForce(NamedTuple):
    """What counts on some rows: ``values`` [R, N], and ``age`` [R, N] in trading days."""

    values: Floats
    age: Ints


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


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores that are known by a market's end.

    Attributes
    ----------
    dates : datetime64[D] [D]
        Days of the table, ascending.
    known : int64 [D, N]
        The market's row at whose close each became known; [D, 1] where all of a day did at once.
    codes : str [N]
        The market's.
    values : float64 [D, N]
        NaN where there is no score.
    carry : {"day", "stock"}
        "day": the newest day that is known counts as a whole. "stock": of each stock the newest.
    report : TableReport
    """

    dates: Days
    known: Ints
    codes: NDArray[np.str_]
    values: Floats
    carry: Carry
    report: TableReport = field(repr=False)

    def at(self, rows: Ints, max_age: int | None = None) -> InForce:
        """Return the scores in force at the closes of some rows.

        Parameters
        ----------
        rows : int64 [R]
            Rows of the market, in any order.
        max_age : int, optional
            Trading days since a score became known, up to which it counts.

        Returns
        -------
        InForce
            NaN, and age -1, where there is none.
        """
        rows = np.asarray(rows, dtype=np.int64)
        found = self._by_day(rows) if self.carry == "day" else self._by_stock(rows)
        if max_age is None:
            return found
        old = found.age > max_age
        return InForce(np.where(old, np.nan, found.values), np.where(old, -1, found.age))

    @cached_property
    def known_rows(self) -> Ints:
        """Return the rows at whose closes something of the table became known, ascending."""
        known = self.known.ravel()
        if self.known.shape[1] > 1:
            known = self.known[np.isfinite(self.values)]
        return np.unique(known[known >= 0])

    def until(self, market: Market) -> "ScoreTable":
        """Return what was known at a market's last close: later rows do not exist there.

        Neither do those of later days, whatever is held to be known of them: an audit that cuts the
        market finds a use of them in this way.
        """
        late = self.known >= len(market.dates)
        late |= (self.dates > market.dates[-1])[:, None]
        if not late.any():
            return self
        if late.shape[1] == 1:
            keep = ~late[:, 0]
            dates, known, values = self.dates[keep], self.known[keep], self.values[keep]
        else:
            dates, known, values = self.dates, self.known, np.where(late, np.nan, self.values)
        return ScoreTable(dates, known, self.codes, values, self.carry, self.report)

    def _by_day(self, rows: Ints) -> InForce:
        known = self.known[:, 0]
        order = np.argsort(known, kind="stable")
        newest = np.maximum.accumulate(order) if order.size else order  # of what is known by then
        place = np.searchsorted(known[order], rows, side="right") - 1
        there = place >= 0
        chosen = newest[place[there]]
        values = np.full((rows.size, len(self.codes)), np.nan)
        values[there] = self.values[chosen]
        age = np.full(values.shape, -1, dtype=np.int64)
        age[there] = (rows[there] - known[chosen])[:, None]
        return InForce(values, np.where(np.isfinite(values), age, -1))

    @cached_property
    def _events(self) -> tuple[Ints, Ints, Ints, Floats]:
        """Return known row, day, stock and value of each score, in the order of knowledge."""
        day, stock = np.nonzero(np.isfinite(self.values))
        known = np.broadcast_to(self.known, self.values.shape)[day, stock]
        order = np.lexsort((day, known))
        return known[order], day[order], stock[order], self.values[day, stock][order]

    def _by_stock(self, rows: Ints) -> InForce:
        """Go through the rows once, and through what became known before each."""
        known, day, stock, value = self._events
        n = len(self.codes)
        newest, since, current = np.full(n, -1), np.full(n, -1), np.full(n, np.nan)
        values, age = np.empty((rows.size, n)), np.empty((rows.size, n), dtype=np.int64)
        done = 0
        for r in np.argsort(rows, kind="stable"):
            stop = int(np.searchsorted(known, rows[r], side="right"))
            if stop > done:
                # ascending by day within the batch: where a stock comes twice, its newest stands
                batch = np.arange(done, stop)
                batch = batch[np.argsort(day[batch], kind="stable")]
                batch = batch[day[batch] > newest[stock[batch]]]
                newest[stock[batch]] = day[batch]
                since[stock[batch]] = known[batch]
                current[stock[batch]] = value[batch]
                done = stop
            values[r] = current
            age[r] = np.where(since >= 0, rows[r] - since, -1)
        return InForce(values, age)


def aligned(
    scores: Scores,
    market: Market,
    *,
    lag: int,
    closed_days: ClosedDays,
    carry: Carry | None,
    where: str,
) -> ScoreTable:
    """Return scores in the days and codes of a whole market.

    Parameters
    ----------
    scores : Scores
    market : Market
    lag : int
        Trading days after its own day on which a score becomes known, where no column says it.
    closed_days : {"next", "previous"}
        The trading day with which a day without trading counts.
    carry : {"day", "stock"} or None
        None: "stock" where the rows of a day became known on different days, else "day".
    where : str
        What messages call the table.

    Raises
    ------
    DataError
        No code is a stock of the market, days lie after its data, or nothing falls into its days.
    """
    place = np.searchsorted(market.codes, scores.names)
    place = np.minimum(place, len(market.codes) - 1)
    there = market.codes[place] == scores.names
    if not there.any():
        raise DataError(
            f"{where}: none of its {len(scores.names):,} codes is a stock of market "
            f"'{market.name}' ({named(tuple(scores.names.tolist()))}); codes look like 600519.SH"
        )
    _refuse_later(scores, market, where)
    days, day = np.unique(scores.dates, return_inverse=True)
    row, closed = _rows(days, market, closed_days)
    inside = (row >= 0)[day]
    mine = there[scores.places] & inside
    if not mine.any():
        raise DataError(
            f"{where}: no score of a stock of market '{market.name}' on its days "
            f"{market.dates[0]} to {market.dates[-1]}; the table has {days[0]} to {days[-1]}"
        )
    used = np.flatnonzero(row >= 0)  # also a day whose codes are all unknown: it takes the place
    day = np.searchsorted(used, day)  # of the one before
    values = np.full((used.size, len(market.codes)), np.nan)
    values[day[mine], place[scores.places[mine]]] = scores.values[mine]
    known = (row[used] + lag)[:, None]
    if scores.known is not None:
        known = _known(scores.known, day, place[scores.places], (inside, mine), market)
    carry = carry or ("day" if known.shape[1] == 1 else "stock")
    if carry == "day" and known.shape[1] > 1:
        raise DataError(
            f"{where}: rows of one day became known on different days, so that no day counts as a "
            "whole; take carry = 'stock'"
        )
    report = _report(scores, days, row, closed, closed_days, there, used, known, values, market)
    return ScoreTable(days[used], known, market.codes, values, carry, report)


def _refuse_later(scores: Scores, market: Market, where: str) -> None:
    """Refuse days after the data's end, unless it was the market that was cut before it."""
    if market.is_altered or market.is_cut:
        return
    late = np.unique(scores.dates[scores.dates > market.dates[-1]])
    if late.size:
        raise DataError(
            f"{where}: {late.size:,} days after the end of market '{market.name}', "
            f"{market.dates[-1]} (first: {late[0]}); import more data, or leave them out"
        )


def _rows(days: Days, market: Market, closed_days: ClosedDays) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the market's row of each day, negative before its first, and which are no sessions."""
    calendar = market.calendar
    place = np.searchsorted(calendar, days)
    open_ = calendar[np.minimum(place, len(calendar) - 1)] == days
    if closed_days == "previous":
        place = np.where(open_, place, place - 1)
    row = place - int(np.searchsorted(calendar, market.dates[0]))
    return row.astype(np.int64), ~open_ & (days >= market.dates[0])


def _known(
    known: Days,
    day: Ints,
    stock: Ints,
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    market: Market,
) -> Ints:
    """Return the rows of knowledge, [D, 1] where each day's are one, else [D, N].

    ``masks``: rows on the market's days, and of these such as are of its stocks.
    """
    inside, mine = masks
    row, _ = _rows(known, market, "next")
    days = int(day[inside].max()) + 1
    low = np.full(days, np.iinfo(np.int64).max)
    high = np.full(days, -1)
    np.minimum.at(low, day[inside], row[inside])
    np.maximum.at(high, day[inside], row[inside])
    if (low == high).all():
        return high[:, None]
    whole = np.full((days, len(market.codes)), -1, dtype=np.int64)
    whole[day[mine], stock[mine]] = row[mine]
    return whole


def _report(
    scores: Scores,
    days: Days,
    row: Ints,
    closed: NDArray[np.bool_],
    closed_days: ClosedDays,
    there: NDArray[np.bool_],
    used: Ints,
    known: Ints,
    values: Floats,
    market: Market,
) -> TableReport:
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
