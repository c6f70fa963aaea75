"""Regression and covariance against another library's, where both are the same formula."""

import numpy as np
import pytest

from quanthedge.risk import RiskModel
from quanthedge.risk.regression import factor_returns
from tests.risk.small_worlds import world
from tests.risk.test_risk_model import fit_world

pytestmark = pytest.mark.slow  # the other library takes seconds to import


def test_a_days_regression_is_that_of_skfolio():
    linear_model = pytest.importorskip("skfolio.linear_model")
    of = world(seed=4, days=20).of
    found, t = factor_returns(of), 12
    on = np.isfinite(of.returns[t])
    size = of.size[t - 1].astype(float)
    industries = np.eye(6)[of.industry[t - 1]]
    x = np.hstack([industries, of.styles[t - 1].astype(float)])[None]
    y = np.where(on, of.returns[t].astype(float), 0.0)[None]
    weight = np.where(on, np.sqrt(size), 0.0)[None]
    free = linear_model.CSLinearRegression().fit(x, y, cs_weights=weight).coef_[0]
    # industries free of the country: it is their mean by market value
    country = free[:6] @ (industries[on].T @ size[on]) / size[on].sum()
    theirs = np.concatenate([[country], free[:6] - country, free[6:]])
    ours = np.delete(found.returns[t], 7)  # the unknown industry has no stock
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_without_lags_levels_and_eigenfactors_the_covariance_is_that_of_skfolio():
    moments = pytest.importorskip("skfolio.moments")
    made = world(seed=6, days=300)
    plain = RiskModel(
        volatility_half_life=84.0, correlation_half_life=84.0, newey_west=0, correlation_lags=0,
        specific_lags=0, regime=0.0, eigen=0.0, style_means=False,
    )  # fmt: skip
    fitted = fit_world(made, plain)
    for row in (100, 299):
        known = fitted.regressions.returns[1 : row + 1]
        known = np.delete(known, 7, axis=1)  # the unknown industry has no stock, theirs refuses 0
        theirs = moments.EWCovariance(
            half_life=84.0, assume_centered=True, min_observations=1, nearest=False
        )
        theirs = theirs.fit(known).covariance_
        ours = np.delete(np.delete(fitted.factor_covariance(row), 7, axis=0), 7, axis=1)
        scale = np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8 * scale)
        on = np.abs(theirs) > 1e-3 * scale
        np.testing.assert_allclose(ours[on], theirs[on], rtol=1e-8)
