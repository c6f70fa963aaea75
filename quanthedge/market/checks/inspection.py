"""Check all tables of a dataset, each alone and against the others, in one pass."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.blocks import Axes, Block, whole_stocks
from quanthedge.market.checks.agreement import check_agreement
from quanthedge.market.checks.conform import conform
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.futures import check_futures
from quanthedge.market.checks.others import check_others
from quanthedge.market.checks.repeats import counted_once
from quanthedge.market.checks.stale import check_stale_tables
from quanthedge.market.checks.stock_bars import StockBarsCheck
from quanthedge.market.schema import TABLES, TableSchema

__all__ = ["inspect"]

_EXPECTED = (
    "index_daily",
    "index_members",
    "futures_daily",
    "fundamentals",
    "industry",
    "cash_rate",
)
_Sink = Callable[[str, pa.Table], None]


def inspect(
    tables: Mapping[str, pa.Table],
    bars: Iterable[pa.Table] | None,
    collector: Collector,
    sink: _Sink | None = None,
) -> None:
    """Check tables and pass them on, sorted and in the schema's types, to `sink`.

    Parameters
    ----------
    tables
        All tables but stock_daily.
    bars
        stock_daily in consecutive pieces; None when it is missing.
    collector
        Receives the findings.
    sink
        Called with (name, rows) for each piece as long as no error was found.
    """
    _names(tables, bars, collector)
    ready: dict[str, pa.Table] = {}
    for name, schema in TABLES.items():
        if name in tables:
            table = conform(tables[name], schema, collector)
            if table is not None:
                ready[name] = counted_once(_sorted(table, schema, collector), schema, collector)
    check_others(ready, collector)
    check_stale_tables(ready, collector)
    calendar = _dates(ready, "calendar", "date")
    if "futures_daily" in ready:
        check_futures(ready["futures_daily"], calendar, collector)
    check_agreement(ready, collector)
    if sink is not None and not collector.failed:
        for name, table in ready.items():
            sink(name, table)
    if bars is not None and "calendar" in ready and "stocks" in ready:
        _bars(bars, ready, collector, sink)


def _bars(
    bars: Iterable[pa.Table],
    ready: Mapping[str, pa.Table],
    collector: Collector,
    sink: _Sink | None,
) -> None:
    schema = TABLES["stock_daily"]
    stocks = ready["stocks"]
    codes = np.asarray(stocks["code"].to_pylist(), dtype=str)
    axes = Axes(_dates(ready, "calendar", "date"), codes)
    gone = stocks["delist_date"].to_numpy().astype("datetime64[D]")
    actions = ready.get("corporate_actions")
    names = ready.get("stock_names")
    check = StockBarsCheck(axes, stocks["list_date"].to_numpy(), gone, collector, actions, names)
    conforming = True

    def pieces() -> Iterable[pa.Table]:
        nonlocal conforming
        for piece in bars:
            table = conform(piece, schema, collector)
            if table is None:
                conforming = False
                return
            yield table

    for table in whole_stocks(pieces()):
        block = Block.of(counted_once(table, schema, collector), axes)
        check.add(block)
        if sink is not None and not collector.failed:
            sink("stock_daily", block.table)
    if conforming:
        check.finish(_dates(ready, "index_daily", "date"))


def _dates(ready: Mapping[str, pa.Table], table: str, column: str) -> np.ndarray[Any, Any]:
    if table not in ready:
        return np.empty(0, dtype="datetime64[D]")
    return np.asarray(ready[table][column].to_numpy())


def _names(
    tables: Mapping[str, pa.Table], bars: Iterable[pa.Table] | None, collector: Collector
) -> None:
    """Check that every table is there and none has a name that means nothing."""
    present = {*tables, *(() if bars is None else ("stock_daily",))}
    unknown = sorted(present - TABLES.keys())
    for name, schema in TABLES.items():
        if name in present:
            continue
        near = difflib.get_close_matches(name, unknown, 1, 0.6)
        unknown = [other for other in unknown if other not in near]
        if near or not schema.optional:
            hint = f" (found '{near[0]}')" if near else ""
            cure = "docs/dataset.md lists them"
            collector.add(
                "error", name, "missing table", 0, f"the table is missing{hint}", cure=cure
            )
        elif name in _EXPECTED:
            text = "the table is not there: what needs it will refuse to run"
            collector.add("info", name, "missing table", 0, text)
    for name in unknown:
        near = difflib.get_close_matches(name, TABLES, 1, 0.6)
        hint = f"did you mean '{near[0]}'?" if near else "docs/dataset.md lists the tables"
        collector.add("error", name, "unknown table", 0, "no table has this name", cure=hint)


def _sorted(table: pa.Table, schema: TableSchema, collector: Collector) -> pa.Table:
    """Sort a table by its key; say so when it was not."""
    keys = [(key, "ascending") for key in schema.key]
    comparable = table.select(schema.key)
    for place, key in enumerate(schema.key):
        if table[key].null_count:  # an unknown date comes first
            days = table[key].cast(pa.int32()).fill_null(np.iinfo(np.int32).min)
            comparable = comparable.set_column(place, key, days)
        elif pa.types.is_dictionary(table[key].type):
            comparable = comparable.set_column(place, key, table[key].cast(pa.string()))
    order = pc.sort_indices(comparable, sort_keys=keys).to_numpy()
    if (order[1:] > order[:-1]).all():
        return table.combine_chunks()
    text = f"rows sorted by {', '.join(schema.key)}"
    collector.add("info", schema.name, "sorted", 0, text)
    return table.take(order).combine_chunks()
