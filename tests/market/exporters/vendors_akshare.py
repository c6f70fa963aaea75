"""Tables of AkShare."""

from pathlib import Path

import pandas as pd

from tests.market.exporters.vendors_common import (
    bare,
    compact,
    dashed,
    dividends_of,
    grid,
    monthly_lists,
    save,
    write,
)

TERMS = {
    "3M": "3月", "6M": "6月", "1Y": "1年", "3Y": "3年", "5Y": "5年", "10Y": "10年", "30Y": "30年"
}  # fmt: skip


def akshare(tables, folder: Path, adjusted="dividends"):
    """Tables of AkShare. `adjusted`: "dividends", "factor", "hfq" (times a factor) or "east".

    "east" adds dividends back instead of multiplying, as East Money does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bars = tables["stock_daily"]
    frame = pd.DataFrame({"日期": dashed(bars["date"]), "股票代码": bare(bars["code"])})
    for name, theirs in (("open", "开盘"), ("close", "收盘"), ("high", "最高"), ("low", "最低")):
        frame[theirs] = bars[name]
    frame["成交量"] = bars["volume"] / 100
    frame["成交额"] = bars["amount"]
    for name in ("振幅", "涨跌幅", "涨跌额", "换手率"):
        frame[name] = 1.0
    save(frame, folder, "stock_zh_a_hist", "股票代码")
    prices = ["开盘", "收盘", "最高", "最低"]
    if adjusted in ("hfq", "east"):
        back = frame.copy()
        for name in prices:
            extra = (bars["adj_factor"] - 1) * 10 if adjusted == "east" else 0
            times = 1 if adjusted == "east" else bars["adj_factor"]
            back[name] = (frame[name] * times + extra).round(2)
        save(back, folder, "stock_zh_a_hist_hfq", "股票代码")
    elif adjusted == "factor":
        steps = bars[bars.groupby("code")["adj_factor"].diff().fillna(1).abs() > 1e-12]
        for code, rows in steps.groupby("code"):
            factors = pd.DataFrame(
                {"date": dashed(rows["date"]), "hfq_factor": rows["adj_factor"].map(repr)}
            )
            name = code[7:].lower() + code[:6]
            write(factors[::-1], folder / "stock_zh_a_daily_hfq-factor" / f"{name}.csv")
    else:
        for code, rows in dividends_of(tables).groupby("code"):
            paid = pd.DataFrame(
                {
                    "公告日期": dashed(rows["ex_date"] - pd.Timedelta(10, "D")),
                    "送股": 0.0, "转增": rows["bonus10"], "派息": rows["cash10"],
                    "进度": "实施", "除权除息日": dashed(rows["ex_date"]),
                    "股权登记日": dashed(rows["ex_date"] - pd.Timedelta(1, "D")), "红股上市日": "",
                }
            )  # fmt: skip
            plan = paid.head(1).assign(进度="预案", 除权除息日="--", 股权登记日="--")
            path = folder / "stock_history_dividend_detail" / f"{code[:6]}.csv"
            write(pd.concat([plan, paid]), path)
    _akshare_lists(tables, folder)
    _akshare_others(tables, folder)


def _akshare_lists(tables, folder):
    stocks = tables["stocks"]
    living = stocks[stocks["delist_date"].isna()]
    listed = {"证券代码": bare(living["code"]), "上市日期": dashed(living["list_date"])}
    save(pd.DataFrame(listed), folder, "stock_info_sh_name_code")
    gone = stocks[stocks["delist_date"].notna()]
    save(
        pd.DataFrame(
            {
                "证券代码": bare(gone["code"]), "证券简称": "某",
                "上市日期": dashed(gone["list_date"]), "终止上市日期": dashed(gone["delist_date"]),
            }
        ),
        folder, "stock_info_sz_delist",
    )  # fmt: skip
    days = pd.DataFrame({"trade_date": dashed(tables["calendar"]["date"])})
    save(days, folder, "tool_trade_date_hist_sina")
    cash = tables["cash_rate"]
    rates = {"日期": dashed(cash["date"]), "O/N-定价": cash["rate"] * 100, "O/N-涨跌幅": 0.0}
    save(pd.DataFrame(rates), folder, "macro_china_shibor_all")
    if "government_yield_curve" not in tables:
        return
    curve = tables["government_yield_curve"].assign(rate=lambda frame: frame["rate"] * 100)
    rates = grid(curve, "date", "term", "rate")[list(TERMS)].rename(columns=TERMS).reset_index()
    yields = rates.rename(columns={"date": "日期"}).assign(曲线名称="中债国债收益率曲线")
    yields["日期"] = dashed(yields["日期"])
    save(yields, folder, "bond_china_yield")


def _akshare_others(tables, folder):
    for code, rows in tables["index_daily"].groupby("code"):
        frame = pd.DataFrame({"日期": dashed(rows["date"])})
        for name, theirs in (
            ("open", "开盘"),
            ("close", "收盘"),
            ("high", "最高"),
            ("low", "最低"),
        ):
            frame[theirs] = rows[name]
        frame["成交量"] = rows["volume"] / 100
        frame["成交额"] = rows["amount"]
        write(frame, folder / "index_zh_a_hist" / f"{code[:6]}.csv")
    spells = tables["industry"]
    number = {name: f"{48 + k}0101" for k, name in enumerate(["银行", "非银金融"])}
    codes = spells["name_zh"].map(number).fillna("640101")
    frame = pd.DataFrame({"symbol": bare(spells["code"]), "start_date": dashed(spells["start"])})
    frame["industry_code"] = codes
    save(frame.assign(update_time="2021-07-31"), folder, "stock_industry_clf_hist_sw")
    bars = tables["futures_daily"]
    frame = pd.DataFrame({"symbol": bars["contract"], "date": compact(bars["date"])})
    for name in ("open", "high", "low", "close", "volume", "open_interest", "settle"):
        frame[name] = bars[name]
    frame["turnover"] = bars["amount"] / 1e4
    frame["pre_settle"] = bars["settle"]
    frame["variety"] = bars["product"]
    save(frame, folder, "get_futures_daily")
    lists = monthly_lists(tables["index_members"], tables["calendar"])
    rows = lists[lists["date"] == lists["date"].max()]
    members = {"日期": dashed(rows["date"]), "指数代码": rows["index_code"].str[:6]}
    members["成分券代码"] = bare(rows["code"])
    save(pd.DataFrame(members).assign(权重=0.3), folder, "index_stock_cons_weight_csindex")
