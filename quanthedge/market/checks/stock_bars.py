"""Checks of stock_daily, block by block, vectorised: a decade of the whole market in seconds."""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.blocks import Axes, Block
from quanthedge.market.checks.doubles import Doubles
from quanthedge.market.checks.ex_days import ExDays
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.moves import MOVES, Moves, find_moves
from quanthedge.market.checks.price_limits import LimitBook
from quanthedge.market.checks.rows import Rows
from quanthedge.market.checks.shares import TurnoverRates, check_share_steps
from quanthedge.market.checks.stale import StaleBars
from quanthedge.market.checks.survival import check_survival
from quanthedge.market.checks.units import UnitsCheck
from quanthedge.market.schema import TABLES

__all__ = ["StockBarsCheck"]

Array = np.ndarray[Any, Any]
PRICES = ("open", "high", "low", "close", "pre_close")
_POSITIVE = ("volume", "adj_factor")
_MAYBE_UNKNOWN = ("amount", "total_shares", "float_shares")  # NaN = the source does not say
_LONG_GAP_DAYS = 250
_RANGE_FAULT_SHARE = 0.2  # so many VWAPs outside the day's range: not single rows are wrong


class StockBarsCheck:
    """Feed it blocks in order with `add`, then call `finish` once.

    Parameters
    ----------
    axes
        Calendar and codes.
    listed, gone
        list_date and delist_date (NaT = still listed) of each code, datetime64[D] [N].
    collector
        Receives the findings.
    actions
        The table corporate_actions, when there is one.
    names
        The table stock_names: what the names say of the limits.
    """

    def __init__(
        self,
        axes: Axes,
        listed: Array,
        gone: Array,
        collector: Collector,
        actions: pa.Table | None = None,
        names: pa.Table | None = None,
    ) -> None:
        self._axes = axes
        self._listed = listed
        self._gone = gone
        self._collector = collector
        self._seen = np.zeros((len(axes.codes), len(axes.calendar)), dtype=bool)
        self._last_cell = -1
        self._rows = 0
        self._outside_range = 0
        self._special = 0
        self._unjudged = 0
        self._unknown = dict.fromkeys(_MAYBE_UNKNOWN, 0)
        self._limits = LimitBook(axes, listed, None if names is None else names.to_pandas())
        self._units = UnitsCheck(axes.codes, axes.calendar, collector)
        self._rates = TurnoverRates(axes.codes, collector)
        self._stale = StaleBars(axes, collector)
        self._ex_days = ExDays(axes, actions)
        self._doubles = Doubles(axes, collector)

    def add(self, block: Block) -> None:
        """Check the next block."""
        rows = Rows(block.table, TABLES["stock_daily"], self._collector)
        self._rows += len(block.stock)
        known = self._places(rows, block)
        sound = self._prices(rows, block) & known
        self._listing(rows, block, known)
        same = np.zeros(len(block.stock), dtype=bool)  # the row before is the same stock's
        same[1:] = (block.stock[1:] == block.stock[:-1]) & sound[1:] & sound[:-1]
        moves = find_moves(block, self._limits.of(block), sound)
        self._unjudged += int(np.count_nonzero(sound & ~moves.judged))
        self._steps(rows, moves, same)
        self._moves(rows, moves)
        self._stale.add(block, rows, same)
        self._ex_days.add(block, rows, same)
        self._doubles.add(block)
        check_share_steps(rows, block, same)
        self._rates.add(rows, block)
        self._special += int(np.count_nonzero(rows.numbers("is_st")))

    def _places(self, rows: Rows, block: Block) -> Array:
        """Check codes, dates, duplicates and order; return the rows that have their place."""
        unknown, absent = block.stock < 0, block.day < 0
        rows.flag(
            "error", "unknown code", unknown, "have a code that is not in the table stocks",
            cure="add it to stocks or remove its rows",
        )  # fmt: skip
        rows.flag(
            "error", "not a trading day", absent, "have a date that is not in the calendar",
            cure="complete the calendar or remove the rows",
        )  # fmt: skip
        known = ~(unknown | absent)
        place = np.flatnonzero(known)
        cell = block.stock[place].astype(np.int64) * self._seen.shape[1] + block.day[place]
        repeated = self._seen.ravel()[cell]
        if len(cell) and (np.diff(cell) <= 0).any():
            first = np.unique(cell, return_index=True)[1]
            within = np.ones(len(cell), dtype=bool)
            within[first] = False
            repeated |= within
        self._seen.ravel()[cell] = True
        bad = np.zeros(len(known), dtype=bool)
        bad[place[repeated]] = True
        rows.flag(
            "error", "duplicates", bad, "repeat the (code, date) of another row",
            cure="keep one row of each",
        )  # fmt: skip
        self._order(rows, place[~repeated], cell[~repeated])
        return known & ~bad

    def _order(self, rows: Rows, place: Array, cell: Array) -> None:
        if len(cell) == 0:
            return
        before = np.concatenate([[self._last_cell], cell[:-1]])
        bad = np.zeros(rows.table.num_rows, dtype=bool)
        bad[place[cell < before]] = True
        rows.flag("error", "order", bad, "are not in order", cure="sort the table by code and date")
        self._last_cell = int(cell[-1])

    def _prices(self, rows: Rows, block: Block) -> Array:
        """Check prices and amounts of each row alone; return the rows whose prices are sound."""
        fine = np.ones(rows.table.num_rows, dtype=bool)
        for name in (*PRICES, *_POSITIVE, *_MAYBE_UNKNOWN):
            values = rows.numbers(name)
            sound = (values > 0) & (values < np.inf)
            unknown = np.isnan(values) if name in _MAYBE_UNKNOWN else np.zeros(len(sound), bool)
            if unknown.any():
                self._unknown[name] += int(np.count_nonzero(unknown))
            if not (sound | unknown).all():
                cure = "a day without trade has no row" if name == "volume" else "fix the source"
                nan = "" if name in _MAYBE_UNKNOWN else ", NaN"
                rows.flag(
                    "error", f"{name} <= 0", ~(sound | unknown),
                    f"have {name} <= 0{nan} or infinite", show=(name,), cure=cure,
                )  # fmt: skip
                fine &= sound | unknown
        high, low = rows.numbers("high"), rows.numbers("low")
        crossed = rows.flag(
            "error", "high < low", fine & (high < low), "have high < low", show=("high", "low")
        )
        fine &= ~crossed
        for name in ("open", "close"):
            values = rows.numbers(name)
            bad = fine & ((values > high) | (values < low))
            what = f"have {name} outside the day's low to high"
            rows.flag("error", f"{name} outside", bad, what, show=(name, "low", "high"))
        self._amounts(rows, block, fine)
        return fine

    def _amounts(self, rows: Rows, block: Block, fine: Array) -> None:
        """Hold amount against volume and prices, where it is known, and the float against all."""
        high, low = rows.numbers("high"), rows.numbers("low")
        vwap = np.full(len(fine), np.nan)
        np.divide(rows.numbers("amount"), rows.numbers("volume"), out=vwap, where=fine)
        self._units.add(block, vwap / ((high + low + rows.numbers("close")) / 3))
        bad = (vwap > high * 1.01) | (vwap < low * 0.99)
        self._outside_range += int(np.count_nonzero(bad))
        rows.flag(
            "warning", "VWAP outside", bad,
            "have a VWAP (amount / volume) more than 1% outside the day's range",
            show=("amount", "volume", "low", "high"),
        )  # fmt: skip
        rows.flag(
            "warning", "float > total",
            rows.numbers("float_shares") > rows.numbers("total_shares") * (1 + 1e-9),
            "have float_shares above total_shares", show=("float_shares", "total_shares"),
        )  # fmt: skip

    def _listing(self, rows: Rows, block: Block, known: Array) -> None:
        if len(self._axes.codes) == 0:
            return
        date = rows.numbers("date")
        rows.flag(
            "error", "before listing", known & (date < self._listed[block.stock]),
            "are before the stock's list_date",
        )  # fmt: skip
        rows.flag(
            "error", "after delisting", known & (date >= self._gone[block.stock]),
            "are on or after the stock's delist_date",
        )  # fmt: skip

    def _steps(self, rows: Rows, moves: Moves, same: Array) -> None:
        """Compare the steps of adj_factor with pre_close (known to a cent)."""
        pre_close, close = rows.numbers("pre_close"), rows.numbers("close")
        implied = np.ones(len(same))
        place = np.flatnonzero(same)
        implied[place] = close[place - 1] / pre_close[place]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            bad = same & (np.abs(moves.step / implied - 1) > 1e-4 + 0.0051 / pre_close)
        rows.flag(
            "warning", "adj_factor step", bad,
            "have an adj_factor step that differs from previous close / pre_close",
            show=("pre_close", "adj_factor"),
        )  # fmt: skip

    def _moves(self, rows: Rows, moves: Moves) -> None:
        """Report the moves that the rules of the day do not explain, class by class."""
        for place, move in enumerate(MOVES):
            if (moves.kind == place).any():
                rows.flag(move.level, move.rule, moves.of(place), move.what, show=move.show)

    def finish(self, index_days: Array) -> None:
        """Check what needs all rows; `index_days` are the dates with an index bar."""
        add = self._collector.add
        if self._rows == 0:
            add("error", "stock_daily", "empty", 0, "the table has no rows")
            return
        self._proportions()
        share = self._special / self._rows
        if self._special == 0 or share > 0.3:
            text = f"is_st holds on {share:.0%} of the rows; check the flag"
            add("warning", "stock_daily", "is_st", 0, text)
        self._days(index_days)
        self._first_bars()
        self._gaps()
        self._rates.finish()
        self._stale.finish()
        self._doubles.finish()
        check_survival(self._axes, self._listed, self._gone, self._seen, self._collector)

    def _proportions(self) -> None:
        """Report what is unknown or wrong in so many rows that no single one can be blamed."""
        add = self._collector.add
        for name, count in self._unknown.items():
            if count:
                text = f"{name} is unknown (NaN) in {count:,} of {self._rows:,} rows"
                add("info", "stock_daily", f"unknown {name}", 0, text)
        if self._unjudged:
            text = (
                f"no price limit is known for {self._unjudged:,} of {self._rows:,} rows: they were "
                "not looked through for suspicious moves"
            )
            add("info", "stock_daily", "no limit known", 0, text)
        if not self._units.finish() and self._outside_range > _RANGE_FAULT_SHARE * self._rows:
            share = self._outside_range / self._rows
            text = f"the VWAP of {share:.0%} of the rows lies outside the day's range"
            cure = "prices must not be adjusted; volume, amount and prices must be of the same day"
            add("error", "stock_daily", "VWAP", 0, text, cure=cure)

    def _days(self, index_days: Array) -> None:
        """Days on which nothing, or hardly anything, traded."""
        counts = self._seen.sum(axis=0)
        used = np.flatnonzero(counts)
        if len(used) == 0:
            return
        calendar = self._axes.calendar[used[0] : used[-1] + 1]
        counts = counts[used[0] : used[-1] + 1]
        empty = counts == 0
        traded = np.isin(calendar, index_days)
        add = self._collector.add
        for level, bad, what in (
            ("error", empty & traded, "have index bars but no stock bar"),
            ("warning", empty & ~traded, "of the calendar have no stock bar"),
            ("warning", _sudden_fall(counts), "have less than half of the neighbours' stock bars"),
        ):
            if bad.any():
                dates = [str(date) for date in calendar[bad][: Collector.EXAMPLES]]
                add(level, "stock_daily", what, int(bad.sum()), what, dates, unit="day")  # type: ignore[arg-type]

    def _first_bars(self) -> None:
        """Stocks whose first bar is later than the listing that the bars' span covers."""
        traded = self._seen.any(axis=1)
        if not traded.any():
            return
        first = self._axes.calendar[self._seen.argmax(axis=1)]
        late = np.flatnonzero(
            traded & (self._listed >= first[traded].min()) & (first > self._listed)
        )
        if len(late):
            what = "with a first bar later than its list_date"
            examples = [
                f"{self._axes.codes[k]} {first[k]}, list_date {self._listed[k]}"
                for k in late[: Collector.EXAMPLES]
            ]
            self._collector.add(
                "warning", "stocks", "late start", len(late), what, examples, unit="stock"
            )

    def _gaps(self) -> None:
        """Stocks without bars, and long suspensions."""
        add = self._collector.add
        silent = self._axes.codes[~self._seen.any(axis=1)]
        if len(silent):
            what = "have no bar in stock_daily"
            examples = [str(code) for code in silent[: Collector.EXAMPLES]]
            add("warning", "stocks", "no bars", len(silent), what, examples, unit="stock")
        stock, day = np.nonzero(self._seen)
        gap = np.diff(day)
        long = np.flatnonzero((stock[1:] == stock[:-1]) & (gap > _LONG_GAP_DAYS))
        if len(long):
            calendar, codes = self._axes.calendar, self._axes.codes
            what = f"without a bar for more than {_LONG_GAP_DAYS} trading days (suspended?)"
            examples = [
                f"{codes[stock[k]]} after {calendar[day[k]]} until {calendar[day[k + 1]]}"
                for k in long[np.argsort(-gap[long], kind="stable")][: Collector.EXAMPLES]
            ]
            add("info", "stock_daily", "long gaps", len(long), what, examples, unit="stretch")


def _sudden_fall(counts: Array) -> Array:
    """Days with bars, but fewer than half as many as on both days around."""
    bad = np.zeros(len(counts), dtype=bool)
    middle = counts[1:-1]
    around = np.minimum(counts[:-2], counts[2:])
    bad[1:-1] = (middle > 0) & (middle * 2 < around)
    return bad
