"""Expected returns are what earlier rebalances showed, by a slow loop, and know no later one."""

from functools import cache

import numpy as np
import pytest

from quanthedge.alpha import ScoreHistory
from quanthedge.alpha.calibrate import own_volatility
from quanthedge.alpha.expected import LEAST_KNOWN, STATED_IC
from quanthedge.alpha.features import neutraliser
from quanthedge.alpha.targets import known_at, targets
from quanthedge.backtesting.expectation import information_at
from quanthedge.labelling import labels
from quanthedge.portfolio import Periodic
from tests.oracles import layers as slow
from tests.sample import sample_market, small_strategy


@cache
def rows():
    return Periodic().grid(sample_market())


@cache
def graded():
    market = sample_market()
    found = np.random.default_rng(3).normal(0, 1, (rows().size, len(market.codes)))
    found[:, ::9] = np.nan
    found[0] = np.nan  # a rebalance without scores
    return found


def test_the_coefficient_is_that_of_a_regression_written_out():
    market, own = sample_market(), graded()
    where = np.isfinite(own)
    made = labels(market, rows(), horizon="next")
    known = known_at(rows(), made, 1)
    taken_out = neutraliser(market, rows(), where)
    residual = targets(made, where, taken_out, known, "residual").residual
    volatility = own_volatility(market, rows(), where)
    history = ScoreHistory.shown(market, own, rows())
    days = rows()[[13, 20, 30]] + np.array([0, 3, 0])  # a decision between two rebalances too
    found = history.information(days)
    for r, day in enumerate(days):
        slope, count = slow.coefficient(own, volatility, residual, known, rows(), day, 36.0)
        usual = np.median(np.diff(rows()[rows() <= day]))
        assert found.known[r] == count >= LEAST_KNOWN
        assert found.coefficient[r] == pytest.approx(max(slope, 0.0) / usual**0.5, abs=1e-12)


def test_few_rebalances_take_the_stated_coefficient_and_an_opposite_rule_expects_nothing():
    market = sample_market()
    early = ScoreHistory.shown(market, graded(), rows()).information(rows()[[0, 3]])
    assert (early.known < LEAST_KNOWN).all()
    assert (early.coefficient == STATED_IC).all()
    made = labels(market, rows(), horizon="next")
    ends = np.nan_to_num(np.where(np.isfinite(made.value), -made.value, np.nan), nan=0.0)
    opposite = ScoreHistory.shown(market, ends, rows()).information(rows()[-3:])
    assert (opposite.coefficient == 0.0).all()
    seen = ScoreHistory.shown(market, -ends, rows()).information(rows()[-3:])
    assert (seen.coefficient > 0.3).all()


def test_expected_returns_are_coefficient_times_volatility_times_score():
    market = sample_market()
    at = rows()[[20, 30]]
    found = ScoreHistory.shown(market, graded(), rows()).information(at)
    made = found.expected(market, graded()[[20, 30]], at)
    volatility = own_volatility(market, at, np.isfinite(graded()[[20, 30]]))
    for r, row in enumerate(graded()[[20, 30]]):
        z = (row - np.nanmean(row)) / np.nanstd(row)
        worth = found.coefficient[r] * np.sqrt(found.days[r])
        np.testing.assert_allclose(made[r], worth * volatility[r] * z, atol=1e-15)


@pytest.mark.parametrize("family", [False, True])
def test_a_market_that_ends_at_the_decision_gives_the_same_bits(family):
    strategy = small_strategy()
    if family:
        library = {"alpha": {"library": ["valuation", "reversal"]}, "factors": []}
        strategy = strategy.change({"name": "library", "name_zh": ""} | library)
    market = sample_market()
    decisions = rows()[[10, 22, 30]]
    whole = information_at(strategy, market, decisions)
    for r, row in enumerate(decisions):
        cut = information_at(strategy, market.until(market.dates[row]), decisions[: r + 1])
        for mine, other in zip(cut, whole, strict=True):
            np.testing.assert_array_equal(mine, other[: r + 1])
