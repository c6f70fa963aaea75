"""On which days stocks are chosen again."""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.kinds import Kinded
from quanthedge.market import Market
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Bools, Days, Ints

__all__ = ["Every", "Periodic", "Schedule"]


class Schedule(Kinded, noun="schedule"):
    """The closes at which stocks are chosen again; the orders are done on the day after each.

    A field of this type takes a schedule of ours, or one of a user's own, as an object or by its
    ``kind`` (``periodic`` where none is given). An own schedule is a class derived from this one
    that defines :meth:`asks`, with its parameters as fields. A fund always chooses stocks on the
    eve of its first trading day.
    """

    needed: ClassVar[tuple[str, ...]] = ("asks",)
    default_kind: ClassVar[str] = "periodic"

    def asks(self, market: Market, rows: Ints) -> Bools:
        """Return after which closes stocks are chosen again: what an own schedule defines.

        Parameters
        ----------
        market : Market
        rows : int64 [R]
            Day indices of closes, one after the other.

        Returns
        -------
        bool [R]
            Entry r may use what is known at the close of day rows[r], and nothing later.
        """
        raise StrategyError(f"{type(self).__name__} is no schedule: it defines no asks")

    @property
    def days_between(self) -> int:
        """Trading days between two decisions, for which risk is forecast: a month's by default."""
        return round(TRADING_DAYS_A_YEAR / 12)

    def decision_rows(self, market: Market, first: int, last: int) -> Ints:
        """Return the day indices of the decisions; the orders are done on the day after each.

        Parameters
        ----------
        market : Market
        first, last : int
            First and last day on which the fund trades.

        Returns
        -------
        int64 [R]
            Ascending; the first is ``first - 1``, the last at most ``last - 1``.

        Raises
        ------
        StrategyError
            When there is no close before ``first``, the days are not inside the data, or an own
            schedule fails or gives something else than an answer for each close.
        """
        _check_days(market.dates, first, last)
        closes = np.arange(first - 1, last, dtype=np.int64)
        return np.union1d(first - 1, closes[self.answers(market, closes)])

    def grid(self, market: Market) -> Ints:
        """Return the decisions from the beginning of the data, whatever a run's own days are."""
        closes = np.arange(len(market.dates), dtype=np.int64)
        return closes[self.answers(market, closes)]

    def answers(self, market: Market, rows: Ints) -> Bools:
        """Return :meth:`asks` of some closes, held to its contract.

        Raises
        ------
        StrategyError
            It fails, or gives something else than an answer for each row.
        """
        with self.own_errors("asks"):
            found = self.asks(market, rows)
        return self.own_flags("asks", found, rows.shape)


Every = Literal["month", "week"] | Annotated[int, Field(ge=1, strict=True)]  # trading days


class Periodic(Schedule):
    """Rebalances on the fund's first trading day, then in each month or week, or every n days.

    A month's or week's orders are done on its first trading day, from the decision at the close
    before: the end of the last month or week. ``offset_days`` moves both later; with 1 the decision
    is made on the month's first trading day.

    Examples
    --------
    >>> dates = np.arange("2014-09-15", "2014-09-20", dtype="datetime64[D]")
    >>> Periodic(every=2).rows_on(dates, 1, 4)
    array([0, 2])
    """

    kind: Literal["periodic"] = "periodic"
    every: Every = Field(
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

    def decision_rows(self, market: Market, first: int, last: int) -> Ints:
        """Return the day indices of the decisions; every n-th day is counted from the first."""
        return self.rows_on(market.dates, first, last)

    def grid(self, market: Market) -> Ints:
        """Return the decisions from the beginning of the data, whatever a run's own days are.

        Months and weeks begin where they begin, by the exchanges' calendar, which is published in
        advance; every n-th day is counted from the first day of the data.
        """
        days = market.calendar[market.calendar >= market.dates[0]]
        if days.size < 2:
            return np.empty(0, dtype=np.int64)
        found = self.rows_on(days, 1, days.size - 1)
        found = found[1:] if isinstance(self.every, str) else found
        return np.asarray(found[found < len(market.dates)], dtype=np.int64)

    def rows_on(self, dates: Days, first: int, last: int) -> Ints:
        """Return the decisions of a fund that trades on the days ``first`` to ``last`` of a list.

        Parameters
        ----------
        dates : datetime64[D] [T]
            Trading days.
        first, last : int

        Raises
        ------
        StrategyError
            When there is no close before ``first``, or the days are not inside the list.
        """
        _check_days(dates, first, last)
        if isinstance(self.every, int):
            return np.arange(first - 1, last, self.every, dtype=np.int64)
        if self.every == "month":
            period = dates.astype("datetime64[M]").astype(np.int64)
        else:  # weeks begin on Mondays; day 0 of numpy's calendar was a Thursday
            period = (dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
        begins = np.flatnonzero(period[1:] != period[:-1]) + 1 + self.offset_days
        trades = np.union1d(first, begins[(begins > first) & (begins <= last)])
        return np.asarray(trades - 1, dtype=np.int64)


def _check_days(dates: NDArray[np.datetime64], first: int, last: int) -> None:
    """Raise StrategyError unless the days lie inside the data, with a close before them."""
    if not 1 <= first <= last < len(dates):
        raise StrategyError(
            f"rebalance: days {first}..{last} of {len(dates)}; the first day needs a close "
            "before it, and the last must lie inside the data; choose other dates"
        )
