"""From adjusted prices back to what was traded, and from two price series to their factor.

A vendor's adjusted price is the traded one times a factor that changes on ex-dates only. Some
vendors add dividends back instead of multiplying; from such prices no factor can be read, and
they are refused.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.vendors.joining import beside
from quanthedge.sources.vendors.keys import code_ranks

__all__ = ["PRICES", "factor_of_adjusted", "raw_rows", "unadjusted", "with_column", "with_shares"]

Array = np.ndarray[Any, Any]
PRICES = ("open", "high", "low", "close", "pre_close")
_HALF_CENT = 0.005
_NO_CENT = 1e-4
_MOST_OFF = 0.01  # share of bars that may miss the factor by more than the rounding


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    """Return the table with a column set or replaced."""
    column = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def with_shares(
    bars: pa.Table,
    shares: pa.Table | None,
    table: str,
    collector: Collector,
    *,
    traded: bool = False,
) -> pa.Table:
    """Return bars with the share counts of a vendor's table of this name; what it lacks is told.

    ``traded``: of bars with volume alone.
    """
    if shares is None:
        return bars
    columns, missing = beside(bars, shares, ["total_shares", "float_shares"])
    for column, values in columns.items():
        bars = with_column(bars, column, values)
    if traded:
        missing &= bars["volume"].to_numpy() > 0
    if missing.any():
        what = f"without a row in {table}: shares undefined"
        collector.add("warning", "stock_daily", "shares", int(missing.sum()), what, unit="bar")
    return bars


def raw_rows(bars: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Return the rows whose prices are not adjusted; refuse a table that has none of them."""
    marks = np.asarray(bars["adjust"].to_pylist(), dtype=object)
    raw = marks == ""
    if not raw.any() and len(raw):
        raise DataError(
            f"{name}: holds only adjusted prices ({', '.join(sorted(set(marks)))}); orders, lots "
            "and limits need the prices that were traded: download the unadjusted ones as well"
        )
    if not raw.all():
        what = "with adjusted prices beside the unadjusted ones left out"
        collector.add("info", name, "adjusted", int((~raw).sum()), what)
    return bars.filter(pa.array(raw)).drop_columns(["adjust"])


def unadjusted(bars: pa.Table, factor: Array, name: str, collector: Collector) -> pa.Table:
    """Divide prices by the factor and round to 0.01 yuan.

    Adjusted prices that the vendor rounded to a cent cannot always give the cent that was traded:
    such bars are counted, with the largest possible error.
    """
    if not (np.isnan(factor) | (factor > 0)).all():
        row = int((~(np.isnan(factor) | (factor > 0))).argmax())
        raise DataError(
            f"{name}: {_row(bars, row)} has the factor {factor[row]}; accepted: above 0"
        )
    prices = [column for column in PRICES if column in bars.column_names]
    stored = {column: _numbers(bars, column) for column in prices}
    if np.array_equal(factor[~np.isnan(factor)], np.ones(int((~np.isnan(factor)).sum()))):
        return bars
    coarse = _in_cents(stored["close"])
    for column, values in stored.items():
        traded = np.floor(values / factor * 100 + 0.5 + 1e-6) / 100
        bars = with_column(bars, column, traded)
    changed = (factor != 1) & ~np.isnan(factor)
    what = "divided by the adjustment factor and rounded to 0.01 yuan"
    collector.add("info", "stock_daily", "unadjusted", int(changed.sum()), what, unit="bar")
    doubtful = coarse & changed & (factor < 1)
    if doubtful.any():
        worst = _HALF_CENT / factor[doubtful].min()
        what = (
            "whose traded price is not certain to the cent, because the source rounded the "
            f"adjusted price to 0.01 (off by at most {worst:.3f} yuan)"
        )
        cure = "download unadjusted prices for exact ones"
        collector.add(
            "warning", "stock_daily", "rounded", int(doubtful.sum()), what, cure=cure, unit="bar"
        )
    return bars


def factor_of_adjusted(raw: pa.Table, adjusted: pa.Table, name: str, collector: Collector) -> Array:
    """Return adjusted / raw closes as a factor that only steps, float64 [rows of raw].

    Both are rounded to a cent, so the quotient of a day is known to a range; a factor holds as
    long as the ranges of neighbouring days meet, and is the quotient of their sums.

    Raises
    ------
    DataError
        The adjusted closes are missing on some days, or are not raw closes times such a factor.
    """
    columns, missing = beside(raw, adjusted, ["close"])
    close, after = _numbers(raw, "close"), columns["close"]
    idle = ~(_numbers(raw, "volume") > 0)
    absent = (missing | ~(after > 0)) & ~idle
    if absent.any():
        row = int(absent.argmax())
        raise DataError(
            f"{name}: {int(absent.sum()):,} bars have no hfq price above 0 (first: "
            f"{_row(raw, row)}); download hfq prices for the same days, or give the dividends"
        )
    factor = np.ones(len(close))
    rows = np.flatnonzero(~idle & (close > 0))
    code = code_ranks(raw["code"])[0][rows]
    close, after = close[rows], after[rows]
    low, high = (after - _HALF_CENT) / close, (after + _HALF_CENT) / close
    begins = np.ones(len(rows), dtype=bool)
    apart = np.maximum(low[1:], low[:-1]) > np.minimum(high[1:], high[:-1])
    begins[1:] = apart | (code[1:] != code[:-1])
    starts = np.flatnonzero(begins)
    if len(starts) == 0:
        return factor
    level = np.add.reduceat(after, starts) / np.add.reduceat(close, starts)
    factor[rows] = np.repeat(level, np.diff([*starts, len(rows)]))
    off = np.abs(factor[rows] * close - after) > _HALF_CENT + 1e-6 + 1e-4 * after
    lone = np.diff([*starts, len(rows)]).mean() < 5 and len(rows) > 20
    if off.mean() > _MOST_OFF or lone:
        row = int(rows[off.argmax()])
        raise DataError(
            f"{name}: the hfq prices are not the unadjusted ones times a factor that steps on "
            f"ex-dates (for example {_row(raw, row)}): this vendor adds dividends back instead of "
            "multiplying, so no factor can be read; give stock_history_dividend_detail, or "
            "stock_zh_a_daily with its hfq-factor"
        )
    what = "given a factor from hfq / unadjusted close"
    collector.add("info", "stock_daily", "factor", len(rows), what, unit="bar")
    return factor


def _in_cents(values: Array) -> bool:
    sound = values[np.isfinite(values)]
    return bool((np.abs(sound * 100 - np.round(sound * 100)) < _NO_CENT * 100).all())


def _numbers(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].cast(pa.float64()).fill_null(np.nan).to_numpy())


def _row(table: pa.Table, row: int) -> str:
    return f"{table['code'][row].as_py()} {table['date'][row].as_py()}"
