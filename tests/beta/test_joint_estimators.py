"""Regressions on several regressors agree with statsmodels; late prices are put right."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.beta import Dimson, Ewma, Overlapping, RollingOLS, ScholesWilliams
from quanthedge.beta.overlapping import compounded
from quanthedge.errors import StrategyError
from tests.lazy import lazily

sm = lazily("statsmodels.api")
sklearn = lazily("sklearn.base")

WINDOW, LEAST = 60, 40


@pytest.fixture(scope="module")
def data():
    """Returns of six stocks and three indices, with suspensions, an outlier, a missing index."""
    rng = np.random.default_rng(3)
    days = 260
    index = rng.normal(0, 0.015, (days, 3)) + rng.normal(0, 0.01, (days, 1))
    betas = rng.uniform(-0.3, 1.3, (3, 6))
    returns = index @ betas + rng.normal(0, 0.02, (days, 6)) + 0.0005
    returns[40:95, 1] = np.nan
    returns[rng.random(days) < 0.1, 2] = np.nan
    returns[100, 3] = 30.0
    returns[:150, 4] = np.nan
    index[77, 1] = np.nan
    return returns, index


def pairs(y, x, t, window=WINDOW):
    span = slice(max(0, t - window + 1), t + 1)
    known = np.isfinite(y[span]) & np.isfinite(x[span]).all(axis=1)
    return y[span][known], x[span][known]


ROWS = (5, 38, 39, 60, 99, 120, 159, 161, 200, 259)


@pytest.mark.parametrize("errors", ["classical", "hac"])
@pytest.mark.parametrize("indices", [1, 2, 3])
def test_rolling_regressions_agree_with_statsmodels(data, errors, indices):
    returns, index = data[0], data[1][:, :indices]
    model = RollingOLS(window=WINDOW, min_observations=LEAST, errors=errors, lags=4)
    fitted = model.fit(returns, index)
    compared = 0
    for t in ROWS:
        for i in range(returns.shape[1]):
            y, x = pairs(returns[:, i], index, t)
            assert fitted.observations_[t, i] == len(y)
            if len(y) < LEAST:
                assert np.isnan(fitted.beta_[t, i]).all()
                continue
            kind = {"cov_type": "HAC", "cov_kwds": {"maxlags": 4}} if errors == "hac" else {}
            expected = sm.OLS(y, sm.add_constant(x)).fit(**kind)
            np.testing.assert_allclose(fitted.beta_[t, i], expected.params[1:], rtol=1e-8)
            np.testing.assert_allclose(fitted.standard_error_[t, i], expected.bse[1:], rtol=1e-8)
            compared += 1
    assert compared > 30


@pytest.mark.parametrize("indices", [1, 2])
def test_exponential_weights_agree_with_weighted_least_squares(data, indices):
    returns, index = data[0], data[1][:, [0, 2]][:, :indices]
    fitted = Ewma(half_life=25, min_observations=30).fit(returns, index)
    for t in (60, 150, 259):
        for i in range(returns.shape[1]):
            known = np.isfinite(returns[: t + 1, i])
            if known.sum() < 30:
                assert np.isnan(fitted.beta_[t, i]).all()
                continue
            weights = 0.5 ** (np.arange(t, -1, -1) / 25)[known]
            y, x = returns[: t + 1, i][known], index[: t + 1][known]
            expected = sm.WLS(y, sm.add_constant(x), weights=weights).fit()
            np.testing.assert_allclose(fitted.beta_[t, i], expected.params[1:], rtol=1e-8)
            # errors by the formula of the docstring, from matrices
            design = sm.add_constant(x)
            bread = np.linalg.inv(design.T @ (design * weights[:, None]))
            meat = design.T @ (design * weights[:, None] ** 2)
            n = weights.sum() ** 2 / (weights**2).sum()
            left = (weights * expected.resid**2).sum() / weights.sum() * n / (n - indices - 1)
            error = np.sqrt(left * np.diag(bread @ meat @ bread))[1:]
            np.testing.assert_allclose(fitted.standard_error_[t, i], error, rtol=1e-7)


def test_dimson_is_the_sum_of_the_slopes_around_a_day(data):
    returns, index = data[0], data[1][:, 0]
    fitted = Dimson(window=WINDOW, min_observations=LEAST, lags=2, leads=1).fit(returns, index)
    for t in (150, 230):
        for i in (0, 2, 3):
            rows = np.arange(t - WINDOW + 1, t + 1)
            x = np.column_stack([index[rows - k] for k in range(4)])  # day s + 1 .. s - 2
            y = returns[rows - 1, i]
            known = np.isfinite(y)
            expected = sm.OLS(y[known], sm.add_constant(x[known])).fit()
            sums = np.array([0, 1, 1, 1, 1])
            assert fitted.beta_[t, i] == pytest.approx(expected.params @ sums, rel=1e-8)
            error = np.sqrt(sums @ expected.cov_params() @ sums)
            assert fitted.standard_error_[t, i] == pytest.approx(error, rel=1e-8)


def test_scholes_williams_is_the_three_slopes_over_one_plus_twice_the_autocorrelation():
    rng = np.random.default_rng(5)
    index = rng.normal(0, 0.01, 4000)
    index[1:] += 0.2 * index[:-1]
    late = np.append(0.0, index[:-1])
    returns = (0.6 * index + 0.4 * late)[:, None] + rng.normal(0, 0.01, (4000, 1))
    fitted = ScholesWilliams(window=3990, min_observations=3000).fit(returns, index)
    y = returns[1:-1, 0]
    around = [index[:-2], index[1:-1], index[2:]]
    slopes = [np.polyfit(x, y, 1)[0] for x in around]
    rho = np.corrcoef(index[1:], index[:-1])[0, 1]
    assert fitted.beta_[-1, 0] == pytest.approx(sum(slopes) / (1 + 2 * rho), abs=2e-3)


def test_overlapping_returns_take_newey_west_errors(data):
    returns, index = data[0][:, :1], data[1][:, 0]
    fitted = Overlapping(days=5, window=WINDOW, min_observations=LEAST).fit(returns, index)
    y, x = compounded(returns, 5)[:, 0], compounded(index, 5)
    assert x[10] == pytest.approx(np.prod(1 + index[6:11]) - 1)
    design = sm.add_constant(x[200 - WINDOW + 1 : 201])
    expected = sm.OLS(y[200 - WINDOW + 1 : 201], design).fit(
        cov_type="HAC", cov_kwds={"maxlags": 4}
    )
    assert fitted.beta_[200, 0] == pytest.approx(expected.params[1], rel=1e-8)
    assert fitted.standard_error_[200, 0] == pytest.approx(expected.bse[1], rel=1e-8)


ALL = [
    RollingOLS(window=40, min_observations=20),
    RollingOLS(window=40, min_observations=20, errors="hac"),
    Ewma(half_life=20, min_observations=20),
    Dimson(window=40, min_observations=20),
    ScholesWilliams(window=40, min_observations=20),
    Overlapping(window=40, min_observations=20),
]


@pytest.mark.parametrize("model", ALL, ids=lambda m: f"{m.kind}")
def test_the_future_changes_nothing_in_the_past(data, model):
    returns, index = data[0], data[1][:, 0]
    whole = model.model_copy().fit(returns, index)
    cut = model.model_copy().fit(returns[:180], index[:180])
    np.testing.assert_array_equal(cut.beta_, whole.beta_[:180])
    np.testing.assert_array_equal(cut.standard_error_, whole.standard_error_[:180])
    assert np.isfinite(cut.beta_[-1]).any()


@pytest.mark.parametrize("model", ALL, ids=lambda m: f"{m.kind}")
def test_late_prices_bias_least_squares_and_not_what_looks_around_a_day(model):
    rng = np.random.default_rng(11)
    index = rng.normal(0, 0.015, 600)
    late = np.append(0.0, index[:-1])
    returns = (0.55 * index + 0.45 * late)[:, None] + rng.normal(0, 0.01, (600, 200))
    if isinstance(model, Ewma):
        fitted = model.model_copy().fit(returns, index)
    else:
        model = model.model_copy(update={"window": 250, "min_observations": 200})
        fitted = model.fit(returns, index)
    mean = fitted.beta_[-1].mean()
    corrected = {"dimson": 0.05, "scholes_williams": 0.05, "overlapping": 0.2}
    if model.kind in corrected:
        assert abs(mean - 1.0) < corrected[model.kind]
    else:
        assert mean < 0.75


@pytest.mark.parametrize("model", ALL, ids=lambda m: f"{m.kind}")
def test_estimators_follow_scikit_learn(model, data):
    copy = sklearn.clone(model)
    assert copy is not model
    assert copy == model
    assert copy.set_params(min_observations=21).min_observations == 21
    assert copy != model
    with pytest.raises(StrategyError, match="not fitted yet"):
        _ = copy.beta_


@pytest.mark.parametrize("model", ALL, ids=lambda m: f"{m.kind}")
def test_an_index_that_stands_still_has_no_beta(model):
    returns = np.random.default_rng(0).normal(0, 0.01, (100, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = model.model_copy().fit(returns, np.zeros(100))
    assert np.isnan(fitted.beta_).all()


def test_indices_that_are_the_same_have_no_joint_betas(data):
    index = np.column_stack([data[1][:, 0], 2.0 * data[1][:, 0]])
    assert np.isnan(RollingOLS().fit(data[0], index).beta_).all()
    with pytest.raises(StrategyError, match="takes one index, found 2"):
        ScholesWilliams().fit(data[0], index)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-6, 1.0, 1e3]))
def test_betas_survive_any_scale_and_gaps(seed, scale):
    rng = np.random.default_rng(seed)
    index = rng.normal(0, 0.01, (90, 2)) * scale
    returns = index @ rng.normal(1, 0.5, (2, 3)) + rng.normal(0, 0.01, (90, 3)) * scale
    returns[rng.random(returns.shape) < 0.2] = np.nan
    fitted = RollingOLS(window=50, min_observations=25).fit(returns, index)
    for i in range(3):
        y, x = pairs(returns[:, i], index, 89, 50)
        if len(y) >= 25:
            expected = sm.OLS(y, sm.add_constant(x)).fit()
            np.testing.assert_allclose(fitted.beta_[89, i], expected.params[1:], rtol=1e-7)
            np.testing.assert_allclose(fitted.standard_error_[89, i], expected.bse[1:], rtol=1e-7)
