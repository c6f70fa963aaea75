"""Keys of rows as whole numbers: what sorting, matching and comparing rows at scale needs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market import neighbours_equal

__all__ = ["code_ranks", "days_of", "key_numbers", "neighbours_equal", "stock_days"]

Array = np.ndarray[Any, Any]
_DAYS = 1 << 17  # more than the days from 1900 to 2200
_FIRST_DAY = np.datetime64("1900-01-01", "D")


def days_of(column: pa.Array | pa.ChunkedArray) -> Array:
    """Return days since 1900-01-01, int64 [rows]; 0 where null."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    days = column.cast(pa.int32()).fill_null(int(_FIRST_DAY.astype(np.int64))).to_numpy()
    return np.asarray(days.astype(np.int64) - _FIRST_DAY.astype(np.int64))


def code_ranks(column: pa.Array | pa.ChunkedArray) -> tuple[Array, list[str | None]]:
    """Return each row's position among the distinct texts in order, and these texts."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode("encode")
    words = coded.dictionary.to_pylist()
    order = sorted(range(len(words)), key=lambda k: (words[k] is not None, words[k]))
    rank = np.empty(max(len(words), 1), dtype=np.int64)
    rank[order] = np.arange(len(words))
    return rank[coded.indices.to_numpy(zero_copy_only=False)], [words[k] for k in order]


def key_numbers(table: pa.Table, key: Sequence[str]) -> Array:
    """Return one number per row that orders rows as their key does, int64 [rows]."""
    numbers = np.zeros(table.num_rows, dtype=np.int64)
    span = 1
    for name in key:
        column = table[name]
        if pa.types.is_date(column.type):
            ranks, size = days_of(column), _DAYS
        elif pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
            values = column.cast(pa.float64()).to_numpy()
            ranks = np.unique(values, return_inverse=True)[1].astype(np.int64)
            size = int(ranks.max(initial=0)) + 1
        else:
            ranks, words = code_ranks(column)
            size = max(len(words), 1)
        if span * size > 1 << 62:  # too large for one number: count the distinct ones so far
            numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
            span = int(numbers.max(initial=0)) + 1
        numbers, span = numbers * size + ranks, span * size
    return numbers


def stock_days(table: pa.Table, words: Sequence[str | None], days: str = "date") -> Array:
    """Return one number per row for its code (position in sorted `words`) and day; -1 unknown."""
    ranks, own = code_ranks(table["code"])
    place = {word: k for k, word in enumerate(words)}
    known = np.array([place.get(word, -1) for word in own] or [-1], dtype=np.int64)
    code = known[ranks] if len(ranks) else ranks
    return np.where(code < 0, -1, code * _DAYS + days_of(table[days]))
