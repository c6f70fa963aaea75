"""What the ledger is given of contracts and of a joint hedge: worked out from small tables."""

from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace

import numpy as np
import pytest

from quanthedge.backtesting.hedge_leg import (
    _at_limits,
    _covariances,
    _future_book,
    _no_contracts,
    _position_limit,
)

TICK = Fraction(1, 5)


def at_limits(before, fills, limit, limit_last_day, last_day=1_000_000):
    """Return whether a sale, a purchase is refused at each fill after a settlement of the day."""
    days = len(fills)
    schedule = SimpleNamespace(
        dates=np.arange(days), last_day=np.array([last_day]),
        opening_settlement=np.array([before[0]]),
        settlement_price=np.array([*before[1:], np.nan])[:, None],
        fill_price=np.array(fills)[:, None],
    )  # fmt: skip
    rules = SimpleNamespace(
        limit=np.full(days, limit), limit_last_day=np.full(days, limit_last_day), tick=0.2
    )
    low, high = _at_limits(schedule, rules)
    return low[:, 0].tolist(), high[:, 0].tolist()


@pytest.mark.parametrize("limit", [Fraction(1, 10), Fraction(7, 100), Fraction(1, 5)])
def test_limit_prices_are_the_last_ticks_inside_the_limit(limit):
    before = [TICK * n for n in range(10_000, 30_000, 37)]
    low = [TICK * ceil(one * (1 - limit) / TICK) for one in before]
    high = [TICK * floor(one * (1 + limit) / TICK) for one in before]
    known = [float(one) for one in before]
    for fills, no_sale, no_buy in (
        (low, True, False), ([one + TICK for one in low], False, False),
        (high, False, True), ([one - TICK for one in high], False, False),
    ):  # fmt: skip
        prices = [float(one) for one in fills]
        found = at_limits(known, prices, float(limit), 0.5)
        assert found == ([no_sale] * len(before), [no_buy] * len(before))


def test_the_last_day_has_a_limit_of_its_own_and_a_listing_day_has_none():
    fills = [2700.0, 2700.0, 2400.0, 2700.0]
    low, _ = at_limits([3000.0] * 4, fills, 0.1, 0.2, last_day=1)
    assert low == [True, False, True, True]
    low, high = at_limits([np.nan, 3000.0], [1.0, 3300.0], 0.1, 0.2)
    assert (low, high) == ([False, False], [False, True])


def test_covariances_are_those_of_the_last_250_days_that_are_known_of_all():
    returns = np.random.default_rng(4).normal(0.0, 0.01, (300, 2))
    returns[:3] = np.nan
    returns[280, 1] = np.nan
    found = _covariances(returns, 4, 299)
    assert found.shape == (296, 2, 2)
    for t in range(4, 300):
        known = [row for row in returns[max(0, t - 249) : t + 1] if not np.isnan(row).any()]
        expected = np.zeros((2, 2))
        if len(known) >= 3:
            apart = np.array(known) - np.mean(known, axis=0)
            expected = 243 * apart.T @ apart / (len(known) - 1)
        np.testing.assert_allclose(found[t - 4], expected, rtol=1e-10, atol=1e-15)
    assert _covariances(returns[:, :1], 5, 6).shape == (2, 1, 1)


def test_a_market_without_contracts_has_none_and_limits_nothing():
    book = _no_contracts(3, 2)
    assert book.product.size == book.last_day.size == 0
    for name, rows in (
        ("fill_price", 3), ("settlement", 4), ("margin_rate", 4), ("no_sale", 3), ("no_buy", 3)
    ):  # fmt: skip
        assert getattr(book, name).shape == (rows, 0)
    assert book.hold.tolist() == [[-1, -1]] * 3
    assert book.after_stocks.tolist() == [True] * 3
    assert book.multiplier.tolist() == [1.0, 1.0]
    for name in ("fee_rate", "close_today_rate", "order_fee_yuan", "delivery_fee_rate"):
        assert getattr(book, name).tolist() == [[0.0, 0.0]] * 3
    for name in ("opening_limit", "position_limit"):
        assert getattr(book, name).tolist() == [[np.inf, np.inf]] * 3


def test_a_hedgers_quota_stands_in_for_the_exchanges_limit():
    rules = SimpleNamespace(position_limit=np.array([100.0, np.nan]))
    for account, quota, expected in (
        ("hedging", 7, [7.0, 7.0]), ("hedging", None, [100.0, np.inf]),
        ("speculation", 7, [100.0, np.inf]),
    ):  # fmt: skip
        rule = SimpleNamespace(account=account, quota_lots=quota)
        assert _position_limit(rule, rules).tolist() == expected


def product(hold, contracts, price, quarter):
    """Return contracts and rules of a product over two days, told from others by their numbers."""
    schedule = SimpleNamespace(
        dates=np.arange(2), contracts=[f"{price}{k}" for k in range(contracts)],
        hold=np.array(hold), last_day=np.arange(contracts) + int(price),
        fill_price=np.full((2, contracts), price), quarter=np.array(quarter),
        opening_settlement=np.full(contracts, price + 0.25),
        settlement_price=np.full((2, contracts), price + 0.5),
    )  # fmt: skip
    by_day = {
        name: price + k + np.array([0.0, 0.125])
        for k, name in enumerate((
            "fee_rate", "close_today_rate", "order_fee_yuan", "delivery_fee_rate",
            "daily_open_limit", "position_limit", "margin", "margin_quarter",
        ))
    }  # fmt: skip
    limits = {"limit": np.full(2, 0.1), "limit_last_day": np.full(2, 0.2)}
    limits["larger_side"] = np.array([False, True])
    return schedule, SimpleNamespace(**by_day, **limits, tick=0.25, multiplier=price * 10)


def test_products_stand_side_by_side_with_contracts_numbered_through():
    one = product([1, -1], 2, 100.0, [[True, False], [False, True]])
    two = product([-1, 0], 1, 500.0, [[False], [True]])
    one[0].fill_price[0, 0] = 90.25  # the lowest price of the day
    two[0].fill_price[1, 0] = 550.5  # the highest
    timing = SimpleNamespace(after_stocks=np.array([True, False]))
    rule = SimpleNamespace(account="speculation", quota_lots=None)
    book = _future_book(rule, [one[0], two[0]], [one[1], two[1]], timing)
    assert book.product.tolist() == [0, 0, 1]
    assert book.hold.tolist() == [[1, -1], [-1, 2]]
    assert book.no_sale.tolist() == [[True, False, False], [False] * 3]
    assert book.no_buy.tolist() == [[False] * 3, [False, False, True]]
    assert book.last_day.tolist() == [100, 101, 500]
    assert book.fill_price.tolist() == [[90.25, 100.0, 500.0], [100.0, 100.0, 550.5]]
    assert book.settlement.tolist() == [[100.25, 100.25, 500.25]] + [[100.5, 100.5, 500.5]] * 2
    first = [107.0, 106.0, 506.0]  # of a quarter's contract the second rate
    assert book.margin_rate.tolist() == [first, first, [106.125, 107.125, 507.125]]
    assert book.multiplier.tolist() == [1000.0, 5000.0]
    assert book.after_stocks.tolist() == [True, False]
    assert book.larger_side.tolist() == [False, False, True]  # the eve is as the first day
    names = "fee_rate", "close_today_rate", "order_fee_yuan", "delivery_fee_rate"
    for k, name in enumerate((*names, "opening_limit", "position_limit")):
        expected = [[100.0 + k, 500.0 + k], [100.125 + k, 500.125 + k]]
        assert getattr(book, name).tolist() == expected
