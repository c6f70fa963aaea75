"""The price limits of every bar, from the dated rule book: what a day's prices could have been.

The limits are those of the board on that day, of the statuses that narrow or lift them (special
treatment ST, shares before their reform S, particular transfer PT), of the first days of a listing,
of a relisting and of the delisting period. Status comes from the flags of the bar and from the
stock's name on the day. Limit prices: :func:`quanthedge.rules.limit_prices.limit_prices`.
Days before the rule book begins, and codes on no known board, have no known limit (NaN).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from quanthedge.errors import RuleError
from quanthedge.market.blocks import Axes
from quanthedge.market.name_marks import (
    BOTH,
    LEAVING,
    NEW,
    PARTICULAR_MARK,
    SPECIAL,
    UNREFORMED_MARK,
    name_marks,
)
from quanthedge.rules import TICK, Board, LimitClass, Row, StockLimits, limit_prices

if TYPE_CHECKING:
    from quanthedge.market.dataset import Market

__all__ = ["BarLimits", "LimitBook", "LimitPanel"]

Array = np.ndarray[Any, Any]
_OLD = 1_000_000  # listing age of a stock listed before the calendar begins, in trading days
_GRACE = 1.01 * TICK
_LISTING_DAYS = 30  # trading days after which no rule of listing days holds
_CHINEXT = Board.NAMES.index("chinext")


class Bars(Protocol):
    """Bars of whole stocks, sorted by stock and day."""

    @property
    def stock(self) -> Array:
        """Place of each bar's stock [rows]."""

    @property
    def day(self) -> Array:
        """Place of each bar's day in the calendar [rows]."""

    def numbers(self, name: str) -> Array:
        """Return a column [rows]."""


class _BarRows(NamedTuple):
    """Bars from arrays: ``columns`` has at least is_st and is_delisting."""

    stock: Array
    day: Array
    columns: dict[str, Array]

    def numbers(self, name: str) -> Array:
        """Return a column [rows]."""
        return self.columns[name]


@dataclass(frozen=True)
class BarLimits:
    """The limits of each bar, as fractions of its pre_close [rows].

    Attributes
    ----------
    place
        Class of the limits: column of the book's table.
    up, down
        Limits of the day; infinite = none, NaN = not known.
    board_up, board_down
        What they would be without the rules of listing days, relistings and delisting periods.
    inward
        Whether the exchange cuts limit prices towards the previous close.
    first
        Whether it is the stock's first bar in the data.
    listing
        Whether the rule of listing days holds.
    relisting
        Whether the name says that the share is listed again or, its S gone, for the first time
        after its reform: a day without limit.
    delisting
        Whether the stock's delisting period begins, on a day on which that lifts the limit.
    """

    place: Array
    up: Array
    down: Array
    board_up: Array
    board_down: Array
    inward: Array
    first: Array
    listing: Array
    relisting: Array
    delisting: Array

    def prices(self, pre_close: Array) -> tuple[Array, Array]:
        """Return the highest and lowest price allowed, yuan [rows]."""
        return limit_prices(pre_close, self.up, self.down, self.inward)

    def board_prices(self, pre_close: Array) -> tuple[Array, Array]:
        """Return what they would be by the board's limit and the stock's status alone."""
        return limit_prices(pre_close, self.board_up, self.board_down, self.inward)


class LimitBook:
    """The limits of all stocks on all days, looked up once.

    Parameters
    ----------
    axes
        Calendar and codes; a code on no A-share board has no known limits.
    listed
        First trading day of each code, datetime64[D] [N].
    names
        Spells of short names (code, name, start, end); None: status by the flags alone.

    Attributes
    ----------
    up, down
        Table of limits by day and class, [T, C]; infinite = none, NaN = not known.
    inward
        Whether each stock's exchange cuts limit prices towards the previous close, [N].
    marks
        What the names say, int8 [T, N].
    """

    def __init__(self, axes: Axes, listed: Array, names: pd.DataFrame | None = None) -> None:
        places = np.array([_places(str(code)) for code in axes.codes], dtype=np.int8)
        exchange, self._board = places.reshape(-1, 2).T
        self._listed_day = _listed_day(axes.calendar, listed)
        self.ipo_days = np.zeros(len(listed), np.int64)
        self._listing = np.full(len(listed), -1, np.int64)
        self.marks = name_marks(axes, names)
        days = len(axes.calendar)
        self.up, self.down = np.full((2, days, LimitClass.NO_BOARD + 1), np.nan)
        self.inward = np.zeros(len(listed), dtype=bool)
        self._frees = {
            status: np.zeros(days, dtype=bool)
            for status in ("delisting_period", "relisting", "reformed")
        }
        self._begun_before = 0
        if days == 0:
            return
        reader = StockLimits(axes.calendar)
        nothing = np.zeros(days, dtype=bool)  # no day has to be covered
        boards = reader.by_class([nothing] * len(Board.NAMES))
        self.up[:, : LimitClass.NO_BOARD], self.down[:, : LimitClass.NO_BOARD] = (
            boards  # the last column: no known board
        )
        known = self._board >= 0
        self.inward[known] = reader.inward()[exchange[known]]
        self._take_listing_rules(reader, exchange, listed, known)
        for status in self._frees:
            for row in reader.rows("stock_price_limit", _of_all(status)):
                self._frees[status] |= reader.mask(row)
        for row in reader.rows("stock_price_limit", _begun_before):
            if row.first is not None:
                self._begun_before = int(np.searchsorted(axes.calendar, np.datetime64(row.first)))

    def _take_listing_rules(
        self, reader: StockLimits, exchange: Array, listed: Array, known: Array
    ) -> None:
        """Give each stock its number of listing days, and their limits a class."""
        if not known.any():
            return
        count, up, down = reader.listing(exchange[known], self._board[known], listed[known])
        self.ipo_days[known] = count
        kinds = [(np.nan, np.nan), *reader.listing_kinds()]  # the first: of a day without a rule
        limits = np.array(kinds)
        same = np.column_stack([up, down])[:, None] == limits
        same |= np.isnan(np.column_stack([up, down]))[:, None] & np.isnan(limits)
        self._listing[known] = self.up.shape[1] + same.all(axis=2).argmax(axis=1)
        wide = np.ones((len(self.up), 1))
        self.up, self.down = (
            np.hstack([table, wide * limits[:, k]]) for k, table in enumerate((self.up, self.down))
        )

    @classmethod
    def on(
        cls, calendar: Array, codes: Array, listed: Array, names: pd.DataFrame | None
    ) -> "LimitBook":
        """Return the book of stocks that are given by calendar [T] and codes [N], as arrays."""
        return cls(Axes(calendar, codes), listed, names)

    def of_rows(self, stock: Array, day: Array, columns: dict[str, Array]) -> BarLimits:
        """Return the limits of bars that are given as arrays [rows], as :meth:`of` does.

        Parameters
        ----------
        stock, day
            Places of each bar's stock and of its day in the calendar.
        columns
            At least is_st and is_delisting.
        """
        return self.of(_BarRows(stock, day, columns))

    def of(self, bars: Bars) -> BarLimits:
        """Return the limits of bars of whole stocks; rows without a place have none known.

        Notes
        -----
        A listing day is counted in the stock's own bars, from its list_date; in the delisting
        period the marks ST and S no longer narrow the limit.
        """
        stock, day = bars.stock, bars.day
        rows = len(stock)
        if rows == 0 or len(self.up) == 0 or len(self._board) == 0:
            none, no = np.full(rows, np.nan), np.zeros(rows, dtype=bool)
            return BarLimits(no * 1, none, none, none, none, no, no, no, no, no)
        first = np.ones(rows, dtype=bool)
        first[1:] = stock[1:] != stock[:-1]
        placed = (stock >= 0) & (day >= 0)
        mark = np.where(placed, self.marks[day, stock], 0)
        delisting = bars.numbers("is_delisting").astype(bool) | (mark == LEAVING)
        place = self._status(stock, day, bars.numbers("is_st").astype(bool), mark, delisting)
        place[~placed] = LimitClass.NO_BOARD
        status = place.copy()
        begins = delisting.copy()
        begins[1:] &= first[1:] | ~delisting[:-1]
        place[self._stays(stock, day, begins, delisting) & placed] = LimitClass.BEGUN_BEFORE
        lifted = placed & (status < LimitClass.NO_BOARD)
        begins &= self._frees["delisting_period"][day] & lifted
        young = placed & (self._age(stock, day, first) < self.ipo_days[stock])
        before = (mark == UNREFORMED_MARK) | (mark == BOTH)
        reformed = np.zeros(rows, dtype=bool)
        reformed[1:] = before[:-1] & ~before[1:] & ~first[1:]
        again = (mark == NEW) & self._frees["relisting"][day]
        again = (again | (reformed & self._frees["reformed"][day])) & ~young & lifted
        place[begins | again] = LimitClass.FREE
        place[young] = self._listing[stock[young]]
        return BarLimits(
            place=place,
            up=self.up[day, place],
            down=self.down[day, place],
            board_up=self.up[day, status],
            board_down=self.down[day, status],
            inward=self.inward[stock],
            first=first,
            listing=young,
            relisting=again,
            delisting=begins & ~young,
        )

    def plain(self, is_st: Array, days: slice) -> Array:
        """Return the classes of a panel of flags [T, N] whose stocks have no other status."""
        board = self._board.astype(np.int8)
        place = np.where(board < 0, np.int8(LimitClass.NO_BOARD), 2 * board + is_st.astype(np.int8))
        special = self.marks[days] == SPECIAL
        place[special] = (2 * board + 1)[np.nonzero(special)[1]]
        place[:, board < 0] = LimitClass.NO_BOARD
        return np.asarray(place, dtype=np.int8)

    def _status(
        self, stock: Array, day: Array, flag: Array, mark: Array, delisting: Array
    ) -> Array:
        """Return the class by board and status: flags and names, the narrower where both speak."""
        board = self._board[stock].astype(np.int64)
        special = flag | (mark == SPECIAL) | (mark == BOTH)
        place = np.where(board < 0, LimitClass.NO_BOARD, 2 * board + (special & ~delisting))
        main = (board == 0) & ~delisting
        unreformed = main & ((mark == UNREFORMED_MARK) | (mark == BOTH))
        unreformed &= ~special | (self.up[day, LimitClass.UNREFORMED] <= self.up[day, place])
        place[unreformed] = LimitClass.UNREFORMED
        place[main & (mark == PARTICULAR_MARK)] = LimitClass.PARTICULAR
        return place

    def _stays(self, stock: Array, day: Array, begins: Array, delisting: Array) -> Array:
        """Return bars of delisting periods that began before their board's limit was changed."""
        begun = day[np.maximum.accumulate(np.where(begins, np.arange(len(stock)), 0))]
        stays: Array = delisting & (self._board[stock] == _CHINEXT) & (begun < self._begun_before)
        return stays

    def _age(self, stock: Array, day: Array, first: Array) -> Array:
        """Return how many of the stock's trading days came before each bar, 0 on its first."""
        start = np.maximum.accumulate(np.where(first, np.arange(len(stock)), 0))
        before: Array = np.maximum(day[start] - self._listed_day[stock], 0)
        return before + np.arange(len(stock)) - start


class LimitPanel(NamedTuple):
    """The limits of a span of a market: a class for each stock-day, and each class's limits.

    ``place`` int8 [T, N]; ``up``, ``down`` float64 [T, C] (infinite = none, NaN = not known);
    ``inward`` bool [N]. A stock-day without a bar has the class of its status alone.
    """

    place: Array
    up: Array
    down: Array
    inward: Array

    @staticmethod
    def beyond(low: Array, high: Array, lowest: Array, highest: Array) -> Array:
        """Return whether prices lie beyond the limit prices of their day, bool.

        Previous closes that were worked out from a factor may be a tick off, and limits with them:
        so much is no breach. False where a price or a limit is not known.
        """
        outside: Array = (high > highest + _GRACE) | (low < lowest - _GRACE)
        return outside

    @classmethod
    def of(cls, market: "Market", first: int, last: int) -> "LimitPanel":
        """Return the limits of the rows ``first .. last`` of a market.

        Notes
        -----
        Most stocks have no status but ST: their classes are written at once. Those with another
        mark in the name or a delisting period, and the first days of listings, are looked up bar by
        bar.
        """
        calendar = market.calendar
        begin = int(np.searchsorted(calendar, market.dates[0]))
        names = market.stock_names()
        book = LimitBook.on(calendar, market.codes, market.list_dates(), names)
        span = slice(begin + first, begin + last + 1)
        place = book.plain(market.panel("is_st")[first : last + 1], span)
        leaving = market.panel("is_delisting")[: last + 1].any(axis=0)
        row = market.list_index()
        told = book.marks[begin : begin + last + 1] > SPECIAL
        newly = np.flatnonzero((row >= 0) & (row <= last) & (book.ipo_days > 0))
        told[row[newly], newly] = False  # an N on the listing day says nothing new
        marked = leaving | told.any(axis=0)
        young = (book.ipo_days > 0) & (row >= -_LISTING_DAYS) & (row <= last) & ~marked
        traded = market.panel("traded")
        found = [_bars(traded[: last + 1], np.flatnonzero(marked), 0, None)]
        for n in np.flatnonzero(young):
            start = max(int(row[n]), 0)
            found.append(_bars(traded[: last + 1], [int(n)], start, int(book.ipo_days[n])))
        for stock, at in found:
            flags = {name: market.panel(name)[at, stock] for name in ("is_st", "is_delisting")}
            limits = book.of_rows(stock, at + begin, flags)
            inside = at >= first
            place[at[inside] - first, stock[inside]] = limits.place[inside]
        return cls(place, book.up[span], book.down[span], book.inward)


def _bars(
    traded: Array, columns: Sequence[int] | Array, start: int, count: int | None
) -> tuple[Array, Array]:
    """Return stock and row of the bars of some stocks, the first ``count`` of them from a row."""
    columns = np.asarray(columns, dtype=np.int64)
    stock, row = np.nonzero(traded[start:, columns].T)
    return columns[stock[:count]], row[:count] + start


def _of_all(status: str) -> Any:
    return lambda row: row.cells["board"] == "all" and row.cells["status"] == status


def _begun_before(row: Row) -> bool:
    return row.cells["status"] == "delisting_begun_before"


def _places(code: str) -> tuple[int, int]:
    """Return the positions of exchange and board, -1 where the code is on no board."""
    try:
        return Board.of(code).places
    except RuleError:
        return -1, -1


def _listed_day(calendar: Array, listed: Array) -> Array:
    """Return the place of each listing day in the calendar; far back when before it."""
    place: Array = np.searchsorted(calendar, listed).astype(np.int64)
    if len(calendar):
        place = np.where(listed < calendar[0], -_OLD, place)
    return place
