"""Downside betas against statsmodels on the down days, and against the future."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.beta.downside import Downside
from quanthedge.errors import StrategyError
from tests.lazy import lazily
from tests.oracles.beta import panel

sm = lazily("statsmodels.api")
sklearn = lazily("sklearn.base")


def reference(returns, index, threshold, definition):
    """Slope, error and days of one window, by statsmodels on the days below the threshold."""
    limit = np.nanmean(index) if threshold == "mean" else 0.0
    down = np.isfinite(returns) & (index < limit)
    x, y = index[down], returns[down]
    if definition == "regression":
        fit = sm.OLS(y, sm.add_constant(x)).fit()
    else:
        fit = sm.OLS(y - limit, x - limit).fit()
    return fit.params[-1], fit.bse[-1], int(down.sum())


@pytest.mark.parametrize("threshold", ["mean", "zero"])
@pytest.mark.parametrize("definition", ["regression", "co_moment"])
def test_every_window_agrees_with_statsmodels(threshold, definition):
    returns, index, _ = panel(1, 150, 3, 0.1)
    returns[60:90, 1], index[40], returns[70, 2] = np.nan, np.nan, 50.0
    model = Downside(window=40, min_observations=5, threshold=threshold, definition=definition)
    ours = model.fit(returns, index)
    for t in range(0, 150, 2):
        days = slice(max(0, t - 39), t + 1)
        for i in range(3):
            limit = np.nanmean(index[days]) if threshold == "mean" else 0.0
            count = np.sum(np.isfinite(returns[days, i]) & (index[days] < limit))
            assert ours.observations_[t, i] == count
            if count < 5:
                assert np.isnan(ours.beta_[t, i])
                assert np.isnan(ours.standard_error_[t, i])
                continue
            slope, error, _ = reference(returns[days, i], index[days], threshold, definition)
            assert ours.beta_[t, i] == pytest.approx(slope, rel=1e-8, abs=1e-8)
            assert ours.standard_error_[t, i] == pytest.approx(error, rel=1e-8, abs=1e-8)


def test_the_co_moment_is_bawa_and_lindenbergs_ratio():
    returns, index, _ = panel(2, 200, 1, 0.0)
    model = Downside(window=200, threshold="zero", definition="co_moment")
    below = np.minimum(index, 0.0)
    ratio = np.mean(returns[:, 0] * below) / np.mean(below**2)
    assert model.fit(returns, index).beta_[-1, 0] == pytest.approx(ratio, rel=1e-12)


def test_a_stock_that_falls_harder_than_it_rises_is_told_apart():
    rng = np.random.default_rng(3)
    index = rng.normal(0, 0.015, 500)
    returns = np.where(index < 0, 1.5, 0.5) * index + rng.normal(0, 0.01, 500)
    model = Downside(window=500, threshold="zero").fit(returns[:, None], index)
    assert abs(model.beta_[-1, 0] - 1.5) < 4 * model.standard_error_[-1, 0] < 0.5


def test_an_almost_perfect_fit_keeps_its_tiny_error():
    rng = np.random.default_rng(4)
    index = rng.normal(0, 0.015, 100)
    returns = 1.2 * index + rng.normal(0, 1e-9, 100)
    ours = Downside(window=100, min_observations=20).fit(returns[:, None], index)
    _, error, _ = reference(returns, index, "mean", "regression")
    assert ours.standard_error_[-1, 0] == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("cut", [20, 60, 99])
def test_cutting_the_future_moves_no_past_beta(cut):
    returns, index, _ = panel(5, 120, 4)
    model = Downside(window=40, min_observations=5)
    whole = model.fit(returns, index).result_
    short = model.fit(returns[: cut + 1], index[: cut + 1]).result_
    for old, new in zip(short, whole, strict=True):
        np.testing.assert_array_equal(old, new[: cut + 1])


def test_a_result_depends_on_its_window_alone():
    returns, index, _ = panel(6, 120, 4)
    model = Downside(window=40, min_observations=5)
    whole, late = model.fit(returns, index).beta_, model.fit(returns[50:], index[50:]).beta_
    np.testing.assert_array_equal(whole[89:], late[39:])


def test_several_indices_and_a_minimum_beyond_the_window_are_refused():
    returns, index, _ = panel(7, 60, 2)
    with pytest.raises(StrategyError, match="Downside: takes one index, found 2"):
        Downside().fit(returns, np.column_stack([index, index]))
    with pytest.raises(ValidationError, match="about half of the days"):
        Downside(window=50)
    assert sklearn.clone(Downside(threshold="zero")) == Downside(threshold="zero")
