"""Huber's robust betas against statsmodels' RLM, against outliers and against the future."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quanthedge.beta.huber import Huber
from tests.lazy import lazily
from tests.oracles.beta import panel

sm = lazily("statsmodels.api")
sklearn = lazily("sklearn.base")


def reference(returns, index, tuning=1.345):
    """Slopes and errors of one window by reweighting in statsmodels, taken to the end."""
    known = np.isfinite(returns) & np.isfinite(index).all(axis=1)
    norm = sm.robust.norms.HuberT(tuning)
    model = sm.RLM(returns[known], sm.add_constant(index[known]), M=norm)
    fit = model.fit(maxiter=5000, tol=1e-15, conv="coefs")
    return fit.params[1:], fit.bse[1:]


@settings(max_examples=60, deadline=None)
@example(seed=629, days=8, indices=1, tails=1.5, tuning=1.0)  # needs 700 reweightings
@given(
    seed=st.integers(0, 10_000),
    days=st.integers(25, 70),  # in shorter windows of wild days the equations may have two roots
    indices=st.integers(1, 2),
    tails=st.sampled_from([1.5, 3.0, 50.0]),
    tuning=st.sampled_from([1.0, 1.345, 2.5]),
)
def test_a_window_agrees_with_statsmodels(seed, days, indices, tails, tuning):
    rng = np.random.default_rng(seed)
    index = rng.normal(0, 0.015, (days, indices))
    returns = index @ rng.uniform(-0.5, 1.5, indices) + 0.02 * rng.standard_t(tails, days)
    ours = Huber(window=days, min_observations=8, tuning=tuning).fit(returns[:, None], index)
    slope, error = reference(returns, index, tuning)
    np.testing.assert_allclose(ours.beta_[-1, 0], slope, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours.standard_error_[-1, 0], error, rtol=1e-8, atol=1e-8)


def test_every_window_of_a_panel_with_gaps_agrees_with_statsmodels():
    returns, index, _ = panel(3, 120, 3, 0.1)
    returns[50, 0], returns[70:100, 1], returns[90, 2], index[33] = 4.0, np.nan, -0.4, np.nan
    ours = Huber(window=30, min_observations=12).fit(returns, index)
    for t in range(0, 120, 3):
        days = slice(max(0, t - 29), t + 1)
        for i in range(3):
            count = np.sum(np.isfinite(returns[days, i]) & np.isfinite(index[days]))
            assert ours.observations_[t, i] == count
            if count < 12:
                assert np.isnan(ours.beta_[t, i])
                continue
            slope, error = reference(returns[days, i], index[days, None])
            assert ours.beta_[t, i] == pytest.approx(slope[0], rel=1e-8, abs=1e-8)
            assert ours.standard_error_[t, i] == pytest.approx(error[0], rel=1e-8, abs=1e-8)


def test_one_wild_day_hardly_moves_the_beta():
    returns, index, _ = panel(5, 60, 1, 0.0)
    wild = returns.copy()
    wild[np.argmax(index), 0] = -7.0
    calm = Huber().fit(returns, index).beta_[-1, 0]
    assert abs(Huber().fit(wild, index).beta_[-1, 0] - calm) < 0.5
    slopes = [np.polyfit(index, column[:, 0], 1)[0] for column in (returns, wild)]
    assert abs(slopes[1] - slopes[0]) > 5


def test_a_huge_tuning_constant_is_least_squares():
    returns, index, _ = panel(6, 80, 4, 0.1)
    ours = Huber(window=80, min_observations=20, tuning=1e6).fit(returns, index)
    for i in range(4):
        known = np.isfinite(returns[:, i])
        fit = sm.OLS(returns[known, i], sm.add_constant(index[known])).fit()
        assert ours.beta_[-1, i] == pytest.approx(fit.params[1], rel=1e-10)
        assert ours.standard_error_[-1, i] == pytest.approx(fit.bse[1], rel=1e-10)


def test_a_result_depends_on_its_window_alone():
    returns, index, _ = panel(7, 150, 5)
    returns[40:60] *= 20
    whole = Huber(window=30, min_observations=10).fit(returns, index)
    late = Huber(window=30, min_observations=10).fit(returns[70:], index[70:])
    np.testing.assert_array_equal(whole.beta_[99:], late.beta_[29:])
    np.testing.assert_array_equal(whole.standard_error_[99:], late.standard_error_[29:])
    assert Huber(window=30, min_observations=10).memory == 30


@pytest.mark.parametrize("cut", [9, 30, 77])
def test_cutting_the_future_moves_no_past_beta(cut):
    returns, index, _ = panel(8, 100, 4)
    whole = Huber(window=25, min_observations=8).fit(returns, index)
    short = Huber(window=25, min_observations=8).fit(returns[: cut + 1], index[: cut + 1])
    for old, new in zip(short.result_, whole.result_, strict=True):
        np.testing.assert_array_equal(old, new[: cut + 1])


def test_days_on_one_line_give_the_line_without_an_error():
    rng = np.random.default_rng(2)
    index = rng.normal(0, 0.015, 40)
    returns = 1.5 * index + 0.001
    returns[::5] += 0.3  # eight days off the line
    still = np.zeros(40)
    ours = Huber(window=40, min_observations=10).fit(np.column_stack([returns, still]), index)
    np.testing.assert_allclose(ours.beta_[-1], [1.5, 0.0], atol=1e-6)
    assert np.isnan(ours.standard_error_[-1, 1])


def test_an_index_that_stands_still_gives_nan():
    returns, _, _ = panel(9, 40, 2)
    ours = Huber(window=20, min_observations=10).fit(returns, np.full(40, 0.01))
    assert np.isnan(ours.beta_).all()
    assert np.isnan(ours.standard_error_).all()


def test_scikit_learn_clones_it_and_a_minimum_beyond_the_window_is_refused():
    model = sklearn.clone(Huber(window=120, tuning=1.5))
    assert model == Huber(window=120, tuning=1.5)
    with pytest.raises(ValidationError, match="min_observations 40 is more than window 20"):
        Huber(window=20)
