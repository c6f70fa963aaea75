"""futures_daily from vendors' futures bars: products, last trading days."""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError, RuleError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.rules import third_friday
from quanthedge.sources.vendors.adjustment import with_column
from quanthedge.sources.vendors.keys import code_ranks

__all__ = ["futures_of"]

Array = np.ndarray[Any, Any]
PRICES = ("open", "high", "low", "close", "settle")
_REFERENCE = ("pre_settle", "limit_up", "limit_down")  # may be absent
_NUMBERS = (*PRICES, "volume", "amount", "open_interest")
_NO_DAY = np.datetime64("NaT", "D")


def futures_of(
    rows: pa.Table, last_days: pa.Table | None, calendar: Array, name: str, collector: Collector
) -> pa.Table:
    """Return futures_daily.

    Parameters
    ----------
    rows
        Columns contract, date and any of open, high, low, close, settle, volume, amount (yuan),
        open_interest.
    last_days
        Columns contract, last_trading_day; None: the third Friday, or the next trading day.
    calendar
        Trading days, datetime64[D], for contracts that `last_days` lacks.
    """
    ranks, contracts = code_ranks(rows["contract"])
    known = {}
    if last_days is not None:
        known = _one_last_day(last_days, name)
    last = np.array([_last_day(str(c), known, calendar) for c in contracts], "datetime64[D]")
    unknown = [str(contract) for contract in contracts if contract not in known]
    if unknown:
        what = (
            f"the last trading days of {len(unknown)} contracts are not in the source: third "
            "Friday of the month, or the next trading day"
        )
        collector.assume("futures_daily", what)
    table = rows
    for column in _NUMBERS:
        if column not in table.column_names:
            table = with_column(table, column, np.full(rows.num_rows, np.nan))
            collector.assume("futures_daily", f"{column} is not in the source and stays undefined")
    table = _without_zero_prices(table, collector)
    products = [str(contract)[:-4] for contract in contracts]
    table = with_column(table, "product", pa.array(products, pa.string()).take(pa.array(ranks)))
    taken = last[ranks] if len(last) else np.empty(0, dtype="datetime64[D]")
    table = with_column(table, "last_trading_day", pa.array(taken, pa.date32()))
    return table.select(list(TABLES["futures_daily"].among(table.column_names).column_names))


def _one_last_day(last_days: pa.Table, name: str) -> dict[Any, Any]:
    """Return each contract's last trading day; two of one contract are an error."""
    days = last_days["last_trading_day"].to_numpy().astype("datetime64[D]")
    known: dict[Any, Any] = {}
    for contract, day in zip(last_days["contract"].to_pylist(), days, strict=True):
        before = known.get(contract, _NO_DAY)
        if not (np.isnat(before) or np.isnat(day) or before == day):
            raise DataError(
                f"{name}: {contract} has the last trading days {before} and {day}; keep the right "
                "one"
            )
        known[contract] = before if np.isnat(day) else day
    return known


def _last_day(contract: str, known: dict[Any, Any], calendar: Array) -> np.datetime64:
    if contract in known and not np.isnat(known[contract]):
        return np.datetime64(known[contract], "D")
    year, month = 2000 + int(contract[-4:-2]), int(contract[-2:])
    try:
        return third_friday(year, month, calendar if len(calendar) else None)
    except RuleError:  # the calendar does not reach it
        return third_friday(year, month)


def _without_zero_prices(table: pa.Table, collector: Collector) -> pa.Table:
    """Make prices of 0 undefined: vendors write 0 on days without trading or settlement."""
    zeros = 0
    there = [name for name in (*PRICES, *_REFERENCE) if name in table.column_names]
    for column in there:
        values = table[column].cast(pa.float64()).fill_null(np.nan).to_numpy()
        zeros += int((values == 0).sum())
        table = with_column(table, column, np.where(values == 0, np.nan, values))
    if zeros:
        what = "of 0 (no trade, or no settlement known) made undefined"
        collector.add("info", "futures_daily", "zero prices", zeros, what, unit="price")
    return table
