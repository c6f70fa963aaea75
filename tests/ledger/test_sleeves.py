"""Targets and hedges have an axis of sleeves: each sleeve taken out of a book is what went in."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.errors import LedgerError
from quanthedge.ledger import HedgeBook, TargetBook, run_ledger
from tests.ledger.adapter import (
    hedge_of_sleeve,
    kernel_inputs,
    kernel_trades,
    reference_trades,
    targets_of_sleeve,
)
from tests.ledger.test_kernel_beside_reference import compare_trades
from tests.oracles.ledger import run_reference
from tests.oracles.random_market import random_inputs, random_policy, random_targets

PADDED = ("flags", "bands")


def two_sleeves(seed):
    """A random market for one sleeve, and for another with targets and a hedge of its own."""
    one = random_inputs(seed, days=40, stocks=6)
    rng = np.random.default_rng((seed, 2))
    other = replace(
        one,
        targets=random_targets(rng, 40, 6),
        beta=one.beta * 0.7,
        book_ratio=one.book_ratio * 0.6,
        carry=one.carry - 0.01,
        hedge_ratio=0.8,
        default_beta=0.9,
        policy=random_policy(rng),
    )
    return one, other


def books(sleeves):
    return (
        TargetBook.of([targets_of_sleeve(x) for x in sleeves]),
        HedgeBook.of([hedge_of_sleeve(x) for x in sleeves]),
    )


def equal(mine, own):
    if isinstance(mine, tuple):
        assert type(mine) is type(own)
        for one, other in zip(mine, own, strict=True):
            equal(one, other)
    else:
        np.testing.assert_array_equal(mine, own)


def trimmed(mine, own):
    """A policy without the columns that another sleeve's has more."""
    columns = {name: getattr(mine, name)[:, : getattr(own, name).shape[1]] for name in PADDED}
    return mine._replace(**columns)


@pytest.mark.parametrize("seed", range(8))
def test_a_sleeve_taken_out_of_a_book_is_what_went_in(seed):
    sleeves = two_sleeves(seed)
    targets, hedge = books(sleeves)
    for s, x in enumerate(sleeves):
        mine, own = hedge.sleeve(s), hedge_of_sleeve(x)
        equal(mine._replace(policy=trimmed(mine.policy, own.policy)), own)
        found, given = targets.sleeve(s), targets_of_sleeve(x)
        days, ends = given.trade_days.size, int(given.pointer[-1])
        equal(found.trade_days[:days], given.trade_days)
        equal(found.pointer[: days + 1], given.pointer)
        equal((found.stocks[:ends], found.weights[:ends]), (given.stocks, given.weights))
        assert (found.trade_days[days:] > 40).all()
        assert (np.diff(found.pointer[days:]) == 0).all()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("s", [0, 1])
def test_each_sleeve_of_two_runs_as_the_reference_has_it_alone(seed, s):
    sleeves = two_sleeves(seed)
    targets, hedge = books(sleeves)
    cut = {
        "targets": TargetBook.of([targets.sleeve(s)]),
        "hedge": HedgeBook.of([hedge.sleeve(s)]),
    }
    found = run_ledger(kernel_inputs(sleeves[0])._replace(**cut))
    compare_trades(kernel_trades(found), reference_trades(run_reference(sleeves[s])))
    alone = run_ledger(kernel_inputs(sleeves[s]))
    np.testing.assert_array_equal(found.ledger, alone.ledger)
    np.testing.assert_array_equal(found.trades, alone.trades)


def test_one_sleeve_is_not_copied():
    inputs = kernel_inputs(two_sleeves(3)[0])
    assert inputs.hedge.beta.base is not None
    assert inputs.hedge.beta.shape[0] == inputs.targets.weights.shape[0] == 1


def test_books_of_another_number_of_sleeves_and_loans_are_refused_in_one_line():
    sleeves = two_sleeves(1)
    targets, hedge = books(sleeves)
    inputs = kernel_inputs(sleeves[0])
    with pytest.raises(LedgerError, match=r"targets of 2 sleeves and hedges of 1"):
        run_ledger(inputs._replace(targets=targets))
    both = inputs._replace(targets=targets, hedge=hedge)
    lent = both._replace(settings=both.settings._replace(borrowed=0.2))
    with pytest.raises(LedgerError, match=r"a loan of 0.2 of the equity with 2 sleeves"):
        run_ledger(lent)
    with pytest.raises(LedgerError, match=r"reigns of \[1, 2\] sleeves"):
        run_ledger(inputs, reigns=[(0, inputs), (5, both)])


def test_sleeves_of_other_markets_are_refused_and_so_are_none():
    one, other = hedge_of_sleeve(two_sleeves(1)[0]), hedge_of_sleeve(random_inputs(1, days=30))
    with pytest.raises(LedgerError, match=r"sleeves: beta of shapes"):
        HedgeBook.of([one, other])
    for book in (HedgeBook, TargetBook):
        with pytest.raises(LedgerError, match="none are given"):
            book.of([])
