"""The rows of a bundle's tables by stock, with codes and dates in our spelling."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.sources.files import as_dates, column_of

__all__ = ["by_code", "dates_of", "day_column", "known", "one_a_day", "own_code", "strangers"]

Array = np.ndarray[Any, Any]


def own_code(keys: pa.Array, meaning: Callable[[Code], Any], path: str) -> pa.Array:
    """Return a bundle's names in our spelling, naming the file where one is no code."""
    try:
        return Code.column(keys, meaning)
    except DataError as problem:
        raise DataError(f"{path}: {problem}") from problem


def known(meaning: Callable[[Code], Any]) -> Callable[[Code], Any]:
    """Return a code, or None for what is none of ours."""

    def read(code: Code) -> str | None:
        try:
            found: str | None = meaning(code)
        except DataError:
            return None
        return found

    return read


def by_code(table: pa.Table | None, path: str) -> dict[str, pa.Table]:
    """Cut a table by stock; keys that are no stocks are passed over (funds have factors too).

    Rows that repeat another one in every value count once.
    """
    if table is None or table.num_rows == 0:
        return {}
    names = table.column_names
    table = table.group_by(names, use_threads=False).aggregate([]).select(names)
    codes = own_code(table["key"], known(Code.stock), path)
    table = table.append_column("code", codes).filter(pc.is_valid(codes))
    if table.num_rows == 0:
        return {}
    table = table.take(pc.sort_indices(table["code"]))
    names = table["code"].combine_chunks().dictionary_encode()
    number = names.indices.to_numpy()
    starts = np.flatnonzero(np.append(True, number[1:] != number[:-1])).tolist()
    words = names.dictionary.to_pylist()
    return {
        words[number[begin]]: table.slice(begin, end - begin)
        for begin, end in zip(starts, [*starts[1:], len(number)], strict=True)
    }


def strangers(table: pa.Table | None, path: str) -> list[str]:
    """Return the keys that :func:`by_code` passes over, each once."""
    if table is None or table.num_rows == 0:
        return []
    keys = pc.unique(table["key"])
    found: list[str] = keys.filter(pc.is_null(own_code(keys, known(Code.stock), path))).to_pylist()
    return found


def one_a_day(days: Array, values: Array, where: str) -> None:
    """Refuse two values of one day; the caller has left out equal rows."""
    order = np.argsort(days, kind="stable")
    twice = np.flatnonzero(days[order][1:] == days[order][:-1])
    if len(twice):
        one, two = order[twice[0]], order[twice[0] + 1]
        raise DataError(
            f"{where} has two rows of {days[one]}: {values[one]:g} and {values[two]:g}; keep the "
            "right one"
        )


def dates_of(table: pa.Table, name: str, path: str) -> Array:
    """Return a column of numbers such as 20140917000000 as dates."""
    dates = as_dates(column_of(table, path, name), f"{path}: {name}")
    return np.asarray(dates.to_numpy(zero_copy_only=False))


def day_column(days: Sequence[Any] | Array) -> pa.Array:
    """Return days as a column, null where there is none."""
    return pa.array(np.array(days, dtype="datetime64[D]"), pa.date32(), from_pandas=True)
