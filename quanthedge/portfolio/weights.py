"""Target weights as a table: a book that was decided elsewhere, hedged and kept by us.

Rows are fractions of the stock book: 0 or more, each day's sum at most 1, and what is missing to 1
stays in cash. The table is its own universe: neither scores nor filters change it.
"""

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.errors import StrategyError
from quanthedge.kinds import own_name
from quanthedge.market import Market
from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.selection import Selector
from quanthedge.portfolio.targets import Targets, sparse_targets
from quanthedge.signals import GivenTable, Scores
from quanthedge.typing import Floats, Ints, Language

__all__ = ["TableWeights", "weights_from"]

_ROUNDING = 1e-6  # by which a sum may exceed 1: weights may come as 32-bit numbers
YEAR = 250  # trading days


class TableWeights(GivenTable, Selector):
    """The weights of a table, on the days on which it states new ones.

    A day whose weights are all 0 sells everything; one without any row changes nothing.

    Notes
    -----
    Look-ahead: a decision at the close of day t takes the newest day of the table that was known by
    then; orders are done on the next trading day. See ``lag_days``, ``known`` and ``closed_days``.
    A stock that is not in a day's rows has weight 0. Weights of codes that are no stock of the
    market stay in cash.
    """

    what: ClassVar[str] = "weights"
    needs_scores: ClassVar[bool] = False

    kind: Literal["weights"] = "weights"
    rebalance: Literal["table", "strategy"] = Field(
        default="table",
        description="Decisions on the days on which the table states new weights (and on the eve "
        "of the first trading day), or by the strategy's own schedule.",
    )
    max_age_days: int = Field(
        default=YEAR,
        ge=0,
        le=2_500,
        description="Trading days since they became known, up to which weights count.",
    )
    carry: Literal["day"] = Field(default="day", description="A day's weights count as a whole.")

    def decision_rows(self, schedule: Schedule, market: Market, first: int, last: int) -> Ints:
        """Return the rows of the decisions: the table's days, or those of the schedule."""
        by_schedule = super().decision_rows(schedule, market, first, last)
        if self.rebalance == "strategy":
            return by_schedule
        stated = self.table(market).known_rows
        inside = stated[(stated >= first - 1) & (stated < last)]
        return np.asarray(np.union1d(first - 1, inside), dtype=np.int64)

    def targets(
        self, market: Market, scores: Floats, rows: Ints, *, invested_fraction: float = 1.0
    ) -> Targets:
        """Return the weights in force on each decision; ``scores`` are not looked at.

        Raises
        ------
        StrategyError
            A weight is below 0, a day's sum is above 1, or no weights are in force on a decision.
        """
        _check_weights(self.scores, self.told)
        rows = np.asarray(rows, dtype=np.int64)
        table = self.table(market)
        found = table.at(rows, self.max_age_days)
        self._check_in_force(found.values, market, rows)
        wanted = np.nan_to_num(found.values)
        return sparse_targets(market, rows, invested_fraction * wanted)

    def _check_in_force(self, values: Floats, market: Market, rows: Ints) -> None:
        none = ~np.isfinite(values).any(axis=1)
        if not none.any():
            return
        row = int(rows[int(none.argmax())])
        known = self.table(market).known_rows
        begun = known[known <= row]
        if not begun.size:
            first = f"{market.dates[known[0]]}" if known.size else "never"
            why = f"they become known on {first}: start on a later day"
        else:
            why = (
                f"the newest are of {market.dates[begun[-1]]}: none of their codes is in the "
                f"market, or max_age_days {self.max_age_days} is too small"
            )
        raise StrategyError(
            f"{self.told}: none in force at the close of {market.dates[row]}; {why}"
        )

    def called(self, language: Language) -> str:
        """Return the name of the table."""
        return own_name(self, self.what, language)


def _check_weights(scores: Scores, told: str) -> None:
    """Refuse weights below 0, and days that sum to more than the book."""
    below = scores.values < 0
    if below.any():
        k = int(below.argmax())
        raise StrategyError(
            f"{told}: {int(below.sum()):,} weights are below 0 (first: "
            f"{scores.names[scores.places[k]]} {scores.dates[k]}, {scores.values[k]:g}); the stock "
            "book is long only: the hedge is its short side"
        )
    days, begin = np.unique(scores.dates, return_index=True)
    total = np.add.reduceat(scores.values, begin)
    over = total > 1 + _ROUNDING
    if over.any():
        k = int(over.argmax())
        raise StrategyError(
            f"{told}: {int(over.sum()):,} days sum to more than 1 (first: {days[k]}, "
            f"{total[k]:g}); weights are fractions of the stock book, whose size invested_fraction "
            "says"
        )


def weights_from(
    source: Any,
    market: Market | None = None,
    *,
    name: str = "",
    name_zh: str = "",
    rebalance: Literal["table", "strategy"] = "table",
    column: str = "",
    known: str = "",
    lag_days: int = 0,
    closed_days: Literal["next", "previous"] = "next",
    max_age_days: int = YEAR,
) -> TableWeights:
    """Return a table of target weights as the selector of a strategy, which then has no factors.

    Parameters
    ----------
    source : DataFrame, Series, or path
        Wide or long, as :func:`quanthedge.signal_from` takes it; fractions of the stock book, 0 or
        more, at most 1 a day.
    market : Market, optional
        Held against it at once, as in :func:`quanthedge.signal_from`.
    name, name_zh : str
        What reports call it.
    rebalance : {"table", "strategy"}
        Decisions on the table's days, or by the strategy's schedule.
    column, known, lag_days, closed_days, max_age_days
        As in :func:`quanthedge.signal_from`; weights count for 250 trading days, or until the next.

    Returns
    -------
    TableWeights

    Raises
    ------
    DataError
        No table of numbers by day and stock.
    StrategyError
        A weight is below 0, a day's sum above 1, or an option out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> book = pd.DataFrame({"600519.SH": [0.4], "000001.SZ": [0.6]}, index=["2014-09-16"])
    >>> weights_from(book).kind
    'weights'
    """
    options = {
        "name": name, "name_zh": name_zh, "rebalance": rebalance, "column": column, "known": known,
        "lag_days": lag_days, "closed_days": closed_days, "max_age_days": max_age_days,
    }  # fmt: skip
    part = TableWeights.made_of(source, options, market)
    _check_weights(part.scores, part.told)
    return part
