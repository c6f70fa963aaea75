import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.blocks import whole_stocks
from quanthedge.market.panels import PANELS
from tests.market.small_market import CODES, INDEX, small_market

CARRIED = {
    "mark": ("close", np.nan),
    "adj_factor": ("adj_factor", 1.0),
    "total_shares": ("total_shares", np.nan),
    "float_shares": ("float_shares", np.nan),
    "is_st": ("is_st", False),
    "is_delisting": ("is_delisting", False),
}


def opened(folder, tables, name="small"):
    write_dataset(folder, tables, name=name, source="random")
    return Market.open(folder)


def pivoted(tables, column, market):
    bars = tables["stock_daily"].to_pandas()
    table = bars.pivot_table(index="date", columns="code", values=column, aggfunc="first")
    days = [pd.Timestamp(day).date() for day in market.dates]
    return table.reindex(index=days, columns=list(market.codes))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.integers(20, 60))
def test_every_panel_is_the_pandas_pivot_of_its_column(seed, days, tmp_path_factory):
    tables = small_market(seed, days)
    market = opened(tmp_path_factory.mktemp("market") / "m", tables)
    for name in ("open", "high", "low", "close", "pre_close", "volume", "amount"):
        expected = pivoted(tables, name, market).to_numpy(np.float64)
        np.testing.assert_array_equal(market.panel(name), expected)
    close = pivoted(tables, "close", market).to_numpy(np.float64)
    before = pivoted(tables, "pre_close", market).to_numpy(np.float64)
    np.testing.assert_array_equal(market.panel("traded"), np.isfinite(close))
    np.testing.assert_array_equal(market.panel("simple_return"), close / before - 1)
    for name, (column, start) in CARRIED.items():
        expected = pivoted(tables, column, market).astype(float).ffill().fillna(float(start))
        panel = market.panel(name)
        np.testing.assert_array_equal(panel.astype(float), expected.to_numpy(np.float64))
        assert panel.dtype == (bool if isinstance(start, bool) else np.float64)


def test_panels_are_read_only_day_major_and_the_same_on_the_second_opening(tmp_path):
    market = opened(tmp_path / "m", small_market())
    for name in PANELS:
        panel = market.panel(name)
        assert panel.shape == (len(market.dates), len(market.codes))
        assert panel.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            panel[0, 0] = 1
        again = Market.open(tmp_path / "m").panel(name)
        np.testing.assert_array_equal(panel, again)


def test_dates_run_from_the_first_to_the_last_stock_bar_and_codes_are_sorted(tmp_path):
    tables = small_market()
    market = opened(tmp_path / "m", tables)
    calendar = tables["calendar"]["date"].to_numpy()
    np.testing.assert_array_equal(market.dates, calendar[5:])
    assert list(market.codes) == sorted(CODES)
    assert market.dates.dtype == "datetime64[D]"


def test_listing_and_delisting_days_are_counted_in_the_calendar(tmp_path):
    market = opened(tmp_path / "m", small_market())
    days = len(market.dates)
    assert market.list_index().tolist() == [-3, 0, days // 3, -100_000, 0, 0]
    gone = [days, days * 2 // 3, *[days] * 4]
    assert market.delist_index().tolist() == gone


def test_index_futures_and_cash_come_back_as_written(tmp_path):
    tables = small_market()
    market = opened(tmp_path / "m", tables)
    index = tables["index_daily"].to_pandas()
    np.testing.assert_array_equal(market.index_close(INDEX), index["close"].to_numpy())
    assert market.index_bars(INDEX).index.equals(pd.DatetimeIndex(market.dates))
    futures = market.futures("IF")
    assert len(futures) == tables["futures_daily"].num_rows
    assert futures[["date", "contract"]].apply(tuple, axis=1).is_monotonic_increasing
    assert market.futures_products() == ["IF"]
    rate = tables["cash_rate"].to_pandas().set_index("date")["rate"]
    days = [pd.Timestamp(day).date() for day in market.dates]
    every = sorted({*days, *rate.index})
    expected = rate.reindex(every).ffill().loc[days].to_numpy()
    np.testing.assert_array_equal(market.cash_rate(), expected)
    carried = sum(day not in rate.index and day > rate.index[0] for day in days)
    assert market.cash_rate_carried_days() == carried


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda m: m.panel("clsoe"), "no panel 'clsoe'"),
        (lambda m: m.futures("IC"), "no futures 'IC'"),
        (lambda m: m.fundamental("eps"), "no fundamental 'eps'; there are book_equity"),
        (lambda m: m.members("000905.SH"), "there are 000300.SH"),
        (lambda m: m.index_bars("000905.SH"), "there are 000300.SH"),
        (lambda m: m.day("2014-01-18"), "not a trading day; the nearest are"),
        (lambda m: m.day("2020-01-06"), "outside the market 'small', which covers 2014-01-09"),
        (lambda m: m.span("2010-01-01", "2014-02-01"), "outside the market"),
        (lambda m: m.span("2014-01-08", "2014-02-01"), "2014-01-08 is outside the market"),
        (lambda m: m.span("2014-02-01", "2014-05-01"), "2014-05-01 is outside the market"),
        (lambda m: m.span("2014-02-01", "2014-01-15"), "after end"),
        (lambda m: m.day("next week"), "not a date"),
        (lambda m: m.until("2013-01-01"), "before the first day"),
    ],
)
def test_asking_for_what_is_not_there_says_what_is(tmp_path, ask, words):
    market = opened(tmp_path / "m", small_market())
    with pytest.raises(DataError, match=words):
        ask(market)


def test_a_span_begins_and_ends_on_trading_days_inside(tmp_path):
    market = opened(tmp_path / "m", small_market())
    first, last = market.span("2014-01-11", "2014-02-09")  # both weekends
    assert str(market.dates[first]) == "2014-01-13"
    assert str(market.dates[last]) == "2014-02-07"


def test_whole_stocks_does_not_depend_on_how_the_rows_were_cut():
    table = small_market(3)["stock_daily"]
    codes = table["code"].dictionary_encode()
    table = table.set_column(0, "code", codes)
    whole = [piece["code"].to_pylist() for piece in whole_stocks([table], rows=50)]
    for size in (1, 7, 64, 1000):
        pieces = [table.slice(k, size) for k in range(0, table.num_rows, size)]
        cut = [piece["code"].to_pylist() for piece in whole_stocks(pieces, rows=50)]
        assert cut == whole
    for before, after in itertools.pairwise(whole):
        assert not set(before) & set(after)
