"""The days of decision: the last trading day of each month or week, every day, or rows by hand."""

from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike

from quanthedge.errors import StrategyError
from quanthedge.factors import period_ends
from quanthedge.market import Market
from quanthedge.typing import Rows

__all__ = ["Decisions", "decision_rows"]

Period = Literal["month", "week", "day"]
Decisions = Period | ArrayLike


def decision_rows(market: Market, rows: Decisions) -> Rows:
    """Return the day indices of decisions, int64 [R], ascending.

    Parameters
    ----------
    market : Market
    rows : "month", "week", "day" or int [R]
        Last trading day of each month or week (of the data's own end only where the exchange's
        calendar says that it is one), every day, or the rows themselves.

    Raises
    ------
    StrategyError
        They are no whole numbers of days inside the data, each later than the one before.
    """
    days = len(market.dates)
    if isinstance(rows, str):
        if rows not in get_args(Period):
            raise StrategyError(f"rows: {rows!r}; accepted: month, week, day, or rows of days")
        return period_ends(market, cast(Period, rows))
    found = np.asarray(rows)
    if found.ndim != 1 or found.size == 0 or found.dtype.kind not in "iu":
        raise StrategyError(
            f"rows: {found.dtype} of shape {found.shape}; accepted: month, week, day, or a list of "
            "whole numbers of trading days (market.day gives one)"
        )
    if found.min() < 0 or found.max() >= days or (np.diff(found.astype(np.int64)) <= 0).any():
        raise StrategyError(
            f"rows: {found.min()} to {found.max()} of {days} days; accepted: rows inside the data, "
            "each later than the one before"
        )
    return found.astype(np.int64)
