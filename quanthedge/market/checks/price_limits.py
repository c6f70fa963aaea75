"""The price limits of every bar, from the dated rule book: what a day's prices could have been.

The limits are those of the board on that day, of special treatment (ST), of the first days of a
listing and of the delisting period. Limit price = previous close x (1 +/- limit), rounded half up
to the tick; at least one tick away from the previous close.
Days before the rule book begins, and codes on no known board, have no known limit (NaN).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.errors import RuleError
from quanthedge.market.blocks import Axes, Block
from quanthedge.rules.boards import BOARDS, places_of
from quanthedge.rules.lookup import RuleReader
from quanthedge.rules.stock_limits import listing_rules, price_limits
from quanthedge.rules.tables import Row

__all__ = ["TICK", "BarLimits", "LimitBook", "limit_prices"]

Array = np.ndarray[Any, Any]
TICK = 0.01  # yuan
OLD = 1_000_000  # listing age of a stock listed before the calendar begins, in trading days


@dataclass(frozen=True)
class BarLimits:
    """The limits of each bar, as fractions of its pre_close [rows].

    Attributes
    ----------
    up, down
        Limits of the day; infinite = none, NaN = not known.
    board_up, board_down
        What the board's limits would be without the rules of listing and delisting days.
    first
        Whether it is the stock's first bar in the data.
    listing
        Whether the rule of listing days holds.
    delisting
        Whether the stock's delisting period begins, on a day on which that lifts the limit.
    """

    up: Array
    down: Array
    board_up: Array
    board_down: Array
    first: Array
    listing: Array
    delisting: Array


class LimitBook:
    """The limits of all stocks on all days, looked up once.

    Parameters
    ----------
    axes
        Calendar and codes; a code on no A-share board has no known limits.
    listed
        First trading day of each code, datetime64[D] [N].
    """

    def __init__(self, axes: Axes, listed: Array) -> None:
        places = np.array([_places(str(code)) for code in axes.codes], dtype=np.int8)
        exchange, self._board = places.reshape(-1, 2).T
        self._listed_day = _listed_day(axes.calendar, listed)
        self._ipo_days = np.zeros(len(listed), np.int64)
        self._ipo_up, self._ipo_down = np.full((2, len(listed)), np.nan)
        days = len(axes.calendar)
        self._up, self._down = np.full((2, days, 2 * len(BOARDS) + 2), np.nan)
        self._free_delisting = np.zeros(days, dtype=bool)
        if days == 0:
            return
        reader = RuleReader(axes.calendar)
        nothing = np.zeros(days, dtype=bool)  # no day has to be covered
        boards = price_limits(reader, [nothing] * len(BOARDS))
        self._up[:, :-2], self._down[:, :-2] = boards  # the last two columns: no known board
        known = self._board >= 0
        young = listing_rules(reader, exchange[known], self._board[known], listed[known])
        self._ipo_days[known], self._ipo_up[known], self._ipo_down[known] = young
        for row in reader.rows("stock_price_limit", _frees_delisting):
            self._free_delisting |= reader.mask(row)

    def of(self, block: Block) -> BarLimits:
        """Return the limits of a block's bars; rows without a place have none known.

        Notes
        -----
        A listing day is counted in the stock's own bars, from its list_date; in the delisting
        period the mark ST no longer narrows the limit.
        """
        stock, day = block.stock, block.day
        rows = len(stock)
        if rows == 0 or len(self._up) == 0 or len(self._board) == 0:
            none, no = np.full(rows, np.nan), np.zeros(rows, dtype=bool)
            return BarLimits(none, none, none, none, no, no, no)
        first = np.ones(rows, dtype=bool)
        first[1:] = stock[1:] != stock[:-1]
        delisting = block.numbers("is_delisting").astype(bool)
        special = block.numbers("is_st").astype(bool) & ~delisting
        column = 2 * self._board[stock].astype(np.int64) + special
        up, down = self._up[day, column], self._down[day, column]
        placed = (stock >= 0) & (day >= 0)
        up[~placed], down[~placed] = np.nan, np.nan
        begins = delisting & self._free_delisting[day]
        begins[1:] &= first[1:] | ~delisting[:-1]
        young = placed & (self._age(stock, day, first) < self._ipo_days[stock])
        free = np.where(begins, np.inf, np.nan)
        return BarLimits(
            up=np.where(young, self._ipo_up[stock], np.where(begins, free, up)),
            down=np.where(young, self._ipo_down[stock], np.where(begins, free, down)),
            board_up=up,
            board_down=down,
            first=first,
            listing=young,
            delisting=begins & ~young,
        )

    def _age(self, stock: Array, day: Array, first: Array) -> Array:
        """Return how many of the stock's trading days came before each bar, 0 on its first."""
        start = np.maximum.accumulate(np.where(first, np.arange(len(stock)), 0))
        before: Array = np.maximum(day[start] - self._listed_day[stock], 0)
        return before + np.arange(len(stock)) - start


def limit_prices(pre_close: Array, up: Array, down: Array) -> tuple[Array, Array]:
    """Return the highest and lowest price allowed, in yuan [rows].

    >>> limit_prices(np.array([0.36, 14.75]), np.array([0.10, 0.05]), np.array([0.10, 0.05]))
    (array([ 0.4 , 15.49]), array([ 0.32, 14.01]))
    """
    highest = np.maximum(_rounded(pre_close * (1 + up)), pre_close + TICK)
    lowest = np.minimum(_rounded(pre_close * (1 - down)), pre_close - TICK)
    return highest, np.maximum(lowest, TICK)


def _rounded(price: Array) -> Array:
    """Round half up to the tick; the millionth is what floating point loses below a half."""
    rounded: Array = np.floor(price * 100 + 0.5 + 1e-6) / 100
    return rounded


def _frees_delisting(row: Row) -> bool:
    return row.cells["board"] == "all" and row.cells["status"] == "delisting_period"


def _places(code: str) -> tuple[int, int]:
    """Return the positions of exchange and board, -1 where the code is on no board."""
    try:
        return places_of(code)
    except RuleError:
        return -1, -1


def _listed_day(calendar: Array, listed: Array) -> Array:
    """Return the place of each listing day in the calendar; far back when before it."""
    place: Array = np.searchsorted(calendar, listed).astype(np.int64)
    if len(calendar):
        place = np.where(listed < calendar[0], -OLD, place)
    return place
