"""On which days stocks are chosen again."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Schedule"]


class Schedule(BaseModel):
    """Rebalances on the first trading day of the fund, then of each month or week, or every n days.

    Examples
    --------
    >>> dates = np.arange("2014-09-15", "2014-09-20", dtype="datetime64[D]")
    >>> Schedule(every=2).decision_rows(dates, 1, 4)
    array([0, 2])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Literal["month", "week"] | int = Field(
        default="month", description="'month', 'week', or a number of trading days."
    )

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
        """
        days = np.arange(first, last + 1)
        if self.every == "month":
            period = dates.astype("datetime64[M]").astype(np.int64)
        elif self.every == "week":
            period = (dates.astype("datetime64[D]").astype(np.int64) + 3) // 7  # weeks from Monday
        else:
            period = (np.arange(len(dates)) - first) // max(1, int(self.every))
        new = period[days] != period[days - 1]
        new[0] = True
        return np.asarray(days[new] - 1, dtype=np.int64)
