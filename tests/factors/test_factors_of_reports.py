"""Reports, restatements, forecasts and owners: what a factor makes of them, and what is missing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.factors import (
    Accruals,
    AnnouncementReturn,
    CoverageChange,
    Dispersion,
    EarningsSurprise,
    ForecastYield,
    FundCoverageChange,
    GrossProfitability,
    ReturnOnEquityQuarter,
    Revision,
    StateOwned,
)
from quanthedge.market import Market
from quanthedge.market.schema import STATEMENT_ITEMS
from tests.market_fake import fake_market
from tests.sample import sample_market

NEEDS = {
    "statements": (Accruals, EarningsSurprise, ReturnOnEquityQuarter, AnnouncementReturn),
    "analyst_estimates": (ForecastYield, Revision, Dispersion, CoverageChange),
    "fund_holdings": (FundCoverageChange,),
    "owners": (StateOwned,),
}


def with_table(name, rows):
    market = fake_market()
    frame = pd.DataFrame(rows)
    for column in frame.columns[frame.columns.str.contains("date|period|start|end")]:
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    return replace(market, tables={**market.tables, name: frame}), market.codes[0]


def report(code, period, known, **items):
    blank = dict.fromkeys(STATEMENT_ITEMS, np.nan)
    days = {"period_end": period, "known_date": known, "announce_date": known}
    return {"code": code, **days, **blank, **items}


@pytest.mark.parametrize(
    ("table", "factor"), [(table, factor) for table, some in NEEDS.items() for factor in some]
)
def test_a_market_without_the_table_is_an_error_that_names_it_in_one_line(table, factor):
    market = fake_market()
    market = replace(market, tables={k: v for k, v in market.tables.items() if k != table})
    with pytest.raises(DataError, match=f"has no table {table}") as told:
        factor().exposure(market)
    assert "\n" not in str(told.value)


def test_a_quarter_is_the_difference_of_two_reports_over_the_equity_at_its_begin():
    code = fake_market().codes[0]
    market, code = with_table(
        "statements",
        [
            report(code, "2013-06-30", "2013-08-20", net_profit_parent=5.0, equity_parent=100.0),
            report(code, "2013-09-30", "2014-01-10", net_profit_parent=9.0, equity_parent=104.0),
        ],
    )
    day = int(np.searchsorted(market.dates, np.datetime64("2014-01-10")))
    found = ReturnOnEquityQuarter().exposure(market)[:, 0]
    assert np.isnan(found[:day]).all()  # the second quarter's own begin is not known
    np.testing.assert_allclose(found[day:], 0.04)


def test_a_restatement_of_the_year_before_counts_from_its_own_day_on():
    code = fake_market().codes[0]
    rows = [
        report(code, "2012-12-31", "2013-04-01", revenue=10.0, cost_of_sales=6.0, total_assets=50),
        report(code, "2013-09-30", "2013-10-20", revenue=9.0, cost_of_sales=5.0, total_assets=50),
        report(code, "2012-09-30", "2012-10-20", revenue=7.0, cost_of_sales=5.0, total_assets=50),
        report(code, "2012-09-30", "2014-01-15", cost_of_sales=4.0),
    ]
    market, code = with_table("statements", rows)
    day = int(np.searchsorted(market.dates, np.datetime64("2014-01-15")))
    found = GrossProfitability().exposure(market)[[day - 1, day], 0]
    np.testing.assert_allclose(found, [(12 - 6) / 50, (12 - 7) / 50])


def test_a_bank_without_cost_of_sales_has_no_gross_profitability():
    code = fake_market().codes[0]
    rows = [report(code, "2013-12-31", "2014-01-05", revenue=10.0, total_assets=50.0)]
    market, _ = with_table("statements", rows)
    assert np.isnan(GrossProfitability().exposure(market)).all()


def test_a_brokers_last_word_counts_until_it_is_withdrawn_or_too_old():
    code = fake_market().codes[0]
    rows = [
        {"code": code, "period_end": "2014-12-31", "broker": broker, "known_date": day,
         "net_profit": profit, "earnings_per_share": np.nan}
        for broker, day, profit in [
            ("a", "2013-12-20", 100.0), ("b", "2013-12-20", 300.0), ("a", "2014-01-15", 200.0),
            ("b", "2014-02-03", np.nan),
        ]
    ]  # fmt: skip
    market, _ = with_table("analyst_estimates", rows)
    value = market.panel("mark") * market.panel("total_shares")
    found = (ForecastYield(memory=40).exposure(market) * value)[:, 0]
    days = ("2014-01-14", "2014-01-15", "2014-01-29", "2014-01-30", "2014-02-24", "2014-02-25")
    at = {day: int(np.searchsorted(market.dates, np.datetime64(day))) for day in days}
    np.testing.assert_allclose(found[at["2014-01-14"]], 200.0)
    np.testing.assert_allclose(found[at["2014-01-15"]], 250.0)
    np.testing.assert_allclose(found[at["2014-01-29"]], 250.0)
    np.testing.assert_allclose(found[at["2014-01-30"]], 200.0)  # b's word is 41 days old
    np.testing.assert_allclose(found[at["2014-02-24"]], 200.0)
    assert np.isnan(found[at["2014-02-25"]])


def test_stocks_that_nobody_follows_keep_a_coverage_change_of_0():
    market, _ = with_table(
        "analyst_estimates",
        [{"code": "600007.SH", "period_end": "2014-12-31", "broker": "a",
          "known_date": "2014-02-03", "net_profit": 1.0, "earnings_per_share": np.nan}],
    )  # fmt: skip
    found = CoverageChange(lag_days=5).exposure(market, [4, 40, 60])
    assert np.isnan(found[0]).all()
    column = list(market.codes).index("600007.SH")
    others = np.delete(found[1:], column, axis=1)
    assert (others == 0).all()


def test_an_announcement_counts_only_when_its_three_days_are_over():
    market = fake_market(4)
    found = AnnouncementReturn().exposure(market)
    reports = market.statements()
    first = reports.drop_duplicates(["code", "period_end"]).dropna(subset="announce_date")
    inside = first[first["announce_date"] >= pd.Timestamp(market.dates[2])]
    for code, days in inside.groupby("code")["announce_date"]:
        n = list(market.codes).index(code)
        a = int(np.searchsorted(market.dates, days.min().to_datetime64()))
        assert np.isnan(found[: a + 1, n]).all()


@pytest.mark.parametrize("kind", [Accruals, AnnouncementReturn, Revision, StateOwned,
                                  FundCoverageChange, EarningsSurprise])  # fmt: skip
@pytest.mark.parametrize("alteration", ["removed", "scrambled", "absurd", "restated"])
def test_another_future_of_the_whole_market_leaves_the_past(kind, alteration):
    market = sample_market()
    row = market.day("2015-04-29")
    days = [row - 30, row]
    np.testing.assert_allclose(
        kind().exposure(market.altered(row, alteration), days),
        kind().exposure(market, days),
        rtol=1e-9, atol=1e-12,
    )  # fmt: skip


def test_histories_of_statements_are_the_panels_of_the_market():
    market = sample_market()
    days = np.array([100, 400, 730])
    for figure, panel in (
        ("value", market.statement), ("quarter", market.statement_quarter),
        ("ttm", market.statement_ttm),
    ):  # fmt: skip
        history = market.statement_history("net_profit", 3, figure)
        np.testing.assert_array_equal(
            history.as_of(history.values[:, 0], days), panel("net_profit")[days]
        )


@pytest.mark.parametrize(
    ("item", "quarters", "figure", "told"),
    [
        ("profits", 1, "value", "no statement item 'profits'"),
        ("total_assets", 1, "ttm", "has no sum over time"),
        ("revenue", 0, "value", "quarters 0; accepted: 1 to 40"),
    ],
)
def test_wrong_histories_are_refused(item, quarters, figure, told):
    market: Market = sample_market()
    with pytest.raises(DataError, match=told):
        market.statement_history(item, quarters, figure)
