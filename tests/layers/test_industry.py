"""Tilts of industries are what their definition says, sum to nothing, stay inside a bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanthedge.layers.industry import NoTilt, ScoreTilt, _of_day
from quanthedge.risk import index_weights
from tests.oracles import layers as slow
from tests.sample import sample_market

INDEX = "000300.SH"
ROWS = np.array([300, 420])


def expected(seed=0):
    market = sample_market()
    found = np.random.default_rng(seed).normal(0, 0.01, (ROWS.size, len(market.codes)))
    found[:, ::7] = np.nan
    return found


def test_tilts_are_those_of_a_slow_loop():
    market, own = sample_market(), expected()
    groups, names = market.industry()
    found = ScoreTilt(bound=0.02).tilts(market, ROWS, own, INDEX)
    for r, row in enumerate(ROWS):
        value = market.panel("mark")[row] * market.panel("float_shares")[row]
        weights = index_weights(market, INDEX).on(np.array([row]))[0]
        slowly = slow.tilts(groups[row], len(names), own[r], value, weights, 0.02)
        np.testing.assert_allclose(found[r], slowly, atol=1e-12)
    assert np.abs(found).max() == pytest.approx(0.02)


@given(st.integers(0, 10_000), st.floats(0.001, 1.0))
def test_no_tilt_exceeds_the_bound_or_the_weight_and_they_sum_to_nothing(seed, bound):
    rng = np.random.default_rng(seed)
    group = rng.integers(-1, 6, 60)
    weights = rng.dirichlet(np.ones(60)) * (rng.random(60) < 0.7)
    earned = np.where(rng.random(60) < 0.2, np.nan, rng.normal(0, 0.01, 60))
    found = _of_day(group, 6, earned, rng.random(60) + 0.1, weights, bound)
    share = np.array([weights[group == g].sum() for g in range(6)])
    assert abs(found.sum()) < 1e-12
    assert np.abs(found).max() <= bound + 1e-12
    assert (share + found >= -1e-12).all()


def test_without_a_layer_or_a_difference_nothing_is_tilted():
    market = sample_market()
    assert not NoTilt().tilts(market, ROWS, expected(), INDEX).any()
    alike = np.full((ROWS.size, len(market.codes)), 0.01)
    np.testing.assert_allclose(ScoreTilt().tilts(market, ROWS, alike, INDEX), 0.0, atol=1e-12)


def test_the_future_of_the_market_moves_no_tilt():
    market = sample_market()
    cut = market.until(market.dates[ROWS[0]])
    own = expected()
    whole = ScoreTilt().tilts(market, ROWS[:1], own[:1], INDEX)
    np.testing.assert_array_equal(whole, ScoreTilt().tilts(cut, ROWS[:1], own[:1], INDEX))
