"""A few stocks over a few days in July 2015, in Tushare's columns."""

import numpy as np
import pandas as pd

STOCKS = ("000001.SZ", "600000.SH", "600519.SH")
DAYS = pd.bdate_range("2015-07-01", "2015-07-31")


def tushare_tables(stocks: tuple[str, ...] = STOCKS) -> dict[str, pd.DataFrame]:
    days = DAYS.strftime("%Y%m%d")
    every = pd.date_range(DAYS[0], DAYS[-1])
    key = pd.MultiIndex.from_product([days, stocks], names=["trade_date", "ts_code"])
    bars = key.to_frame(index=False)
    numbers = np.arange(len(bars), dtype=float)
    for place, name in enumerate(("open", "high", "low", "close", "pre_close")):
        bars[name] = 10 + place / 100 + numbers / 1000
    bars = bars.assign(change=0.01, pct_chg=0.1, vol=1000.5 + numbers, amount=20_000.25)
    listing = pd.DataFrame({"ts_code": stocks, "list_status": "L", "list_date": "19991110"})
    contracts = ["IF1507.CFX", "IF1508.CFX"]
    futures = pd.MultiIndex.from_product([days, contracts], names=["trade_date", "ts_code"])
    return {
        "trade_cal": pd.DataFrame(
            {
                "exchange": "SSE",
                "cal_date": every.strftime("%Y%m%d"),
                "is_open": every.isin(DAYS).astype(int),
            }
        ),
        "stock_basic": listing.assign(delist_date=None, name="平安"),
        "daily": bars,
        "adj_factor": bars[["ts_code", "trade_date"]].assign(adj_factor=1.5),
        "index_daily": bars[bars["ts_code"] == stocks[0]].assign(ts_code="000300.SH"),
        "fut_daily": futures.to_frame(index=False).assign(close=3900.2, settle=3901.4, vol=5),
        "dividend": pd.DataFrame(
            {"ts_code": [stocks[0]], "ex_date": ["20150713"], "cash_div_tax": [0.174],
             "div_proc": ["实施"]}
        ),
    }  # fmt: skip
