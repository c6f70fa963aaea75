"""Wide files (a row per day, a column per code, a file per field) as rows of code and date."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.market.checks import Collector
from quanthedge.sources.files import as_dates, as_numbers, column_of, read_file
from quanthedge.sources.vendors.columns import MEANINGS, Kind, kind_of

__all__ = ["read_wide"]

Array = np.ndarray[Any, Any]
_DATE_NAMES = (
    "date",
    "trade_date",
    "time",
    "day",
    "datetime",
    "日期",
    "index",
    "__index_level_0__",
)
_MOST_CELLS = 200_000_000


def read_wide(
    files: Mapping[str, Sequence[Path]], kind: Kind, name: str, collector: Collector
) -> pa.Table:
    """Return rows code, date and one number per field, sorted by code and date.

    Parameters
    ----------
    files
        The files of each field. The first column, or the one called date, holds the days; every
        other column is one code. Files of one field may follow each other in time.
    kind
        What the codes are.

    Raises
    ------
    DataError
        A column is no code, two columns are one code, or two files differ in a cell.
    """
    pieces = [
        (field, path, *_matrix(path, kind, name, collector))
        for field, paths in files.items()
        for path in paths
    ]
    dates = np.unique(np.concatenate([piece[2] for piece in pieces]))
    codes = sorted({word for piece in pieces for word in piece[3]})
    if len(dates) * max(len(codes), 1) * len(files) > _MOST_CELLS:
        raise DataError(
            f"{name}: {len(dates):,} days x {len(codes):,} codes x {len(files)} fields are too "
            "many for wide files; keep the table as rows of code and date"
        )
    place = {word: column for column, word in enumerate(codes)}
    grids = {field: np.full((len(codes), len(dates)), np.nan) for field in files}
    for field, path, days, words, values in pieces:
        rows = np.array([place[word] for word in words], dtype=np.int64)
        where = np.ix_(rows, np.searchsorted(dates, days))
        _merge(grids[field], where, values.T, field, path)
    told = np.zeros((len(codes), len(dates)), dtype=bool)
    for grid in grids.values():
        told |= ~np.isnan(grid)
    stock, day = np.nonzero(told)
    coded = pa.DictionaryArray.from_arrays(stock.astype(np.int32), pa.array(codes, pa.string()))
    columns = {"code": coded.cast(pa.string()), "date": pa.array(dates[day], pa.date32())}
    return pa.table({**columns, **{field: pa.array(grid[told]) for field, grid in grids.items()}})


def _matrix(
    path: Path, kind: Kind, name: str, collector: Collector
) -> tuple[Array, list[str], Array]:
    """Return one file as days [T], codes [N] and values [T, N]; other securities left out."""
    table = read_file(path)
    names = [str(column) for column in table.column_names]
    date = next((column for column in _DATE_NAMES if column in names), names[0] if names else "")
    if not names:
        raise DataError(f"{path}: has no columns; accepted: a column of days and one per code")
    days = as_dates(column_of(table, path, date), f"{path}: column '{date}'")
    if days.null_count or len(pc.unique(days)) != len(days):
        raise DataError(f"{path}: column '{date}' has empty or repeated days; keep one row a day")
    words: dict[str, str] = {}
    for column in names:
        if column == date:
            continue
        word = _code(column, kind, path)
        if word is None:
            what = "of a code of another kind left out"
            collector.add("info", name, "no A shares", 1, what, [column], unit="column")
            continue
        if word in words:
            raise DataError(f"{path}: columns '{words[word]}' and '{column}' are both {word}")
        words[word] = column
    values = np.empty((len(days), len(words)))
    for place, column in enumerate(words.values()):
        cells = column_of(table, path, column)
        if pa.types.is_boolean(cells.type):
            cells = cells.cast(pa.int8())
        numbers = as_numbers(cells, f"{path}: column '{column}'")
        values[:, place] = numbers.fill_null(np.nan).to_numpy()
    return np.asarray(days).astype("datetime64[D]"), list(words), values


def _code(column: str, kind: Kind, path: Path) -> str | None:
    """Return a column's code; None for one of another kind than the file's."""
    try:
        word = MEANINGS[kind](Code(column))
    except DataError as problem:
        raise DataError(f"{path}: column {problem}") from problem
    return word if word is not None and kind_of(word) == kind else None


def _merge(grid: Array, where: Any, values: Array, field: str, path: Path) -> None:
    before = grid[where]
    differ = ~np.isnan(before) & ~np.isnan(values) & (before != values)
    if differ.any():
        raise DataError(
            f"{path}: {int(differ.sum()):,} cells of {field} differ from another file's; "
            "keep the right ones"
        )
    grid[where] = np.where(np.isnan(values), before, values)
