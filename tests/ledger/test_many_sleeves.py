"""Several sleeves in one ledger: the slow reference, fill by fill, and what must hold of any."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.ledger import HedgeBook, TargetBook, run_ledger
from quanthedge.ledger.layout import COLUMNS, REFUSAL_REASONS
from quanthedge.ledger.sleeve_table import of_account
from tests.ledger.adapter import (
    hedge_of_sleeve,
    kernel_inputs,
    kernel_trades,
    reference_trades,
    targets_of_sleeve,
)
from tests.ledger.test_kernel_beside_reference import compare_trades
from tests.oracles.random_market import random_inputs, random_policy, random_targets
from tests.oracles.sleeves import Stated, run_sleeves

METHODS = ("bottom_up", "fixed", "given")


def random_sleeves(seed, count=3, days=40, stocks=6):
    """Inputs of sleeves in one random market, and the contracts that the last one states."""
    one = random_inputs(seed, days=days, stocks=stocks, borrowed=0.0)
    rng = np.random.default_rng((seed, 5))
    sleeves = []
    for s in range(count):
        targets = [
            (day, [(i, weight / count) for i, weight in book])
            for day, book in (one.targets if s == 0 else random_targets(rng, days, stocks))
        ]
        more = {}
        if s:
            more = {
                "beta": one.beta * rng.uniform(0.5, 1.0),
                "book_ratio": one.book_ratio * 0.6,
                "hedge_ratio": float(rng.uniform(0.3, 1.0)),
                "policy": random_policy(rng),
                "beta_method": str(rng.choice(METHODS)),
            }
        sleeves.append(replace(one, targets=targets, **more))
    stated: list[Stated | None] = [None] * count
    if rng.random() < 0.7:
        stated[-1] = random_contracts(rng, sleeves[-1])
        days_stated = {day for day, _ in stated[-1].targets}
        book = dict(sleeves[-1].targets) if rng.random() < 0.5 else {}
        sleeves[-1] = replace(
            sleeves[-1], both_sides=True, aversion=0.0, range=None,
            targets=[(day, book.get(day, [])) for day in sorted(days_stated | set(book))],
        )  # fmt: skip
        told = dict(stated[-1].targets)
        stated[-1].targets = [(day, told.get(day, [])) for day, _ in sleeves[-1].targets]
    return sleeves, stated


def random_contracts(rng, x):
    """Parts of the equity in contracts, long and short, on some days."""
    product = np.asarray(x.product)
    days = np.flatnonzero(rng.random(len(x.days)) < 0.2)
    found = []
    for t in days:
        chosen = np.flatnonzero(rng.random(product.size) < 0.6)
        chosen = chosen[np.argsort(product[chosen], kind="stable")]
        size = rng.choice([0.05, 0.2, 0.6])
        ways = rng.choice([-1.0, 1.0, np.nan], len(chosen), p=[0.45, 0.45, 0.1])
        found.append(
            (int(t), [(int(c), float(way * size)) for c, way in zip(chosen, ways, strict=True)])
        )
    return Stated(found)


def kernel_sleeves(sleeves, stated):
    """The same as the kernel takes it."""
    targets, hedges = [], []
    for x, one in zip(sleeves, stated, strict=True):
        mine, hedge = targets_of_sleeve(x), hedge_of_sleeve(x)
        if one is not None:
            pairs = [pair for _, book in one.targets for pair in book]
            counts = np.cumsum([0] + [len(book) for _, book in one.targets])
            mine = mine._replace(
                lot_pointer=counts.astype(np.int64),
                contracts=np.array([c for c, _ in pairs], dtype=np.int64),
                exposures=np.array([part for _, part in pairs], dtype=np.float64),
            )
            hedge = hedge._replace(method=4, together=one.together)
        targets.append(mine)
        hedges.append(hedge)
    return kernel_inputs(sleeves[0])._replace(
        targets=TargetBook.of(targets), hedge=HedgeBook.of(hedges)
    )


def refusals_of(record):
    return sorted(
        (
            int(r[0]), "stock" if r[1] == 0 else "future", int(r[2]),
            "buy" if r[3] > 0 else "sell", int(r[4]), int(r[5]), REFUSAL_REASONS[int(r[6])],
        )
        for r in record.refusals
    )  # fmt: skip


def agree(seed, made=random_sleeves, **sizes):
    """The kernel's run is the reference's; returns it."""
    sleeves, stated = made(seed, **sizes)
    fast = run_ledger(kernel_sleeves(sleeves, stated))
    assert_same_run(fast, run_sleeves(sleeves, stated))
    return fast


def assert_same_run(fast, slow):
    """Trades, refusals, every line of every day and what each sleeve earned are the reference's."""
    compare_trades(kernel_trades(fast), reference_trades(slow))
    assert fast.trades[:, 14].astype(int).tolist() == slow.trade_sleeves
    wanted = sorted(
        (r.day, r.kind, r.index, r.side, r.wanted, r.done, r.reason) for r in slow.refusals
    )
    assert refusals_of(fast) == wanted
    assert (fast.insolvent_day is None) == (slow.status == "ok")
    equity = np.array([row["equity"] for row in slow.ledger])
    for name in slow.ledger[0]:
        found = fast.ledger[: fast.days_run, COLUMNS.index(name)]
        given = np.array([row[name] for row in slow.ledger], dtype=float)
        scale = np.maximum(1.0, np.abs(equity))
        np.testing.assert_allclose(found / scale, given / scale, rtol=0, atol=1e-9, err_msg=name)
    earned = fast.of_sleeves[: fast.days_run, :, COLUMNS.index("equity")]
    np.testing.assert_allclose(earned, np.array(slow.earned), rtol=1e-9, atol=1e-3)


@pytest.mark.parametrize("seed", range(24))
def test_sleeves_are_those_of_the_reference_fill_by_fill(seed):
    agree(seed)


@pytest.mark.parametrize("seed", range(60, 66))
def test_two_sleeves_of_more_stocks(seed):
    agree(seed, count=2, days=60, stocks=10)


def test_holdings_of_several_sleeves_are_one_of_the_account():
    of_two = np.array([[3.0, 1.0, 200.0, 0.9, 0.0], [3.0, 4.0, 100.0, 1.1, 0.0],
                       [3.0, 1.0, 300.0, 0.9, 1.0], [4.0, 1.0, 300.0, 0.8, 1.0]])  # fmt: skip
    together = [[3.0, 1.0, 500.0, 0.9], [3.0, 4.0, 100.0, 1.1], [4.0, 1.0, 300.0, 0.8]]
    assert of_account(of_two)[:, :4].tolist() == together
    of_one = of_two[:2][::-1]
    assert of_account(of_one) is of_one
    assert of_account(of_one[:0]).shape == (0, 5)
