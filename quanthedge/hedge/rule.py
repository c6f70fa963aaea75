"""What a strategy says about its hedge, and how often the hedge is reviewed."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from quanthedge.errors import StrategyError

__all__ = ["HedgeRule", "hedge_days", "target_lots"]


class HedgeRule(BaseModel):
    """Short index futures against the stock book, as strategies name them.

    Examples
    --------
    >>> HedgeRule(product="IC", every_days=1).roll_days
    4

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Literal["IF", "IH", "IC", "IM"] = Field(
        default="IF", description="Index futures sold short."
    )
    ratio: float = Field(
        default=1.0, ge=0, description="Futures value wanted, in units of beta x stock value."
    )
    contract: Literal["front"] = Field(
        default="front", description="Contract held: the nearest, until it is rolled."
    )
    roll_days: int = Field(
        default=4,
        ge=0,
        description="Trading days before the last trading day from which on the hedge is rolled.",
    )
    every_days: int = Field(
        default=5, ge=1, description="The number of lots is reviewed every so many trading days."
    )
    account: Literal["hedging", "speculative"] = Field(
        default="hedging", description="Trading code at the exchange: margin and limits differ."
    )


def hedge_days(
    days: int, every_days: int, rebalance_trade_rows: ArrayLike = ()
) -> NDArray[np.bool_]:
    """Return on which days of the span the number of lots is reviewed, [days].

    Parameters
    ----------
    days : int
        Trading days of the span.
    every_days : int
        Counted from the first trading day of the span, which is one of them.
    rebalance_trade_rows : int array-like
        Days on which stocks are rebalanced, by position in the span; they are added.

    Raises
    ------
    StrategyError
        When `every_days` is below 1 or a rebalance lies outside the span.

    Examples
    --------
    >>> hedge_days(7, 3, [4]).nonzero()[0]
    array([0, 3, 4, 6])

    """
    if every_days < 1:
        raise StrategyError(f"hedge.every_days {every_days}; accepted: 1 or more trading days")
    result = np.zeros(days, dtype=np.bool_)
    result[::every_days] = True
    rows = np.asarray(rebalance_trade_rows, dtype=np.int64)
    if rows.size and not (rows.min() >= 0 and rows.max() < days):
        raise StrategyError(
            f"hedge: a rebalance trades on day {rows.max()} of a span of {days} days; "
            "accepted are positions inside the span"
        )
    result[rows] = True
    return result


def target_lots(
    book_value: float, book_beta: float, ratio: float, futures_price: float, multiplier: float
) -> int:
    """Return the whole lots to be short for a stock book.

    Parameters
    ----------
    book_value : float
        Stocks held, yuan.
    book_beta : float
        Beta of the book to the index of the future.
    ratio : float
        Part of the beta that is hedged, 1 = all of it.
    futures_price : float
        Points.
    multiplier : float
        Yuan per point.

    Returns
    -------
    int
        ``ratio x beta x value / (price x multiplier)``, rounded half up, never below 0: a book
        of negative beta is left alone, because the fund only sells futures short.

    Examples
    --------
    >>> target_lots(75e6, 0.96, 1.0, 2400.0, 300.0)  # exactly 100 lots of 720,000 yuan
    100
    >>> target_lots(75e6, -0.1, 1.0, 2400.0, 300.0)
    0

    """
    return max(0, math.floor(ratio * book_beta * book_value / (multiplier * futures_price) + 0.5))
