"""A unit that changes mid-way, and a share count that slips, are found with their rows."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from quanthedge.market.checks.whole import check_tables
from tests.market.small_market import small_market, to_arrow

CURVE = "government_yield_curve"


def spoiled(name, edit):
    tables = small_market(days=80)
    frame = tables[name].to_pandas(date_as_object=False)
    edit(frame)
    return check_tables({**tables, name: to_arrow(frame, name)})


def texts(report, rule):
    return "\n".join(finding.text for finding in report if rule in finding.rule)


def futures(frame):
    """Give every row its right turnover."""
    multiplier = frame["product"].map({"IF": 300.0, "IC": 200.0, "IH": 300.0, "IM": 200.0})
    price = frame["close"].where(frame["close"] > 0, frame["settle"])
    frame["volume"] = 100.0
    frame["amount"] = 100.0 * price * multiplier


def test_right_turnover_is_no_finding():
    assert texts(spoiled("futures_daily", futures), "turnover unit") == ""


@pytest.mark.parametrize(
    ("factor", "rows", "meaning"),
    [(1e4, 3, "10^4 of the right one"), (1e-4, 1, "10^-4 of the right one"),
     (1 / 300, 4, "without the multiplier"), (2.0, 2, "counted on both sides")],
)  # fmt: skip
def test_a_few_rows_of_futures_in_another_unit_are_an_error_that_names_them(factor, rows, meaning):
    def edit(frame):
        futures(frame)
        frame.loc[frame.index[5 : 5 + rows], "amount"] *= factor

    report = spoiled("futures_daily", edit)
    found = [f for f in report.errors if f.rule.startswith("turnover unit")]
    assert len(found) == 1
    assert found[0].count == rows
    assert meaning in found[0].text
    assert "IF" in found[0].text


def test_a_single_odd_turnover_of_futures_is_a_warning():
    def edit(frame):
        futures(frame)
        frame.loc[7, "amount"] *= 4.2

    found = [f for f in spoiled("futures_daily", edit) if f.rule.startswith("turnover unit")]
    assert [(f.level, f.count) for f in found] == [("warning", 1)]


def test_a_stock_whose_own_bars_change_their_unit_is_an_error_that_names_it():
    def edit(frame):
        mine = frame.index[frame["code"] == "600519.SH"]
        frame.loc[mine[20:27], "volume"] /= 100

    text = texts(spoiled("stock_daily", edit), "unit jump by stock")
    assert "600519.SH" in text
    assert "7 of" in text


def test_a_day_whose_bars_are_in_another_unit_is_an_error_that_names_it():
    codes = [f"600{k:03d}.SH" for k in range(40)]
    tables = small_market(days=40, codes=tuple(codes))
    frame = tables["stock_daily"].to_pandas(date_as_object=False)
    day = sorted(frame["date"].unique())[20]
    frame.loc[frame["date"] == day, "amount"] /= 1000
    report = check_tables({**tables, "stock_daily": to_arrow(frame, "stock_daily")})
    assert f"{day:%Y-%m-%d}" in texts(report, "unit jump by day")


def test_an_index_whose_volume_changes_its_unit_is_named_with_the_day():
    def edit(frame):
        frame["amount"] = frame["volume"] * 11.0
        frame.loc[frame.index[:30], "volume"] /= 100

    report = spoiled("index_daily", edit)
    day = small_market(days=80)["index_daily"]["date"][30].as_py()
    text = texts(report, "unit jump")
    assert "1 row has an average price" in text
    assert str(day) in text


@pytest.mark.parametrize("column", ["total_shares", "float_shares"])
def test_share_counts_that_step_and_step_back_are_named(column):
    def edit(frame):
        mine = frame.index[frame["code"] == "600000.SH"]
        frame.loc[mine[30:32], column] *= 10

    report = spoiled("stock_daily", edit)
    found = [f for f in report if f.rule == f"{column} slips"]
    assert [f.count for f in found] == [2]
    assert "600000.SH" in found[0].text


def test_shares_that_grow_and_stay_or_step_on_ex_dates_are_no_slip():
    def edit(frame):
        mine = frame.index[frame["code"] == "600000.SH"]
        frame.loc[mine[30:], "total_shares"] *= 1.5  # an issue
        other = frame.index[frame["code"] == "601318.SH"]
        frame.loc[other, "adj_factor"] = np.where(np.arange(len(other)) < 10, 1.0, 2.0)
        frame.loc[other[10:12], "total_shares"] *= 2.0  # a bonus on its ex-date

    assert texts(spoiled("stock_daily", edit), "slips") == ""


def test_equal_rows_count_once_and_the_report_says_so():
    tables = small_market()
    for name in ("cash_rate", "fundamentals", "stocks", "index_members", "futures_daily"):
        tables[name] = pa.concat_tables([tables[name], tables[name].slice(0, 2)])
    bars = tables["stock_daily"].to_pandas(date_as_object=False)
    bars = pd.concat([bars, bars.iloc[[4]]]).sort_values(["code", "date"])
    report = check_tables({**tables, "stock_daily": to_arrow(bars, "stock_daily")})
    assert report.errors == []
    told = {f.table: f.count for f in report if f.rule == "repeats"}
    assert told == {"cash_rate": 2, "fundamentals": 2, "stocks": 2, "index_members": 2,
                    "futures_daily": 2, "stock_daily": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column", "series", "factor"),
    [("index_daily", "close", "code", 10.0), ("futures_daily", "settle", "contract", 0.1),
     ("cash_rate", "rate", None, 0.01)],
)  # fmt: skip
def test_a_level_that_changes_its_unit_is_an_error_that_names_the_row(
    table, column, series, factor
):
    def edit(frame):
        mine = frame.index if series is None else frame.index[frame[series] == frame[series][0]]
        prices = [name for name in ("open", "high", "low", "close", "settle") if name in frame]
        frame.loc[mine[len(mine) // 2 :], prices or column] *= factor

    report = spoiled(table, edit)
    found = [f for f in report.errors if f.rule == f"{column} changes its unit"]
    assert [f.count for f in found] == [1]
    assert not [f for f in spoiled(table, lambda frame: None) if "changes its unit" in f.rule]


def test_a_yield_of_one_term_that_changes_its_unit_is_an_error():
    days = pd.bdate_range("2014-01-02", periods=30)
    curve = pd.DataFrame(
        [(day, term, rate) for day in days for term, rate in (("10Y", 0.04), ("3M", 0.02))],
        columns=["date", "term", "rate"],
    )
    curve.loc[(curve["term"] == "3M") & (curve["date"] > days[9]), "rate"] /= 100
    tables = {**small_market(days=80), "government_yield_curve": to_arrow(curve, CURVE)}
    found = [f for f in check_tables(tables).errors if f.table == CURVE]
    assert [(f.rule, f.count) for f in found] == [("rate changes its unit", 1)]


@pytest.mark.parametrize(("factor", "level"), [(1e4, "error"), (1e-2, "error"), (10, "warning")])
def test_shares_that_change_their_unit_and_stay_are_named(factor, level):
    def edit(frame):
        mine = frame.index[frame["code"] == "600519.SH"]
        frame.loc[mine[7:], ["total_shares", "float_shares"]] *= factor

    found = {f.rule: f for f in spoiled("stock_daily", edit)}
    one = found["total_shares unit"]
    assert (one.level, one.count) == (level, 1)
    assert "600519.SH" in one.text


def test_shares_in_another_unit_on_all_days_are_named():
    def edit(frame):
        mine = frame["code"] == "600519.SH"
        frame.loc[mine, "total_shares"] *= 1e4
        frame.loc[frame["code"] == "000001.SZ", ["total_shares", "float_shares"]] /= 1e4

    found = {f.rule: f.text for f in spoiled("stock_daily", edit)}
    assert "600519.SH" in found["total_shares unit of all bars"]
    assert "000001.SZ" in found["volume > shares"]


def test_a_list_of_weights_in_percents_among_others_is_an_error():
    tables = small_market(days=80)
    days = tables["calendar"].to_pandas(date_as_object=False)["date"][[10, 20, 30]]
    codes = tables["stocks"]["code"].to_pylist()[:4]
    weights = pd.DataFrame(
        [("000300.SH", code, day, 0.25) for day in days for code in codes],
        columns=["index_code", "code", "date", "weight"],
    )
    weights.loc[weights["date"] == days.iloc[2], "weight"] *= 100
    found = check_tables({**tables, "index_weights": to_arrow(weights, "index_weights")}).errors
    assert [(f.rule, f.count) for f in found] == [("unit of a list", 1)]
