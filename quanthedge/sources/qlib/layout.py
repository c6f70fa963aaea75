"""The `qlib` layout: a Qlib data directory of daily A-share bars.

`calendars/day.txt` (trading days), `instruments/all.txt` (listing intervals) and other lists
(index members), `features/<code>/<field>.day.bin` (see `qlib_features` and `qlib_bars`),
`financial/` (see `qlib_fundamentals`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.market.checks import Collector
from quanthedge.sources.completion import completed
from quanthedge.sources.qlib.bars import (
    PRE_CLOSE,
    USED,
    index_bars,
    stock_bars,
    units_of,
)
from quanthedge.sources.qlib.features import Features
from quanthedge.sources.qlib.fundamentals import fundamentals
from quanthedge.sources.qlib.instruments import (
    code_of,
    days_of,
    last_days_of,
    lines_of,
    listed_stocks,
    listing,
    members_of_lists,
)
from quanthedge.sources.source import Layout, News, SourceTables

__all__ = ["LAYOUT", "read", "recognise"]

Array = np.ndarray[Any, Any]
_MOST_KINDS = 20  # kinds of unused files that are named one by one


def recognise(source: Path) -> bool:
    """Whether the folder has a daily calendar, instruments and features."""
    return (
        (source / "calendars" / "day.txt").is_file()
        and (source / "instruments").is_dir()
        and (source / "features").is_dir()
    )


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables, and the stock bars stock by stock."""
    if not (source / "features").is_dir():
        raise DataError(f"{source}: no folder features; a Qlib directory keeps its bars there")
    features = Features(source / "features", _calendar(source, collector))
    calendar = features.calendar
    stocks, indices = _folders(features, collector)
    spans = listing(source, collector)
    tables = {"calendar": pa.table({"date": pa.array(calendar, pa.date32())})}
    members = members_of_lists(source, calendar, collector)
    if members is not None:
        tables["index_members"] = members
    if indices:
        tables["index_daily"] = index_bars(features, indices, collector)
    figures = fundamentals(source / "financial", collector)
    if figures is not None:
        tables["fundamentals"] = figures
    if not stocks:
        return SourceTables(tables)
    _require_factor(features, stocks)
    tables["stocks"] = listed_stocks(features, stocks, spans, collector)
    units = units_of(features, list(stocks.values()), collector)
    bars = completed(stock_bars(features, stocks, spans, units, collector), collector)
    derived = frozenset({"is_st", "is_delisting", "total_shares", "float_shares"})
    news = News(last_days=last_days_of(tables["stocks"], spans, calendar), derived=derived)
    return SourceTables(tables, bars, len(stocks) * len(calendar), news)


def _calendar(source: Path, collector: Collector) -> Array:
    path = source / "calendars" / "day.txt"
    calendar = days_of(path, [line.strip() for line in lines_of(path) if line.strip()])
    if len(calendar) == 0:
        raise DataError(f"{path}: holds no day")
    wrong = np.flatnonzero(np.diff(calendar).astype(int) <= 0)
    if len(wrong):
        pair = f"{calendar[wrong[0]]}, {calendar[wrong[0] + 1]}"
        raise DataError(f"{path}: the days do not rise ({pair}); every value's place depends on it")
    if (source / "calendars" / "day_future.txt").is_file():
        what = "calendars/day_future.txt is not imported: the calendar ends with the data"
        collector.add("info", "calendar", "future days", 0, what)
    return calendar


def _folders(features: Features, collector: Collector) -> tuple[dict[str, str], dict[str, str]]:
    """Return the folders of stocks and of indices by our code, each in order of our codes."""
    found: dict[str, str] = {}
    others: list[str] = []
    for path in sorted(features.folder.iterdir()):
        if not path.is_dir():
            continue
        code = code_of(path.name)
        if code is None or not (Code(code).is_stock or Code(code).is_index):
            others.append(path.name)
        elif code in found:
            raise DataError(
                f"{features.folder}: {found[code]} and {path.name} are both {code}; keep one"
            )
        else:
            found[code] = path.name
    if others:
        what = "are neither an A share nor an index (funds, bonds, other markets): left out"
        collector.add("info", "stock_daily", "other codes", len(others), what, others, unit="code")
    if not found:
        raise DataError(
            f"{features.folder}: no folder is a code; accepted: sh600000, sz000001, bj430047"
        )
    _report_other_files(features, found, collector)
    stocks = {code: found[code] for code in sorted(found) if Code(code).is_stock}
    return stocks, {code: found[code] for code in sorted(found) if code not in stocks}


def _report_other_files(features: Features, found: Mapping[str, str], collector: Collector) -> None:
    kinds: dict[str, int] = {}
    for name in found.values():
        for path in (features.folder / name).iterdir():
            if path.name.removesuffix(".day.bin") not in USED:
                kinds[path.name] = kinds.get(path.name, 0) + 1
    for name in sorted(kinds)[:_MOST_KINDS]:
        what = f"features/*/{name[:60]} not imported"
        collector.add("info", "stock_daily", f"field {name}", kinds[name], what, unit="file")
    if len(kinds) > _MOST_KINDS:
        what = f"{len(kinds) - _MOST_KINDS} further kinds of files in features/ are not imported"
        collector.add("info", "stock_daily", "fields", 0, what)


def _require_factor(features: Features, stocks: Mapping[str, str]) -> None:
    """Refuse stocks whose traded prices cannot be told from the stored ones."""
    without = [code for code, name in stocks.items() if not features.has(name, "factor")]
    told = [
        code for code in without if any(features.has(stocks[code], field) for field in PRE_CLOSE)
    ]
    if not without or len(told) == len(stocks):
        return  # a factor, or prices as traded with the exchange's previous closes
    raise DataError(
        f"{features.folder}: {len(without):,} of {len(stocks):,} stocks have no factor.day.bin "
        f"(first: {', '.join(without[:3])}). Qlib's prices are adjusted; without the factor "
        "neither the traded prices nor the ex-dates are known ($change is computed from the same "
        "closes and does not say). Dump the field factor too, or unadjusted prices together with "
        "pre_close for every stock"
    )


LAYOUT = Layout("a Qlib data directory (calendars, instruments, features)", recognise, read)
