"""Tables of Tushare Pro."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.market.exporters.vendors_common import (
    compact,
    save,
    weighted_lists,
    wide,
)


def tushare(tables, folder: Path, split=None, kind="csv"):
    """Tables of Tushare Pro; `split` is None, "trade_date" or "ts_code" for the daily ones."""
    folder.mkdir(parents=True, exist_ok=True)
    bars = tables["stock_daily"]
    key = {"ts_code": bars["code"], "trade_date": compact(bars["date"])}
    daily = pd.DataFrame({**key, **{n: bars[n] for n in ("open", "high", "low", "close")}})
    daily["pre_close"] = bars["pre_close"]
    daily["change"] = (bars["close"] - bars["pre_close"]).round(2)
    daily["pct_chg"] = (daily["change"] / bars["pre_close"] * 100).round(4)
    daily["vol"] = bars["volume"] / 100
    daily["amount"] = bars["amount"] / 1000
    newest_first = daily.sort_values(["trade_date", "ts_code"], ascending=[False, True])
    save(newest_first, folder, "daily", split, kind)
    save(pd.DataFrame({**key, "adj_factor": bars["adj_factor"]}), folder, "adj_factor", split, kind)
    basic = pd.DataFrame({**key, "close": bars["close"]})
    basic["total_share"] = bars["total_shares"] / 1e4
    basic["float_share"] = bars["float_shares"] / 1e4
    save(basic, folder, "daily_basic", split, kind)
    for write_table in (_tushare_lists, _tushare_indices, _tushare_futures, _tushare_reports):
        write_table(tables, folder, kind)
    for name, write_table in (
        ("statements", _tushare_statements), ("corporate_actions", _tushare_actions),
        ("government_yield_curve", _tushare_curve), ("industry_index_daily", _tushare_levels),
        ("analyst_estimates", _tushare_forecasts),
    ):  # fmt: skip
        if name in tables:
            write_table(tables, folder, kind)


def _tushare_lists(tables, folder, kind):
    stocks = tables["stocks"]
    save(
        pd.DataFrame(
            {
                "ts_code": stocks["code"],
                "symbol": stocks["code"].str[:6],
                "name": "某某",
                "list_status": np.where(stocks["delist_date"].notna(), "D", "L"),
                "list_date": compact(stocks["list_date"]),
                "delist_date": compact(stocks["delist_date"]),
            }
        ),
        folder, "stock_basic", None, kind,
    )  # fmt: skip
    opened = tables["calendar"]["date"]
    every = pd.Series(pd.date_range(opened.min(), opened.max())[::-1])
    both = [
        pd.DataFrame(
            {
                "exchange": name,
                "cal_date": compact(every),
                "is_open": every.isin(opened).astype(int),
            }
        )
        for name in ("SSE", "SZSE")
    ]
    save(pd.concat(both), folder, "trade_cal", None, kind)
    names = tables["stock_names"]
    save(
        pd.DataFrame(
            {
                "ts_code": names["code"],
                "name": names["name"],
                "start_date": compact(names["start"]),
                "end_date": compact(names["end"]),
                "ann_date": compact(names["start"]),
                "change_reason": "其他",
            }
        ),
        folder, "namechange", None, kind,
    )  # fmt: skip
    spells = tables["industry"]
    day_after = spells["end"] + pd.Timedelta(1, "D")
    save(
        pd.DataFrame(
            {
                "l1_code": "8010" + spells["industry"] + ".SI",
                "l1_name": spells["name_zh"],
                "l2_code": "801999.SI", "l2_name": "二级",
                "ts_code": spells["code"], "name": "某某",
                "in_date": compact(spells["start"]),
                "out_date": compact(day_after),
                "is_new": np.where(spells["end"].isna(), "Y", "N"),
            }
        ),
        folder, "index_member_all", None, kind,
    )  # fmt: skip
    cash = tables["cash_rate"]
    rates = pd.DataFrame({"date": compact(cash["date"]), "on": cash["rate"] * 100, "1w": 3.0})
    save(rates, folder, "shibor", None, kind)


def _tushare_indices(tables, folder, kind):
    bars = tables["index_daily"]
    frame = pd.DataFrame({"ts_code": bars["code"], "trade_date": compact(bars["date"])})
    for name in ("close", "open", "high", "low"):
        frame[name] = bars[name]
    frame["vol"] = bars["volume"] / 100
    frame["amount"] = bars["amount"] / 1000
    save(frame, folder, "index_daily", "ts_code", kind)
    lists = weighted_lists(tables)
    frame = pd.DataFrame({"index_code": lists["index_code"].replace("000300.SH", "399300.SZ")})
    frame["con_code"] = lists["code"]
    frame["trade_date"] = compact(lists["date"])
    frame["weight"] = lists["weight"] * 100
    save(frame, folder, "index_weight", "trade_date", kind)


def _tushare_futures(tables, folder, kind):
    bars = tables["futures_daily"]
    frame = pd.DataFrame(
        {"ts_code": bars["contract"] + ".CFX", "trade_date": compact(bars["date"])}
    )
    for name in ("open", "high", "low", "close", "settle"):
        frame[name] = bars[name]
    frame["vol"] = bars["volume"]
    frame["amount"] = bars["amount"] / 1e4
    frame["oi"] = bars["open_interest"]
    main = frame.iloc[:50].assign(ts_code="IC.CFX")
    copper = frame.iloc[:50].assign(ts_code="CU1811.SHF")
    bonds = frame.iloc[:50].assign(ts_code="T1512.CFX")
    save(pd.concat([frame, main, copper, bonds]), folder, "fut_daily", None, kind)
    last = bars.drop_duplicates("contract")
    save(
        pd.DataFrame(
            {
                "ts_code": last["contract"] + ".CFX",
                "symbol": last["contract"],
                "fut_code": last["product"],
                "delist_date": compact(last["last_trading_day"]),
                "last_ddate": compact(last["last_trading_day"]),
            }
        ),
        folder, "fut_basic", None, kind,
    )  # fmt: skip


RATIOS = {
    "roe_cum_pct": "roe", "roa_cum_pct": "roa", "debt_to_assets_pct": "debt_to_assets",
    "ebit": "ebit", "invested_capital": "invest_capital", "fcff_ps": "fcff_ps",
}  # fmt: skip


def _tushare_reports(tables, folder, kind):
    facts = tables["fundamentals"]
    ratios = wide(facts, RATIOS)
    ratios.insert(0, "ts_code", ratios.pop("code"))
    ratios.insert(1, "ann_date", compact(ratios.pop("known_date")))
    ratios.insert(2, "end_date", compact(ratios.pop("period_end")))
    save(ratios, folder, "fina_indicator", "ts_code", kind)
    if "statements" not in tables:  # the equity, from the facts
        equity = wide(facts, {"book_equity": "equity_parent"})
        _tushare_statement("balancesheet", equity, folder, kind)


STATED = {
    "income": {
        "revenue": "revenue", "total_revenue": "total_revenue", "oper_cost": "cost_of_sales",
        "sell_exp": "selling_expense", "admin_exp": "admin_expense",
        "operate_profit": "operating_profit", "n_income": "net_profit",
        "n_income_attr_p": "net_profit_parent",
    },
    "balancesheet": {
        "total_assets": "total_assets", "total_liab": "total_liabilities",
        "total_hldr_eqy_exc_min_int": "equity_parent", "total_cur_assets": "current_assets",
        "total_cur_liab": "current_liabilities", "money_cap": "cash",
        "accounts_receiv": "receivables", "inventories": "inventory", "goodwill": "goodwill",
        "fix_assets": "fixed_assets", "st_borr": "short_term_borrowing",
        "lt_borr": "long_term_borrowing", "bond_payable": "bonds_payable",
    },
    "cashflow": {
        "n_cashflow_act": "operating_cash_flow", "n_cashflow_inv_act": "investing_cash_flow",
        "n_cash_flows_fnc_act": "financing_cash_flow", "c_pay_acq_const_fiolta": "capex_paid",
    },
}  # fmt: skip


def _tushare_statements(tables, folder, kind):
    for name in STATED:
        _tushare_statement(name, tables["statements"], folder, kind)


def _tushare_statement(name, rows, folder, kind):
    head = {
        "ts_code": rows["code"],
        "ann_date": compact(rows["known_date"] - pd.Timedelta(1, "D")),
        "f_ann_date": compact(rows["known_date"]),
        "end_date": compact(rows["period_end"]),
        "report_type": 1, "comp_type": 1, "update_flag": 1,
    }  # fmt: skip
    values = {column: rows[item] for column, item in STATED[name].items() if item in rows}
    save(pd.DataFrame({**head, **values}), folder, name, None, kind)


def _tushare_actions(tables, folder, kind):
    paid = tables["corporate_actions"]
    save(
        pd.DataFrame(
            {
                "ts_code": paid["code"], "end_date": "20131231", "div_proc": "实施",
                "ann_date": compact(paid["announce_date"] - pd.Timedelta(60, "D")),
                "imp_ann_date": compact(paid["announce_date"]),
                "record_date": compact(paid["record_date"]), "ex_date": compact(paid["ex_date"]),
                "pay_date": compact(paid["pay_date"]),
                "cash_div": paid["cash_per_share"] * 0.8, "cash_div_tax": paid["cash_per_share"],
                "stk_div": paid["bonus_per_share"],
            }
        ),
        folder, "dividend", None, kind,
    )  # fmt: skip


def _tushare_curve(tables, folder, kind):
    """The government curve to maturity, and some of its spot rates."""
    curve = tables["government_yield_curve"]
    frame = pd.DataFrame({"trade_date": compact(curve["date"]), "ts_code": "1001.CB"})
    frame["curve_name"], frame["curve_type"] = "中债国债收益率曲线", "0"
    frame["curve_term"] = [_years(term) for term in curve["term"]]
    frame["yield"] = curve["rate"] * 100
    spot = frame.iloc[:50].assign(curve_type="1")
    save(pd.concat([frame, spot]), folder, "yc_cb", None, kind)


def _tushare_forecasts(tables, folder, kind):
    """Forecasts of whole years, and one of a quarter, which no table of ours takes."""
    rows = tables["analyst_estimates"]
    years = rows["period_end"].dt.year.astype(str)
    frame = pd.DataFrame(
        {
            "ts_code": rows["code"], "report_date": compact(rows["known_date"]),
            "report_title": "点评", "org_name": rows["broker"], "author_name": "甲",
            "quarter": years + "Q4", "np": rows["net_profit"] / 1e4,
        }
    )  # fmt: skip
    quarter = frame.iloc[:1].assign(quarter="2014Q2")
    save(pd.concat([frame, quarter]), folder, "report_rc", None, kind)


def _tushare_levels(tables, folder, kind):
    rows = tables["industry_index_daily"]
    frame = pd.DataFrame({"ts_code": rows["code"], "trade_date": compact(rows["date"])})
    for name in ("name", "open", "low", "high", "close"):
        frame[name] = rows[name]
    save(frame, folder, "sw_daily", None, kind)


def _years(term):
    """0.25 of 3M, as the vendor rounds it to two places."""
    return round(int(term[:-1]) / {"Y": 1, "M": 12, "S": 1}[term[-1]], 2)
