"""Tables of scores in every shape that they come in, read as rows of day, stock and number.

Told apart by names, never by position: an index level or a column called date, datetime, trade_date
... holds days, one called code, asset, instrument, symbol ... holds stocks, and with one of the
latter the table is long. A table with days and no stocks is wide, its columns are the stocks.
Levels without names are told apart by what they hold.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas.api import types

from quanthedge.documents import printable
from quanthedge.errors import DataError
from quanthedge.market import Code, as_dates
from quanthedge.signals.files import read_table
from quanthedge.signals.scores import Scores, sorted_scores
from quanthedge.typing import Days, Floats

__all__ = ["read_scores"]

_DAYS = ("date", "datetime", "trade_date", "tradedate", "trading_date", "day", "日期", "交易日期")
_STOCKS = (
    "code", "asset", "instrument", "symbol", "ts_code", "vt_symbol", "order_book_id", "stock",
    "security", "ticker", "wind_code", "代码", "股票代码", "证券代码",
)  # fmt: skip
_KNOWN = ("known", "known_date")
_INDEX = ("", "index", "level_0", "unnamed: 0", "__index_level_0__")  # an index without a name
# Taken where a long table has several columns and none is named; Qlib's, then alphalens's.
_SCORES = ("score", "factor", "signal", "weight", "value", "prediction", "pred")
_SHAPES = (
    "accepted: wide (index or column of dates, a column a stock), or long (levels or columns such "
    "as date and code, datetime and instrument, date and asset)"
)
_LARGEST_LIST = 8


class _Columns(NamedTuple):
    """A table without its index: columns by place, their names, and what the days are called."""

    frame: pd.DataFrame
    names: list[str]
    days: int | None
    stocks: int | None
    known: int | None

    def rest(self) -> list[int]:
        """Return the columns that are neither days nor stocks."""
        keys = (self.days, self.stocks, self.known)
        return [k for k in range(len(self.names)) if k not in keys]


def read_scores(source: Any, *, column: str = "", known: str = "", where: str = "") -> Scores:
    """Return a table of scores or weights as sorted rows.

    Parameters
    ----------
    source : DataFrame, Series, path, or whatever has ``to_pandas``
        Wide or long, see the module; files as :func:`quanthedge.signals.files.read_table` takes
        them. Numbers of any width; NaN is no score.
    column : str
        Of a long table: where the scores are. By default its only column, else ``score``,
        ``factor``, ``signal``, ``weight``, ``value`` or ``prediction``, the first that is there.
    known : str
        The column or level with the day on which each row became known; by default ``known``, where
        there is one, else each score is known on its own day.
    where : str
        How messages call the table; by default by its file.

    Raises
    ------
    DataError
        One line: no table, another shape, a dtype that holds no numbers, infinities, nothing but
        NaN, a pair of day and code twice, a cell that is no day.

    Examples
    --------
    >>> frame = pd.DataFrame({"SH600519": [1.0, 2.0]}, index=["2014-09-17", "2014-09-18"])
    >>> read_scores(frame)
    <Scores: 2 of 1 codes on 2 days 2014-09-17 to 2014-09-18>
    """
    if isinstance(source, str | Path):
        where = where or printable(Path(source).name)
        source = read_table(Path(source))
    where = where or "scores"
    if not isinstance(source, pd.DataFrame | pd.Series) and hasattr(source, "to_pandas"):
        source = source.to_pandas()
    if isinstance(source, pd.Series):
        source = source.to_frame(source.name if isinstance(source.name, str) else "score")
    if not isinstance(source, pd.DataFrame):
        raise DataError(
            f"{where}: found a {type(source).__name__}; accepted: a DataFrame, a Series with "
            "levels of date and code, the path of a Parquet or CSV file"
        )
    if not len(source) or not len(source.columns):
        raise DataError(f"{where}: the table is empty; {_SHAPES}")
    table = _columns(source, known, where)
    return _long(table, column, where) if table.stocks is not None else _wide(table, column, where)


# -- which columns are what


def _columns(frame: pd.DataFrame, known: str, where: str) -> _Columns:
    """Bring the index among the columns and find days, stocks and days of knowledge."""
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError(
            f"{where}: columns have {frame.columns.nlevels} levels; accepted: one, so choose a "
            "column first (frame['feature']['score'])"
        )
    if types.is_datetime64_any_dtype(frame.columns.dtype):
        raise DataError(f"{where}: the columns are dates (codes x dates); give frame.T")
    frame = frame.loc[:, [not _counts_rows(frame, k) for k in range(len(frame.columns))]]
    names = [str(name) for name in frame.columns]
    whole = [frame.iloc[:, k] for k in range(len(names))]
    levels = _levels(frame.index, {one.lower() for one in names})
    names = [*(name for name, _ in levels), *names]
    columns = [*(pd.Series(values) for _, values in levels), *whole]
    flat = pd.concat([one.reset_index(drop=True) for one in columns], axis=1)
    flat.columns = pd.RangeIndex(len(names))
    lower = [name.strip().lower() for name in names]
    told = _find(lower, (known.lower(),) if known else _KNOWN, where)
    if known and told is None:
        raise DataError(f"{where}: no column or level {known!r}; there are {_listed(names)}")
    stocks, days = _find(lower, _STOCKS, where), _find(lower, _DAYS, where)
    if days is None:
        days = _unnamed_days(flat, lower, {stocks, told})
    return _Columns(flat, names, days, stocks, told)


def _counts_rows(frame: pd.DataFrame, place: int) -> bool:
    """Return whether a column is an index that only numbers the rows, written beside the others."""
    column = frame.iloc[:, place]
    if str(frame.columns[place]).strip().lower() not in _INDEX:
        return False
    return types.is_integer_dtype(column.dtype) and bool((column == np.arange(len(frame))).all())


def _unnamed_days(flat: pd.DataFrame, names: list[str], taken: set[int | None]) -> int | None:
    """Return the one column that holds days though its name does not say so."""
    free = [k for k in range(len(names)) if k not in taken]
    dated = [k for k in free if types.is_datetime64_any_dtype(flat[k].dtype)]
    index = [k for k in free if names[k] in _INDEX]
    for found in (dated, index):
        if len(found) == 1:
            return found[0]
    return None


def _levels(index: pd.Index, columns: set[str]) -> list[tuple[str, Any]]:
    """Return the levels of an index with their names; those without are told by what they hold.

    A plain count of rows is no level, and neither is an index of numbers beside a column of days.
    """
    if not isinstance(index, pd.MultiIndex):
        name = "" if index.name is None else str(index.name)
        if name.strip().lower() in (*_DAYS, *_STOCKS, *_KNOWN):
            return [(name, index)]
        counted = types.is_integer_dtype(index.dtype) and columns & {*_DAYS}
        if isinstance(index, pd.RangeIndex) or counted:
            return []
        return [("date", index)]
    names = ["" if name is None else str(name) for name in index.names]
    known = (*_DAYS, *_STOCKS, *_KNOWN)
    if not any(name.strip().lower() in known for name in names):
        names = [
            "date" if types.is_datetime64_any_dtype(index.levels[k].dtype) else "code"
            for k in range(index.nlevels)
        ]
        if index.nlevels != 2 or sorted(names) != ["code", "date"]:
            names = [str(name) for name in index.names]
    return [(name, index.get_level_values(k)) for k, name in enumerate(names)]


def _find(names: list[str], wanted: tuple[str, ...], where: str) -> int | None:
    places = [k for k, name in enumerate(names) if name in wanted]
    if len(places) > 1:
        listed = ", ".join(names[k] for k in places)
        raise DataError(f"{where}: {len(places)} columns or levels of one meaning ({listed})")
    return places[0] if places else None


def _listed(names: list[str]) -> str:
    more = ", ..." if len(names) > _LARGEST_LIST else ""
    return printable(", ".join(names[:_LARGEST_LIST]) + more)


# -- long and wide


def _long(table: _Columns, column: str, where: str) -> Scores:
    if table.days is None or table.stocks is None:
        raise DataError(f"{where}: no dates among {_listed(table.names)}; {_SHAPES}")
    values = _numbers(table.frame[_score_column(table, column, where)], where, "the scores")
    raw = table.frame[table.stocks]
    places, words = pd.factorize(raw)
    if (places < 0).any():
        raise DataError(f"{where}: {int((places < 0).sum()):,} rows have no code")
    days = _days(table, table.days, where)
    known = None if table.known is None else _days(table, table.known, where)
    return sorted_scores(
        days, places.astype(np.int32), _codes(pd.Index(words), where), values, known, where
    )


def _score_column(table: _Columns, column: str, where: str) -> int:
    rest = table.rest()
    names = [table.names[k] for k in rest]
    if column:
        if names.count(column) != 1:
            raise DataError(f"{where}: no column {column!r}; there are {_listed(names)}")
        return rest[names.index(column)]
    if len(rest) == 1:
        return rest[0]
    lower = [name.strip().lower() for name in names]
    for name in _SCORES:
        if lower.count(name) == 1:
            return rest[lower.index(name)]
    raise DataError(
        f"{where}: which column holds the scores? there are {_listed(names) or 'none'}; say "
        "column=..."
    )


def _wide(table: _Columns, column: str, where: str) -> Scores:
    if table.days is None:
        raise DataError(f"{where}: no dates among {_listed(table.names)}; {_SHAPES}")
    if column:
        raise DataError(f"{where}: a wide table (dates x codes) has no column {column!r} of scores")
    rest = table.rest()
    if not rest:
        raise DataError(f"{where}: no column beside the dates; {_SHAPES}")
    names = _codes(pd.Index([table.names[k] for k in rest]), where)
    days = _days(table, table.days, where)
    known = None if table.known is None else _days(table, table.known, where)
    values = np.column_stack(
        [_numbers(table.frame[k], where, f"column {table.names[k]}") for k in rest]
    )
    shape = values.shape
    return sorted_scores(
        np.repeat(days, shape[1]),
        np.tile(np.arange(shape[1], dtype=np.int32), shape[0]),
        names,
        values.ravel(),
        None if known is None else np.repeat(known, shape[1]),
        where,
    )


# -- cells


def _numbers(column: pd.Series, where: str, what: str) -> Floats:
    """Return a column as float64; refuse one that holds anything but numbers."""
    kind = column.dtype
    real = types.is_numeric_dtype(kind) and not types.is_complex_dtype(kind)
    if not real or types.is_bool_dtype(kind):
        raise DataError(f"{where}: {what}: dtype {kind}; accepted: numbers, and NaN for none")
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _days(table: _Columns, place: int, where: str) -> Days:
    """Return a column as days."""
    column, called = table.frame[place], f"{where}: {printable(table.names[place])}"
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    try:
        # mixed cells (texts among dates) are refused by arrow, and told as one line
        cells = pa.Array.from_pandas(column)
    except (pa.ArrowException, TypeError, ValueError) as problem:
        raise DataError(
            f"{called}: cells are no days ({str(problem).splitlines()[0]})"
        ) from problem
    found = as_dates(
        cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells, called
    )
    if found.null_count:
        raise DataError(f"{called}: {found.null_count:,} cells are empty; each row needs a day")
    return np.asarray(found.to_numpy(zero_copy_only=False)).astype("datetime64[D]")


def _codes(words: pd.Index, where: str) -> NDArray[np.str_]:
    """Return codes in our spelling; what is no code stays as it is, to be named as unknown."""
    if isinstance(words, pd.CategoricalIndex):
        words = words.astype(words.categories.dtype)
    if not (types.is_integer_dtype(words.dtype) or types.is_string_dtype(words.dtype)
            or types.is_object_dtype(words.dtype)):  # fmt: skip
        raise DataError(f"{where}: codes are {words.dtype}; accepted: texts such as 600519.SH")
    return np.array([_meaning(str(word)) for word in words.tolist()], dtype=np.str_)


def _meaning(word: str) -> str:
    try:
        return Code(word).stock()
    except DataError:
        return printable(word.strip())
