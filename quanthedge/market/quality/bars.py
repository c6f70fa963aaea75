"""One pass over the stock bars: counts by stock and month, and every suspicious stock-day."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.market.blocks import Axes, Block
from quanthedge.market.checks.moves import MOVES, find_moves
from quanthedge.market.checks.price_limits import LimitBook
from quanthedge.market.table_files import TableFile

__all__ = ["BarCounts", "Months", "count_bars", "month_axis"]

Array = np.ndarray[Any, Any]
_MAYBE_UNKNOWN = ("amount", "total_shares", "float_shares")
COLUMNS = ("code", "date", "high", "low", "close", "pre_close", "adj_factor", "is_st",
           "is_delisting", *_MAYBE_UNKNOWN)  # fmt: skip


@dataclass(frozen=True)
class Months:
    """The months of the bars.

    Attributes
    ----------
    months
        datetime64[M] [M]
    last_day
        The last trading day of each, datetime64[D] [M].
    days
        Trading days of each [M].
    """

    months: Array
    last_day: Array
    days: Array

    def of(self, dates: Array) -> Array:
        """Return the place of each date's month, -1 outside [n]."""
        place = dates.astype("datetime64[M]").astype(np.int64)
        place -= self.months[0].astype(np.int64)
        inside: Array = np.where((place >= 0) & (place < len(self.months)), place, -1)
        return inside


@dataclass(frozen=True)
class BarCounts:
    """What the bars hold.

    Attributes
    ----------
    months
        The months from the first bar to the last.
    trading_days
        The trading days from the first bar to the last [T].
    bars
        Number of bars, int32 [N, M].
    known
        Number of bars whose amount, total_shares, float_shares is known, by column, int64 [M].
    suspects
        One row per suspicious move: code, date, kind, level, pre_close, close, change, high, low,
        lowest, highest (limit prices), suspended_days, adj_step.
    """

    months: Months
    trading_days: Array
    bars: Array
    known: dict[str, Array]
    suspects: pd.DataFrame


def month_axis(days: Array) -> Months:
    """Return the months of sorted days; a month between them without a day has 0 days."""
    month = days.astype("datetime64[M]")
    months = np.arange(month[0], month[-1] + 1)
    stop = np.searchsorted(month, months, side="right")
    counts = np.diff(np.append(0, stop))
    return Months(months, days[np.maximum(stop - 1, 0)], counts)


def count_bars(
    file: Path, axes: Axes, listed: Array, names: pd.DataFrame | None = None
) -> BarCounts:
    """Read the needed columns of stock_daily once.

    Parameters
    ----------
    file
        stock_daily.parquet; every row group holds whole stocks.
    axes
        Calendar and codes.
    listed
        list_date of each code [N].
    names
        The table stock_names: what the names say of the limits.
    """
    cells = np.zeros((len(axes.codes), len(axes.calendar)), dtype=bool)
    known = {name: np.zeros(len(axes.calendar), dtype=np.int64) for name in _MAYBE_UNKNOWN}
    book, suspects = LimitBook(axes, listed, names), []
    for block in _blocks(file, axes):
        placed = (block.stock >= 0) & (block.day >= 0)
        cells[block.stock[placed], block.day[placed]] = True
        for name in _MAYBE_UNKNOWN:
            day = block.day[placed & ~np.isnan(block.numbers(name))]
            known[name] += np.bincount(day, minlength=len(axes.calendar))
        suspects.append(_suspects(block, book, placed))
    used = np.flatnonzero(cells.any(axis=0))
    span = slice(int(used[0]), int(used[-1]) + 1)
    trading_days = axes.calendar[span]
    months = month_axis(trading_days)
    place = months.of(trading_days)
    edges = np.searchsorted(place, np.arange(len(months.months)))
    return BarCounts(
        months=months,
        trading_days=trading_days,
        bars=_by_month(cells[:, span], edges, months.days),
        known={
            name: np.bincount(place, weights=counts[span], minlength=len(months.months))
            for name, counts in known.items()
        },
        suspects=pd.concat(suspects, ignore_index=True),
    )


def _by_month(cells: Array, edges: Array, days: Array) -> Array:
    """Sum [N, T] over the days of each month; a month without a day is 0."""
    running = np.zeros((cells.shape[0], cells.shape[1] + 1), dtype=np.int32)
    np.cumsum(cells, axis=1, out=running[:, 1:])
    counts: Array = running[:, edges + days] - running[:, edges]
    return counts


def _blocks(file: Path, axes: Axes) -> Iterable[Block]:
    with TableFile(file).opened() as source:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group, columns=list(COLUMNS))
            yield Block.of(table.combine_chunks(), axes)


def _suspects(block: Block, book: LimitBook, placed: Array) -> pd.DataFrame:
    """Return the suspicious moves of a block as rows with their values."""
    moves = find_moves(block, book.of(block), placed)
    row = moves.row
    close, pre_close = block.numbers("close")[row], block.numbers("pre_close")[row]
    return pd.DataFrame(
        {
            "code": block.table["code"].take(row).to_pylist(),
            "date": block.numbers("date")[row],
            "kind": [MOVES[kind].rule for kind in moves.kind],
            "level": [MOVES[kind].level for kind in moves.kind],
            "pre_close": pre_close,
            "close": close,
            "change": close / pre_close - 1,
            "high": block.numbers("high")[row],
            "low": block.numbers("low")[row],
            "lowest": moves.lowest[row],
            "highest": moves.highest[row],
            "suspended_days": moves.gap[row],
            "adj_step": moves.step[row],
        }
    )
