"""Blume's adjustment against its arithmetic, statsmodels, the truth and the future."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.beta.blume import Blume
from quanthedge.beta.downside import Downside
from quanthedge.beta.huber import Huber
from quanthedge.beta.kalman import Kalman
from tests.lazy import lazily
from tests.oracles.beta import panel

sm = lazily("statsmodels.api")
sklearn = lazily("sklearn.base")

BASE = Huber(window=30, min_observations=10)


@pytest.mark.parametrize("base", [BASE, Downside(window=40, min_observations=10), Kalman()])
def test_a_given_weight_draws_betas_to_the_mean(base):
    returns, index, _ = panel(1, 100, 5)
    before = base.fit(returns, index)
    ours = Blume(base=base, weight=0.6, mean=0.9).fit(returns, index)
    np.testing.assert_allclose(ours.beta_, 0.6 * before.beta_ + 0.4 * 0.9, rtol=1e-14)
    np.testing.assert_allclose(ours.standard_error_, 0.6 * before.standard_error_, rtol=1e-14)
    np.testing.assert_array_equal(ours.observations_, before.observations_)
    assert ours.memory == base.memory


@pytest.mark.parametrize("lag", [None, 20, 200])
def test_an_estimated_weight_is_the_regression_on_the_betas_one_period_before(lag):
    returns, index, _ = panel(2, 300, 50, 0.2)
    base = BASE.fit(returns, index)
    before = base.beta_
    ours = Blume(base=BASE, weight="estimated", lag=lag, min_stocks=20).fit(returns, index)
    back = lag or 30
    assert np.isnan(ours.beta_[: back + 9]).all()
    for t in range(back + 30, 300, 7):
        x, y = before[t - back], before[t]
        known = np.isfinite(x) & np.isfinite(y)
        level, slope = sm.OLS(y[known], sm.add_constant(x[known])).fit().params
        np.testing.assert_allclose(ours.beta_[t], level + slope * y, rtol=1e-9)
        np.testing.assert_allclose(
            ours.standard_error_[t], abs(slope) * base.standard_error_[t], rtol=1e-9
        )
    assert ours.memory == 30 + back


def test_noisy_betas_are_drawn_in_about_as_far_as_they_should_be():
    rng = np.random.default_rng(3)
    index = rng.normal(0, 0.015, 120)
    truth = rng.normal(1, 0.3, 2000)
    returns = np.outer(index, truth) + rng.normal(0, 0.025, (120, 2000))
    ours = Blume(base=Huber(), weight="estimated").fit(returns, index).beta_[-1]
    raw = Huber().fit(returns, index).beta_[-1]
    assert np.std(ours - truth) < 0.85 * np.std(raw - truth)


def test_days_with_too_few_stocks_give_nan():
    returns, index, _ = panel(4, 150, 40, 0.0)
    returns[:, 25:] = np.nan
    assert np.isnan(Blume(base=BASE, weight="estimated").fit(returns, index).beta_).all()
    assert np.isfinite(
        Blume(base=BASE, weight="estimated", min_stocks=25).fit(returns, index).beta_[-1, :25]
    ).all()


@pytest.mark.parametrize("cut", [62, 127, 128, 190])
def test_cutting_the_future_moves_no_past_beta(cut):
    returns, index, _ = panel(5, 200, 40)
    model = Blume(base=BASE, weight="estimated")
    whole = model.fit(returns, index).result_
    short = model.fit(returns[: cut + 1], index[: cut + 1]).result_
    for old, new in zip(short, whole, strict=True):
        np.testing.assert_array_equal(old, new[: cut + 1])


def test_several_indices_are_adjusted_one_by_one():
    returns, index, _ = panel(6, 120, 40, 0.0)
    both = np.column_stack([index, np.random.default_rng(1).normal(0, 0.01, 120)])
    ours = Blume(base=BASE, weight="estimated").fit(returns, both).beta_
    before = BASE.fit(returns, both).beta_
    for k in range(2):
        x, y = before[89, :, k], before[119, :, k]
        level, slope = sm.OLS(y, sm.add_constant(x)).fit().params
        np.testing.assert_allclose(ours[119, :, k], level + slope * y, rtol=1e-9)


def test_parameters_are_cloned_and_unsound_ones_refused():
    model = Blume(base=Huber(window=90), weight="estimated", lag=60, index="000905.SH")
    assert sklearn.clone(model).get_params() == model.get_params()
    with pytest.raises(ValidationError, match="no window to go back by; give lag"):
        Blume(base=Kalman(), weight="estimated")
    with pytest.raises(ValidationError, match="needs the betas of many stocks"):
        Blume(base=BASE, weight="estimated", method="top_down")
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Blume(base=BASE, weight=1.5)
    assert Blume(base=Kalman(), weight="estimated", lag=250).memory is None
