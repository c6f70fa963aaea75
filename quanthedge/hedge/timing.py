"""Which fills of a day know of which: whether the hedge can be computed from the stock fills.

Stocks and futures open and close at different minutes, and the minutes changed on 2016-01-01: the
hours are rows of the rule book. A fill that ends before the stocks are filled can only be of lots
that were decided before, from the book expected (docs/ledger.md, step 7).
"""

from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.hedge.rule import HedgeRule
from quanthedge.rules import trading_hours

__all__ = ["Knowledge", "StockFill"]

StockFill = Literal["open", "vwap", "close"]
_ORDER: Final = {"open": 0, "vwap": 1, "settlement": 2, "close": 3}  # when the fill is complete


class Knowledge(NamedTuple):
    """What the futures' fill knows of the stocks'."""

    after_stocks: NDArray[np.bool_]  # [T] the lots are computed from the day's stock fills
    possible: NDArray[np.bool_]  # [T] a desk could have done so
    used: pd.DataFrame | None  # rows of the rule book that decided

    @classmethod
    def of(
        cls,
        rule: HedgeRule,
        stock_fill: StockFill,
        completed: StockFill,
        dates: NDArray[np.datetime64],
    ) -> "Knowledge":
        """Return on which days the lots are computed from the day's stock fills, and could be.

        Parameters
        ----------
        rule : HedgeRule
        stock_fill : str
            Price of the stock orders.
        completed : str
            The last price at which stocks are bought or sold: that of ``stock_fill``, or "vwap"
            when purchases wait for the money of the sales.
        dates : datetime64[D] [T]
            Trading days.

        Notes
        -----
        A fill is complete at the open, over the day (average), over its last hour (settlement
        price) or at the close. Stock fills complete earlier are known; two averages are worked side
        by side and count as known; fills at both opens or both closes are known by the hours of the
        day.
        """
        price = rule.fill_price(stock_fill)
        used = None
        if price != completed:
            possible = np.full(dates.size, _ORDER[price] > _ORDER[completed])
        elif price == "vwap":
            possible = np.ones(dates.size, dtype=np.bool_)
        else:
            hours = trading_hours(rule.products, dates)
            used = hours.used
            if price == "open":
                possible = hours.futures_entry > hours.stock_auction
            else:
                possible = hours.futures_close > hours.stock_close
        after = possible
        if rule.fill == "open_after_stocks":
            after = np.ones(dates.size, dtype=np.bool_)
        return cls(after, possible, used)
