"""A module with AkShare's functions, parameters, columns and types, over a small market."""

from datetime import date
from types import ModuleType
from typing import Any

import pandas as pd

from tests.sources.download.vendor_market import DAYS

__version__ = "1.19.5"
CODES = {"600000": date(1999, 11, 10), "600519": date(2001, 8, 27)}
SHENZHEN = {"000001": "1991-04-03"}
GONE = {
    "600001": (date(1998, 1, 22), date(2009, 12, 29)),
    "600087": (date(1997, 6, 12), date(2015, 7, 10)),
}
NOT_BARS = ["振幅", "涨跌幅", "涨跌额", "换手率"]


def bars(code: str, start: str, end: str) -> pd.DataFrame:
    days = [day.date() for day in DAYS if start <= day.strftime("%Y%m%d") <= end]
    frame = pd.DataFrame({"日期": days, "股票代码": code})
    for place, name in enumerate(("开盘", "收盘", "最高", "最低")):
        frame[name] = 10.0 + place + int(code[-2:]) / 10
    frame["成交量"], frame["成交额"] = 1000, 1_000_000.5
    frame[NOT_BARS] = 1.0
    return frame if days else pd.DataFrame()


def module(**replaced: Any) -> Any:
    """Return the module; some of its functions may be replaced."""
    package = ModuleType("akshare")
    functions = (
        tool_trade_date_hist_sina, stock_info_sh_name_code, stock_info_sz_name_code,
        stock_info_sh_delist, stock_info_sz_delist, stock_zh_a_hist, index_zh_a_hist,
        stock_history_dividend_detail, index_stock_cons_weight_csindex, get_futures_daily,
        stock_industry_clf_hist_sw, macro_china_shibor_all,
    )  # fmt: skip
    vars(package).update({function.__name__: function for function in functions})
    vars(package).update({"__version__": __version__, **replaced})
    return package


def tool_trade_date_hist_sina() -> pd.DataFrame:
    return pd.DataFrame({"trade_date": [day.date() for day in DAYS]})


def stock_info_sh_name_code(symbol: str = "主板A股") -> pd.DataFrame:
    codes = CODES if symbol == "主板A股" else {"688001": date(2019, 7, 22)}
    return pd.DataFrame(
        {"证券代码": list(codes), "证券简称": "某某", "证券全称": "某某", "公司简称": "某某",
         "公司全称": "某某", "上市日期": list(codes.values())}
    )  # fmt: skip


def stock_info_sz_name_code(symbol: str = "A股列表") -> pd.DataFrame:
    return pd.DataFrame(
        {"板块": "主板", "A股代码": list(SHENZHEN), "A股简称": "平安银行",
         "A股上市日期": list(SHENZHEN.values()), "A股总股本": "1", "A股流通股本": "1",
         "所属行业": "J 金融业"}
    )  # fmt: skip


def stock_info_sh_delist(symbol: str = "全部") -> pd.DataFrame:
    rows = [(code, "某", *days) for code, days in GONE.items()]
    return pd.DataFrame(rows, columns=["公司代码", "公司简称", "上市日期", "暂停上市日期"])


def stock_info_sz_delist(symbol: str = "终止上市公司") -> pd.DataFrame:
    row = ("200002", "某B", date(1993, 5, 28), date(2014, 12, 1))  # a B share
    return pd.DataFrame([row], columns=["证券代码", "证券简称", "上市日期", "终止上市日期"])


def stock_zh_a_hist(
    symbol: str = "000001",
    period: str = "daily",
    start_date: str = "19700101",
    end_date: str = "20500101",
    adjust: str = "",
    timeout: float | None = None,
) -> pd.DataFrame:
    return bars(symbol, start_date, end_date)


def index_zh_a_hist(
    symbol: str = "000859",
    period: str = "daily",
    start_date: str = "19700101",
    end_date: str = "22220101",
) -> pd.DataFrame:
    frame = bars(symbol, start_date, end_date).drop(columns="股票代码")
    return frame.assign(日期=frame["日期"].astype(str))


def stock_history_dividend_detail(
    symbol: str = "000002", indicator: str = "分红", date: str = ""
) -> pd.DataFrame:
    if symbol != "600000" or indicator != "分红":
        return pd.DataFrame()
    days = pd.DatetimeIndex(["2015-06-01", "NaT"])
    return pd.DataFrame(
        {"公告日期": days.date, "送股": 0.0, "转增": 0.0, "派息": [7.57, 1.0],
         "进度": ["实施", "预案"], "除权除息日": days.date, "股权登记日": days.date,
         "红股上市日": pd.NaT}
    )  # fmt: skip


def index_stock_cons_weight_csindex(symbol: str = "000300") -> pd.DataFrame:
    return pd.DataFrame(
        {"日期": [DAYS[-1].date()], "指数代码": [symbol], "成分券代码": ["600000"], "权重": [0.5]}
    )


def get_futures_daily(
    start_date: str = "20220208", end_date: str = "20220208", market: str = "CFFEX"
) -> pd.DataFrame:
    frame = pd.DataFrame({"symbol": ["IF1507", "IF1508", "T1509"], "date": start_date})
    frame[["open", "high", "low", "close"]] = 3900.2
    frame[["volume", "open_interest"]] = 100
    return frame.assign(turnover=117.0, settle=3901.4, pre_settle=3890.0, variety="IF")


def stock_industry_clf_hist_sw() -> pd.DataFrame:
    rows = {"symbol": ["600000"], "start_date": [date(1999, 11, 10)], "industry_code": ["480301"]}
    return pd.DataFrame({**rows, "update_time": [date(2021, 7, 31)]})


def macro_china_shibor_all() -> pd.DataFrame:
    days = DAYS.strftime("%Y-%m-%d")
    return pd.DataFrame({"日期": days, "O/N-定价": 1.2, "O/N-涨跌幅": 0.1})
