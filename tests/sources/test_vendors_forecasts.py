"""Brokers' forecasts in the public shapes of vendors."""

import pandas as pd
import pytest

from quanthedge.market.schema import TABLES
from quanthedge.sources.akshare import layout as akshare
from quanthedge.sources.tushare import layout as tushare
from tests.sources.test_vendors_published import _lists, read


def tushare_row(**changed):
    return {
        "ts_code": "000858.SZ", "name": "五粮液", "report_date": "20140429",
        "report_title": "点评", "report_type": "点评", "classify": "一般报告",
        "org_name": "华西证券", "author_name": "甲", "quarter": "2014Q4", "op_rt": 2.1e6,
        "np": 700_000.0, "eps": 1.85, "rating": "买入", **changed,
    }  # fmt: skip


def test_tushares_forecasts_are_in_yuan_and_known_on_the_day_of_the_report(tmp_path):
    rows = [tushare_row(), tushare_row(quarter="2015Q4", np=800_000.0, eps=2.1)]
    found, _ = read(tushare, tmp_path / "s", report_rc=rows, index_weight=_lists())
    table = found["analyst_estimates"]
    assert tuple(table.columns) == TABLES["analyst_estimates"].column_names
    assert [str(day) for day in table["period_end"]] == ["2014-12-31", "2015-12-31"]
    assert {str(day) for day in table["known_date"]} == {"2014-04-29"}
    assert table["net_profit"].tolist() == [7e9, 8e9]
    assert table["revenue"].tolist() == [2.1e10, 2.1e10]
    assert table["earnings_per_share"].tolist() == [1.85, 2.1]
    assert set(table["broker"]) == {"华西证券"}


def test_what_of_tushares_forecasts_cannot_be_used_is_counted(tmp_path):
    rows = [
        tushare_row(),
        tushare_row(report_title="再评", np=900_000.0),  # the same day, the same broker
        tushare_row(quarter="2014Q2"),
        tushare_row(org_name=""),
        tushare_row(report_title="空", np=None, eps=None),
        tushare_row(quarter="2012Q4"),
    ]
    found, told = read(tushare, tmp_path / "s", report_rc=rows, index_weight=_lists())
    assert len(found["analyst_estimates"]) == 1
    notes = "\n".join(finding.text for finding in told.of("info"))
    for text in (
        "1 row of periods that are no years", "1 row without a broker",
        "1 row without a forecast of profit", "1 row about years that were long over",
        "1 row of several reports of a broker on one day",
    ):  # fmt: skip
        assert text in notes


def test_akshares_forecasts_are_of_earnings_per_share_by_year(tmp_path):
    rows = [
        {"序号": 1, "股票代码": "000858", "股票简称": "五粮液", "报告名称": title, "机构": broker,
         "东财评级": "买入", "2014-盈利预测-收益": first, "2014-盈利预测-市盈率": 10.0,
         "2015-盈利预测-收益": second, "日期": "2014-04-29"}
        for title, broker, first, second in (("甲", "华西证券", 1.85, 2.1),
                                             ("乙", "国泰君安", 1.9, None))
    ]  # fmt: skip
    found, told = read(akshare, tmp_path / "s", stock_research_report_em=rows)
    table = found["analyst_estimates"].sort_values(["broker", "period_end"])
    assert table["net_profit"].isna().all()
    assert table["earnings_per_share"].tolist() == pytest.approx([1.85, 2.1, 1.9]) or table[
        "earnings_per_share"
    ].tolist() == pytest.approx([1.9, 1.85, 2.1])
    assert set(pd.to_datetime(table["period_end"]).dt.year) == {2014, 2015}
    assert "earnings per share only" in "\n".join(f.text for f in told.of("warning"))
