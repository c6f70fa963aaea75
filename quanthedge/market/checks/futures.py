"""Checks of futures_daily: contracts that are what their names say, and prices in order."""

import numpy as np
import pyarrow as pa

from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.levels import check_level
from quanthedge.market.checks.rows import Rows
from quanthedge.market.checks.turnover import check_turnover
from quanthedge.market.schema import CONTRACT_PATTERN, TABLES
from quanthedge.rules import IndexProduct

__all__ = ["check_futures"]


def check_futures(table: pa.Table, calendar: np.ndarray, collector: Collector) -> None:
    """Check futures_daily (sorted by contract and date) against itself and the calendar."""
    rows = Rows(table, TABLES["futures_daily"], collector)
    _contracts(rows, calendar)
    _prices(rows)
    check_turnover(rows)


def _contracts(rows: Rows, calendar: np.ndarray) -> None:
    contract, product = rows.texts("contract"), rows.texts("product")
    date, last = rows.numbers("date"), rows.numbers("last_trading_day")
    names, first, inverse = np.unique(contract, return_index=True, return_inverse=True)
    parts = [CONTRACT_PATTERN.fullmatch(name) for name in names]
    malformed = np.array([part is None for part in parts], dtype=bool)[inverse]
    rows.flag(
        "error", "contract", malformed, "have a malformed contract",
        cure="accepted: product, two digits of the year and the month, e.g. IF1410",
    )  # fmt: skip
    products = np.array([part[1] if part else "" for part in parts], dtype=str)[inverse]
    rows.flag(
        "error", "product", ~malformed & (products != product),
        "have a contract of another product", show=("product",),
    )  # fmt: skip
    months = np.array([f"20{part[2]}-{part[3]}" if part else "" for part in parts], dtype=str)
    expiry_month = last.astype("datetime64[M]").astype(str)
    rows.flag(
        "error", "expiry month", ~malformed & (months[inverse] != expiry_month),
        "have a last_trading_day outside the contract's month", show=("last_trading_day",),
    )  # fmt: skip
    rows.flag(
        "error", "two expiries", last != last[first][inverse],
        "have another last_trading_day than the contract's first row", show=("last_trading_day",),
    )  # fmt: skip
    rows.flag(
        "error", "after expiry", date > last, "are after the contract's last_trading_day",
        show=("last_trading_day",),
    )  # fmt: skip
    if len(calendar):
        inside = (last >= calendar[0]) & (last <= calendar[-1])
        rows.flag(
            "error", "expiry not a trading day", inside & ~np.isin(last, calendar),
            "have a last_trading_day that is not in the calendar", show=("last_trading_day",),
        )  # fmt: skip
    _unfinished(rows, names, inverse, date, last, first)


def _unfinished(
    rows: Rows,
    names: np.ndarray,
    inverse: np.ndarray,
    date: np.ndarray,
    last: np.ndarray,
    first: np.ndarray,
) -> None:
    """Contracts whose bars stop before their last trading day though the data go on."""
    if len(date) == 0:
        return
    final = np.full(len(names), np.datetime64("1900-01-01", "D"))
    np.maximum.at(final, inverse, date)
    expiry = last[first]
    short = np.flatnonzero((final < expiry) & (expiry <= date.max()))
    if len(short):
        examples = [
            f"{names[k]} {final[k]}, expires {expiry[k]}" for k in short[: Collector.EXAMPLES]
        ]
        rows.collector.add(
            "warning", "futures_daily", "ends early", len(short),
            "end before their last trading day: they cannot be held to expiry",
            examples, unit="contract",
        )  # fmt: skip


def _prices(rows: Rows) -> None:
    high, low = rows.numbers("high"), rows.numbers("low")
    for name in ("open", "high", "low", "close", "settle"):
        values = rows.numbers(name)
        rows.flag("error", f"{name} <= 0", values <= 0, f"have {name} <= 0", show=(name,))
    for name in ("pre_settle", "limit_up", "limit_down"):
        values = rows.numbers(name)
        rows.flag("error", f"{name} <= 0", values <= 0, f"have {name} <= 0", show=(name,))
    up, down = rows.numbers("limit_up"), rows.numbers("limit_down")
    half = _ticks(rows.texts("product")) / 2
    beyond = (high > up + half) | (low < down - half)
    rows.flag(
        "warning", "beyond the limit", beyond, "have a high or low beyond the day's limits",
        show=("high", "limit_up", "low", "limit_down"),
    )  # fmt: skip
    for name in ("volume", "amount", "open_interest"):
        values = rows.numbers(name)
        rows.flag("error", f"{name} < 0", values < 0, f"have {name} < 0", show=(name,))
    crossed = rows.flag("error", "high < low", high < low, "have high < low", show=("high", "low"))
    for name in ("open", "close"):
        values = rows.numbers(name)
        bad = ~crossed & ((values > high) | (values < low))
        what = f"have {name} outside the day's low to high"
        rows.flag("warning", f"{name} outside", bad, what, show=(name, "low", "high"))
    check_level(rows, "settle", ("contract",))
    check_level(rows, "close", ("contract",))
    settle, close = rows.numbers("settle"), rows.numbers("close")
    rows.flag(
        "warning", "no settle", np.isnan(settle) & ~np.isnan(close),
        "have no settlement price (the close is known)",
    )  # fmt: skip
    rows.flag(
        "warning", "no price", np.isnan(settle) & np.isnan(close),
        "have neither settlement price nor close",
    )  # fmt: skip


def _ticks(product: np.ndarray) -> np.ndarray:
    """Return the tick of each row's product, points; 0 where the rule book does not know it."""
    known = IndexProduct.every()
    names, number = np.unique(product, return_inverse=True)
    ticks = [known[name].tick if name in known else 0.0 for name in names.tolist()]
    return np.array(ticks, dtype=np.float64)[number]
