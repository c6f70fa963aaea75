"""Days on which a stock closed at its price limit, by the dated rule book."""

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.rules import TICK
from quanthedge.typing import Bools

__all__ = ["DatedMarket", "closed_at_limit"]

_BLOCK_STOCKS = 256


class DatedMarket(Protocol):
    """The part of a market that is looked at."""

    dates: NDArray[np.datetime64]
    codes: NDArray[Any]

    @property
    def calendar(self) -> NDArray[np.datetime64]:
        """Trading days, published in advance."""

    def panel(self, name: str, /) -> NDArray[Any]:
        """Panel [T, N] of the stock bars."""

    def list_index(self) -> NDArray[np.int64]:
        """Row of each stock's first trading day [N]."""

    def stock_names(self) -> pd.DataFrame | None:
        """Spells of short names (code, name, start, end); None where they are not known."""


def closed_at_limit(market: DatedMarket) -> tuple[Bools, int]:
    """Return whether each bar closed at its upper or lower price limit, [T, N].

    Returns
    -------
    locked : bool ndarray [T, N]
        False where there is no bar.
    unknown : int
        Bars whose limit the rule book does not know; they count as free.

    """
    from quanthedge.market import LimitBook

    calendar = market.calendar
    first_day = int(np.searchsorted(calendar, market.dates[0]))
    listed = _list_dates(market, first_day)
    book = LimitBook.on(calendar, market.codes, listed, market.stock_names())
    traded = market.panel("traded")
    locked = np.zeros(traded.shape, dtype=bool)
    unknown = 0
    for begin in range(0, traded.shape[1], _BLOCK_STOCKS):
        stock, row = np.nonzero(traded[:, begin : begin + _BLOCK_STOCKS].T)
        stock += begin
        columns = {
            name: market.panel(name)[row, stock]
            for name in ("close", "pre_close", "is_st", "is_delisting")
        }
        limits = book.of_rows(stock, row + first_day, columns)
        highest, lowest = limits.prices(columns["pre_close"])
        with np.errstate(invalid="ignore"):
            near = np.minimum(abs(columns["close"] - highest), abs(columns["close"] - lowest))
        locked[row, stock] = near < TICK / 2
        unknown += int(np.count_nonzero(np.isnan(near)))
    return locked, unknown


def _list_dates(market: DatedMarket, first_day: int) -> NDArray[np.datetime64]:
    """Return the listing date of each stock; NaT where it is outside the calendar."""
    row = market.list_index()
    place = row + first_day
    dates = np.full(row.size, np.datetime64("NaT"), dtype="datetime64[D]")
    inside = (place >= 0) & (row < len(market.dates))
    dates[inside] = market.calendar[place[inside]]
    return dates
