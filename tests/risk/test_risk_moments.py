"""Covariances and specific risk against plain loops, pandas, and histories that are replayed."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.risk.factor_covariance import (
    eigen_bias,
    expected_means,
    moments_of,
    nearest_psd,
    one_covariance,
    smooth_bias,
)
from quanthedge.risk.specific import blended, shrunk, specific_of, trust

DAYS, COUNT = 130, 4
TERMS = {
    "volatility_half_life": 20.0, "correlation_half_life": 60.0, "volatility_lags": 3,
    "correlation_lags": 2, "regime_half_life": 15.0, "regime_cap": 25.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def returns():
    return np.random.default_rng(5).standard_normal((DAYS, COUNT)) * 0.01


def everywhere(returns):
    return np.ones(returns.shape, dtype=bool)


def plain_lag(returns, half_life, q):
    """Weighted mean of f[t] f[t - q]' over all days that have both, from the definition."""
    top, bottom = 0.0, 0.0
    for t in range(q, len(returns)):
        weight = 0.5 ** ((len(returns) - 1 - t) / half_life)
        top = top + weight * np.outer(returns[t], returns[t - q])
        bottom += weight
    return top / bottom


def plain_newey_west(returns, half_life, lags):
    found = plain_lag(returns, half_life, 0)
    for q in range(1, lags + 1):
        lag = plain_lag(returns, half_life, q)
        found = found + (1 - q / (lags + 1)) * (lag + lag.T)
    return found


def test_moments_are_those_of_a_plain_loop(returns):
    found = moments_of(returns, everywhere(returns), {}, **TERMS)
    last = -1
    np.testing.assert_allclose(
        found.plain[last], np.diag(plain_lag(returns, 20, 0)), rtol=1e-12
    )  # fmt: skip
    full = np.maximum(np.diag(plain_newey_west(returns, 20, 3)), 0.5 * found.plain[last])
    np.testing.assert_allclose(found.adjusted[last], full, rtol=1e-12)
    np.testing.assert_allclose(found.correlation[last], plain_lag(returns, 60, 0), atol=1e-16)
    np.testing.assert_allclose(found.lagged[last], plain_newey_west(returns, 60, 2), atol=1e-16)


def test_the_level_of_a_day_is_returns_over_what_was_forecast(returns):
    found = moments_of(returns, everywhere(returns), {}, **TERMS)
    top, bottom = 0.0, 0.0
    for t in range(20, DAYS):
        weight = 0.5 ** ((DAYS - 1 - t) / 15)
        top += weight * min((returns[t] ** 2 / found.plain[t - 1]).mean(), 25)
        bottom += weight
    assert found.regime[-1] == pytest.approx(top / bottom, rel=1e-12)
    loud = returns.copy()
    loud[-10:] *= 3
    assert moments_of(loud, everywhere(loud), {}, **TERMS).regime[-1] > 1.5 * found.regime[-1]


def test_a_change_of_factors_is_the_same_as_a_history_told_in_the_new_ones(returns):
    change = np.array([[1.0, 0, 0, 0], [0, 0.3, 0.7, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    found = moments_of(returns, everywhere(returns), {99: change}, **TERMS)
    told = returns.copy()
    told[:100] = told[:100] @ change.T
    replayed = moments_of(told, everywhere(told), {}, **TERMS)
    np.testing.assert_allclose(found.plain[-1], replayed.plain[-1], rtol=1e-10)
    np.testing.assert_allclose(found.adjusted[-1], replayed.adjusted[-1], rtol=1e-10)
    np.testing.assert_allclose(found.lagged[-1], replayed.lagged[-1], atol=1e-16)


def test_returns_that_continue_raise_the_risk_of_longer_horizons():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((3000, 1)) * 0.01
    moved = noise.copy()
    moved[1:] += 0.5 * noise[:-1]  # an MA(1): variance 1.25, sum over lags 2.25
    terms = TERMS | {"volatility_half_life": 1000.0, "volatility_lags": 10}
    found = moments_of(moved, everywhere(moved), {}, **terms)
    wanted = (1.25 + 2 * 0.5 * 10 / 11) / 1.25
    assert found.adjusted[-1, 0] / found.plain[-1, 0] == pytest.approx(wanted, rel=0.1)


def test_days_without_returns_are_passed_over(returns):
    holes = np.insert(returns, 50, np.nan, axis=0)
    found = moments_of(holes, everywhere(holes), {}, **TERMS)
    whole = moments_of(returns, everywhere(returns), {}, **TERMS)
    np.testing.assert_array_equal(found.adjusted[-1], whole.adjusted[-1])
    assert found.days[-1] == DAYS


def test_a_covariance_has_the_variances_and_no_negative_eigenvalue():
    bad = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    assert np.linalg.eigvalsh(bad)[0] < -0.1
    found = one_covariance(np.array([1.0, 4.0, 9.0]), bad)
    assert np.linalg.eigvalsh(found)[0] > -1e-12
    np.testing.assert_allclose(np.diag(found), [1, 4, 9])
    good = np.array([[2.0, 0.5], [0.5, 1.0]])
    assert nearest_psd(good) is good
    dead = one_covariance(np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert (dead[1] == 0).all()


def test_the_bias_of_eigenfactors_is_that_of_drawn_histories():
    values = np.array([0.2, 0.5, 1.0, 2.0, 5.0])
    days, rng = 60, np.random.default_rng(3)
    total = np.zeros(5)
    for _ in range(1500):
        drawn = rng.standard_normal((days, 5)) * np.sqrt(values)
        found, vectors = np.linalg.eigh(drawn.T @ drawn / days)
        total += (vectors.T @ np.diag(values) @ vectors).diagonal() / found
    bias = eigen_bias(values, days, 1500, seed=0)
    np.testing.assert_allclose(bias, np.sqrt(total / 1500), rtol=0.02)
    assert bias[0] > 1.05 > bias[-1]
    np.testing.assert_allclose(eigen_bias(values, 1e6, 10, seed=0), 1.0, atol=0.01)


def test_a_parabola_smooths_many_biases_and_leaves_few_alone():
    place = np.arange(40.0)
    curve = 1.2 - 0.01 * place + 0.0001 * place**2
    np.testing.assert_allclose(smooth_bias(curve), curve, rtol=1e-9)
    assert smooth_bias(curve[:6]) is not None
    np.testing.assert_array_equal(smooth_bias(curve[:6]), curve[:6])


def specific(residuals, lags=2):
    size = np.ones(residuals.shape, dtype=np.float32)
    return specific_of(
        residuals.astype(np.float32), size, half_life=20.0, lags=lags, regime_half_life=15.0,
        regime_cap=25.0,
    )  # fmt: skip


def test_specific_variances_are_exponential_means_over_traded_days():
    rng = np.random.default_rng(2)
    residuals = (rng.standard_normal((150, 6)) * 0.02).astype(np.float32)
    residuals[rng.random(residuals.shape) < 0.1] = np.nan
    found = specific(residuals)
    squares = pd.DataFrame(residuals.astype(float) ** 2)
    wanted = squares.ewm(halflife=20, ignore_na=True).mean()
    np.testing.assert_allclose(found.plain, wanted, rtol=1e-6)  # float32
    for n in range(6):
        own = residuals[np.isfinite(residuals[:, n]), n].astype(float)[:, None]
        full = max(plain_newey_west(own, 20, 2)[0, 0], 0.5 * plain_lag(own, 20, 0)[0, 0])
        assert found.adjusted[-1, n] == pytest.approx(full, rel=1e-6)
    assert (found.counts[-1] == np.isfinite(residuals).sum(axis=0)).all()


def test_a_suspended_stock_keeps_the_variance_of_its_last_day():
    residuals = np.full((60, 1), 0.02, dtype=np.float32)
    residuals[30:] = np.nan
    found = specific(residuals)
    assert (found.adjusted[30:] == found.adjusted[29]).all()


def test_short_and_fat_tailed_histories_are_trusted_less():
    rng = np.random.default_rng(1)
    days = 252
    residuals = np.column_stack(
        [
            rng.standard_normal(days),
            np.where(np.arange(days) < 192, np.nan, rng.standard_normal(days)),
            np.where(np.arange(days) < 132, np.nan, rng.standard_normal(days)),
            np.where(np.arange(days) % 8 == 0, 30.0, 1.0) * rng.standard_normal(days),
        ]
    )
    found = trust((0.01 * residuals).astype(np.float32))
    assert found[:3].tolist() == [1.0, 0.0, 0.5]
    own = 0.01 * residuals[:, 3]
    robust = np.subtract(*np.percentile(own, [75, 25])) / 1.35
    pulled = np.clip(own, -10 * robust, 10 * robust).std()
    assert found[3] == pytest.approx(np.exp(1 - (pulled - robust) / robust), rel=1e-5)
    assert found[3] < 0.7


def test_the_structural_model_gives_a_new_stock_the_risk_of_its_like():
    rng = np.random.default_rng(4)
    grade = rng.standard_normal(300)
    design = np.column_stack([np.ones(300), grade])
    true = 0.02 * np.exp(0.3 * grade)
    size = rng.lognormal(0, 1, 300)
    own, gamma = true.copy(), np.ones(300)
    own[:20], gamma[:20] = np.nan, 0.0
    own[20:30], gamma[20:30] = 3 * true[20:30], 0.5
    found = blended(own, gamma, design, size)
    np.testing.assert_allclose(found[:20], true[:20], rtol=1e-6)
    np.testing.assert_allclose(found[20:30], 2 * true[20:30], rtol=1e-6)
    np.testing.assert_allclose(found[30:], true[30:])


def test_shrinkage_draws_to_the_mean_of_the_decile_by_the_formula():
    rng = np.random.default_rng(0)
    volatility, size = rng.uniform(0.01, 0.04, 100), rng.lognormal(0, 1, 100)
    found = shrunk(volatility, size, 0.1)
    group = np.argsort(size)[:10]
    mean = np.average(volatility[group], weights=size[group])
    spread = np.sqrt(((volatility[group] - mean) ** 2).mean())
    for n in group:
        off = 0.1 * abs(volatility[n] - mean)
        pull = off / (spread + off)
        assert found[n] == pytest.approx(pull * mean + (1 - pull) * volatility[n], rel=1e-12)
    assert np.isnan(shrunk(np.array([np.nan, 0.01]), np.ones(2), 0.1)[0])


def test_expected_means_are_james_steins_of_the_days_before():
    rng = np.random.default_rng(8)
    returns = rng.standard_normal((DAYS, COUNT)) * 0.01 + [0.004, -0.002, 0.0, 0.001]
    returns[7] = np.nan
    found = expected_means(returns, 60.0)
    for t in (40, 129):
        on = [d for d in range(t) if d != 7]
        weight = 0.5 ** (-np.arange(len(on)) / 60.0)  # days passed over do not fade
        past = returns[on]
        mean = np.average(past, axis=0, weights=weight)
        variance = np.average((past - mean) ** 2, axis=0, weights=weight)
        days = weight.sum() ** 2 / (weight**2).sum()
        pull = max(0.0, 1 - (COUNT - 2) / (days * mean**2 / variance).sum())
        assert 0.3 < pull < 1
        np.testing.assert_allclose(found[t], pull * mean, rtol=1e-9)
    assert not found[:20].any()
    np.testing.assert_array_equal(expected_means(returns[:90], 60.0), found[:90])


def test_means_that_are_noise_are_drawn_to_nothing_mostly():
    rng = np.random.default_rng(9)
    found = expected_means(rng.standard_normal((600, 10)), 252.0)
    plain = np.sqrt(252 * 2 / np.log(2)) ** -1  # about what an undrawn mean strays by
    assert np.sqrt((found[300:] ** 2).mean()) < 0.6 * plain
    assert not expected_means(rng.standard_normal((90, 2)), 252.0).any()
