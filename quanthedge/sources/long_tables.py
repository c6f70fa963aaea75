"""The `tables` layout: long Parquet tables as gathered from public A-share sources.

Files: stock_daily, stock_list, trading_calendar, index_daily, index_members, industry_sw,
futures_contract_daily or futures_all_contracts_daily, fundamentals_pit, fundamentals_quarterly,
cash_rate_shibor_overnight; stock_names, index_dividend_yield and those of `supplement` when there.
Every conversion is counted in the report.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES, TableFile, as_dates
from quanthedge.market.checks import Collector
from quanthedge.sources.files import readable
from quanthedge.sources.melting import melted
from quanthedge.sources.source import Layout, News, SourceTables
from quanthedge.sources.supplement import (
    ALL_CONTRACTS,
    SUPPLEMENT,
    supplement,
    with_all_contracts,
)

__all__ = ["LAYOUT", "read", "recognise"]

Array = np.ndarray[Any, Any]
PRICES = ("open", "high", "low", "close", "pre_close")
_PIT_ITEMS = (
    "net_profit_ttm",
    "revenue_ttm",
    "book_equity",
    "dividend_ttm",
    "net_profit_last_annual",
    "revenue_last_annual",
    "dividend_last_annual",
)
_QUARTERLY_ITEMS = (
    "roe_cum_pct",
    "roa_cum_pct",
    "debt_to_assets_pct",
    "ebit",
    "invested_capital",
    "fcff_ps",
)
USED = {
    "stock_daily",
    "stock_list",
    "trading_calendar",
    "index_daily",
    "index_members",
    "industry_sw",
    "fundamentals_pit",
    "fundamentals_quarterly",
    "cash_rate_shibor_overnight",
}
_DELISTED = re.compile(r"delisted(?:_by_[0-9]{4})?")
_FEW_CONTRACTS = "futures_contract_daily"
_OPTIONAL = {
    "stock_names",
    "index_dividend_yield",
    _FEW_CONTRACTS,
    ALL_CONTRACTS,
    *SUPPLEMENT,
}


def recognise(source: Path) -> bool:
    """Whether the folder has the files that only this layout has."""
    marks = ("stock_list", "trading_calendar", "futures_contract_daily", "fundamentals_pit")
    return sum((source / f"{mark}.parquet").exists() for mark in marks) >= 2


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables in our schema and the stock bars piece by piece."""
    missing = sorted(name for name in USED if not (source / f"{name}.parquet").is_file())
    if missing:
        raise DataError(f"{source}: missing {', '.join(f'{name}.parquet' for name in missing)}")
    _report_unused(source, collector)
    calendar = _load(source, "trading_calendar", "date")
    data_end = calendar["date"].to_numpy().max()
    tables = {
        "calendar": calendar,
        "stocks": _stocks(source, calendar["date"].to_numpy()),
        "index_daily": _load(source, "index_daily", *TABLES["index_daily"].column_names),
        "index_members": _open_ended(source, "index_members", data_end, collector),
        "futures_daily": _futures(source, calendar["date"].to_numpy(), collector),
        "fundamentals": _fundamentals(source, collector),
        "industry": _industry(source),
        "cash_rate": _percent(source, "cash_rate_shibor_overnight", "shibor_on_pct", "rate"),
    }
    if (source / "stock_names.parquet").exists():
        tables["stock_names"] = _open_ended(source, "stock_names", data_end, collector)
    if (source / "index_dividend_yield.parquet").exists():
        name = "index_dividend_yield"
        tables[name] = _percent(source, name, "dividend_yield_pct", "dividend_yield")
    tables |= supplement(source, collector)
    rows = TableFile(source / "stock_daily.parquet").opened().metadata.num_rows
    bars = _bars(source / "stock_daily.parquet", collector)
    return SourceTables(tables, bars, rows, News(last_days=_last_days(source)))


def _report_unused(source: Path, collector: Collector) -> None:
    for path in sorted(source.glob("*.parquet")):
        if path.stem not in USED | _OPTIONAL:
            rows = TableFile(path).opened().metadata.num_rows
            collector.add("info", path.stem, "not used", rows, "not imported (table not used)")


def _load(source: Path, name: str, *columns: str) -> pa.Table:
    path = source / f"{name}.parquet"
    whole = TableFile(path)
    try:
        with whole.opened() as file:
            found = file.schema_arrow.names
            absent = [column for column in columns if column not in found]
            if absent:
                raise DataError(
                    f"{path}: column '{absent[0]}' is missing (found {', '.join(found)}); "
                    "the `tables` layout needs it"
                )
            return _in_shanghai(whole.sound(file.read(columns=list(columns) or None)))
    except (pa.ArrowInvalid, OSError) as problem:
        raise DataError(f"{path}: unreadable as Parquet ({problem})") from problem


def _in_shanghai(table: pa.Table) -> pa.Table:
    """Turn timestamps that are stored with a zone into the days that they were in Shanghai."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            days = as_dates(table[field.name].combine_chunks(), f"column '{field.name}'")
            table = table.set_column(place, field.name, days)
    return table


def _stocks(source: Path, calendar: Array) -> pa.Table:
    """Date delistings: a stock that never trades again is gone the trading day after its last."""
    table = _last_days(source)
    last = table["last_day"].to_numpy().astype("datetime64[D]")
    after = np.searchsorted(calendar, last, side="right")
    beyond = after >= len(calendar)
    gone = np.where(beyond, last + 1, calendar[np.minimum(after, len(calendar) - 1)])
    gone = np.where(np.isnat(last), np.datetime64("NaT", "D"), gone)
    columns = [table["code"], table["list_date"], pa.array(gone, pa.date32(), from_pandas=True)]
    return pa.table(columns, names=list(TABLES["stocks"].column_names))


def _last_days(source: Path) -> pa.Table:
    """Return code, list_date and last_day (null = still listed) of stock_list.

    Whether a stock is gone stands in a column named after the data's last year, as in
    delisted_by_2018.
    """
    table = _load(source, "stock_list")
    path = source / "stock_list.parquet"
    marks = [name for name in table.column_names if _DELISTED.fullmatch(name)]
    if len(marks) != 1:
        found = ", ".join(table.column_names)
        raise DataError(
            f"{path}: needs one column delisted_by_YEAR (or delisted), has {len(marks)} (found "
            f"{found})"
        )
    table = _load(source, "stock_list", "code", "first_date", "last_date", marks[0])
    last = pc.if_else(table[marks[0]], table["last_date"].cast(pa.date32()), None)
    columns = [table["code"], table["first_date"].cast(pa.date32()), last]
    return pa.table(columns, names=["code", "list_date", "last_day"])


def _open_ended(source: Path, name: str, data_end: Any, collector: Collector) -> pa.Table:
    """Read spells; the source closes open ones at its last calendar day, here they are null."""
    table = _load(source, name, *TABLES[name].column_names)
    end = table["end"].to_numpy().astype("datetime64[D]")
    still = end > data_end
    what = f"ending after {data_end}, the last trading day, made open"
    collector.add("info", name, "open spells", int(still.sum()), what, unit="spell")
    end = np.where(still, np.datetime64("NaT"), end)
    place = table.column_names.index("end")
    return table.set_column(place, "end", pa.array(end, pa.date32(), from_pandas=True))


def _industry(source: Path) -> pa.Table:
    names = ("code", "start", "end", "level1_code", "level1_name", "level1_name_en")
    table = _load(source, "industry_sw", *names)
    return table.select(names).rename_columns(list(TABLES["industry"].column_names))


def _futures(source: Path, calendar: Array, collector: Collector) -> pa.Table:
    """Return the bars of every contract: those of the fuller table first."""
    few = None
    if (source / f"{_FEW_CONTRACTS}.parquet").is_file():
        few = _load(source, _FEW_CONTRACTS, *TABLES["futures_daily"].among(()).column_names)
    return with_all_contracts(source, few, calendar, collector)


def _percent(source: Path, name: str, column: str, renamed: str) -> pa.Table:
    table = _load(source, name)
    if column not in table.column_names:
        raise DataError(f"{source / name}.parquet: column '{column}' is missing")
    keep = [key for key in ("code", "date") if key in table.column_names]
    fraction = pc.divide(table[column], 100.0)
    return table.select(keep).append_column(renamed, fraction)


def _fundamentals(source: Path, collector: Collector) -> pa.Table:
    pit = _load(source, "fundamentals_pit", "code", "effective_date", *_PIT_ITEMS)
    quarterly = _load(
        source, "fundamentals_quarterly", "code", "period_end", "usable_from", *_QUARTERLY_ITEMS
    )
    return pa.concat_tables(
        [
            melted(pit, "effective_date", None, _PIT_ITEMS, collector),
            melted(quarterly, "usable_from", "period_end", _QUARTERLY_ITEMS, collector),
        ]
    )


def _bars(path: Path, collector: Collector) -> Iterator[pa.Table]:
    wanted = TABLES["stock_daily"].column_names
    whole = TableFile(path)
    with readable(path):
        opened = whole.opened(read_dictionary=["code"])
    with opened as file:
        columns = [name for name in wanted if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            with readable(path):
                piece = file.read_row_group(group, columns=columns)
                piece = _in_shanghai(whole.sound(piece))
            for name in PRICES:
                if name in columns and piece[name].type == pa.float32():
                    piece = _cents(piece, name, collector)
            yield piece


def _cents(piece: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Round 32-bit prices half up to 0.01 yuan; a price far from a cent is an error."""
    stored = piece[name].to_numpy().astype(np.float64)
    rounded = np.floor(stored * 100 + 0.5) / 100
    with np.errstate(invalid="ignore"):
        far = np.abs(rounded - stored) > 1e-4 * np.abs(stored)
    text = f"{name} converted from 32-bit to 0.01 yuan"
    collector.add("info", "stock_daily", "rounded", len(stored), text)
    if far.any():
        rows = piece.filter(pa.array(far)).slice(0, 5).to_pylist()
        examples = [f"{row['code']} {row['date']}: {row[name]}" for row in rows]
        text = f"have a {name} that is no multiple of 0.01 yuan"
        collector.add("error", "stock_daily", "rounding", int(far.sum()), text, examples)
    place = piece.column_names.index(name)
    return piece.set_column(place, name, pa.array(rounded))


LAYOUT = Layout(
    "long Parquet tables with stock_list, trading_calendar and fundamentals_pit",
    recognise,
    read,
)
