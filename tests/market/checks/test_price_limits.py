from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanthedge.market import LimitPanel
from quanthedge.market.blocks import Axes
from quanthedge.market.checks.price_limits import LimitBook
from quanthedge.market.name_marks import mark_of, name_marks
from quanthedge.rules import StockRules
from quanthedge.rules.limit_prices import limit_prices
from tests.market.checks.made_bars import block_of, quiet_bars
from tests.sample import sample_market

FAR = 250  # bars after which no rule of listing days holds


def limits_of(code, start, *, days=FAR, listed="1999-01-04", change=None, names=None):
    """Return the limits of a stock's bars on weekdays from `start`."""
    frame = quiet_bars(code, pd.bdate_range(start, periods=days))
    if change is not None:
        frame = change(frame)
    axes = Axes(frame["date"].to_numpy().astype("datetime64[D]"), np.array([code]))
    if names is not None:
        spells = pd.DataFrame(names, columns=["name", "start", "end"]).assign(code=code)
        names = spells.astype({"start": "datetime64[s]", "end": "datetime64[s]"})
    return LimitBook(axes, np.array([listed], "datetime64[D]"), names).of(block_of(frame, axes))


@given(
    st.integers(1, 500_000), st.sampled_from([0.05, 0.10, 0.20, 0.30, 0.44]),
    st.sampled_from([0.05, 0.10, 0.20, 0.30, 0.36]), st.booleans(),
)  # fmt: skip
def test_limit_prices_are_as_by_hand_and_at_least_a_tick_away(cents, up, down, inward):
    before, tick = Decimal(cents) / 100, Decimal("0.01")
    ways = (ROUND_FLOOR, ROUND_CEILING) if inward else (ROUND_HALF_UP, ROUND_HALF_UP)
    highest = (before * (1 + Decimal(str(up)))).quantize(tick, ways[0])
    lowest = (before * (1 - Decimal(str(down)))).quantize(tick, ways[1])
    found = limit_prices(np.array([cents / 100]), up, down, np.array([inward]))
    assert found[0][0] == pytest.approx(float(max(highest, before + tick)), abs=1e-9)
    assert found[1][0] == pytest.approx(max(float(min(lowest, before - tick)), 0.01), abs=1e-9)


def test_no_limit_and_a_limit_that_is_not_known_stay_what_they_are():
    high, low = limit_prices(np.array([9.0, 9.0]), np.array([np.inf, np.nan]), np.inf, False)
    assert (high[0], low[0]) == (np.inf, -np.inf)
    assert np.isnan(high[1])
    assert low[1] == -np.inf


@pytest.mark.parametrize(
    ("code", "start", "special", "limit"),
    [
        ("600519.SH", "2014-09-17", False, 0.10),
        ("600519.SH", "2014-09-17", True, 0.05),
        ("600519.SH", "2026-07-06", True, 0.10),
        ("300001.SZ", "2020-08-21", False, 0.10),
        ("300001.SZ", "2020-08-24", False, 0.20),
        ("300001.SZ", "2020-08-24", True, 0.20),
        ("688001.SH", "2020-01-02", False, 0.20),
        ("430047.BJ", "2022-01-04", False, 0.30),
    ],
)
def test_the_limit_is_the_boards_on_that_day(code, start, special, limit):
    found = limits_of(code, start, days=1, change=lambda frame: frame.assign(is_st=special))
    assert (found.up[0], found.down[0]) == (limit, limit)


def test_the_limits_are_those_of_the_rule_book():
    codes = np.array(["000001.SZ", "300001.SZ", "600519.SH", "688001.SH"])
    listed = np.array(["1991-04-03", "2009-10-30", "2001-08-27", "2019-07-22"], "datetime64[D]")
    dates = pd.bdate_range("2019-07-22", "2021-12-31")
    frame = pd.concat(
        [quiet_bars(code, dates, seed=place) for place, code in enumerate(codes)],
        ignore_index=True,
    )
    frame["is_st"] = np.arange(len(frame)) % 3 == 0
    axes = Axes(dates.to_numpy().astype("datetime64[D]"), codes)
    found = LimitBook(axes, listed).of(block_of(frame, axes))
    book = StockRules.between(dates, codes, listed)
    column = 2 * np.repeat(book.board, len(dates)).astype(int) + frame["is_st"].to_numpy()
    day = np.tile(np.arange(len(dates)), len(codes))
    np.testing.assert_array_equal(found.board_up, book.limit_up[day, column])
    np.testing.assert_array_equal(found.board_down, book.limit_down[day, column])
    first = np.repeat(book.ipo_days, len(dates)) > day  # only the last stock is young
    first &= np.repeat(codes == "688001.SH", len(dates))
    np.testing.assert_array_equal(found.listing, first)
    assert np.isinf(found.up[first]).all()


@pytest.mark.parametrize(
    ("code", "listed", "free", "up"),
    [
        ("600000.SH", "2012-03-05", 1, np.inf),
        ("603000.SH", "2015-03-02", 1, 0.44),
        ("300400.SZ", "2014-09-01", 1, 0.44),
        ("300900.SZ", "2020-09-01", 5, np.inf),
        ("688001.SH", "2020-09-01", 5, np.inf),
        ("603999.SH", "2023-05-08", 5, np.inf),
    ],
)
def test_the_first_days_of_a_listing_have_their_own_limits(code, listed, free, up):
    found = limits_of(code, listed, days=8, listed=listed)
    assert found.listing.tolist() == [True] * free + [False] * (8 - free)
    assert (found.up[:free] == up).all()
    assert (found.up[free:] == found.board_up[free:]).all()


def test_suspended_days_do_not_use_up_the_free_days_of_a_listing():
    def suspend(frame):
        return frame.drop(index=[1, 2, 3])

    found = limits_of("688001.SH", "2020-09-01", days=10, listed="2020-09-01", change=suspend)
    assert found.listing.tolist() == [True] * 5 + [False] * 2


def test_a_stock_whose_bars_begin_after_its_listing_has_the_boards_limits():
    found = limits_of("688001.SH", "2020-09-01", days=8, listed="2020-01-06")
    assert not found.listing.any()
    assert (found.up == 0.20).all()


def leaving(frame):
    return frame.assign(is_delisting=frame.index >= 3, is_st=True)


@pytest.mark.parametrize(
    ("start", "first"),
    [("2010-06-01", 0.10), ("2015-06-01", 0.10), ("2021-07-01", 0.10), ("2022-06-01", np.inf)],
)
def test_the_delisting_period_has_the_boards_limit_and_since_the_rules_of_2020_a_free_day(
    start, first
):
    found = limits_of("600001.SH", start, days=6, change=leaving)
    assert found.up.tolist() == [0.05] * 3 + [first, 0.10, 0.10]
    assert found.board_up.tolist() == [0.05] * 3 + [0.10] * 3


def test_a_delisting_period_is_also_told_by_the_name():
    names = [("*ST某某", "2022-05-01", "2022-06-03"), ("退市某某", "2022-06-06", None)]
    found = limits_of("600001.SH", "2022-06-01", days=6, names=names)
    assert found.up.tolist() == [0.05] * 3 + [np.inf, 0.10, 0.10]


def test_a_period_that_began_before_chinext_was_widened_keeps_its_ten_per_cent():
    found = limits_of("300001.SZ", "2020-08-18", days=8, change=leaving)
    assert found.up.tolist() == [0.05] * 3 + [0.10] * 5
    later = limits_of("300001.SZ", "2020-08-20", days=6, change=leaving)
    assert later.up.tolist() == [0.05, 0.05, 0.2, 0.2, 0.2, 0.2]  # begun on 25 August


@pytest.mark.parametrize(
    ("name", "day", "special", "limit"),
    [
        ("S佳通", "2015-05-12", False, 0.05),
        ("S佳通", "2026-08-03", False, 0.05),  # not widened with ST
        ("SST华新", "2012-05-14", True, 0.05),
        ("SST华新", "2012-05-14", False, 0.05),  # both are in the name
        ("S*ST天发", "2026-08-03", True, 0.05),
        ("XDS佳通", "2015-05-12", False, 0.05),
        ("S佳通", "2006-12-29", False, 0.10),  # the rule began in 2007
        ("SST华新", "2006-12-29", True, 0.05),
        ("ST国农", "2015-05-12", False, 0.05),
        ("万科Ａ", "2015-05-12", False, 0.10),
    ],
)
def test_the_name_of_a_main_board_share_tells_its_status(name, day, special, limit):
    found = limits_of(
        "600182.SH", day, days=1, change=lambda frame: frame.assign(is_st=special),
        names=[(name, "2000-01-04", None)],
    )  # fmt: skip
    assert (found.up[0], found.down[0]) == (limit, limit)


def test_particular_transfer_had_a_limit_up_only():
    found = limits_of("600001.SH", "2001-03-02", days=1, names=[("PT某某", "2000-01-04", None)])
    assert (found.up[0], found.down[0]) == (0.05, np.inf)


def test_a_name_holds_until_the_next_and_a_new_one_on_its_own_days():
    calendar = pd.bdate_range("2014-01-06", periods=8).to_numpy().astype("datetime64[D]")
    axes = Axes(calendar, np.array(["600001.SH", "600002.SH"]))
    spells = [
        ("600001.SH", "S甲", "2014-01-01", "2014-01-07"),  # the name of the ex-day is left out
        ("600001.SH", "S甲", "2014-01-09", "2014-01-10"),
        ("600001.SH", "N甲", "2014-01-13", "2014-01-13"),
        ("600001.SH", "甲", "2014-01-14", None),
        ("600003.SH", "S丙", "2014-01-01", None),
        ("600002.SH", "C乙", "2014-01-08", None),  # no end: its first day only
    ]
    names = pd.DataFrame(spells, columns=["code", "name", "start", "end"])
    names = names.astype({"start": "datetime64[s]", "end": "datetime64[s]"})
    marks = name_marks(axes, names)
    s, n = mark_of("S甲"), mark_of("N甲")
    assert marks[:, 0].tolist() == [s] * 5 + [n, 0, 0]
    assert marks[:, 1].tolist() == [0, 0, n, 0, 0, 0, 0, 0]


def test_a_name_that_begins_with_n_lifts_the_limit_but_on_a_listing_day():
    again = limits_of(
        "600001.SH", "2012-03-05", days=3, names=[("N甲", "2012-03-06", "2012-03-06")]
    )
    assert again.up.tolist() == [0.10, np.inf, 0.10]
    assert again.relisting.tolist() == [False, True, False]
    new = limits_of(
        "603000.SH", "2015-03-02", days=3, listed="2015-03-02",
        names=[("N甲", "2015-03-02", "2015-03-02")],
    )  # fmt: skip
    assert new.up.tolist() == [0.44, 0.10, 0.10]


def test_the_first_day_after_the_reform_has_no_limit():
    names = [("S甲", "2009-01-05", "2013-08-06"), ("甲", "2013-08-07", None)]
    found = limits_of("600688.SH", "2013-08-05", days=4, names=names)
    assert found.up.tolist() == [0.05, 0.05, np.inf, 0.10]
    assert found.board_up.tolist() == [0.05, 0.05, 0.10, 0.10]
    merely = [("SST甲", "2009-01-05", "2013-08-06"), ("S*ST甲", "2013-08-07", None)]
    assert limits_of("600688.SH", "2013-08-05", days=4, names=merely).up.tolist() == [0.05] * 4


def test_beijing_cuts_its_limit_prices_towards_the_previous_close():
    found = limits_of("920002.BJ", "2026-03-10", days=1)
    assert found.prices(np.array([84.63]))[0].tolist() == [110.01]
    assert found.prices(np.array([17.09]))[0].tolist() == [22.21]
    assert found.prices(np.array([84.63]))[1].tolist() == [59.25]  # not 59.24: farther than 30%
    shanghai = limits_of("688001.SH", "2026-03-10", days=1)
    assert shanghai.prices(np.array([84.67]))[0].tolist() == [101.60]


def test_the_panel_of_a_market_has_the_limits_of_its_bars():
    market = sample_market()
    first, last = 40, len(market.dates) - 2
    panel = LimitPanel.of(market, first, last)
    store = market._store
    book = LimitBook(store.axes, store.stocks["list_date"].to_numpy(), market.stock_names())
    seen = set()
    for block in store.blocks():
        limits, row = book.of(block), block.day - store.first_day
        inside = (row >= first) & (row <= last)
        place = panel.place[row[inside] - first, block.stock[inside]]
        for table, told in ((panel.up, limits.up), (panel.down, limits.down)):
            np.testing.assert_array_equal(table[row[inside] - first, place], told[inside])
        seen |= set(told[inside].tolist())
    assert {0.05, 0.10} < seen


def test_the_class_of_a_listing_day_does_not_depend_on_what_is_listed_later():
    # free for five days on STAR, 44% up and 36% down on the main board, none in 2010
    codes = np.array(["002391.SZ", "300999.SZ", "600519.SH", "688001.SH"])
    listed = np.array(["2010-04-16", "2020-09-01", "2014-09-17", "2019-07-22"], "datetime64[D]")
    axes = Axes(np.arange("2010-04-01", "2021-01-01", dtype="datetime64[D]"), codes)
    known = LimitBook(axes, listed)
    for later in ("2014-01-01", "2019-01-01", "2020-01-01"):
        until = np.where(listed < np.datetime64(later), listed, np.datetime64("NaT"))
        cut = LimitBook(axes, until)
        inside = ~np.isnat(until)
        np.testing.assert_array_equal(cut._listing[inside], known._listing[inside])
        np.testing.assert_array_equal(cut.up, known.up)


@pytest.mark.parametrize(
    ("code", "start"),
    [("600001.SH", "1996-12-02"), ("430047.BJ", "2020-09-01"), ("900901.SH", "2015-06-01")],
)
def test_days_and_codes_without_a_rule_have_no_known_limit(code, start):
    assert np.isnan(limits_of(code, start, days=3, listed="1992-01-02").up).all()


def test_rows_without_a_place_have_no_known_limit():
    frame = quiet_bars("600519.SH", pd.bdate_range("2014-09-17", periods=4))
    dates = frame["date"].to_numpy().astype("datetime64[D]")
    for axes in (Axes(dates[1:], np.array(["600519.SH"])), Axes(dates, np.array(["600000.SH"]))):
        book = LimitBook(axes, np.array(["1999-01-04"], "datetime64[D]"))
        assert np.isnan(book.of(block_of(frame, axes)).up[0])
    nothing = Axes(dates[:0], np.array([], dtype=str))
    assert np.isnan(LimitBook(nothing, dates[:0]).of(block_of(frame, nothing)).up).all()
