"""The `vnpy` layout: a research laboratory of vn.py (`AlphaLab`), daily bars only.

`daily/<symbol>.<exchange>.parquet` with datetime, open, high, low, close, volume (shares or
contracts), turnover (yuan), open_interest; `component/` with index members. The laboratory has no
adjustment factor, and its data feeds deliver adjusted stock prices: stocks are read only where
each daily file has a column adj_factor or pre_close beside prices as traded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import TABLES, Code, TableFile
from quanthedge.market.checks import Collector
from quanthedge.sources.cents import Cents
from quanthedge.sources.completion import completed
from quanthedge.sources.files import as_dates, as_numbers, column_of, read_file
from quanthedge.sources.instruments import spans_of_days, stocks_of_bars, union_calendar
from quanthedge.sources.source import Layout, News, SourceTables
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.sources.vendors.spells import members_of_snapshots
from quanthedge.sources.vnpy.components import components

__all__ = ["LAYOUT", "read", "recognise"]

Array = np.ndarray[Any, Any]
_STOCK_EXCHANGES = ("SSE", "SZSE", "BSE")
PRICES = ("open", "high", "low", "close")
_TELLING = ("adj_factor", "pre_close")
BARS = (*PRICES, "volume", "amount")
_NOT_READ = ("minute", "dataset", "model", "signal")


def recognise(source: Path) -> bool:
    """Whether the folder has daily files named as vn.py names its symbols."""
    endings = tuple(f".{exchange}.parquet" for exchange in (*_STOCK_EXCHANGES, "CFFEX"))
    daily = source / "daily"
    return daily.is_dir() and any(path.name.endswith(endings) for path in daily.iterdir())


def read(source: Path, collector: Collector) -> SourceTables:
    """Return indices, futures, members, and the stocks whose traded prices are known."""
    files = _sorted_out(source / "daily", collector)
    tables: dict[str, pa.Table] = {}
    index_rows = [_bars(path, code, "code", collector) for code, path in files.indices.items()]
    contract_rows = [_bars(p, code, "contract", collector) for code, p in files.contracts.items()]
    telling = _telling(files, collector)
    days = {code: _days(path) for code, path in files.stocks.items()} if telling else {}
    spans = [rows["date"].to_numpy() for rows in (*index_rows, *contract_rows)]
    members = components(source / "component", collector)
    if not spans and not days:
        raise DataError(
            f"{source}: no bars that can be used; accepted in daily/: indices (000300.SSE), "
            "futures (IF2406.CFFEX), and stocks whose files have a column adj_factor or pre_close "
            "beside prices as traded"
        )
    tables["calendar"] = union_calendar([*spans, *days.values()], collector)
    if index_rows:
        rows = pa.concat_tables(index_rows).drop_columns(["open_interest"])
        tables["index_daily"] = rows
    if contract_rows:
        calendar = tables["calendar"]["date"].to_numpy()
        rows = pa.concat_tables(contract_rows)
        tables["futures_daily"] = futures_of(rows, None, calendar, str(source), collector)
    if members is not None:
        tables["index_members"] = members_of_snapshots(members, "index_members", collector)
    _report_rest(source, collector)
    lists = frozenset({"index_members"})
    if not days:
        return SourceTables(tables, news=News(lists=lists))
    tables["stocks"] = stocks_of_bars(_first_days(days), collector)
    bars = completed(_stock_bars(files.stocks, telling, collector), collector)
    derived = frozenset(TABLES["stock_daily"].column_names) - {"code", "date", *telling, *BARS}
    news = News(spans=spans_of_days(days), lists=lists, derived=derived)
    return SourceTables(tables, bars, sum(map(len, days.values())), news)


@dataclass
class _Files:
    """Files of `daily/` by our code."""

    stocks: dict[str, Path] = field(default_factory=dict)
    indices: dict[str, Path] = field(default_factory=dict)
    contracts: dict[str, Path] = field(default_factory=dict)


def _sorted_out(daily: Path, collector: Collector) -> _Files:
    files = _Files()
    left: dict[str, list[str]] = {"continuous": [], "other": []}
    for path in sorted(daily.glob("*.parquet")):
        symbol, _, exchange = path.stem.rpartition(".")
        if exchange == "CFFEX":
            _put_contract(files, symbol, path, left)
        elif exchange in _STOCK_EXCHANGES and len(symbol) == 6 and symbol.isdecimal():
            code = Code(f"{symbol}.{exchange}").stock()
            if Code(code).is_stock:
                files.stocks[code] = path
            elif Code(code).is_index:
                files.indices[code] = path
            else:
                left["other"].append(path.stem)
        else:
            left["other"].append(path.stem)
    for kind, what in (
        ("continuous", "of continuous futures left out: they are no contracts that can be traded"),
        ("other", "are neither an A share, an index nor an index future: left out"),
    ):
        if left[kind]:
            names = left[kind]
            collector.add("info", "daily", kind, len(names), what, names, unit="file")
    files.stocks = {code: files.stocks[code] for code in sorted(files.stocks)}
    return files


def _put_contract(files: _Files, symbol: str, path: Path, left: dict[str, list[str]]) -> None:
    try:
        contract = Code(symbol).contract()
    except DataError:
        left["other"].append(path.stem)
        return
    if contract is None:
        left["continuous"].append(path.stem)
    elif contract in files.contracts:
        raise DataError(f"{path}: {contract} is there twice, also as {files.contracts[contract]}")
    else:
        files.contracts[contract] = path


def _telling(files: _Files, collector: Collector) -> list[str]:
    """Return the columns in which all stocks tell their ex-dates; [] when none of them does."""
    if not files.stocks:
        return []
    told = {code: set(_TELLING) & set(_columns(path)) for code, path in files.stocks.items()}
    common = set.intersection(*told.values())
    if common:
        return sorted(common)
    if any(told.values()):
        first = next(iter(told.values()))
        code = next(code for code in told if told[code] != first)
        raise DataError(
            f"{files.stocks[code]}: has {' and '.join(sorted(told[code])) or 'no such column'}, "
            f"other stocks {' and '.join(sorted(first)) or 'none'}; all files must have "
            "adj_factor, or all of them pre_close"
        )
    what = (
        "left out: the files have neither adj_factor nor pre_close, so ex-dates are not known (and "
        "vn.py's data feeds deliver adjusted prices)"
    )
    cure = "import the stocks from another source, or add one of the columns to unadjusted bars"
    collector.add("warning", "stock_daily", "no factor", len(files.stocks), what,
                  list(files.stocks), cure=cure, unit="stock")  # fmt: skip
    return []


def _columns(path: Path) -> list[str]:
    try:
        with TableFile(path).opened() as file:
            return [str(name) for name in file.schema_arrow.names]
    except (pa.ArrowException, OSError) as problem:
        raise DataError(f"{path}: unreadable as Parquet ({problem})") from problem


def _days(path: Path) -> Array:
    table = read_file(path)
    days = as_dates(column_of(table, path, "datetime"), f"{path}: datetime")
    return np.asarray(days.drop_null().to_numpy(zero_copy_only=False))


def _first_days(days: Mapping[str, Array]) -> dict[str, Any]:
    empty = [code for code, dates in days.items() if len(dates) == 0]
    if empty:
        raise DataError(f"daily/: {empty[0]} has no bar; remove its file")
    return {code: dates.min() for code, dates in days.items()}


def _bars(
    path: Path, code: str, key: str, collector: Collector, telling: Sequence[str] = ()
) -> pa.Table:
    """Return a symbol's bars in our columns; rows of nothing but zeros are left out."""
    table = read_file(path)
    columns: dict[str, Any] = {
        "date": as_dates(column_of(table, path, "datetime"), f"{path}: datetime")
    }
    for name in (*PRICES, "volume", "turnover", "open_interest"):
        ours = "amount" if name == "turnover" else name
        columns[ours] = as_numbers(column_of(table, path, name), f"{path}: {name}")
    values = {name: column.fill_null(np.nan).to_numpy() for name, column in columns.items()
              if name != "date"}  # fmt: skip
    idle = np.logical_and.reduce([(column == 0) | np.isnan(column) for column in values.values()])
    amount = values["amount"]
    unknown = (amount == 0) & (values["volume"] > 0)
    columns["amount"] = pa.array(np.where(unknown, np.nan, amount))
    if unknown.any():
        what = "with a volume but a turnover of 0: the amount stays undefined"
        collector.add("info", "daily", "turnover", int(unknown.sum()), what, [code], unit="bar")
    if idle.any():
        what = "of nothing but zeros left out: vn.py writes them for days without trading"
        collector.add("info", "daily", "zeros", int(idle.sum()), what, [code], unit="bar")
    for name in telling:
        columns[name] = as_numbers(column_of(table, path, name), f"{path}: {name}")
    rows = pa.table(columns)
    rows = rows.add_column(0, key, pa.array([code] * len(rows), pa.string()))
    return rows.filter(pa.array(~idle))


def _stock_bars(
    stocks: Mapping[str, Path], telling: Sequence[str], collector: Collector
) -> Iterator[pa.Table]:
    cents = Cents(
        collector,
        "taken as traded",
        "",
        "these are adjusted prices: save unadjusted ones (the factor or previous closes beside "
        "them say what happened on ex-dates)",
    )
    for code, path in stocks.items():
        rows = _bars(path, code, "code", collector, telling)
        dates = rows["date"].to_numpy()
        for name in (*PRICES, "pre_close"):
            if name in rows.column_names:
                price = rows[name].fill_null(np.nan).to_numpy()
                place = rows.column_names.index(name)
                on_cent = pa.array(cents.rounded(code, dates, name, price))
                rows = rows.set_column(place, name, on_cent)
        yield rows.sort_by("date")
    cents.finish()


def _report_rest(source: Path, collector: Collector) -> None:
    rest = [
        name for name in _NOT_READ if (source / name).is_dir() and any((source / name).iterdir())
    ]
    if (source / "contract.json").is_file():
        rest.append("contract.json")
    if rest:
        what = "not imported (rates and multipliers are in the rule book)"
        collector.add("info", "daily", "rest", len(rest), what, rest, unit="entry")


LAYOUT = Layout("a research laboratory of vn.py (daily/600000.SSE.parquet)", recognise, read)
