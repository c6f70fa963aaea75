from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanthedge.market.blocks import Axes
from quanthedge.market.checks.price_limits import LimitBook, limit_prices
from quanthedge.rules import stock_rules
from tests.quality.made_bars import block_of, quiet_bars

FAR = 250  # bars after which no rule of listing days holds


def limits_of(code, start, *, days=FAR, listed="1999-01-04", change=None):
    """Return the limits of a stock's bars on weekdays from `start`."""
    frame = quiet_bars(code, pd.bdate_range(start, periods=days))
    if change is not None:
        frame = change(frame)
    axes = Axes(frame["date"].to_numpy().astype("datetime64[D]"), np.array([code]))
    return LimitBook(axes, np.array([listed], "datetime64[D]")).of(block_of(frame, axes))


@given(
    st.integers(1, 500_000), st.sampled_from([0.05, 0.10, 0.20, 0.30, 0.44]),
    st.sampled_from([0.05, 0.10, 0.20, 0.30, 0.36]),
)  # fmt: skip
def test_limit_prices_are_rounded_half_up_as_by_hand_and_at_least_a_tick_away(cents, up, down):
    before, tick = Decimal(cents) / 100, Decimal("0.01")
    highest = (before * (1 + Decimal(str(up)))).quantize(tick, ROUND_HALF_UP)
    lowest = (before * (1 - Decimal(str(down)))).quantize(tick, ROUND_HALF_UP)
    found = limit_prices(np.array([cents / 100]), np.array([up]), np.array([down]))
    assert found[0][0] == pytest.approx(float(max(highest, before + tick)), abs=1e-9)
    assert found[1][0] == pytest.approx(max(float(min(lowest, before - tick)), 0.01), abs=1e-9)


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
    book = stock_rules(dates, codes, listed)
    column = 2 * np.repeat(book.board, len(dates)) + frame["is_st"].to_numpy()
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


def test_the_first_day_of_the_delisting_period_has_no_limit_and_the_next_the_boards():
    def leaving(frame):
        return frame.assign(is_delisting=frame.index >= 3, is_st=True)

    found = limits_of("600001.SH", "2015-06-01", days=6, change=leaving)
    assert found.up.tolist() == [0.05] * 3 + [np.inf, 0.10, 0.10]
    assert limits_of("600001.SH", "2010-06-01", days=6, change=leaving).up[3] == 0.10


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
