"""Lots, ticks and price limits of stocks by board, status, date and days since listing.

A stock-day's limits are told by its class, a column of the table of limits: two for each board
(ordinary and ST), then those of the statuses that are in a stock's name or history only.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import RuleError
from quanthedge.rules.boards import Board
from quanthedge.rules.limit_prices import TICK
from quanthedge.rules.lookup import RuleReader
from quanthedge.rules.tables import Row
from quanthedge.typing import Bools, Days, Floats

__all__ = [
    "LimitClass",
    "StockLimits",
    "board_lots",
    "new_share_delays",
]

_LISTING_WINDOW_DAYS: Final = 30  # five trading days are over after this many calendar days


class LimitClass(IntEnum):
    """Classes of price limits after the two of each board; as many come before ``NO_BOARD``."""

    UNREFORMED = 2 * len(Board.NAMES)
    PARTICULAR = 2 * len(Board.NAMES) + 1
    BEGUN_BEFORE = 2 * len(Board.NAMES) + 2
    FREE = 2 * len(Board.NAMES) + 3
    NO_BOARD = 2 * len(Board.NAMES) + 4


# the board and status that a class is in the table
_STATUSES: Final = {
    LimitClass.UNREFORMED: ("main", "unreformed"),
    LimitClass.PARTICULAR: ("main", "PT"),
    LimitClass.BEGUN_BEFORE: ("chinext", "delisting_begun_before"),
}
_INWARD: Final = {"half up to the tick": False, "towards the previous close": True}
_DELAYS: Final = {"ex-date": 0, "first trading day after the ex-date": 1}


class StockLimits(RuleReader):
    """What the rule book says of price limits on some days."""

    def by_class(self, live: list[Bools | None]) -> tuple[Floats, Floats]:
        """Return the daily limits up and down by class, [T, classes] each; infinite = none.

        Where the table says nothing of a status, its class has the limits of its board's others.
        """
        up = np.full((len(self.days), LimitClass.NO_BOARD), np.nan)
        down = up.copy()
        for place, name in enumerate(Board.NAMES):
            needed = live[place]
            if needed is None:
                continue
            for is_st, status in enumerate(("normal", "ST")):
                rows = _limit_rows(self, (name,), status)
                first = min((row.first for row in rows if row.first is not None), default=None)
                must = needed
                if is_st and first is not None:
                    must = needed & (self.days >= np.datetime64(first, "D"))
                column = 2 * place + is_st
                up[:, column], down[:, column] = self.series(rows, ("up_limit", "down_limit"), must)
                if is_st:
                    _fill(up, down, column, column - 1)
        nothing = np.zeros(len(self.days), np.bool_)  # no day has to be covered
        for column, (board, status) in _STATUSES.items():
            rows = [row for row in _limit_rows(self, (board,), status) if self.accepts(row)]
            if live[Board.NAMES.index(board)] is None or not rows:
                continue
            limits = self.series(rows, ("up_limit", "down_limit"), nothing)
            up[:, column], down[:, column] = limits
            told = np.isfinite(up[:, column])
            down[told & np.isnan(down[:, column]), column] = np.inf  # an empty limit is none
        for column, (board, _) in _STATUSES.items():
            _fill(up, down, column, 2 * Board.NAMES.index(board))
        up[:, LimitClass.FREE] = down[:, LimitClass.FREE] = np.inf
        for status in ("delisting_period", "relisting", "reformed"):
            for row in _limit_rows(self, ("all",), status):
                if self.mask(row).any() and self.accepts(row):
                    self.use(row, "listing_day_to", "up_limit", "down_limit")
        return up, down

    def inward(self) -> Bools:
        """Return which exchanges cut limit prices towards the previous close, [3]; others round."""
        return np.array(
            [_told(self, "limit_price_rounding", name, _INWARD) for name in Board.EXCHANGES]
        )

    def listing(
        self, exchange: NDArray[np.int8], board: NDArray[np.int8], listed: Days
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return days, up and down of the listing rule, chosen by listing date, [N] each."""
        count = np.zeros(len(listed), np.int64)
        up, down = np.full(len(listed), np.nan), np.full(len(listed), np.nan)
        window = np.timedelta64(_LISTING_WINDOW_DAYS, "D")
        young = ~np.isnat(listed) & (listed >= self.days[0] - window) & (listed <= self.days[-1])
        count[young] = 1  # where no rule is known: the listing day, with unknown limits
        for place, where in sorted(
            {(int(b), int(e)) for b, e in zip(board, exchange, strict=True)}
        ):
            names = (Board.NAMES[place], _book_board(place, where))
            for row in _limit_rows(self, names, "ipo"):
                chosen = young & (board == place) & (exchange == where)
                if row.first is not None:
                    chosen &= listed >= np.datetime64(row.first, "D")
                if row.last is not None:
                    chosen &= listed <= np.datetime64(row.last, "D")
                if not chosen.any() or not self.accepts(row):
                    continue
                count[chosen] = int(row.number("listing_day_to"))
                up[chosen], down[chosen] = _of_listing(row)
                self.use(row, "listing_day_to", "up_limit", "down_limit")
        return count, up, down

    def listing_kinds(self) -> list[tuple[float, float]]:
        """Return the limits up and down that listing days ever had, each once, the earliest first.

        Which stocks were listed, and what is said of later days, changes no place in the list.
        """
        rows = self.rows("stock_price_limit", lambda row: row.cells["status"] == "ipo")
        rows = [row for row in rows if self.accepts(row)]
        rows.sort(key=lambda row: str(row.first or ""))
        return list(dict.fromkeys(_of_listing(row) for row in rows))


def _fill(up: Floats, down: Floats, column: int, other: int) -> None:
    """Give a class the limits of another one on days of which the table says nothing."""
    before = np.isnan(up[:, column])
    up[before, column], down[before, column] = up[before, other], down[before, other]


def new_share_delays(reader: RuleReader) -> NDArray[np.int64]:
    """Return how many trading days after the ex-date new shares are listed, by exchange [3]."""
    return np.array([_told(reader, "new_share_listing", name, _DELAYS) for name in Board.EXCHANGES])


def _told(reader: RuleReader, topic: str, exchange: str, words: Mapping[str, int]) -> int:
    """Return what the trading rules say of an exchange, one of the words that are known."""
    rows = reader.rows(
        "stock_trading_rules",
        lambda row: (
            row.cells["topic"] == topic and exchange in row.cells["exchange_or_board"].split(";")
        ),
    )
    said = {row.cells["value"] for row in rows if reader.accepts(row)}
    if len(said) != 1 or not said <= words.keys():
        raise RuleError(
            f"stock_trading_rules: {topic} {exchange} is {sorted(said)}; accepted: one of "
            f"{', '.join(map(repr, words))}, the same on all days"
        )
    for row in rows:
        if reader.accepts(row) and reader.mask(row).any():
            reader.use(row, "value")
    return words[said.pop()]


def _limit_rows(reader: RuleReader, boards: tuple[str, ...], status: str) -> list[Row]:
    return reader.rows(
        "stock_price_limit",
        lambda row: row.cells["board"] in boards and row.cells["status"] == status,
    )


def board_lots(
    reader: RuleReader, exchange: NDArray[np.int8], board: NDArray[np.int8]
) -> tuple[NDArray[np.int64], Floats]:
    """Return lot and step of each board, [B, 2], and its tick, [B].

    They must be the same all through the run. Boards without a stock in it have the main board's.
    """
    lots = np.full((len(Board.NAMES), 2), 100, np.int64)
    ticks = np.full(len(Board.NAMES), TICK)
    for place in range(len(Board.NAMES)):
        found = _lots_of(reader, place, exchange[board == place])
        if len(found) > 1:
            raise RuleError(
                f"stock_lots_ticks: board {Board.NAMES[place]} changes its lot or tick between "
                f"{reader.days[0]} and {reader.days[-1]} ({sorted(found)}); "
                "run each part by itself"
            )
        for lot, step, tick in found:
            lots[place] = lot, step
            ticks[place] = tick
    return lots, ticks


def _lots_of(
    reader: RuleReader, place: int, exchanges: NDArray[np.int8]
) -> set[tuple[int, int, float]]:
    """Return every lot, step and tick of a board during the run."""
    names = sorted({_book_board(place, int(one)) for one in exchanges})
    columns = ("min_buy_qty", "buy_step", "tick_cny")
    rows = reader.rows("stock_lots_ticks", lambda row: row.cells["board"] in names)
    reader.forbid_refused(rows, columns)
    found = set()
    for row in rows:
        if reader.mask(row).any():
            lot, step, tick = (row.number(name) for name in columns)
            found.add((int(lot), int(step), tick))
            reader.use(row, *columns)
    return found


def _book_board(place: int, exchange: int) -> str:
    """Return the name of a board in the tables, which tell the two main boards apart."""
    return f"main_{Board.EXCHANGES[exchange].lower()}" if place == 0 else Board.NAMES[place]


def _of_listing(row: Row) -> tuple[float, float]:
    """Return the limits of listing days by one row of the book; infinite = none."""
    if row.cells["reference"] == "none":
        return np.inf, np.inf
    return row.number("up_limit"), row.number("down_limit")
