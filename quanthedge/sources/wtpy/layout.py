"""The `wtpy` layout: daily bars of WonderTrader, as CSV or binary files.

`csv/CFFEX.IF.2406_d.csv` or `bin/CFFEX.IF.2406_d.dsb` (also in `storage/` or directly in the
folder), `his/day/CFFEX/IF2406.dsb`; volume in contracts or shares, turnover in yuan. Continuous
series (`CFFEX.IF.HOT`) become contracts where `hots.json` says which; stocks need
`adjfactors.json`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.cents import Cents
from quanthedge.sources.completion import completed
from quanthedge.sources.instruments import spans_of_days, stocks_of_bars, union_calendar
from quanthedge.sources.source import Layout, News, SourceTables
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.sources.wtpy.continuous import contracts_of_continuous
from quanthedge.sources.wtpy.files import (
    EXCHANGES,
    Series,
    daily_files,
    read_series,
    rule_file,
    series_of,
)
from quanthedge.sources.wtpy.rules import factors_of, switches_of

__all__ = ["LAYOUT", "read", "recognise"]

Array = np.ndarray[Any, Any]
PRICES = ("open", "high", "low", "close")
_SAME = 1e-6  # a CSV file may hold fewer digits than a binary one
RULES = {"HOT": "hots.json", "2ND": "seconds.json"}
_LEFT_OUT = {
    "adjusted": "of adjusted series left out (Q, H, + and - in WonderTrader's names)",
    "other": "are neither an A share, an index nor an index future: left out",
}


def recognise(source: Path) -> bool:
    """Whether there are files of daily bars whose names begin with an exchange of WonderTrader."""
    return any(name.partition(".")[0] in EXCHANGES for _path, name in daily_files(source))


def read(source: Path, collector: Collector) -> SourceTables:
    """Return indices, futures by contract, and the stocks whose factors are known."""
    found = _sorted_out(source, collector)
    tables: dict[str, pa.Table] = {}
    indices = [
        _with_code(read_series(series.path), code) for code, series in found["index"].items()
    ]
    contracts = _contracts(source, found, collector)
    factors = _factors(source, found["stock"], collector)
    stocks = found["stock"] if factors is not None else {}
    days = {code: read_series(series.path)["date"].to_numpy() for code, series in stocks.items()}
    empty = [code for code, dates in days.items() if not len(dates)]
    if empty:
        what = "whose file has no bar left out"
        collector.add("warning", "stocks", "no bars", len(empty), what, empty, unit="stock")
    days = {code: dates for code, dates in days.items() if len(dates)}
    spans = [rows["date"].to_numpy() for rows in (*indices, *contracts)]
    if not spans and not days:
        raise DataError(
            f"{source}: no bars that can be used; accepted: contracts (CFFEX.IF.2406_d.csv), "
            "continuous series with hots.json, indices (SSE.000300_d.csv), and unadjusted stocks "
            "(SSE.600000_d.csv) with adjfactors.json"
        )
    tables["calendar"] = union_calendar([*spans, *days.values()], collector)
    if indices:
        rows = pa.concat_tables(indices)
        tables["index_daily"] = rows.drop_columns(["settle", "open_interest"])
    if contracts:
        calendar = tables["calendar"]["date"].to_numpy()
        rows = pa.concat_tables(contracts)
        tables["futures_daily"] = futures_of(rows, None, calendar, str(source), collector)
    if not days or factors is None:
        return SourceTables(tables)
    tables["stocks"] = stocks_of_bars({code: dates[0] for code, dates in days.items()}, collector)
    used = {code: stocks[code] for code in sorted(days)}
    bars = completed(_stock_bars(used, factors, collector), collector)
    there = {"code", "date", *PRICES, "volume", "amount", "adj_factor"}
    derived = frozenset(TABLES["stock_daily"].column_names) - there
    news = News(spans=spans_of_days(days), derived=derived)
    return SourceTables(tables, bars, sum(map(len, days.values())), news)


def _sorted_out(source: Path, collector: Collector) -> dict[str, dict[str, Series]]:
    """Return the series by kind and code; continuous ones by name."""
    found: dict[str, dict[str, Series]] = {
        kind: {} for kind in ("contract", "continuous", "stock", "index", "adjusted", "other")
    }
    doubled = []
    for path, name in daily_files(source):
        series = series_of(path, name)
        key = series.code if series.kind in ("contract", "stock", "index") else name
        if key in found[series.kind]:
            doubled.append(str(path.relative_to(source)))
            _same_series(found[series.kind][key].path, path)
        else:
            found[series.kind][key] = series
    if doubled:
        what = "hold a series that another file holds too (CSV is read first, bin before his)"
        collector.add("info", "daily", "two files", len(doubled), what, doubled, unit="file")
    for kind, what in _LEFT_OUT.items():
        if found[kind]:
            names = list(found[kind])
            collector.add("info", "daily", kind, len(names), what, names, unit="file")
    return found


def _same_series(first: Path, second: Path) -> None:
    """Refuse two files of one series that differ on a day; what only one of them knows is fine."""
    one, two = read_series(first), read_series(second)
    _, left, right = np.intersect1d(
        one["date"].to_numpy(), two["date"].to_numpy(), return_indices=True
    )
    for name in PRICES:
        a, b = one[name].to_numpy()[left], two[name].to_numpy()[right]
        apart = np.flatnonzero(np.abs(a - b) > _SAME * np.abs(a))
        if len(apart):
            row = apart[0]
            raise DataError(
                f"{first} and {second} are one series and differ: {name} on "
                f"{one['date'][int(left[row])].as_py()} is {a[row]:g} and {b[row]:g}; keep the "
                "right file"
            )
    days = [np.unique(rows["date"].to_numpy()) for rows in (one, two)]
    if len(np.setdiff1d(days[1], days[0])):
        raise DataError(
            f"{second} has days of the series that {first} lacks (first: "
            f"{np.setdiff1d(days[1], days[0])[0].astype('datetime64[D]')}); keep one file with all"
        )


def _with_code(rows: pa.Table, code: str, key: str = "code") -> pa.Table:
    return rows.add_column(0, key, pa.array([code] * rows.num_rows, pa.string()))


def _contracts(
    source: Path, found: Mapping[str, Mapping[str, Series]], collector: Collector
) -> list[pa.Table]:
    """Return the bars of contracts from their own files, then from continuous series."""
    own = {code: read_series(series.path) for code, series in found["contract"].items()}
    pieces = [_with_code(rows, code, "contract") for code, rows in own.items()]
    without = []
    for name, series in found["continuous"].items():
        rules = rule_file(source, RULES[series.rule])
        switches = [] if rules is None else switches_of(rules, series.code)
        if switches:
            rows = read_series(series.path)
            piece = contracts_of_continuous(name, rows, switches, own, collector)
            pieces.append(piece)
            own = _joined(own, piece)
        else:
            without.append(name)
    if without:
        what = (
            "left out: no rule file (hots.json, seconds.json) says which contracts they were, and "
            "a continuous series cannot be traded"
        )
        collector.add("warning", "futures_daily", "continuous", len(without), what, without,
                      unit="continuous series")  # fmt: skip
    return [piece for piece in pieces if piece.num_rows]


def _joined(own: Mapping[str, pa.Table], piece: pa.Table) -> dict[str, pa.Table]:
    """Add bars just given to contracts, so that the next series does not give them again."""
    joined = dict(own)
    names = np.asarray(piece["contract"].to_pylist(), dtype=str)
    for contract in np.unique(names).tolist():
        rows = piece.filter(pa.array(names == contract)).drop_columns(["contract"])
        joined[contract] = (
            pa.concat_tables([joined[contract], rows]) if contract in joined else rows
        )
    return joined


def _factors(
    source: Path, stocks: Mapping[str, Series], collector: Collector
) -> dict[str, tuple[Array, Array]] | None:
    """Return the factors of stocks; None when the source has no file of them."""
    path = rule_file(source, "adjfactors.json", "adjfactor.json")
    if not stocks:
        return None
    if path is None:
        what = "left out: adjfactors.json is not there, so ex-dates are not known"
        cure = "add it, or import the stocks from another source"
        collector.add("warning", "stock_daily", "no factor", len(stocks), what, list(stocks),
                      cure=cure, unit="stock")  # fmt: skip
        return None
    factors = factors_of(path)
    silent = [code for code in stocks if code not in factors]
    if silent:
        what = (
            f"{len(silent):,} of {len(stocks):,} stocks are not in {path.name}: they count as "
            f"stocks without any ex-date (first: {', '.join(silent[:3])})"
        )
        collector.assume("stock_daily", what)
    return factors


def _stock_bars(
    stocks: Mapping[str, Series], factors: Mapping[str, tuple[Array, Array]], collector: Collector
) -> Iterator[pa.Table]:
    cents = Cents(
        collector,
        "taken as traded",
        "",
        "these are adjusted prices: give unadjusted ones, adjfactors.json says what happened on "
        "ex-dates",
    )
    for code, series in stocks.items():
        rows = read_series(series.path).drop_columns(["settle", "open_interest"])
        dates = rows["date"].to_numpy().astype("datetime64[D]")
        for name in PRICES:
            price = cents.rounded(code, dates, name, rows[name].to_numpy())
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(price))
        factor = np.ones(len(dates))
        if code in factors:
            since, values = factors[code]
            factor = np.append(1.0, values)[np.searchsorted(since, dates, side="right")]
        yield _with_code(rows.append_column("adj_factor", pa.array(factor)), code)
    cents.finish()


LAYOUT = Layout("daily bars of WonderTrader (CFFEX.IF.2406_d.csv, .dsb)", recognise, read)
