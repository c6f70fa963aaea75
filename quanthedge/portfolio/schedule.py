"""On which days stocks are chosen again."""

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.plain import Plain
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = ["Schedule"]


class Schedule(Plain):
    """Rebalances on the fund's first trading day, then in each month or week, or every n days.

    A month's or week's orders are done on its first trading day, from the decision at the close
    before: the end of the last month or week. ``offset_days`` moves both later; with 1 the decision
    is made on the month's first trading day.

    Examples
    --------
    >>> dates = np.arange("2014-09-15", "2014-09-20", dtype="datetime64[D]")
    >>> Schedule(every=2).decision_rows(dates, 1, 4)
    array([0, 2])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Literal["month", "week"] | Annotated[int, Field(ge=1, strict=True)] = Field(
        default="month", description="'month', 'week', or a number of trading days."
    )
    offset_days: int = Field(
        default=0,
        ge=0,
        le=15,
        description="Trading days by which orders come later than a month's or week's first day.",
    )

    @model_validator(mode="after")
    def _offset_needs_a_calendar(self) -> Self:
        if self.offset_days and not isinstance(self.every, str):
            raise ValueError("offset_days goes with every = 'month' or 'week' only; set it to 0")
        return self

    @property
    def days_between(self) -> int:
        """Trading days between two decisions: of a usual month or week, whatever the span."""
        if isinstance(self.every, int):
            return self.every
        return round(TRADING_DAYS_A_YEAR / {"month": 12, "week": 52}[self.every])

    def decision_rows(
        self, dates: NDArray[np.datetime64], first: int, last: int
    ) -> NDArray[np.int64]:
        """Return the day indices of the decisions; the orders are done on the day after each.

        Parameters
        ----------
        dates : datetime64[D] [T]
            Trading days.
        first, last : int
            First and last day on which the fund trades.

        Returns
        -------
        int64 [R]
            Ascending; the first is ``first - 1``, the last at most ``last - 1``.

        Raises
        ------
        StrategyError
            When there is no close before ``first``, or the days are not inside the data.
        """
        if not 1 <= first <= last < len(dates):
            raise StrategyError(
                f"rebalance: days {first}..{last} of {len(dates)}; the first day needs a close "
                "before it, and the last must lie inside the data; choose other dates"
            )
        if isinstance(self.every, int):
            return np.arange(first - 1, last, self.every, dtype=np.int64)
        if self.every == "month":
            period = dates.astype("datetime64[M]").astype(np.int64)
        else:  # weeks begin on Mondays; day 0 of numpy's calendar was a Thursday
            period = (dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
        begins = np.flatnonzero(period[1:] != period[:-1]) + 1 + self.offset_days
        trades = np.union1d(first, begins[(begins > first) & (begins <= last)])
        return np.asarray(trades - 1, dtype=np.int64)
