"""The tables of a run folder: the columns that every reader counts on, with unit and meaning.

``tables.toml`` beside this file has them; docs/record.md is made of it.
"""

import tomllib
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import pandas as pd
from pandas.api import types

from quanthedge.errors import DataError

__all__ = ["TABLES", "RecordColumn", "RecordTable", "check_table"]

Kind = Literal["date", "text", "whole", "number"]


class RecordColumn(NamedTuple):
    """A column of a table of a run: what it holds, in which unit, and what it means."""

    name: str
    kind: Kind
    unit: str
    meaning: str


class RecordTable(NamedTuple):
    """A table of a run.

    Attributes
    ----------
    meaning : str
    columns : tuple of RecordColumn
    key : tuple of str
        Columns that no two rows share; empty where rows may repeat.
    by_date : bool
        The index is the date, ascending, each once, and further columns, which depend on market
        and strategy, are numbers. Otherwise rows are numbered from 0 on.
    others : str
        What these further columns are.
    """

    meaning: str
    columns: tuple[RecordColumn, ...]
    key: tuple[str, ...] = ()
    by_date: bool = False
    others: str = ""

    def names(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the names of the columns, or of those of some kinds."""
        return tuple(one.name for one in self.columns if not kinds or one.kind in kinds)


def _table(entry: dict[str, Any]) -> RecordTable:
    return RecordTable(
        entry["meaning"],
        tuple(RecordColumn(*column) for column in entry["columns"]),
        tuple(entry.get("key", "").split()),
        entry.get("index") == "date",
        entry.get("others", ""),
    )


def _read_tables() -> dict[str, RecordTable]:
    text = files("quanthedge.record").joinpath("tables.toml").read_text(encoding="utf-8")
    return {name: _table(entry) for name, entry in tomllib.loads(text).items()}


TABLES = _read_tables()


def check_table(frame: pd.DataFrame, table: RecordTable, where: str) -> None:
    """Refuse a table that lacks a column, or holds something else in one than readers count on.

    Raises
    ------
    DataError
        Names table and column. A table without rows needs its columns only.
    """
    expected = {column.name: column.kind for column in table.columns}
    if frame.columns.has_duplicates:
        raise DataError(f"{where}: a column comes twice")
    _check_index(frame, table, where)
    for name, kind in expected.items():
        if name not in frame.columns:
            raise DataError(f"{where}: no column {name}")
        if len(frame) and not _holds(frame[name], kind):
            raise DataError(f"{where}: column {name} holds {frame[name].dtype}, not {kind}")
    for name in frame.columns:
        if name in expected:
            continue
        if not isinstance(name, str):
            raise DataError(f"{where}: the column {name!r} has no name")
        if table.by_date and len(frame) and not _holds(frame[name], "number"):
            raise DataError(f"{where}: column {name} holds {frame[name].dtype}, not number")
    if table.key and frame.duplicated(list(table.key)).any():
        raise DataError(f"{where}: two rows for one {' and '.join(table.key)}")


def _check_index(frame: pd.DataFrame, table: RecordTable, where: str) -> None:
    index = frame.index
    if not table.by_date:
        if not index.equals(pd.RangeIndex(len(frame))):
            raise DataError(f"{where}: rows are not numbered from 0 on")
        return
    if not len(frame):
        return
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None or index.hasnans:
        raise DataError(f"{where}: the index holds {index.dtype}, not dates")
    if not (index.is_unique and index.is_monotonic_increasing):
        raise DataError(f"{where}: dates are not in ascending order, each once")


def _holds(column: pd.Series, kind: str) -> bool:
    """Return whether a column holds what it should."""
    if kind == "date":
        return bool(types.is_datetime64_dtype(column.dtype))
    if kind == "whole":
        return bool(types.is_integer_dtype(column.dtype))
    if kind == "number":
        return bool(types.is_float_dtype(column.dtype))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return isinstance(column.dtype.categories.dtype, pd.StringDtype) and not column.hasnans
    return isinstance(column.dtype, pd.StringDtype)
