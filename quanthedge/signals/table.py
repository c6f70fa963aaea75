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

from quanthedge.market import Market
from quanthedge.signals.report import TableReport
from quanthedge.typing import Days, Floats, Ints

__all__ = ["Carry", "InForce", "ScoreTable"]

Carry = Literal["day", "stock"]


class InForce(NamedTuple):
    """What counts on some rows: ``values`` [R, N], and ``age`` [R, N] in trading days."""

    values: Floats
    age: Ints


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
