"""Rolling betas of stocks against statsmodels, against the future and against the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quanthedge.beta import RollingOLS, index_returns
from quanthedge.beta.ols import rolling_ols, top_down_betas
from quanthedge.errors import DataError, StrategyError
from tests.lazy import lazily
from tests.oracles import beta as oracle
from tests.oracles.beta import panel

stats = lazily("scipy.stats")


def agree(returns, index, window, minimum):
    ours = rolling_ols(returns, index, window, minimum)
    beta, error, count = oracle.rolling_ols(returns, index, window, minimum)
    np.testing.assert_allclose(ours.beta, beta, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours.standard_error, error, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(ours.observations, count)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    days=st.integers(3, 40),
    window=st.integers(3, 25),
    missing=st.sampled_from([0.0, 0.1, 0.6]),
    data=st.data(),
)
def test_random_panels_agree_with_statsmodels(seed, days, window, missing, data):
    returns, index, _ = panel(seed, days, 3, missing)
    if days > 8:
        index[days // 2] = np.nan
    agree(returns, index, window, data.draw(st.integers(3, window)))


def test_outliers_and_long_suspensions_leave_no_trace():
    returns, index, _ = panel(3, 260, 5, 0.0)
    returns[50, 0] = 7.38
    returns[30, 1] = 1e6  # far worse than any market, gone after 60 days
    returns[60:210, 2] = np.nan
    returns[100:180, 3] = 0.1
    returns[200, 4] = np.inf
    ours = rolling_ols(returns, index, 60, 20)
    beta, error, _ = oracle.rolling_ols(returns, index, 60, 20)
    np.testing.assert_allclose(ours.beta, beta, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours.standard_error, error, rtol=1e-8, atol=1e-8)


def test_an_almost_perfect_fit_keeps_its_tiny_standard_error():
    rng = np.random.default_rng(1)
    index = rng.normal(0, 0.015, 130)
    noise = rng.normal(0, 1e-7, 130)
    returns = np.column_stack([1.2 * index + noise, 0.001 + noise])
    ours = rolling_ols(returns, index, 60, 40)
    beta, error, _ = oracle.rolling_ols(returns, index, 60, 40)
    np.testing.assert_allclose(ours.beta, beta, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(ours.standard_error, error, rtol=1e-8)


def test_more_stocks_than_one_tile_are_each_their_own_regression():
    returns, index, _ = panel(8, 30, 300)
    whole = rolling_ols(returns, index, 12, 6)
    parts = rolling_ols(returns[:, 250:], index, 12, 6)
    np.testing.assert_array_equal(whole.beta[:, 250:], parts.beta)
    np.testing.assert_array_equal(whole.standard_error[:, 250:], parts.standard_error)


@pytest.mark.parametrize("cut", [10, 59, 60, 61, 150])
def test_scrambling_the_future_moves_no_past_beta(cut):
    returns, index, _ = panel(4, 200, 7)
    before = rolling_ols(returns, index, 60, 5)
    scrambled, other = returns.copy(), index.copy()
    scrambled[cut + 1 :] = np.random.default_rng(9).normal(0, 3, scrambled[cut + 1 :].shape)
    other[cut + 1 :] = other[cut + 1 :][::-1] * 7
    for old, new in zip(before, rolling_ols(scrambled, other, 60, 5), strict=True):
        np.testing.assert_array_equal(old[: cut + 1], new[: cut + 1])


def test_a_95_percent_interval_holds_the_true_beta_95_times_in_100():
    returns, index, truth = panel(5, 600, 1500, 0.1)
    betas = rolling_ols(returns, index, 60, 40)
    rows = np.arange(59, 600, 60)  # windows that do not overlap
    beta, error = betas.beta[rows], betas.standard_error[rows]
    half = stats.t.ppf(0.975, betas.observations[rows] - 2) * error
    coverage = np.mean(np.abs(beta - truth) <= half)
    assert 0.945 <= coverage <= 0.955
    score = (beta - truth) / error
    assert abs(score.mean()) < 4 / np.sqrt(score.size)  # unbiased


def test_too_few_pairs_and_a_still_index_give_nan():
    index = np.array([0.01, 0.01, 0.01, 0.01, -0.01])
    returns = np.array([[0.01], [0.02], [np.nan], [0.0], [0.03]])
    betas = rolling_ols(returns, index, 5, 3)
    assert np.isnan(betas.beta[:4, 0]).all()  # two pairs, then an index that never moved
    assert np.isnan(betas.standard_error[:4, 0]).all()
    assert np.isfinite(betas.beta[4, 0])
    assert betas.observations[:, 0].tolist() == [1, 2, 2, 3, 4]


def test_top_down_is_the_same_regression_on_one_column():
    returns, index, _ = panel(6, 100, 1)
    np.testing.assert_array_equal(
        top_down_betas(returns[:, 0], index, 30, 20).beta,
        rolling_ols(returns, index, 30, 20).beta[:, 0],
    )


def test_a_model_estimates_what_the_function_does():
    returns, index, _ = panel(7, 90, 4)
    close = 2400 * np.cumprod(1 + index)

    class Market:
        def index_close(self, code):
            return {"000905.SH": close}[code]

    model = RollingOLS(index="000905.SH", window=30, min_observations=20)
    index = index_returns(Market(), "000905.SH")
    expected = rolling_ols(returns, index, 30, 20)
    np.testing.assert_array_equal(model.fit(returns, index).beta_, expected.beta)


@pytest.mark.parametrize(("window", "minimum"), [(60, 2), (10, 11)])
def test_a_window_that_cannot_hold_its_minimum_is_refused(window, minimum):
    returns, index, _ = panel(1, 20, 2)
    with pytest.raises(StrategyError, match="3 <= min_observations <= window"):
        rolling_ols(returns, index, window, minimum)
    with pytest.raises(ValidationError):
        RollingOLS(window=window, min_observations=minimum)


def test_different_days_are_refused():
    returns, index, _ = panel(1, 20, 2)
    with pytest.raises(DataError, match=r"\(20, 2\) and index_returns \(19,\)"):
        rolling_ols(returns, index[1:], 10, 5)


def test_blocks_on_threads_are_the_stocks_one_by_one() -> None:
    rng = np.random.default_rng(8)
    index = rng.normal(0, 0.015, 700)
    returns = index[:, None] + rng.normal(0, 0.02, (700, 1500))  # large enough for threads
    returns[rng.random(returns.shape) < 0.1] = np.nan
    together = rolling_ols(returns, index, 60, 40)
    for s in (0, 127, 128, 1407, 1408, 1499):
        alone = rolling_ols(returns[:, s : s + 1], index, 60, 40)
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[:, s], other[:, 0])
