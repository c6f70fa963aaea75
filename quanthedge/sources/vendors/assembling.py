"""Put a vendor's tables together: calendar, stocks, and the bars completed to our schema."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.completion import Known, completed, listing_spans, sorted_bars
from quanthedge.sources.source import News, SourceTables

__all__ = ["Parts", "assemble", "calendar_of", "cash_of", "index_daily_of", "stocks_of"]

Array = np.ndarray[Any, Any]
_NO_DAY = np.datetime64("NaT", "D")


@dataclass
class Parts:
    """What was found in a source, in our columns.

    Attributes
    ----------
    bars
        Stock bars in memory, without suspended days or with volume 0 on them.
    listing
        Columns code, list_date, delist_date (null = listed); None when the source has no list.
    calendar
        Trading days; None: the days of the bars.
    tables
        The other tables, in our schema.
    no_factor
        As in `Known`.
    contract_ends
        Columns contract, last_trading_day of the source's list of contracts.
    lists
        Tables that were made of lists as of some days.
    """

    bars: pa.Table | None = None
    listing: pa.Table | None = None
    calendar: Array | None = None
    tables: dict[str, pa.Table] = field(default_factory=dict)
    no_factor: str | None = None
    contract_ends: pa.Table | None = None
    lists: frozenset[str] = frozenset()


def assemble(parts: Parts, collector: Collector) -> SourceTables:
    """Return the source's tables; the bars are completed as they are read."""
    tables = dict(parts.tables)
    calendar = calendar_of(parts, collector)
    if calendar is not None:
        tables["calendar"] = pa.table({"date": pa.array(calendar, pa.date32())})
    if parts.bars is None:
        if parts.listing is not None:
            tables["stocks"] = parts.listing
        return SourceTables(tables, news=_news(parts))
    spans = listing_spans(_traded(parts.bars))
    tables["stocks"] = stocks_of(spans, parts.listing, calendar, collector)
    known = Known(tables.get("stock_names"), tables.get("corporate_actions"), parts.no_factor)
    bars = completed(sorted_bars(parts.bars), collector, known)
    return SourceTables(tables, bars, parts.bars.num_rows, _news(parts, spans))


def _news(parts: Parts, spans: pa.Table | None = None) -> News:
    there = set() if parts.bars is None else set(parts.bars.column_names)
    return News(
        listing=parts.listing,
        spans=spans,
        contract_ends=parts.contract_ends,
        lists=parts.lists,
        derived=frozenset(TABLES["stock_daily"].column_names) - there,
    )


def _traded(bars: pa.Table) -> pa.Table:
    """Return the rows of days with trading: the others have no bar here."""
    volume = bars["volume"].cast(pa.float64()).fill_null(0.0)
    return bars.filter(pc.greater(volume, 0.0))


def calendar_of(parts: Parts, collector: Collector | None = None) -> Array | None:
    """Return the trading days: the source's, else those of its bars; None without either."""
    if parts.calendar is not None:
        return np.unique(parts.calendar)
    daily = [parts.bars, parts.tables.get("index_daily")]
    days = [table["date"].to_numpy() for table in daily if table is not None and table.num_rows]
    if parts.bars is None or not days:
        return None
    if collector is not None:
        what = "no calendar in the source: the days with bars are the trading days"
        collector.assume("calendar", what)
    return np.unique(np.concatenate(days).astype("datetime64[D]"))


def stocks_of(
    spans: pa.Table, listing: pa.Table | None, calendar: Array | None, collector: Collector
) -> pa.Table:
    """Return the table stocks of the stocks that have bars.

    Parameters
    ----------
    spans
        Columns code, first, last of the bars.
    listing
        Columns code, list_date, delist_date; None where there is no list.
    calendar
        Trading days.
    collector
        Told what was assumed and moved.
    """
    codes = np.asarray(spans["code"].to_pylist(), dtype=object)
    first, last = (spans[name].to_numpy().astype("datetime64[D]") for name in ("first", "last"))
    listed, gone = first.copy(), np.full(len(codes), _NO_DAY)
    if listing is None:
        what = "list_date not in the source: first bar taken; no stock counts as delisted"
        collector.assume("stocks", what)
    else:
        listed, gone = _from_list(listing, codes, first, collector)
        early = ~np.isnat(gone) & (gone <= last)
        following = _day_after(last, calendar)
        _report(
            collector, codes[early], "whose delist_date is moved behind their last bar", "moved"
        )
        gone = np.where(early, following, gone)
        late = listed > first
        _report(collector, codes[late], "whose list_date is moved to their first bar", "moved")
        listed = np.where(late, first, listed)
    return pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "list_date": pa.array(listed, pa.date32()),
            "delist_date": pa.array(gone, pa.date32(), from_pandas=True),
        }
    )


def _from_list(
    listing: pa.Table, codes: Array, first: Array, collector: Collector
) -> tuple[Array, Array]:
    words = listing["code"].to_pylist()
    place = {word: row for row, word in enumerate(words)}
    rows = np.array([place.get(word, -1) for word in codes], dtype=np.int64)
    start = listing["list_date"].to_numpy().astype("datetime64[D]")
    end = listing["delist_date"].to_numpy().astype("datetime64[D]")
    listed = np.where(rows >= 0, start[rows], first) if len(start) else first.copy()
    gone = np.where(rows >= 0, end[rows], _NO_DAY) if len(end) else np.full(len(codes), _NO_DAY)
    absent = codes[np.isnat(listed) | (rows < 0)]
    listed = np.where(np.isnat(listed), first, listed)
    if len(absent):
        what = (
            f"{len(absent)} stocks with bars have no list_date in the source "
            f"({', '.join(absent[:3])}): first bar taken"
        )
        collector.assume("stocks", what)
    silent = sorted(set(words) - set(codes.tolist()))
    if silent:
        what = "of the source's list left out: no bars"
        collector.add("info", "stocks", "no bars", len(silent), what, silent, unit="stock")
    if len(end) and np.isnat(end).all():
        what = (
            "no delisted stock is in the source's list: the past looks better than it was if "
            "delisted stocks are missing from the bars as well"
        )
        collector.assume("stocks", what)
    return listed, gone


def _day_after(days: Array, calendar: Array | None) -> Array:
    if calendar is None or len(calendar) == 0:
        return days + np.timedelta64(1, "D")
    place = np.searchsorted(calendar, days, side="right")
    beyond = place == len(calendar)
    after = calendar[np.minimum(place, len(calendar) - 1)]
    return np.where(beyond, days + np.timedelta64(1, "D"), after)


def _report(collector: Collector, codes: Iterable[Any], what: str, rule: str) -> None:
    found = [str(code) for code in codes]
    if found:
        collector.add("info", "stocks", rule, len(found), what, found, unit="stock")


def index_daily_of(rows: pa.Table) -> pa.Table:
    """Return index_daily of rows with code, date and some of its numbers; others are undefined."""
    columns: dict[str, Any] = {}
    for column in TABLES["index_daily"].columns:
        there = column.name in rows.column_names
        columns[column.name] = rows[column.name] if there else np.full(rows.num_rows, np.nan)
    return pa.table(columns)


def cash_of(table: pa.Table | None, name: str, collector: Collector) -> pa.Table | None:
    """Return cash_rate without the days on which no rate was fixed."""
    if table is None:
        return None
    empty = np.asarray(pc.is_null(table["rate"], nan_is_null=True))
    if empty.any():
        what = "without an overnight rate left out"
        collector.add("info", name, "empty", int(empty.sum()), what)
    return table.filter(pa.array(~empty))
