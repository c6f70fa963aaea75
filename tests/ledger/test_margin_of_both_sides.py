"""Margin on both sides of a spread, and on the larger side only where the exchange asks no more."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.ledger import HedgeBook, TargetBook, run_ledger
from quanthedge.ledger.layout import COLUMNS
from tests.ledger.test_kernel_beside_reference import compare
from tests.ledger.test_legs_that_wait import random_legs
from tests.ledger.test_many_sleeves import agree, kernel_sleeves, random_sleeves
from tests.oracles.random_market import calm_inputs, random_both_sides
from tests.oracles.sleeves import Stated

DAYS, LEVEL, LOT = 6, 3000.0, 900_000.0


def spread(larger_side, **changes):
    """The near contract sold and the far one bought from the first day on, 20% of equity each."""
    x = replace(
        calm_inputs(days=DAYS, contracts=2, level=LEVEL, capital_yuan=1e8),
        targets=[(0, [])], both_sides=True, futures_slippage=0.0, **changes,
    )  # fmt: skip
    inputs = kernel_sleeves([x, x], [None, Stated([(0, [(0, -0.2), (1, 0.2)])])])
    asked = np.asarray(larger_side, dtype=bool)
    return inputs._replace(futures=inputs.futures._replace(larger_side=asked))


def margins(inputs):
    found = run_ledger(inputs)
    lots = sorted((int(c), int(n)) for t, c, n, _ in found.contracts if t == 0)
    assert lots == [(0, -22), (1, 22)]  # 20 million of 900,000 a lot
    return found.ledger[:, COLUMNS.index("margin_required")]


def test_both_sides_are_asked_for_by_default():
    assert margins(spread([False] * (DAYS + 1))) == pytest.approx(2 * 22 * LOT * 0.12)


def test_the_larger_side_alone_where_the_rule_of_the_day_says_so():
    found = margins(spread([False, False, False, True, True, True, True]))
    both, larger = 2 * 22 * LOT * 0.12, 22 * LOT * 0.12
    assert found.tolist() == pytest.approx([both, both, larger, larger, larger, larger])


def test_a_sleeve_beside_counts_on_its_side():
    inputs = spread([True] * (DAYS + 1))
    both = [kernel_sleeves_of(inputs, s) for s in (1, 1)]
    twice = inputs._replace(
        targets=TargetBook.of([one[0] for one in both]),
        hedge=HedgeBook.of([one[1] for one in both]),
    )
    found = run_ledger(twice).ledger[:, COLUMNS.index("margin_required")]
    assert found == pytest.approx(2 * 22 * LOT * 0.12)  # two spreads, each its larger side


def netting(made, share=0.5):
    """Random markets in which margin is asked for the larger side from some day on."""

    def with_netting(seed, **sizes):
        sleeves, stated = made(seed, **sizes)
        days = len(sleeves[0].days)
        begins = int(np.random.default_rng((seed, 13)).integers(0, int(days * share)))
        asked = np.arange(days + 1) >= begins
        return [replace(x, larger_side=asked) for x in sleeves], stated

    return with_netting


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("made", [random_sleeves, random_legs])
def test_netted_sleeves_are_those_of_the_reference_fill_by_fill(made, seed):
    agree(seed, netting(made))


@pytest.mark.parametrize("seed", range(10))
def test_a_netted_hedge_of_both_sides_is_that_of_the_reference(seed):
    x = random_both_sides(seed, days=40, stocks=6)
    compare(replace(x, larger_side=np.arange(41) >= seed))


def test_money_for_one_side_carries_both_where_the_larger_is_asked_for():
    money = 1.1 * 22 * LOT * 0.12  # of 100 million, all but the margin of one side and a tenth
    lots = {}
    for netted in (False, True):
        inputs = spread([netted] * (DAYS + 1), cash_reserve=0.0)
        inputs = inputs._replace(settings=inputs.settings._replace(capital_yuan=money))
        more = inputs.targets._replace(exposures=inputs.targets.exposures * 1e8 / money)
        found = run_ledger(inputs._replace(targets=more))
        lots[netted] = sorted((int(c), int(n)) for t, c, n, _ in found.contracts if t == 0)
    assert lots == {False: [(0, -12), (1, 12)], True: [(0, -22), (1, 22)]}


def kernel_sleeves_of(inputs, s):

    return inputs.targets.sleeve(s), inputs.hedge.sleeve(s)
