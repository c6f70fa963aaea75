"""Walking betas against statsmodels' state space, least squares, the truth and the future."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.beta.kalman import Kalman
from quanthedge.beta.kernels.state import walking_betas
from quanthedge.beta.kernels.walking_pairs import walking_pairs
from quanthedge.errors import StrategyError
from tests.lazy import lazily
from tests.oracles.beta import panel

sm = lazily("statsmodels.api")
sklearn = lazily("sklearn.base")
mlemodel = lazily("statsmodels.tsa.statespace.mlemodel")


def reference(returns, index, ratio, alpha_ratio, start):
    """Run statsmodels' filter in units of the observation variance.

    The first `start` known days give state, covariance and squared residuals by least squares.
    Returns betas, their relative variances, running squared errors, weights and sums of logs of
    the days after.
    """
    design = sm.add_constant(index)
    known = np.isfinite(returns) & np.isfinite(design).all(axis=1)
    begin = np.flatnonzero(known)[start - 1] + 1
    first = np.flatnonzero(known)[:start]
    fit = sm.OLS(returns[first], design[first]).fit()
    p = design.shape[1]
    steps = np.diag([alpha_ratio] + [ratio] * (p - 1))
    y = np.where(known, returns, np.nan)[begin:]
    model = mlemodel.MLEModel(y, k_states=p, k_posdef=p)
    model["design"] = np.nan_to_num(design[begin:]).T[None]
    model["transition"] = model["selection"] = np.eye(p)
    model["state_cov"], model["obs_cov"] = steps, np.eye(1)
    model.ssm.initialize_known(fit.params, fit.normalized_cov_params + steps)
    run = model.ssm.filter()
    seen = np.isfinite(y)
    variance = run.forecasts_error_cov[0, 0]
    squares = np.where(seen, run.forecasts_error[0] ** 2 / variance, 0.0)
    return (
        begin,
        run.filtered_state[1:].T,
        np.diagonal(run.filtered_state_cov)[:, 1:],
        fit.ssr + np.cumsum(squares),
        start - p + np.cumsum(seen),
        np.cumsum(np.where(seen, np.log(variance), 0.0)),
    )


@pytest.mark.parametrize(("ratio", "alpha_ratio"), [(0.0, 0.0), (0.5, 0.0), (3.0, 1e-4)])
@pytest.mark.parametrize("indices", [1, 2])
def test_a_given_ratio_agrees_with_statsmodels_state_space(ratio, alpha_ratio, indices):
    rng = np.random.default_rng(indices)
    index = rng.normal(0, 0.015, (300, indices))
    returns = index.sum(axis=1) + rng.normal(0, 0.02, 300)
    returns[[5, 60]], returns[100:130], index[200, 0] = np.nan, np.nan, np.nan
    model = Kalman(signal_to_noise=ratio, alpha_signal_to_noise=alpha_ratio, min_observations=30)
    ours = model.fit(returns[:, None], index)
    begin, beta, variance, squares, weight, _ = reference(returns, index, ratio, alpha_ratio, 30)
    error = np.sqrt(variance * (squares / weight)[:, None])
    np.testing.assert_allclose(ours.beta_[begin:, 0], beta, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours.standard_error_[begin:, 0], error, rtol=1e-8, atol=1e-8)
    assert np.isnan(ours.beta_[: begin - 1]).all()
    assert np.isfinite(ours.beta_[begin - 1]).all()


def test_a_beta_that_stands_still_is_recursive_least_squares():
    returns, index, _ = panel(2, 200, 3, 0.1)
    ours = Kalman(signal_to_noise=0.0).fit(returns, index)
    for i in range(3):
        known = np.flatnonzero(np.isfinite(returns[:, i]))
        exog = sm.add_constant(index[known])
        recursive = sm.RecursiveLS(returns[known, i], exog).fit()
        np.testing.assert_allclose(
            ours.beta_[known[40:], i],
            recursive.recursive_coefficients.filtered[1, 40:],
            rtol=1e-8,
            atol=1e-8,
        )
        for t in known[[39, 80, 150]]:
            days = known[known <= t]
            fit = sm.OLS(returns[days, i], sm.add_constant(index[days])).fit()
            assert ours.beta_[t, i] == pytest.approx(fit.params[1], rel=1e-8)
            assert ours.standard_error_[t, i] == pytest.approx(fit.bse[1], rel=1e-8)


def test_a_known_observation_variance_scales_the_errors():
    returns, index, _ = panel(3, 100, 1, 0.0)
    model = Kalman(signal_to_noise=0.3, observation_variance=0.02**2, min_observations=20)
    ours = model.fit(returns, index)
    begin, beta, variance, *_ = reference(returns[:, 0], index[:, None], 0.3, 0.0, 20)
    np.testing.assert_allclose(ours.beta_[begin:, 0], beta[:, 0], rtol=1e-8)
    np.testing.assert_allclose(
        ours.standard_error_[begin:, 0], 0.02 * np.sqrt(variance[:, 0]), rtol=1e-8
    )


@pytest.mark.parametrize("known", [None, 0.0004])
@pytest.mark.parametrize("scope", ["stock", "market"])
def test_the_ratio_of_a_day_has_the_highest_likelihood_so_far(scope, known):
    rng = np.random.default_rng(4)
    index = rng.normal(0, 0.03, 250)
    betas = 1 + np.cumsum(rng.normal(0, [0.0, 0.03, 0.1], (250, 3)), axis=0)
    returns = index[:, None] * betas + rng.normal(0, 0.02, (250, 3))
    returns[rng.random((250, 3)) < 0.1] = np.nan
    grid = (0.0, 0.1, 1.0, 10.0)
    model = Kalman(grid=grid, estimated_for=scope, observation_variance=known, min_observations=20)
    ours = model.fit(returns, index)
    deviance = np.zeros((250, 3, 4))
    for i in range(3):
        for g, ratio in enumerate(grid):
            run = reference(returns[:, i], index[:, None], ratio, 0.0, 20)
            begin, _, _, squares, weight, logs = run
            fit = weight * np.log(squares) if known is None else squares / known
            deviance[begin:, i, g] = fit + logs
    if scope == "market":
        deviance = np.repeat(deviance.sum(axis=1, keepdims=True), 3, axis=1)
    wanted = np.array(grid)[np.argmin(deviance, axis=2)]
    late = slice(60, None)  # all three filters run
    np.testing.assert_array_equal(ours.signal_to_noise_[late], wanted[late])
    assert len(np.unique(wanted[late])) > 1
    for g, ratio in enumerate(grid):
        fixed = Kalman(signal_to_noise=ratio, observation_variance=known, min_observations=20).fit(
            returns, index
        )
        same = ours.signal_to_noise_ == grid[g]
        np.testing.assert_array_equal(ours.beta_[same], fixed.beta_[same])


def test_the_walk_is_found_and_its_interval_holds_the_truth_95_times_in_100():
    rng = np.random.default_rng(5)
    index = rng.normal(0, 0.015, 900)
    truth = 1 + np.cumsum(rng.normal(0, 0.02, (900, 400)), axis=0)
    returns = index[:, None] * truth + rng.normal(0, 0.02, (900, 400))
    model = Kalman().fit(returns, index)
    assert np.unique(model.signal_to_noise_[300:]).tolist() == [1.0]
    rows = np.arange(300, 900, 150)
    inside = np.abs(model.beta_ - truth)[rows] <= 1.96 * model.standard_error_[rows]
    assert 0.93 <= inside.mean() <= 0.97


def test_a_half_life_lets_the_errors_follow_the_volatility():
    rng = np.random.default_rng(6)
    index = rng.normal(0, 0.015, 800)
    noise = np.where(np.arange(800) < 400, 0.01, 0.04)
    returns = (index + noise * rng.standard_normal(800))[:, None]
    slow = Kalman(signal_to_noise=0.1).fit(returns, index).standard_error_[:, 0]
    fast = Kalman(signal_to_noise=0.1, half_life=60).fit(returns, index).standard_error_[:, 0]
    assert fast[790] > 1.15 * slow[790]


def test_days_without_a_return_bring_no_update_and_widen_the_error():
    returns, index, _ = panel(7, 120, 1, 0.0)
    returns[80:110] = np.nan
    model = Kalman(signal_to_noise=1.0).fit(returns, index)
    assert np.ptp(model.beta_[79:110]) == 0.0
    assert (np.diff(model.standard_error_[79:110, 0]) > 0).all()
    assert (model.observations_[79:110] == 80).all()


@pytest.mark.parametrize("scope", ["stock", "market"])
@pytest.mark.parametrize("cut", [45, 90, 130])
def test_cutting_the_future_moves_no_past_beta(cut, scope):
    returns, index, _ = panel(8, 150, 6)
    model = Kalman(estimated_for=scope, half_life=100.0)
    whole = model.fit(returns, index).result_
    short = model.fit(returns[: cut + 1], index[: cut + 1]).result_
    for old, new in zip(short, whole, strict=True):
        np.testing.assert_array_equal(old, new[: cut + 1])


def test_an_index_that_stands_still_starts_no_filter():
    returns, index, _ = panel(9, 120, 2, 0.0)
    index[:60] = 0.01
    ours = Kalman().fit(returns, index)
    assert np.isnan(ours.beta_[:60]).all()
    assert np.isfinite(ours.beta_[65:]).all()


def test_scikit_learn_clones_it_and_unsound_parameters_are_refused():
    for model in (Kalman(), Kalman(grid=(0, 1)), Kalman(signal_to_noise=2, half_life=250)):
        assert sklearn.clone(model) == model
    with pytest.raises(ValidationError, match="negative ratio"):
        Kalman(grid=(-1.0, 1.0))
    returns, index, _ = panel(1, 20, 1)
    with pytest.raises(StrategyError, match="min_observations 3 for 2 indices"):
        Kalman(min_observations=3).fit(returns, np.column_stack([index, index]))
    with pytest.raises(StrategyError, match="not fitted yet"):
        _ = Kalman().signal_to_noise_


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("variance", "keep"), [(np.nan, 1.0), (np.nan, 0.97), (4e-4, 1.0)])
@pytest.mark.parametrize("speeds", [1, 5])
def test_the_pass_for_one_index_is_the_general_filter_to_the_last_bit(
    together: bool, variance: float, keep: float, speeds: int
) -> None:
    rng = np.random.default_rng(5)
    index = rng.normal(0, 0.015, 400)
    returns = np.linspace(0.2, 1.8, 30) * index[:, None] + rng.normal(0, 0.02, (400, 30))
    returns[rng.random(returns.shape) < 0.1] = np.nan
    returns[:200, :5] = np.nan  # listed later
    returns[:, 7] = np.nan  # never traded
    returns[:, 8] = 0.0
    index[[50, 51, 300]] = np.nan
    ratios = np.geomspace(0.01, 10.0, speeds)
    general = [np.empty((400, 30, 1)), np.empty((400, 30, 1))]
    general += [np.empty((400, 30), dtype=np.int32), np.empty((400, 30))]
    quick = [
        np.empty((400, 30)),
        np.empty((400, 30)),
        np.empty_like(general[2]),
        np.empty((400, 30)),
    ]
    walk, terms = (ratios, 1e-4), (variance, keep, together, 40)
    walking_betas(returns, index[:, None], *walk, True, *terms, *general)
    walking_pairs(returns, index, *walk, *terms, *quick)
    for one, other in zip(general, quick, strict=True):
        np.testing.assert_array_equal(one.reshape(other.shape), other)
    assert np.isfinite(quick[0][-1]).sum() >= 25
