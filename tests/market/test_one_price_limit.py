"""One limit price for everybody: checks, ledger, states of holdings, and the rule by hand."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanthedge.ledger import Bars, StockBook
from quanthedge.ledger.kernels.prices import day_limits, refusal, stock_day
from quanthedge.ledger.layout import BUY, DONE, FILL_OPEN, LIMIT_DOWN, LIMIT_UP, SELL
from quanthedge.market.blocks import Axes
from quanthedge.market.checks.price_limits import BarLimits, LimitBook
from quanthedge.rules import Board, limit_prices, read_table

CODES = ("600519.SH", "000001.SZ", "300001.SZ", "688001.SH", "430047.BJ")
BEGIN = {  # the first day on which a board's table says something
    "600519.SH": "1998-04-22", "000001.SZ": "1998-04-22", "300001.SZ": "2009-10-30",
    "688001.SH": "2019-07-22", "430047.BJ": "2021-11-15",
}  # fmt: skip
CHANGES = sorted(
    {str(row.first) for row in read_table("stock_price_limit") if row.first is not None}
)
TICK = Decimal("0.01")


def checks(code: str, day: str, special: bool) -> tuple[LimitBook, BarLimits]:
    """The limits of one bar of a stock listed long ago, as the checks look them up."""
    axes = Axes(np.array([day], "datetime64[D]"), np.array([code]))
    book = LimitBook(axes, np.array(["1991-01-02"], "datetime64[D]"))
    zero = np.zeros(1, dtype=np.int64)
    flags = {"is_st": np.array([special]), "is_delisting": np.zeros(1, dtype=bool)}
    return book, book.of_rows(zero, zero, flags)


def ledger(book: LimitBook, place: int, before: float, price: float) -> tuple[Bars, StockBook]:
    """The same bar as the ledger is given it: its class, and the table of limits by class."""
    one = np.full((1, 1), price)
    none = np.zeros((1, 3))
    two = np.ones((2, 1))  # mark and factor have the day before, too
    bars = Bars(
        one, one, one, one, np.full((1, 1), before), one, one, two, two,
        np.full((1, 1), place, dtype=np.int8), np.ones(1, dtype=np.int64),
    )  # fmt: skip
    whole = np.zeros(1, dtype=np.int64)
    stocks = StockBook(
        whole, whole, whole + 100, whole + 100, none[:, 0], none[:, 0], none, none, none, none,
        book.up, book.down, book.inward,
    )  # fmt: skip
    return bars, stocks


def by_hand(code: str, day: str, special: bool, cents: int) -> tuple[Decimal, Decimal]:
    """The exchanges' rule in decimal arithmetic, with the limit of the table's own row."""
    status = "ST" if special else "normal"
    board = Board.of(code).name
    (row,) = (
        row
        for row in read_table("stock_price_limit")
        if (row.cells["board"], row.cells["status"]) == (board, status)
        and row.covers(np.datetime64(day).astype(object))
    )
    before = Decimal(cents) * TICK
    rounding = (ROUND_FLOOR, ROUND_CEILING) if board == "bse" else (ROUND_HALF_UP, ROUND_HALF_UP)
    high, low = (
        (before * (1 + side * Decimal(row.cells[limit]))).quantize(TICK, way)
        for side, limit, way in zip((1, -1), ("up_limit", "down_limit"), rounding, strict=True)
    )
    return max(high, before + TICK), max(min(low, before - TICK), TICK)


cases = st.sampled_from(CODES).flatmap(
    lambda code: st.tuples(
        st.just(code),
        st.sampled_from([day for day in [*CHANGES, "2031-01-02"] if day >= BEGIN[code]])
        .flatmap(lambda day: st.integers(-3, 3).map(lambda n: np.datetime64(day) + n))
        .map(lambda day: max(str(day), BEGIN[code])),
        st.booleans(),
        st.one_of(st.integers(1, 40), st.integers(1, 300_000)),
    )
)


@settings(max_examples=300, deadline=None)
@given(cases)
@example(("600519.SH", "2014-09-17", True, 4))
@example(("600519.SH", "2014-09-17", True, 1))
@example(("430047.BJ", "2022-01-04", False, 2))
def test_checks_ledger_and_states_know_the_same_limit_prices(case: tuple) -> None:
    code, day, special, cents = case
    book, limits = checks(code, day, special)
    before = cents / 100
    seen = limits.prices(np.array([before]))
    bars, stocks = ledger(book, int(limits.place[0]), before, before)
    compiled = day_limits(0, 0, bars, stocks)
    assert compiled == (seen[0][0], seen[1][0])
    expected = by_hand(code, day, special, cents)
    assert [round(price, 9) for price in compiled] == [float(price) for price in expected]
    assert [Decimal(str(round(price, 6))) % TICK for price in compiled] == [0, 0]


@pytest.mark.parametrize(
    ("cents", "bought", "sold"), [(4, DONE, DONE), (5, LIMIT_UP, DONE), (3, DONE, LIMIT_DOWN)]
)
def test_a_stock_at_four_cents_moves_a_tick_and_no_further(
    cents: int, bought: int, sold: int
) -> None:
    # special treatment, 5%: 0.042 and 0.038 both round to 0.04, a tick away is allowed
    book, limits = checks("600519.SH", "2014-09-17", True)
    bars, stocks = ledger(book, int(limits.place[0]), 0.04, cents / 100)
    assert limits.prices(np.array([0.04]))[0][0] == pytest.approx(0.05)
    assert limits.prices(np.array([0.04]))[1][0] == pytest.approx(0.03)
    one = stock_day(0, 0, FILL_OPEN, bars, stocks, np.nan, np.inf)
    assert refusal(BUY, one) == bought
    assert refusal(SELL, one) == sold


def test_the_price_of_a_cent_cannot_fall_and_may_rise_by_one() -> None:
    high, low = limit_prices(np.array([0.01, 0.01]), 0.10, 0.10, np.array([False, True]))
    assert high == pytest.approx(0.02)
    assert low == pytest.approx(0.01)


def test_before_its_board_a_stock_has_no_known_limit_for_anybody() -> None:
    book, limits = checks("688001.SH", "2018-01-02", False)
    assert np.isnan(limits.prices(np.array([10.0]))).all()
    bars, stocks = ledger(book, int(limits.place[0]), 10.0, 10.0)
    assert np.isnan(day_limits(0, 0, bars, stocks)).all()
