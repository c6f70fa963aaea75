"""Tables of BaoStock."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.market.exporters.vendors_common import (
    baostock_code,
    dashed,
    every_day,
    monthly_lists,
    save,
    wide,
    write,
)


def baostock(tables, folder: Path):
    """Tables of BaoStock: every cell is text, suspended days have empty volumes."""
    folder.mkdir(parents=True, exist_ok=True)
    bars = every_day(tables)
    idle = bars["paused"]
    turn = bars["volume"] / bars["float_shares"] * 100
    frame = pd.DataFrame({"date": dashed(bars["date"]), "code": baostock_code(bars["code"])})
    for name in ("open", "high", "low", "close"):
        frame[name] = bars[name].map("{:.4f}".format)
    frame["preclose"] = bars["pre_close"].map("{:.4f}".format)
    frame["volume"] = bars["volume"].map("{:.0f}".format).where(~idle, "")
    frame["amount"] = bars["amount"].map("{:.4f}".format).where(~idle, "")
    frame["adjustflag"] = "3"
    frame["turn"] = turn.map(repr).where(~idle, "")
    frame["tradestatus"] = np.where(idle, "0", "1")
    frame["isST"] = np.where(bars["is_st"].astype(bool), "1", "0")
    back = frame.head(40).assign(adjustflag="1", close="99.0000")
    index = tables["index_daily"]
    levels = pd.DataFrame({"date": dashed(index["date"]), "code": baostock_code(index["code"])})
    for name in ("open", "high", "low", "close"):
        levels[name] = index[name].map("{:.4f}".format)
    levels["volume"] = index["volume"].map("{:.0f}".format)
    levels["amount"] = index["amount"].map("{:.4f}".format)
    levels["adjustflag"] = "3"
    name = "query_history_k_data_plus"
    save(frame, folder, name, "code")
    write(levels, folder / name / "indices.csv")
    write(back, folder / name / "adjusted.csv")
    stocks = tables["stocks"]
    listing = pd.DataFrame(
        {
            "code": baostock_code(stocks["code"]),
            "code_name": "某某",
            "ipoDate": dashed(stocks["list_date"]),
            "outDate": dashed(stocks["delist_date"]),
            "type": "1",
            "status": np.where(stocks["delist_date"].isna(), "1", "0"),
        }
    )
    more = pd.DataFrame(
        {"code": ["sh.000300", "sh.510300"], "code_name": "某", "ipoDate": "2005-04-08",
         "outDate": "", "type": ["2", "5"], "status": "1"}
    )  # fmt: skip
    save(pd.concat([listing, more]), folder, "query_stock_basic")
    opened = tables["calendar"]["date"]
    every = pd.Series(pd.date_range(opened.min(), opened.max()))
    days = {"calendar_date": dashed(every), "is_trading_day": every.isin(opened).astype(int)}
    save(pd.DataFrame(days), folder, "query_trade_dates")
    lists = monthly_lists(tables["index_members"], tables["calendar"])
    for index_code, name in (("000300.SH", "hs300"), ("000905.SH", "zz500")):
        rows = lists[lists["index_code"] == index_code]
        members = {"updateDate": dashed(rows["date"]), "code": baostock_code(rows["code"])}
        save(pd.DataFrame(members).assign(code_name="某"), folder, f"query_{name}_stocks")
    facts = wide(
        tables["fundamentals"],
        {"roe_cum_pct": "roeAvg", "net_profit_ttm": "profit", "debt_to_assets_pct": "liability"},
    )
    key = {
        "code": baostock_code(facts["code"]),
        "pubDate": dashed(facts["known_date"]),
        "statDate": dashed(facts["period_end"]),
    }
    profit = {
        "roeAvg": (facts["roeAvg"] / 100).map(repr), "npMargin": "0.1", "gpMargin": "0.3",
        "netProfit": "1.0", "epsTTM": (facts["profit"] / 1e9).map(repr), "MBRevenue": "",
        "totalShare": "1000000000.00", "liqaShare": "800000000.00",
    }  # fmt: skip
    save(pd.DataFrame({**key, **profit}), folder, "query_profit_data")
    ratio = (facts["liability"] / 100).map(repr)
    save(pd.DataFrame({**key, "liabilityToAsset": ratio}), folder, "query_balance_data")
