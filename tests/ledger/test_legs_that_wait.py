"""Stocks and contracts of a sleeve that go together: neither leg runs ahead of the other."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import COLUMNS, REFUSAL_REASONS
from tests.ledger.test_many_sleeves import agree, kernel_sleeves, random_sleeves
from tests.oracles.random_market import calm_inputs, random_targets
from tests.oracles.sleeves import Stated


def random_legs(seed, **sizes):
    """A random market with a sleeve of stocks against which it sells contracts, mostly."""
    sleeves, stated = random_sleeves(seed, **sizes)
    rng = np.random.default_rng((seed, 11))
    x, days = sleeves[-1], len(sleeves[-1].days)
    product = np.asarray(x.product)
    targets, contracts = [], []
    for t, weights in random_targets(rng, days, len(x.delist)):
        kind = rng.random()
        book = [(i, weight * 0.6) for i, weight in weights]
        sold = rng.choice([0.3, 1.0, 1.0, 1.5]) * sum(weight for _, weight in book)
        known = np.flatnonzero(~np.isnan(x.settlement[t]) & (x.last_day > t))
        if kind < 0.15 or not known.size:
            book, legs = [], []
        elif kind < 0.75:
            legs = [(int(known[-1 if rng.random() < 0.3 else 0]), -float(sold))]
        elif kind < 0.85:  # two legs, the second of another size
            some = sorted(rng.permutation(known)[:2].tolist(), key=lambda c: (product[c], c))
            parts = [-sold, float(rng.choice([-0.5, 0.4])) * sold]
            legs = [(int(c), float(part)) for c, part in zip(some, parts, strict=False)]
        elif kind < 0.92:
            legs = [(int(known[0]), np.nan)]
            book = book if rng.random() < 0.5 else []
        else:
            legs = []
        targets.append((t, book))
        contracts.append((t, legs))
    sleeves[-1] = replace(x, both_sides=True, aversion=0.0, range=None, targets=targets)
    stated[-1] = Stated(contracts, together=True)
    return sleeves, stated


@pytest.mark.parametrize("seed", range(30))
def test_legs_that_wait_are_those_of_the_reference_fill_by_fill(seed):
    agree(seed, random_legs)


LOT, WISH = 900_000.0, 40e6  # yuan: 44 lots


def basket(changes, *, decisions, days=8, stocks=1, limit=np.inf, retry_days=5, after=True):
    """A quiet market of 100 million yuan: 10 yuan a share, 900,000 a lot, no costs."""
    x = replace(
        calm_inputs(
            days=days, stocks=stocks, contracts=1, capital_yuan=1e8, retry_days=retry_days,
            opening_limit=np.full((days, 1), limit), after_stocks=np.full(days, after),
        ),
        both_sides=True, targets=[(t, weights) for t, weights, _ in decisions],
    )  # fmt: skip
    x = replace(x, **changes(x))
    stated = Stated([(t, legs) for t, _, legs in decisions], together=True)
    empty = replace(x, targets=[])
    return run_ledger(kernel_sleeves([empty, x], [None, stated]))


def held(record):
    """Lots sold and yuan of stocks at each close."""
    lots = -record.ledger[:, COLUMNS.index("lots")]
    return lots.tolist(), record.ledger[:, COLUMNS.index("stock_value")].tolist()


def refused(record, kind):
    rows = record.refusals[record.refusals[:, 1] == kind]
    return [(int(r[0]), int(r[4]), int(r[5]), REFUSAL_REASONS[int(r[6])]) for r in rows]


OPEN = (0, [(0, 0.4)], [(0, -0.4)])


def suspended(stock, days):
    """Changes that take a stock's bars away."""

    def changes(x):
        names = ("open", "high", "low", "close", "volume", "amount")
        found = {name: getattr(x, name).copy() for name in names}
        for name in names:
            found[name][days, stock] = np.nan if name not in ("volume", "amount") else 0.0
        return found

    return changes


@pytest.mark.parametrize("after", [True, False])
def test_ten_lots_a_day_let_ten_lots_of_the_basket_be_bought(after):
    record = basket(lambda x: {}, decisions=[OPEN], limit=10, after=after)
    lots, value = held(record)
    assert lots == [10, 20, 30, 40, 44, 44, 44, 44]
    nearest = [(n + 0.5) * LOT for n in (10, 20, 30, 40)]  # what is nearest to so many lots
    assert value == pytest.approx([*nearest, WISH, WISH, WISH, WISH], abs=1000)
    assert refused(record, 0)[0] == (0, 4_000_000, 945_000, "other_leg")
    assert [row[3] for row in refused(record, 1)] == ["open_limit"] * 4


def test_a_limit_of_no_lot_lets_nothing_be_bought():
    record = basket(lambda x: {}, decisions=[OPEN], limit=0)
    assert held(record) == ([0] * 8, [0.0] * 8)


def test_without_it_the_basket_is_bought_against_ten_lots():
    alone = basket(lambda x: {}, decisions=[(0, [(0, 0.4)], [])], limit=10)
    assert held(alone)[1] == [WISH] * 8  # a decision on stocks alone waits for nothing


def test_lots_wait_for_a_suspended_half_of_the_basket_and_come_with_it():
    half = [(0, 0.2), (1, 0.2)]
    record = basket(suspended(1, slice(0, 3)), decisions=[(0, half, [(0, -0.4)])], stocks=2, days=6)
    lots, value = held(record)
    assert lots == [22, 22, 22, 44, 44, 44]  # 20 million are worth 22.2 lots
    assert value == [20e6, 20e6, 20e6, WISH, WISH, WISH]
    assert refused(record, 1)[:2] == [(0, 44, 22, "other_leg"), (1, 22, 0, "other_leg")]
    assert {row[3] for row in refused(record, 0)} == {"suspended"}


def test_a_contract_filled_before_the_stocks_gives_back_what_they_did_not_become():
    def at_limit(x):
        found = {name: getattr(x, name).copy() for name in ("open", "high", "low", "close")}
        for prices in found.values():
            prices[:2] = 11.0  # at the upper limit: nothing can be bought
        return found | {"mark": np.vstack([x.mark[:1], *(found["close"])])}

    record = basket(at_limit, decisions=[OPEN], days=4, retry_days=1, after=False)
    lots, value = held(record)
    assert value == [0.0] * 4
    assert lots == [44, 44, 0, 0]  # expected on two days; on the third no order is left


def test_the_contract_follows_the_basket_out_and_stays_for_what_is_suspended():
    half = [(0, 0.2), (1, 0.2)]
    decisions = [(0, half, [(0, -0.4)]), (3, [], [])]
    record = basket(suspended(1, slice(2, 6)), decisions=decisions, stocks=2)
    lots, value = held(record)
    assert lots == [44, 44, 44, 22, 22, 22, 0, 0]
    assert value == [WISH] * 3 + [20e6] * 3 + [0.0, 0.0]
    assert refused(record, 1)[0] == (3, 44, 22, "other_leg")


def test_at_delivery_the_contract_is_gone_whatever_stocks_are_left():
    decisions = [(0, [(0, 0.4)], [(0, -0.4)]), (3, [], [])]
    ends = np.array([4])
    record = basket(
        lambda x: suspended(0, slice(2, 8))(x) | {"last_day": ends}, decisions=decisions
    )
    lots, value = held(record)
    assert lots == [44, 44, 44, 44, 0, 0, 0, 0]
    assert value == [WISH] * 8


def test_a_roll_keeps_the_old_month_for_what_the_new_one_cannot_take():
    wider = ("fill_price", "settlement", "margin_rate", "no_sale", "no_buy")

    def two_months(x):
        found = {name: np.repeat(getattr(x, name), 2, axis=1) for name in wider}
        limit = np.full((8, 1), np.inf)
        limit[2:] = 30.0
        return found | {
            "last_day": np.array([20, 30]), "product": np.zeros(2, int), "opening_limit": limit,
        }  # fmt: skip

    basket_held = [(0, 0.4)]
    record = basket(
        two_months,
        decisions=[(0, basket_held, [(0, -0.4)]), (2, basket_held, [(1, -0.4)])],
    )
    by_day = {t: {} for t in range(8)}
    for t, c, lots, _ in record.contracts:
        by_day[int(t)][int(c)] = int(lots)
    assert by_day[1] == {0: -44}
    assert by_day[2] == {0: -14, 1: -30}
    assert by_day[3] == {1: -44}
