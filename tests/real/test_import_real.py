"""The import of the real market, compared with an independent reading of its files by pandas."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from quanthedge.rules import TRADING_DAYS_A_YEAR
from tests.conftest import REAL as SOURCE

ITEMS = [
    "book_equity",
    "debt_to_assets_pct",
    "dividend_last_annual",
    "dividend_ttm",
    "ebit",
    "fcff_ps",
    "invested_capital",
    "net_profit_last_annual",
    "net_profit_ttm",
    "revenue_last_annual",
    "revenue_ttm",
    "roa_cum_pct",
    "roe_cum_pct",
]
JOINED = ("000043.SZ", "001872.SZ", "601360.SH", "601607.SH")
SOME = ("000001.SZ", "300104.SZ", "600000.SH", "600519.SH", "601299.SH", "600401.SH")


@pytest.fixture(scope="module")
def imported(real_market, import_report):
    return real_market, import_report


def source(name, **options):
    return pd.read_parquet(SOURCE / f"{name}.parquet", **options)


def bars_of(code):
    bars = source("stock_daily", filters=[("code", "==", code)])
    return bars.set_index(pd.to_datetime(bars["date"]))


def test_every_row_arrives_and_nothing_is_an_error(imported):
    market, report = imported
    assert report.errors == []
    assert market.panel("close").shape == (2431, 2894)  # of 2,898 codes four are doubles
    assert int(market.panel("traded").sum()) == 4_771_534 - 6_009  # their bars
    assert market.fundamental_items() == ITEMS


@pytest.mark.parametrize("code", SOME)
def test_panels_of_a_stock_are_its_rows_in_the_source(imported, code):
    market, _ = imported
    bars = bars_of(code)
    column = list(market.codes).index(code)
    days = pd.DatetimeIndex(market.dates)
    for name in ("open", "high", "low", "close", "pre_close"):
        expected = bars[name].astype(float).round(2).reindex(days).to_numpy()
        np.testing.assert_array_equal(market.panel(name)[:, column], expected)
    for name in ("volume", "amount"):
        expected = bars[name].astype(float).reindex(days).to_numpy()
        np.testing.assert_array_equal(market.panel(name)[:, column], expected)
    for name, start in (("adj_factor", 1.0), ("total_shares", np.nan), ("is_st", 0.0)):
        expected = bars[name].astype(float).reindex(days).ffill().fillna(start).to_numpy()
        np.testing.assert_array_equal(market.panel(name)[:, column].astype(float), expected)


def test_index_closes_are_the_published_ones(imported):
    """Closes of the CSI 300 as published by China Securities Index Co."""
    market, _ = imported
    close = market.index_close("000300.SH")
    for day, published in (
        ("2014-09-17", 2401.33),
        ("2015-06-12", 5335.12),
        ("2015-07-31", 3816.70),
        ("2015-08-26", 3025.69),
        ("2018-12-28", 3010.65),
    ):
        assert close[market.day(day)] == pytest.approx(published, abs=0.005)


def test_the_settlement_of_an_expiry_is_the_delivery_price(imported):
    market, _ = imported
    bars = market.futures("IF").set_index(["contract", "date"])
    row = bars.loc[("IF1409", pd.Timestamp("2014-09-19"))]
    assert row["settle"] == 2419.41
    assert row["last_trading_day"] == pd.Timestamp("2014-09-19")


def test_the_four_companies_under_two_codes_are_joined_and_said(imported):
    market, report = imported
    said = [f.text for f in report.warnings if "stands for" in f.text]
    pairs = [("000043.SZ", "001914.SZ"), ("001872.SZ", "000022.SZ"), ("601360.SH", "601313.SH"),
             ("601607.SH", "600849.SH")]  # fmt: skip
    for (kept, dropped), text in zip(pairs, said, strict=True):
        assert f"{kept} stands for {dropped} too" in text
        assert kept in market.codes
        assert dropped not in market.codes
    assert not [f for f in report if f.rule == "one company twice"]


def test_members_count_300_and_500(imported):
    market, _ = imported
    csi300 = market.members("000300.SH").sum(axis=1)
    assert set(csi300[market.day("2010-01-04") :]) <= {299, 300}
    assert market.members("000905.SH").sum(axis=1)[market.day("2014-09-17")] == 422


@pytest.mark.parametrize(
    ("item", "file", "known"),
    [
        ("book_equity", "fundamentals_pit", "effective_date"),
        ("net_profit_ttm", "fundamentals_pit", "effective_date"),
        ("roe_cum_pct", "fundamentals_quarterly", "usable_from"),
        ("ebit", "fundamentals_quarterly", "usable_from"),
    ],
)
def test_fundamentals_are_those_a_slow_reading_gives(imported, item, file, known):
    market, _ = imported
    keys = [known] if known == "effective_date" else [known, "period_end"]
    rows = source(file, columns=["code", *keys, item])
    days = [0, 700, market.day("2014-04-30"), market.day("2014-09-17"), len(market.dates) - 1]
    for day in days:
        so_far = rows[pd.to_datetime(rows[known]) <= pd.Timestamp(market.dates[day])]
        # `tail` takes the last row whether its value is known or not
        last = so_far.sort_values(["code", *keys]).groupby("code").tail(1).set_index("code")[item]
        expected = last.reindex(list(market.codes)).astype(float).to_numpy()
        alone = ~np.isin(market.codes, JOINED)  # joined companies have rows of both codes
        np.testing.assert_array_equal(market.fundamental(item)[day][alone], expected[alone])


def test_a_market_opens_fast_and_small_from_the_second_time_on(imported):
    market, _ = imported
    script = f"""
import pathlib, re, time
import pandas, numpy, pyarrow
began = time.process_time()
from quanthedge.market import Market
market = Market.open({str(market.path)!r})
names = "open high low close pre_close volume amount adj_factor total_shares mark traded is_st"
total = sum(float(market.panel(name)[1391].sum()) for name in names.split())
seconds = time.process_time() - began
status = pathlib.Path("/proc/self/status").read_text()
print(seconds, int(re.search(r"RssAnon:\\s+(\\d+)", status)[1]) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    seconds, mib = (float(word) for word in done.stdout.split())
    assert seconds < 1
    assert mib < 400  # of its own; a panel's pages, read whole for its checksum, are the system's


def test_a_killed_import_leaves_no_half_dataset(tmp_path):
    target = tmp_path / "m"
    script = f"""
from quanthedge.sources import import_market
from quanthedge.sources import import_market
import_market({str(SOURCE)!r}, {str(target)!r})
"""
    running = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 300
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)  # until it has begun to write beside the target
    assert running.poll() is None
    running.kill()
    running.wait()
    assert not target.exists()


def finding(report, rule):
    return next(found for found in report.findings if found.rule == rule)


def test_where_two_tables_disagree_the_rows_are_counted_and_named(imported):
    _, report = imported
    settled = finding(report, "two values of settle")
    few, full = source("futures_contract_daily"), source("futures_all_contracts_daily")
    both = few.merge(full, on=["contract", "date"])
    gap = (both["settle_x"] - both["settle_y"]).abs() > 1e-6 * both["settle_x"]
    assert settled.count == int(gap.sum()) > 0
    assert str(pd.to_datetime(both["date"][gap]).dt.year.min()) in settled.text
    members = finding(report, "other than the weights 000300.SH")
    assert members.count == 40
    for code in ("601288.SH", "600685.SH", "600827.SH", "600631.SH", "600549.SH", "600005.SH"):
        assert code in members.text
    doubted = (source("corporate_actions")["check"] == "differs").sum()
    assert finding(report, "source: differs").count == doubted


def test_four_contracts_with_their_settlement_stand_on_every_day(imported):
    market, _ = imported
    bars = market.futures("IF")
    day = bars.groupby("date")
    assert (day["contract"].count() == 4).all()
    assert day["settle"].count().min() == 4
    assert bars["date"].min() == pd.Timestamp("2010-04-16")
    ends = bars.groupby("contract")["last_trading_day"].first()
    assert str(ends["IF1901"].date()) == "2019-01-18"  # beyond the data: the rule book's


def test_drifted_weights_give_the_index(imported):
    market, _ = imported
    weights, lists = market.index_weights("000300.SH")
    returns = np.nan_to_num(market.panel("simple_return"))
    close = market.index_close("000300.SH")
    made = (weights[:-1] * returns[1:]).sum(axis=1)
    gap = (made - (close[1:] / close[:-1] - 1.0))[market.day("2011-09-30") :]
    # 0.44% a year by the file's own description
    assert gap.std() * np.sqrt(TRADING_DAYS_A_YEAR) < 0.005
    assert 0 < gap.mean() < 1.5e-4  # the dividends, which a price index does not have
    assert str(lists[market.day("2014-09-17")]) == "2014-09-01"


def test_statements_count_from_their_announcement(imported):
    market, _ = imported
    n = market.column("600519.SH")
    assets = market.statement("total_assets")[:, n]
    before, day = market.day("2014-03-24"), market.day("2014-03-25")
    rows = source("statements").query("code == '600519.SH'")
    rows = rows.set_index(pd.to_datetime(rows["period_end"]))
    assert assets[before] == rows.loc["2013-09-30", "total_assets"]
    assert assets[day] == rows.loc["2013-12-31", "total_assets"]
    trailing = market.statement_ttm("revenue")[market.day("2014-09-17"), n]
    flows = rows["revenue"]
    year = flows["2014-06-30"] + flows["2013-12-31"] - flows["2013-06-30"]
    assert trailing == pytest.approx(year)


def test_holdings_indices_and_the_curve_are_those_of_the_source(imported):
    market, _ = imported
    held = source("fund_holdings").query("code == '600519.SH'")
    june = held[held["period_end"].astype(str) == "2015-06-30"]["shares_held"].iloc[0]
    n = market.column("600519.SH")
    shares = market.fund_holdings("shares_held", full=True)[:, n]
    assert shares[market.day("2015-08-31")] == june != shares[market.day("2015-08-28")]
    assert market.industry_indices().groupby("family").size().to_dict() == {
        "AMAC": 43, "CITIC level 1": 29, "SWS level 1": 34, "other": 14,
    }  # fmt: skip
    ten = market.government_yield("10Y")
    assert ten[market.day("2013-11-20")] == pytest.approx(0.047, abs=0.001)
    assert ten[market.day("2018-12-28")] == pytest.approx(0.0323, abs=0.0001)
