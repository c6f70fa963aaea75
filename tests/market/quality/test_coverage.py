"""The coverage map against a slow count, stock by stock and day by day, from its definition."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.market import write_dataset
from quanthedge.market.quality import quality_report
from quanthedge.market.quality.bars import month_axis
from quanthedge.market.quality.coverage import CoverageRow
from quanthedge.market.quality.gaps import complete, gaps_in_words, months_in_words
from tests.market.small_market import small_market, to_arrow

SEEDS = (0, 1, 2)


def made(tmp_path_factory, seed):
    tables = small_market(seed, days=75)
    bars = tables["stock_daily"].to_pandas()
    bars.loc[bars.index % 5 == 0, "amount"] = np.nan
    tables["stock_daily"] = to_arrow(bars, "stock_daily")
    path = tmp_path_factory.mktemp("quality") / "market"
    write_dataset(path, tables, name="small", source="test")
    frames = {}
    for name, table in tables.items():
        frame = table.to_pandas()
        for column in frame.columns[frame.columns.isin(
            ["date", "list_date", "delist_date", "start", "end", "known_date", "period_end"]
        )]:  # fmt: skip
            frame[column] = pd.to_datetime(frame[column])
        frames[name] = frame
    return quality_report(path), frames


@pytest.fixture(scope="module", params=SEEDS)
def market(request, tmp_path_factory):
    return made(tmp_path_factory, request.param)


def months_of(frames):
    """Return the trading days of each month between the first and the last bar."""
    bars, calendar = frames["stock_daily"], frames["calendar"]["date"]
    days = calendar[(calendar >= bars["date"].min()) & (calendar <= bars["date"].max())]
    return [list(group) for _, group in days.groupby(days.dt.to_period("M"))]


def listed_on(frames, day):
    stocks = frames["stocks"]
    gone = stocks["delist_date"]
    return set(stocks.loc[(stocks["list_date"] <= day) & (gone.isna() | (gone > day)), "code"])


def holding(frames, name, day, index=None):
    spells = frames[name]
    if index is not None:
        spells = spells[spells["index_code"] == index]
    inside = (spells["start"] <= day) & (spells["end"].isna() | (spells["end"] >= day))
    return set(spells.loc[inside, "code"])


def bars_in(frames, days):
    bars = frames["stock_daily"]
    return bars[bars["date"].isin(days)]


def known_on(frames, item, day):
    """Return the stocks whose last known value of an item is a number."""
    rows = frames["fundamentals"]
    rows = rows[(rows["item"] == item) & (rows["known_date"] <= day)]
    last = (
        rows.sort_values(["known_date", "period_end"])
        .groupby("code")["value"]
        .apply(lambda values: values.iloc[-1])
    )
    return set(last.index[last.notna()])


def lines(report):
    return {(row.group, row.name): row for row in report.coverage}


def assert_line(report, group, name, found, expected):
    row = lines(report)[group, name]
    np.testing.assert_allclose(row.found, found)
    if expected is not None:
        np.testing.assert_allclose(row.expected, expected)


def test_stocks_and_bars_are_counted_as_by_hand(market):
    report, frames = market
    months = months_of(frames)
    listed = [listed_on(frames, days[-1]) for days in months]
    traded = [set(bars_in(frames, days)["code"]) for days in months]
    counts = [len(stocks) for stocks in listed]
    assert_line(report, "stocks", "stocks listed", counts, None)
    both = [len(here & there) for here, there in zip(listed, traded, strict=True)]
    assert_line(report, "stock_daily", "listed stocks with a bar", both, counts)
    bars = [len(bars_in(frames, days)) for days in months]
    open_days = [sum(len(listed_on(frames, day)) for day in days) for days in months]
    assert_line(report, "stock_daily", "days traded while listed", bars, open_days)
    known = [int(bars_in(frames, days)["amount"].notna().sum()) for days in months]
    assert_line(report, "stock_daily", "amount known", known, bars)
    assert min(np.array(known) / np.array(bars)) < 0.9


def test_spells_and_members_are_counted_as_by_hand(market):
    report, frames = market
    months = months_of(frames)
    listed = [listed_on(frames, days[-1]) for days in months]
    counts = [len(stocks) for stocks in listed]
    for name, what in (("industry", "an industry"), ("stock_names", "a name")):
        found = [
            len(holding(frames, name, days[-1]) & here)
            for days, here in zip(months, listed, strict=True)
        ]
        assert_line(report, name, f"stocks with {what}", found, counts)
    members = [holding(frames, "index_members", days[-1], "000300.SH") for days in months]
    bars = [set(bars_in(frames, days)["code"]) for days in months]
    there = [len(one & two) for one, two in zip(members, bars, strict=True)]
    expected = [len(one) for one in members]
    assert_line(report, "index_members", "000300.SH with a bar", there, expected)
    assert_line(report, "index_members", "000300.SH in stocks", expected, expected)


def test_fundamentals_are_those_last_known_at_the_month_end(market):
    report, frames = market
    months = months_of(frames)
    for item in ("net_profit_ttm", "book_equity"):
        found = [
            len(known_on(frames, item, days[-1]) & listed_on(frames, days[-1])) for days in months
        ]
        assert_line(report, "fundamentals", item, found, None)


def test_indices_futures_and_cash_are_counted_by_trading_day(market):
    report, frames = market
    months = months_of(frames)
    days = [len(month) for month in months]
    for name, line in (("index_daily", "000300.SH days"), ("cash_rate", "days with a rate")):
        found = [int(frames[name]["date"].isin(month).sum()) for month in months]
        assert_line(report, name, line, found, days)
    futures = [int(frames["futures_daily"]["date"].isin(month).sum()) for month in months]
    mean = [count / size for count, size in zip(futures, days, strict=True)]
    assert_line(report, "futures_daily", "IF contracts a day", mean, None)
    assert_line(report, "futures_daily", "IF settlement known", futures, futures)


def test_boards_and_departures_are_counted_by_year(market):
    report, frames = market
    bars = frames["stock_daily"]
    main = bars[bars["code"].str.startswith("6")]["code"].nunique()
    assert report.by_board.loc[2014, "main board Shanghai"] == main
    assert report.by_board.loc[2014, "ChiNext"] == 1
    assert report.by_year.loc[2014, "gone"] == int(frames["stocks"]["delist_date"].notna().sum())
    assert report.by_year.loc[2014, "listed"] == len(listed_on(frames, bars["date"].max()))


def test_months_without_a_trading_day_stay_on_the_axis():
    axis = month_axis(np.array(["2014-01-30", "2014-03-03", "2014-03-04"], "datetime64[D]"))
    assert axis.days.tolist() == [1, 0, 2]
    assert axis.of(np.array(["2013-12-31", "2014-02-03", "2014-03-31", "2014-04-01"],
                            "datetime64[D]")).tolist() == [-1, 1, 2, -1]  # fmt: skip


def test_gaps_are_written_in_words():
    months = np.arange("2014-01", "2014-07", dtype="datetime64[M]")
    full = CoverageRow("index_members", "A", np.full(6, 297), np.full(6, 300))
    holes = CoverageRow("index_members", "B", np.array([0, 0, 300, 150, 300, 0]), np.full(6, 300))
    later = CoverageRow("index_members", "C", np.array([0, 0, 0, 3, 3, 3]),
                        np.array([0, 0, 0, 3, 3, 3]))  # fmt: skip
    always = CoverageRow("index_members", "D", np.full(6, 240), np.full(6, 300))
    assert gaps_in_words([full, holes, later, always], months) == [
        "index_members, B: none in 2014-01 to 2014-02, 2014-06; below 95% in 1 of 3 months "
        "(median there 50.0%, lowest 50.0% in 2014-04: 150 of 300)",
        "index_members, D: below 95% in every month "
        "(median there 80.0%, lowest 80.0% in 2014-01: 240 of 300)",
    ]
    assert [row.name for row in complete([full, holes, later, always])] == ["A", "C"]
    assert months_in_words(months[:0]) == ""


def test_months_without_corporate_actions_are_no_gap():
    months = np.arange("2014-01", "2014-03", dtype="datetime64[M]")
    assert gaps_in_words([CoverageRow("corporate_actions", "events", np.array([0, 3]))],
                         months) == []  # fmt: skip


def test_a_spell_that_ends_on_the_months_last_trading_day_still_counts(tmp_path):
    tables = small_market(0, days=75)
    days = tables["calendar"]["date"].to_pandas()
    january = max(day for day in days if day.month == 1)
    spell = pd.DataFrame(
        {"index_code": "000300.SH", "code": "600519.SH", "start": [min(days)], "end": [january]}
    )
    tables["index_members"] = to_arrow(spell, "index_members")
    write_dataset(tmp_path / "market", tables, name="small", source="test")
    report = quality_report(tmp_path / "market")
    assert lines(report)["index_members", "000300.SH in stocks"].found.tolist() == [1, 0, 0, 0]
