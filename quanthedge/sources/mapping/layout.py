"""The `mapping` layout: any CSV, Parquet or Feather files, with a file that says what they are.

The folder has a ``mapping.toml`` with a section for each of our tables (docs/dataset.md lists
them and their columns). Long files have a row per code and day; wide ones a row per day and a
column per code, one file per field, as pandas users keep them::

    [stock_daily]
    files = "bars/*.csv"                 # or a list; or `wide`, below
    code = "file name"                   # 600000.csv: the code is not a column
    prices = "raw"                       # or "backward_adjusted", "forward_adjusted" + adj_factor
    date_format = "%d/%m/%Y"
    units = {volume = "lots", amount = "ten_thousand_yuan"}

    [stock_daily.columns]                # ours = theirs; equal names need no line
    date = "日期"
    open = "开盘"
    high = "最高"
    low = "最低"
    close = "收盘"
    volume = "成交量"
    amount = "成交额"
    pre_close = "昨收"

    [index_daily.wide]                   # dates x codes
    close = "index/close.csv"
    open = "index/open.csv"

    [corporate_actions]
    files = "dividends.parquet"
    columns = {code = "symbol", cash_per_share = "per10"}
    units = {cash_per_share = "yuan_per_10_shares"}

    [cash_rate]
    files = "shibor.csv"
    columns = {rate = "ON"}
    units = {rate = "percent"}

    [index_members]
    files = "csi300.csv"
    constants = {index_code = "000300.SH"}

Brokers' forecasts, and who controls a company, as many vendors export them::

    [analyst_estimates]
    files = "forecasts.csv"
    date_format = {period_end = "%Y"}    # 2014 is the year that ends on 2014-12-31
    units = {net_profit = "ten_thousand_yuan"}

    [analyst_estimates.columns]
    code = "证券代码"
    known_date = "报告日期"               # the day on which it became public
    broker = "研究机构"
    period_end = "预测年度"
    net_profit = "预测净利润"

    [owners]
    files = "controllers.csv"
    ends = "next row"                    # a row for each change; each lasts until the next

    [owners.columns]
    code = "证券代码"
    start = "公告日期"                    # the announcement, not the change that it announces
    owner = "控制人性质"

    [owners.words.owner]                 # theirs = ours
    "中央国有企业" = "central"
    "地方国有企业" = "local"
    "民营企业" = "private"
    "外资企业" = "foreign"
    "公众企业" = "other"

Misspelt keys, tables, columns and units are answered with the nearest ones. Codes are read in all
usual spellings, texts in UTF-8 or GB18030 (told apart by themselves). What a table does not have
is completed where it follows from the rest, and otherwise reported.
"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES, Column, day_of
from quanthedge.market.checks import Collector
from quanthedge.sources.files import as_flags, as_texts
from quanthedge.sources.mapping.document import FILE, TableMapping, read_mapping
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.vendors.adjustment import unadjusted, with_column
from quanthedge.sources.vendors.assembling import (
    Parts,
    assemble,
    calendar_of,
    index_daily_of,
)
from quanthedge.sources.vendors.columns import Field, VendorTable
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.sources.vendors.joining import codes_kept
from quanthedge.sources.vendors.pieces import plain_convert
from quanthedge.sources.vendors.reading import read_files
from quanthedge.sources.vendors.wide import read_wide

__all__ = ["LAYOUT", "read", "recognise"]

_CODE_KINDS = {"index_code": "index", "contract": "contract"}
_STOCK_TABLES = (
    "stocks",
    "stock_daily",
    "corporate_actions",
    "stock_names",
    "fundamentals",
    "index_weights",
    "statements",
    "fund_holdings",
    "analyst_estimates",
    "owners",
)
_NEEDED_BARS = ("code", "date", "open", "high", "low", "close", "volume")
_FLAG_WORDS = {"1": True, "0": False, "true": True, "false": False}
SUFFIXES = (".csv", ".parquet", ".feather")


def recognise(source: Path) -> bool:
    """Whether the folder has a mapping.toml."""
    return (source / FILE).is_file()


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables in our schema and the stock bars piece by piece."""
    path = source / FILE
    if not path.is_file():
        raise DataError(f"{source}: has no {FILE}; it says which file holds which table")
    mapping = read_mapping(path)
    tables = {name: _table(source, name, said, collector) for name, said in mapping.items()}
    _report_unused(source, mapping, collector)
    bars, stocks, calendar = (
        tables.pop(name, None) for name in ("stock_daily", "stocks", "calendar")
    )
    parts = Parts(listing=stocks)
    if "stock_daily" in mapping:
        parts.no_factor = mapping["stock_daily"].no_factor
        parts.bars = None if bars is None else _bars(bars, mapping["stock_daily"], collector)
    parts.calendar = None if calendar is None else calendar["date"].to_numpy()
    parts.tables = {name: table for name, table in tables.items() if table is not None}
    if "futures_daily" in parts.tables:
        days = calendar_of(parts)
        futures = parts.tables["futures_daily"]
        last = _last_days(futures)
        empty = np.empty(0, dtype="datetime64[D]")
        parts.tables["futures_daily"] = futures_of(
            futures, last, empty if days is None else days, "futures_daily", collector
        )
    return assemble(parts, collector)


def _paths(source: Path, name: str, patterns: list[str]) -> list[Path]:
    """Return the files of some patterns; none, or one that leads elsewhere, is an error."""
    root = source.resolve()
    found: list[Path] = []
    for pattern in patterns:
        try:
            paths = sorted(path for path in source.glob(pattern) if path.is_file())
        except (ValueError, NotImplementedError) as problem:
            raise DataError(f"{source / FILE}: [{name}] '{pattern}': {problem}") from problem
        if not paths:
            raise DataError(f"{source / FILE}: [{name}] no file is named '{pattern}'")
        found += [path for path in paths if path not in found]
    for path in found:
        if not path.resolve().is_relative_to(root):
            raise DataError(f"{path}: leads outside the folder; copy the file instead of linking")
    return found


def _table(source: Path, name: str, said: TableMapping, collector: Collector) -> pa.Table | None:
    if said.wide:
        files = {column: _paths(source, name, [path]) for column, path in said.wide.items()}
        kind: Any = "stock" if name == "stock_daily" else "index"
        table = read_wide(files, kind, name, collector)
        for column in said.wide:
            scaled = pc.multiply(table[column], said.factor(name, column))
            table = with_column(table, column, scaled)
        table = _flags_of_numbers(table, name)
    else:
        described = _described(name, said)
        paths = _paths(source, name, said.patterns)
        convert = _converter(name, said)
        table = read_files(source, paths, described, collector, convert)
    for column, value in said.constants.items():
        table = with_column(table, column, _constant(name, column, value, table.num_rows))
    if name in _STOCK_TABLES:
        table = codes_kept(table, name, collector)
    return _completed_columns(table, name, said, collector)


def _described(name: str, said: TableMapping) -> VendorTable:
    """Return our table as a vendor's, with the mapping's names."""
    named = "" if said.code == "column" else _owner(name)
    fields = []
    for column in TABLES[name].columns:
        if column.name in said.constants:
            continue
        theirs = (said.columns.get(column.name, column.name),)
        found: tuple[str, ...] = () if column.name == named else theirs
        fields.append(Field(column.name, found, _kind(name, column), needed=_needed(name, column)))
    key = tuple(k for k in TABLES[name].key if k not in said.constants)
    if name == "stock_names":
        key = (*key, "name")
    return VendorTable((name,), tuple(fields), key, named)


def _owner(name: str) -> str:
    return "contract" if name == "futures_daily" else "code"


def _kind(name: str, column: Column) -> Any:
    if column.name in _CODE_KINDS:
        return _CODE_KINDS[column.name]
    if column.name == "code":
        if name == "industry_index_daily":
            return "text"
        return "index" if name in ("index_daily", "index_dividend_yield") else "stock"
    return "text" if column.kind in ("text", "label") else column.kind


def _needed(name: str, column: Column) -> bool:
    if name == "stock_daily":
        return column.name in _NEEDED_BARS
    if name == "futures_daily":
        return column.name in ("contract", "date")
    if name == "industry":
        return column.name in ("code", "start", "industry", "name_zh")
    if name == "corporate_actions":
        return column.name in ("code", "ex_date")
    return not (column.nullable or column.may_be_absent)


def _converter(name: str, said: TableMapping) -> Callable[[pa.Array, Field, str], pa.Array]:
    """Return how one column of a file is read: the mapping's units, dates and words."""
    words = {
        **_FLAG_WORDS,
        **{word.strip().lower(): True for word in said.true},
        **{word.strip().lower(): False for word in said.false},
    }

    def convert(column: pa.Array, field: Field, where: str) -> pa.Array:
        if field.kind == "flag":
            return as_flags(column, where, words)
        written = said.written(field.name) if field.kind == "date" else None
        if written is not None:
            return _dates(as_texts(column, where), written, where)
        values = plain_convert(column, field, where)
        if field.kind == "number":
            factor = said.factor(name, field.name)
            return values if factor == 1 else pc.multiply(values, factor)
        if field.name in said.words:
            return _translated(as_texts(column, where), said.words[field.name])
        return values

    return convert


def _dates(column: pa.Array, written: str, where: str) -> pa.Array:
    """Read dates in the mapping's format, each distinct text once; a year alone is its last day."""
    coded = column.dictionary_encode()
    found: list[date | None] = []
    for word in coded.dictionary.to_pylist():
        if word is None or not word.strip():
            found.append(None)
            continue
        try:
            day = day_of(datetime.strptime(word.strip(), written))
            found.append(date(day.year, 12, 31) if written == "%Y" else day)
        except ValueError as problem:
            raise DataError(f"{where}: {word[:40]!r} is not written as {written}") from problem
    return pa.array(found, pa.date32()).take(coded.indices)


def _translated(column: pa.Array, words: dict[str, str]) -> pa.Array:
    """Return texts with the mapping's words in place of the file's; each distinct text once."""
    coded = column.dictionary_encode()
    ours = [
        word if word is None else words.get(word.strip(), word.strip())
        for word in coded.dictionary.to_pylist()
    ]
    return pa.array(ours, pa.string()).take(coded.indices)


def _until_next(table: pa.Table, name: str) -> pa.Table:
    """Return spells that last until the day before the next row of the same key."""
    key = [column for column in TABLES[name].key if column != "start"]
    table = table.sort_by([(column, "ascending") for column in (*key, "start")])
    start = table["start"].to_numpy().astype("datetime64[D]")
    end = np.full(len(start), np.datetime64("NaT"), dtype="datetime64[D]")
    follows = np.ones(max(0, len(start) - 1), dtype=np.bool_)
    for column in key:
        words = table[column].to_numpy()
        follows &= words[1:] == words[:-1]
    end[:-1][follows] = start[1:][follows] - np.timedelta64(1, "D")
    return with_column(table, "end", pa.array(end, pa.date32(), from_pandas=True))


def _constant(name: str, column: str, value: Any, rows: int) -> pa.Array:
    kind = next(c for c in TABLES[name].columns if c.name == column)
    plain = pa.string() if kind.kind in ("text", "label") else kind.arrow.type
    try:
        if kind.kind == "date":
            return pa.array([day_of(datetime.fromisoformat(str(value)))] * rows, pa.date32())
        return pa.array([value] * rows, plain)
    except (pa.ArrowException, ValueError, TypeError) as problem:
        raise DataError(
            f"{FILE}: [{name}] constants.{column} = {value!r}; accepted: {kind.kind}"
        ) from problem


def _flags_of_numbers(table: pa.Table, name: str) -> pa.Table:
    for column in TABLES[name].columns:
        if column.kind == "flag" and column.name in table.column_names:
            values = table[column.name].to_numpy()
            if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
                raise DataError(f"{name}: {column.name} is not 0 or 1 in the wide file")
            marks = pa.array(values == 1, mask=np.isnan(values))  # no mark stays no mark
            table = with_column(table, column.name, marks)
    return table


def _completed_columns(
    table: pa.Table, name: str, said: TableMapping, collector: Collector
) -> pa.Table:
    """Give the columns that may be undefined; amounts of an action that are not named are 0."""
    if name in ("stock_daily", "futures_daily"):
        return table
    if name in ("index_daily",):
        return index_daily_of(table)
    if said.ends == "next row":
        table = _until_next(table, name)
    for column in TABLES[name].columns:
        if column.name in table.column_names:
            continue
        if column.may_be_absent:
            continue
        if name == "corporate_actions" and column.name.endswith("_per_share"):
            collector.assume(name, f"{column.name} is not in the source: 0")
            table = with_column(table, column.name, np.zeros(table.num_rows))
        elif column.name == "name_en":
            collector.assume(name, "no English names in the source: the Chinese ones stand")
            table = with_column(table, column.name, table["name_zh"])
        elif column.nullable:
            kind = pa.string() if column.kind in ("text", "label") else column.arrow.type
            table = with_column(table, column.name, pa.nulls(table.num_rows, kind))
    return table


def _bars(bars: pa.Table, said: TableMapping, collector: Collector) -> pa.Table:
    """Return bars as traded."""
    if said.prices == "raw":
        return bars
    if "adj_factor" not in bars.column_names:
        raise DataError(
            "stock_daily: prices are adjusted and adj_factor is missing; without it nobody knows "
            "what was traded: add the factor, or unadjusted prices"
        )
    factor = bars["adj_factor"].fill_null(np.nan).to_numpy()
    bars = unadjusted(bars, factor, "stock_daily", collector)
    if said.adjusted_volume:
        bars = with_column(bars, "volume", np.round(bars["volume"].to_numpy() * factor))
    return bars


def _last_days(futures: pa.Table) -> pa.Table | None:
    if "last_trading_day" not in futures.column_names:
        return None
    return futures.select(["contract", "last_trading_day"])


def _report_unused(source: Path, mapping: dict[str, TableMapping], collector: Collector) -> None:
    used = {
        path
        for name, said in mapping.items()
        for path in _paths(source, name, [*said.patterns, *said.wide.values()])
    }
    others = [
        str(path.relative_to(source))
        for path in sorted(source.rglob("*"))
        if path.suffix in SUFFIXES and path not in used
    ]
    if others:
        what = f"that {FILE} does not name not imported"
        collector.add("info", "mapping", "not used", len(others), what, others, unit="file")


LAYOUT = Layout("any CSV or Parquet files with a mapping.toml", recognise, read)
