"""Stock bars made for one purpose: quiet prices on a real calendar, which a test then spoils."""

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.market.blocks import Axes, Block
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.moves import MOVES, find_moves
from quanthedge.market.checks.price_limits import LimitBook
from quanthedge.market.checks.stock_bars import StockBarsCheck
from quanthedge.market.schema import TABLES
from tests.market.small_market import to_arrow


def quiet_bars(code, dates, close=10.0, seed=0):
    """Return sound bars of one stock: small moves to the cent, VWAP inside the range."""
    rng = np.random.default_rng(seed)
    days = len(dates)
    last = np.round(close * (1 + 0.002 * rng.integers(-9, 10, days)), 2)
    before = np.append(close, last[:-1])
    high = np.round(np.maximum(last, before) + 0.01, 2)
    low = np.round(np.minimum(last, before) - 0.01, 2)
    volume = rng.integers(1_000, 90_000, days) * 100.0
    return pd.DataFrame(
        {
            "code": code, "date": pd.DatetimeIndex(dates), "open": before, "high": high,
            "low": low, "close": last, "pre_close": before, "volume": volume,
            "amount": volume * (high + low) / 2, "adj_factor": 1.0, "total_shares": 1e9,
            "float_shares": 8e8, "is_st": False, "is_delisting": False,
        }
    )  # fmt: skip


def axes_of(frame):
    dates = np.unique(frame["date"].to_numpy().astype("datetime64[D]"))
    weekdays = np.arange(dates[0], dates[-1] + 1)
    weekdays = weekdays[np.is_busday(weekdays)]
    return Axes(np.union1d(weekdays, dates), np.unique(frame["code"].to_numpy().astype(str)))


def block_of(frame, axes):
    table = to_arrow(frame, "stock_daily").cast(TABLES["stock_daily"].arrow)
    return Block.of(table.combine_chunks(), axes)


def checked(frame, listed="1999-01-04", gone=None, axes=None):
    """Return the findings of the checks of stock bars."""
    axes = axes or axes_of(frame)
    collector = Collector()
    size = len(axes.codes)
    gone = np.full(size, "NaT", "datetime64[D]") if gone is None else np.array(gone, "M8[D]")
    days = np.broadcast_to(np.array(listed, "datetime64[D]"), size)
    check = StockBarsCheck(axes, days, gone, collector)
    check.add(block_of(frame, axes))
    check.finish(np.empty(0, "datetime64[D]"))
    return collector.report()


def moves_of(frame, listed="1999-01-04", axes=None, names=None):
    """Return (code, date, class) of every suspicious move."""
    axes = axes or axes_of(frame)
    days = np.broadcast_to(np.array(listed, "datetime64[D]"), len(axes.codes))
    block = block_of(frame, axes)
    found = find_moves(
        block, LimitBook(axes, days, names).of(block), np.ones(len(frame), dtype=bool)
    )
    dates = frame["date"].dt.strftime("%Y-%m-%d").to_numpy()
    codes = frame["code"].to_numpy()
    return [
        (str(codes[row]), str(dates[row]), MOVES[kind].rule)
        for row, kind in zip(found.row, found.kind, strict=True)
    ]


def close_at(frame, row, close):
    """Move one close (and the range) and let the following bar start from it."""
    frame.loc[row, "close"] = close
    frame.loc[row, "high"] = max(frame.loc[row, "high"], close)
    frame.loc[row, "low"] = min(frame.loc[row, "low"], close)
    frame.loc[row, "amount"] = frame.loc[row, "volume"] * close
    return frame


def as_table(frame):
    return pa.Table.from_pandas(frame, preserve_index=False)
