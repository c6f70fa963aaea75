"""Small random markets in which limits, halts, ex-dates and delistings stand in the way."""

import numpy as np
import pandas as pd

from quanthedge.market import Market, write_dataset
from quanthedge.market.schema import TABLES
from tests.market.small_market import to_arrow

CODES = ("000001.SZ", "000002.SZ", "600000.SH", "600519.SH", "601318.SH")
ST, GONE, OPEN = 3, 1, 4  # one under special treatment, one delisted, one that always trades


def half_up(price):
    return np.floor(price * 100 + 0.5 + 1e-6) / 100


def bars_of(code, dates, rng, *, st=False, always=False):
    rows, close, factor = [], float(np.round(rng.uniform(5, 30), 2)), 1.0
    reach = 0.05 if st else 0.10
    for date in dates:
        if rows and not always and rng.random() < 0.15:
            continue
        pre_close = close
        if rows and rng.random() < 0.08:
            pre_close = round(close * 0.6, 2)
            factor *= close / pre_close
        high, low = half_up(pre_close * (1 + reach)), half_up(pre_close * (1 - reach))
        choices = [high, low, float(np.round(rng.uniform(low, high), 2))]
        open_, close = rng.choice(choices, 2, p=[0.25, 0.25, 0.5])
        if rng.random() < 0.15:
            open_ = close  # a day at one price, often at the limit
        top, bottom = max(open_, close), min(open_, close)
        volume = float(rng.integers(100, 10_000) * 100)
        amount = volume * (open_ if top == bottom else (top + bottom) / 2)
        rows.append(
            (code, date, open_, top, bottom, close, pre_close, volume, amount, factor,
             1e9, 8e8, st, False)
        )  # fmt: skip
    return rows


def obstructed_market(folder, seed=0, days=40):
    """Write a market whose orders often cannot be done, and open it."""
    rng = np.random.default_rng(seed)
    calendar = pd.bdate_range("2014-01-02", periods=days + 5)
    traded, listing, bars = calendar[:days], [], []
    for n, code in enumerate(CODES):
        last = int(rng.integers(days // 2, days - 3)) if n == GONE else days
        gone = traded[last] if n == GONE else pd.NaT
        listing.append((code, pd.Timestamp("1999-11-10"), gone))
        bars += bars_of(code, traded[:last], rng, st=n == ST, always=n == OPEN)
    close = np.full(days, 3000.0)
    frames = {
        "calendar": pd.DataFrame({"date": calendar}),
        "stocks": pd.DataFrame(listing, columns=["code", "list_date", "delist_date"]),
        "stock_daily": pd.DataFrame(bars, columns=list(TABLES["stock_daily"].column_names)),
        "index_daily": pd.DataFrame(
            {"code": "000300.SH", "date": traded, "open": close, "high": close, "low": close,
             "close": close, "volume": 1e9, "amount": np.nan}
        ),
    }  # fmt: skip
    tables = {name: to_arrow(frame, name) for name, frame in frames.items()}
    write_dataset(folder, tables, name="obstructed", source="made for tests", overwrite=True)
    return Market.open(folder)
