"""Weights, statements, curves, industry indices and funds' holdings in vendors' public shapes."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.akshare import layout as akshare
from quanthedge.sources.joinquant import layout as joinquant
from quanthedge.sources.tushare import layout as tushare


def read(layout, folder, **tables):
    """Save tables as CSV under the vendor's names; return what the layout makes of them."""
    folder.mkdir()
    for name, frame in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(frame).to_csv(path, index=False)
    collector = Collector()
    found = layout.read(folder, collector).tables
    return {name: table.to_pandas() for name, table in found.items()}, collector.report()


def test_tushares_weights_are_percents_and_the_members_of_the_same_lists(tmp_path):
    rows = {
        "index_code": "399300.SZ", "con_code": ["600519.SH", "000001.SZ"] * 2,
        "trade_date": ["20140829"] * 2 + ["20140930"] * 2, "weight": [60.5, 39.5, 61.0, 39.0],
    }  # fmt: skip
    found, _ = read(tushare, tmp_path / "s", index_weight=rows, daily_basic=_basic())
    weights = found["index_weights"]
    assert weights["index_code"].unique().tolist() == ["000300.SH"]
    assert sorted(weights["weight"].round(6)) == [0.39, 0.395, 0.605, 0.61]
    assert set(found["index_members"]["code"]) == {"600519.SH", "000001.SZ"}


def _basic():
    return {"ts_code": [], "trade_date": [], "total_share": [], "float_share": []}


def report(**items):
    return {
        "ts_code": "600519.SH", "ann_date": "20140325", "f_ann_date": "20140325",
        "end_date": "20131231", "report_type": "1", **items,
    }  # fmt: skip


def test_tushares_statements_stand_side_by_side_on_the_day_of_publication(tmp_path):
    income = [
        report(total_revenue=31.1e9, revenue=30.9e9, oper_cost=2.2e9, n_income_attr_p=15.1e9),
        report(f_ann_date="20140901", revenue=30.8e9, n_income_attr_p=15.0e9, report_type="1"),
        report(revenue=1.0, n_income_attr_p=2.0, report_type="6"),  # the parent company alone
    ]
    balance = report(total_assets=55.4e9, total_liab=11.3e9, bond_payable=np.nan)
    cash = report(n_cashflow_act=12.7e9, c_pay_acq_const_fiolta=5.4e9)
    found, told = read(
        tushare, tmp_path / "s", income=income, balancesheet=[balance], cashflow=[cash]
    )
    rows = found["statements"].sort_values("known_date")
    assert [str(day) for day in rows["known_date"]] == ["2014-03-25", "2014-09-01"]
    first, second = rows.iloc[0], rows.iloc[1]
    assert (first["revenue"], first["total_assets"], first["capex_paid"]) == (30.9e9, 55.4e9, 5.4e9)
    assert (second["revenue"], second["net_profit_parent"]) == (30.8e9, 15.0e9)
    assert np.isnan(second["total_assets"])  # that publication is silent on it
    assert np.isnan(first["bonds_payable"])
    assert "1 row of other report types" in "\n".join(f.text for f in told.of("info"))


def test_tushares_curve_is_the_government_one_to_maturity(tmp_path):
    rows = {
        "trade_date": "20140917", "ts_code": ["1001.CB"] * 4 + ["1002.CB"], "curve_name": "x",
        "curve_type": ["0", "0", "1", "0", "0"], "curve_term": [0, 10, 10, 1.55, 10],
        "yield": [2.5, 4.2, 4.3, 3.0, 5.0],
    }  # fmt: skip
    found, told = read(tushare, tmp_path / "s", yc_cb=rows, index_weight=_lists())
    curve = found["government_yield_curve"]
    assert dict(zip(curve["term"], curve["rate"], strict=True)) == pytest.approx(
        {"0S": 0.025, "10Y": 0.042}
    )
    notes = "\n".join(f.text for f in told.of("info"))
    assert "2 rows of other curves than 1001.CB" in notes
    assert "1 row of terms between months" in notes


def _lists():
    return {"index_code": [], "con_code": [], "trade_date": []}


def test_tushares_industry_indices_keep_their_own_codes(tmp_path):
    sw = {
        "ts_code": "801010.SI", "trade_date": ["20140917", "20140918"], "name": "农林牧渔",
        "open": 1.0, "high": 3.0, "low": 0.5, "close": 2.0,
    }  # fmt: skip
    ci = {**sw, "ts_code": "CI005001.CI"}
    ci.pop("name")
    found, told = read(tushare, tmp_path / "s", sw_daily=sw, ci_daily=ci, index_weight=_lists())
    rows = found["industry_index_daily"]
    assert set(zip(rows["code"], rows["family"], rows["name"], strict=True)) == {
        ("801010.SI", "SWS", "农林牧渔"),
        ("CI005001.CI", "CITIC", "CI005001.CI"),
    }
    assert "no names of the CITIC indices" in "\n".join(f.text for f in told.of("warning"))


def test_holdings_of_single_funds_are_added_up_and_known_at_the_end_of_the_window(tmp_path):
    rows = {
        "ts_code": ["000753.OF", "000754.OF", "000753.OF"], "ann_date": "20150720",
        "end_date": ["20150630", "20150630", "20150331"], "symbol": "600519.SH",
        "mkv": [1e6, 2e6, 4e6], "amount": [1e3, 2e3, 4e3],
    }  # fmt: skip
    found, _ = read(tushare, tmp_path / "s", fund_portfolio=rows, index_weight=_lists())
    held = found["fund_holdings"].sort_values("period_end")
    assert held["funds_holding"].tolist() == [1, 2]
    assert held["shares_held"].tolist() == [4e3, 3e3]
    assert [str(day) for day in held["known_date"]] == ["2015-04-22", "2015-08-31"]
    assert held["full_holdings"].tolist() == [False, True]


def test_tushares_previous_settlement_and_the_part_of_a_bonus_out_of_profit_are_kept(tmp_path):
    futures = {
        "ts_code": "IF1410.CFX", "trade_date": "20140917", "open": 2410.0, "high": 2420.0,
        "low": 2400.0, "close": 2415.0, "settle": 2414.0, "pre_settle": 2405.0, "vol": 10.0,
        "amount": 10 * 300 * 2412 / 1e4, "oi": 5.0,
    }  # fmt: skip
    dividend = {
        "ts_code": "600519.SH", "end_date": "20131231", "div_proc": "实施", "cash_div_tax": 4.374,
        "stk_div": 0.1, "stk_bo_rate": 0.04, "record_date": "20140624", "ex_date": "20140625",
        "pay_date": "20140625", "imp_ann_date": "20140619", "ann_date": "20140325",
    }  # fmt: skip
    found, _ = read(tushare, tmp_path / "s", fut_daily=[futures], dividend=[dividend])
    assert found["futures_daily"]["pre_settle"].tolist() == [2405.0]
    action = found["corporate_actions"].iloc[0]
    assert (action["bonus_per_share"], action["stock_dividend_per_share"]) == (0.1, 0.04)


def test_akshares_tables_are_read_by_their_chinese_and_eastmoneys_columns(tmp_path):
    members = {
        "日期": "2024-05-31", "指数代码": "000300", "成分券代码": ["600519", "000001"],
        "交易所": "x", "权重": [60.5, 39.5],
    }  # fmt: skip
    curve = {
        "曲线名称": ["中债国债收益率曲线", "中债商业银行普通债收益率曲线(AAA)"],
        "日期": "2014-09-17", "3月": [3.6, 4.6], "10年": [4.2, 5.2],
    }  # fmt: skip
    sw = {
        "代码": "801010", "日期": "2014-09-17", "收盘": 2.0, "开盘": 1.0, "最高": 3.0, "最低": 0.5,
        "成交量": 1.0, "成交额": 1.0,
    }  # fmt: skip
    balance = {
        "SECUCODE": "600519.SH", "SECURITY_CODE": "600519", "REPORT_DATE": "2013-12-31 00:00:00",
        "NOTICE_DATE": "2014-03-25 00:00:00", "TOTAL_ASSETS": 55.4e9, "TOTAL_PARENT_EQUITY": 42.6e9,
    }  # fmt: skip
    funds = {
        "序号": 1, "股票代码": "600519", "股票简称": "x", "持有基金家数": 233,
        "持股总数": 26_366_650, "持股市值": 6.8e9,
    }  # fmt: skip
    found, _ = read(
        akshare, tmp_path / "s", index_stock_cons_weight_csindex=members, bond_china_yield=curve,
        index_hist_sw=[sw], stock_balance_sheet_by_report_em=[balance],
        **{"stock_report_fund_hold/20150630": [funds]},
    )  # fmt: skip
    assert found["index_weights"]["weight"].sum() == pytest.approx(1.0)
    curve = found["government_yield_curve"]
    assert dict(zip(curve["term"], curve["rate"], strict=True)) == pytest.approx(
        {"3M": 0.036, "10Y": 0.042}
    )
    assert found["industry_index_daily"]["code"].tolist() == ["801010.SI"]
    statement = found["statements"].iloc[0]
    assert (str(statement["known_date"]), statement["equity_parent"]) == ("2014-03-25", 42.6e9)
    held = found["fund_holdings"].iloc[0]
    assert (held["code"], held["funds_holding"]) == ("600519.SH", 233)
    assert (str(held["period_end"]), bool(held["full_holdings"])) == ("2015-06-30", True)


def test_joinquants_whole_reports_leave_the_comparatives_out(tmp_path):
    rows = {
        "code": "600519.XSHG", "pub_date": "2014-03-25", "end_date": ["2013-12-31", "2012-12-31"],
        "report_type": [0, 1], "operating_revenue": [30.9e9, 26.5e9], "net_profit": [15.9e9, 1.0],
    }  # fmt: skip
    weights = {
        "index_code": "000300.XSHG", "code": ["600519.XSHG", "000001.XSHE"], "date": "2014-08-29",
        "display_name": "x", "weight": [60.0, 40.0],
    }  # fmt: skip
    listing = {"code": ["600519.XSHG"], "start_date": ["2001-08-27"], "end_date": ["2200-01-01"]}
    found, told = read(
        joinquant, tmp_path / "s", STK_INCOME_STATEMENT=rows, get_index_weights=weights,
        get_all_securities=listing,
    )  # fmt: skip
    assert found["statements"][["revenue", "net_profit"]].to_numpy().tolist() == [[30.9e9, 15.9e9]]
    assert found["index_weights"]["weight"].tolist() == pytest.approx([0.4, 0.6])
    assert "1 row of comparatives" in "\n".join(f.text for f in told.of("info"))


def test_a_holding_without_a_reporting_date_is_counted_not_lost(tmp_path):
    rows = {"ts_code": ["1.OF", "2.OF"], "symbol": "600519.SH", "end_date": ["20140630", ""],
            "mkv": [1e6, 3e6], "amount": [1e5, 3e5]}  # fmt: skip
    found, told = read(tushare, tmp_path / "s", fund_portfolio=rows, daily_basic=_basic())
    assert found["fund_holdings"]["value_held"].tolist() == [1e6]
    assert "1 row of dates that end no quarter, or without one, left out" in "\n".join(
        one.text for one in told
    )


@pytest.mark.parametrize(
    ("name", "columns", "table", "rows"),
    [
        ("yc_cb", "trade_date ts_code curve_type curve_term yield", "government_yield_curve", 0),
        ("sw_daily", "ts_code trade_date open high low close", "industry_index_daily", 0),
        ("fund_portfolio", "ts_code symbol end_date mkv amount", "fund_holdings", 0),
        ("report_rc", "ts_code report_date org_name quarter np", "analyst_estimates", None),
    ],
)
def test_a_table_of_a_header_alone_is_an_empty_table(tmp_path, name, columns, table, rows):
    header = {column: [] for column in columns.split()}
    found, told = read(tushare, tmp_path / "s", **{name: header}, daily_basic=_basic())
    assert (len(found[table]) if table in found else None) == rows
    if rows is None:
        assert f"{table}: the table has no rows" in "\n".join(one.text for one in told)


def test_a_curves_row_without_a_term_and_an_index_without_a_code_are_told(tmp_path):
    curve = {"trade_date": "20140102", "ts_code": "1001.CB", "curve_type": "0",
             "curve_term": [1.0, np.nan], "yield": 4.0}  # fmt: skip
    found, told = read(tushare, tmp_path / "s", yc_cb=curve, daily_basic=_basic())
    assert found["government_yield_curve"]["term"].tolist() == ["1Y"]
    assert "1 row of terms between months" in "\n".join(one.text for one in told)
    levels = {"ts_code": ["801010.SI", ""], "trade_date": "20140102", "open": 1.0,
              "high": 1.0, "low": 1.0, "close": 1.0}  # fmt: skip
    with pytest.raises(DataError, match=r"SWS: 1 rows have no code; accepted: .*801010\.SI"):
        read(tushare, tmp_path / "t", sw_daily=levels, daily_basic=_basic())
