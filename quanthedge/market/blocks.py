"""Stock bars as whole-stock blocks of plain arrays: what checks and panels work on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["Axes", "Block", "table_slices", "whole_stocks"]

_BLOCK_ROWS = 250_000
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Axes:
    """The two axes of every panel.

    Attributes
    ----------
    calendar
        Every trading day of the calendar table, datetime64[D].
    codes
        Every stock, sorted, [N].
    """

    calendar: Array
    codes: Array

    def positions(self, column: pa.ChunkedArray) -> Array:
        """Return the positions of texts in `codes`, -1 where unknown, int32 [rows]."""
        parts = [_positions(chunk, self.codes) for chunk in column.chunks]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def days(self, dates: Array) -> Array:
        """Return the positions of dates in `calendar`, -1 where not a trading day, int64 [rows]."""
        if len(self.calendar) == 0:
            return np.full(len(dates), -1, dtype=np.int64)
        first = self.calendar[0]
        table = np.full(int((self.calendar[-1] - first).astype(int)) + 1, -1, dtype=np.int64)
        table[(self.calendar - first).astype(np.int64)] = np.arange(len(self.calendar))
        offset = (dates - first).astype(np.int64)
        inside = (offset >= 0) & (offset < len(table))
        return np.where(inside, table[np.where(inside, offset, 0)], -1)


def _positions(chunk: pa.Array, codes: Array) -> Array:
    coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    words = np.asarray(coded.dictionary.to_pylist(), dtype=str)
    if len(codes) == 0 or len(words) == 0:
        return np.full(len(chunk), -1, dtype=np.int32)
    place = np.minimum(np.searchsorted(codes, words), len(codes) - 1)
    place = np.where(codes[place] == words, place, -1).astype(np.int32)
    located: Array = place[coded.indices.to_numpy(zero_copy_only=False)]
    return located


@dataclass(frozen=True)
class Block:
    """Bars of some stocks, every one of them complete.

    Attributes
    ----------
    table
        The rows in the schema's types, one chunk per column.
    stock
        Position of each row's code in `Axes.codes`, -1 where unknown, int32 [rows].
    day
        Position of each row's date in `Axes.calendar`, -1 where unknown, int64 [rows].
    """

    table: pa.Table
    stock: Array
    day: Array

    @classmethod
    def of(cls, table: pa.Table, axes: Axes) -> "Block":
        """Locate the rows of a conforming stock_daily table on the axes."""
        dates = table.column("date").to_numpy()
        return cls(table, axes.positions(table.column("code")), axes.days(dates))

    def numbers(self, name: str) -> Array:
        """Return a column as a plain array [rows]."""
        return np.asarray(self.table.column(name).to_numpy())


def table_slices(table: pa.Table) -> Iterator[pa.Table]:
    """Cut a table into consecutive pieces of _BLOCK_ROWS rows (at least one piece)."""
    for begin in range(0, max(table.num_rows, 1), _BLOCK_ROWS):
        yield table.slice(begin, _BLOCK_ROWS)


def whole_stocks(pieces: Iterable[pa.Table], rows: int = _BLOCK_ROWS) -> Iterator[pa.Table]:
    """Regroup consecutive pieces so that none ends within a stock; about `rows` rows each.

    The result depends on the rows alone, not on how they were cut into pieces.
    """
    waiting: list[pa.Table] = []
    count = 0
    for piece in pieces:
        waiting.append(piece)
        count += piece.num_rows
        if count < 2 * rows:
            continue
        table = _joined(waiting)
        starts = _stock_starts(table)
        begin = 0
        while (end := _next_cut(starts, begin + rows)) is not None:
            yield table.slice(begin, end - begin).combine_chunks()
            begin = end
        waiting, count = [table.slice(begin)], table.num_rows - begin
    if count:
        table = _joined(waiting)
        starts = _stock_starts(table)
        begin = 0
        while begin < table.num_rows:
            cut = _next_cut(starts, begin + rows)
            end = table.num_rows if cut is None else cut
            yield table.slice(begin, end - begin).combine_chunks()
            begin = end


def _joined(pieces: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(pieces).unify_dictionaries().combine_chunks()


def _stock_starts(table: pa.Table) -> Array:
    """Return the rows at which a new stock begins."""
    codes = table.column("code").chunk(0).indices.to_numpy()
    return np.flatnonzero(codes[1:] != codes[:-1]) + 1


def _next_cut(starts: Array, at_least: int) -> int | None:
    place = int(np.searchsorted(starts, at_least))
    return int(starts[place]) if place < len(starts) else None
