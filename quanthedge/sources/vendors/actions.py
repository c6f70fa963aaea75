"""Corporate actions from vendors' dividend tables, and the ex-day identity against the bars."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.vendors.keys import key_numbers

__all__ = ["actions_of"]

Array = np.ndarray[Any, Any]
_AMOUNTS = ("cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")
_STOCK_PART = "stock_dividend_per_share"
_DAYS = ("announce_date", "record_date", "pay_date", "list_date")


def actions_of(rows: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Return corporate_actions of a vendor's dividend rows.

    Parameters
    ----------
    rows
        Columns code, ex_date and any of cash_per_share, bonus_per_share (several columns that begin
        so are added up), rights_per_share, rights_price, announce_date, record_date, pay_date,
        list_date; stock_dividend_per_share (the part of the bonus out of profit) is kept where it
        is given; `period_end` tells two dividends of one ex-date apart, which are added up.
    """
    undated = np.asarray(pc.is_null(rows["ex_date"]))
    _count(collector, name, "without an ex-date (proposals) left out", undated)
    rows = rows.filter(pa.array(~undated))
    values = {what: _sum(rows, what) for what in _AMOUNTS}
    empty = sum(values[what] for what in _AMOUNTS[:3]) == 0
    _count(collector, name, "that pay nothing left out", np.asarray(empty))
    columns: dict[str, Any] = {"code": rows["code"], "ex_date": rows["ex_date"]}
    for what in _AMOUNTS:
        columns[what] = pa.array(values[what])
    for day in _DAYS:
        there = day in rows.column_names
        columns[day] = rows[day] if there else pa.nulls(rows.num_rows, pa.date32())
    if _STOCK_PART in rows.column_names:
        columns[_STOCK_PART] = rows[_STOCK_PART]
    if "period_end" in rows.column_names:
        columns["period_end"] = rows["period_end"]
    table = pa.table(columns).filter(pa.array(~np.asarray(empty, dtype=bool)))
    table = _one_a_day(table, name, collector)
    price = table["rights_price"].to_numpy()
    price = np.where(table["rights_per_share"].to_numpy() > 0, price, np.nan)
    place = table.column_names.index("rights_price")
    table = table.set_column(place, "rights_price", pa.array(price))
    return table.select(list(TABLES["corporate_actions"].among(table.column_names).column_names))


def _sum(rows: pa.Table, name: str) -> Array:
    total = np.zeros(rows.num_rows)
    for column in rows.column_names:
        if column == name or column.startswith(f"{name}_and_"):
            total += np.nan_to_num(rows[column].cast(pa.float64()).fill_null(0.0).to_numpy())
    return total


def _one_a_day(table: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Add up what a stock pays for different periods, or in different forms, on one ex-date."""
    order = np.argsort(key_numbers(table, ["code", "ex_date"]), kind="stable")
    table = table.take(pa.array(order))
    numbers = key_numbers(table, ["code", "ex_date"])
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]]) if len(numbers) else order
    if len(starts) == len(numbers) or "period_end" not in table.column_names:
        return table  # a true repetition is the checks' matter
    periods = key_numbers(table, ["code", "ex_date", "period_end"])
    if len(np.unique(periods)) != len(periods):
        return table
    extra = len(numbers) - len(starts)
    what = "added to another one of the same stock and ex-date (another period's)"
    collector.add("info", name, "same ex-date", extra, what)
    merged = table.take(pa.array(starts))
    summed = [name for name in (*_AMOUNTS, _STOCK_PART) if name in table.column_names]
    for column in summed:
        place = merged.column_names.index(column)
        values = table[column].cast(pa.float64()).fill_null(np.nan).to_numpy()
        added = np.add.reduceat(values, starts)
        merged = merged.set_column(place, column, pa.array(added))
    return merged


def _count(collector: Collector, name: str, what: str, rows: Array) -> None:
    if rows.any():
        collector.add("info", name, "actions", int(rows.sum()), what)
