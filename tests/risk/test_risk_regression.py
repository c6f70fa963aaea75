"""Factor returns against a dense constrained solve, statsmodels and a world that is known."""

import numpy as np
import pytest

from quanthedge.risk.exposures import parents
from quanthedge.risk.regression import factor_returns
from tests.risk.small_worlds import world

WORLD = world(seed=1, days=320)


def dense(of, t, least=0.0):
    """Factor returns of a day by the Lagrangian of the constrained problem, and the residuals.

    Industries of effectively fewer than ``least`` stocks are penalised for each stock they lack.
    """
    groups = len(of.industries)
    on = of.counted[t - 1] & np.isfinite(of.returns[t]) & np.isfinite(of.size[t - 1])
    on = np.flatnonzero(on)
    size = of.size[t - 1, on].astype(float)
    dummies = np.eye(groups)[of.industry[t - 1, on]]
    there = dummies.any(axis=0)
    x = np.hstack([np.ones((len(on), 1)), dummies[:, there], of.styles[t - 1, on].astype(float)])
    w = np.sqrt(size)
    limit = np.concatenate([[0.0], (dummies[:, there] * size[:, None]).sum(axis=0) / size.sum(),
                            np.zeros(of.styles.shape[2])])  # fmt: skip
    penalty = np.zeros(x.shape[1])
    for k, own in enumerate(dummies[:, there].T.astype(bool)):
        lacking = max(least - w[own].sum() ** 2 / (w[own] ** 2).sum(), 0.0)
        penalty[1 + k] = lacking * w[own].mean()
    square = x.T @ (w[:, None] * x) + np.diag(penalty)
    system = np.block([[square, limit[:, None]], [limit[None], np.zeros((1, 1))]])
    y = of.returns[t, on].astype(float)
    found = np.linalg.solve(system, np.append(x.T @ (w * y), 0.0))[:-1]
    full = np.zeros(1 + groups + of.styles.shape[2])
    full[np.concatenate([[True], there, np.ones(of.styles.shape[2], bool)])] = found
    return full, on, y - x @ found, w, x, y


def test_returns_are_those_of_the_constrained_problem_solved_densely():
    of = WORLD.of
    counted = of.counted.copy()
    counted[:, :7] = False
    of = of._replace(counted=counted)
    found = factor_returns(of)
    for t in (1, 57, 319):
        full, on, left, *_ = dense(of, t)
        np.testing.assert_allclose(found.returns[t], full, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.residuals[t, on], left, rtol=0, atol=1e-8)  # float32
        assert found.stocks[t] == len(on)


def thinned():
    """The world with one stock left of industry 2 and three of industry 4."""
    of = WORLD.of
    counted = of.counted.copy()
    for industry, left in ((2, 1), (4, 3)):
        counted[:, np.flatnonzero(of.industry[0] == industry)[left:]] = False
    return of._replace(counted=counted)


def test_thin_industries_are_those_of_the_penalised_problem_solved_densely():
    of = thinned()
    found = factor_returns(of, 5.0)
    for t in (1, 57, 319):
        full, on, left, w, _, _ = dense(of, t, 5.0)
        np.testing.assert_allclose(found.returns[t], full, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.residuals[t, on], left, rtol=0, atol=1e-8)  # float32
        for g in range(7):
            own = w[of.industry[t - 1, on] == g]
            if own.size:
                lacking = max(5.0 - own.sum() ** 2 / (own**2).sum(), 0.0)
                assert found.drawn[t, g] == pytest.approx(lacking / (lacking + own.size))
        assert (found.drawn[t] > 0).sum() >= 1
        share = np.bincount(of.industry[t - 1, on], w**2, minlength=7) / (w**2).sum()
        assert found.returns[t, 1:8] @ share == pytest.approx(0.0, abs=1e-15)


def test_a_thin_industry_moves_less_and_the_others_nearly_as_before():
    drawn, free = factor_returns(thinned(), 5.0), factor_returns(thinned(), 0.0)
    with np.errstate(invalid="ignore"):  # the unknown industry has no stock
        spread = np.nanstd(drawn.returns, axis=0) / np.nanstd(free.returns, axis=0)
    assert spread[1 + 2] < 0.5  # four more stocks for the only one
    assert spread[1 + 4] < 0.8
    np.testing.assert_allclose(spread[[0, 1, 2, 4, 6, 8, 9, 10]], 1.0, atol=0.05)
    assert not free.drawn.any()


def test_a_stock_outside_the_regression_has_a_residual_all_the_same():
    of = WORLD.of
    counted = of.counted.copy()
    counted[:, 3] = False
    found = factor_returns(of._replace(counted=counted))
    t = next(t for t in range(5, 50) if np.isfinite(of.returns[t, 3]))
    design = np.concatenate([[1.0], np.eye(len(of.industries))[of.industry[t, 3]],
                             of.styles[t, 3].astype(float)])  # fmt: skip
    assert found.residuals[t, 3] == pytest.approx(of.returns[t, 3] - design @ found.returns[t])


def test_styles_errors_and_r_squared_are_those_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    of, found = WORLD.of, factor_returns(WORLD.of)
    for t in (3, 200):
        _, _, _, w, x, y = dense(of, t)
        free = x[:, 1:]  # the same space without the country
        fit = sm.WLS(y, free, weights=w).fit(cov_type="HC0")
        styles = slice(free.shape[1] - of.styles.shape[2], None)
        np.testing.assert_allclose(fit.params[styles], found.returns[t, -3:], atol=1e-12)
        np.testing.assert_allclose(fit.bse[styles], found.errors[t], rtol=1e-8)
        mean = np.average(y, weights=w)
        share = 1 - (w * fit.resid**2).sum() / (w * (y - mean) ** 2).sum()
        assert found.explained[t] == pytest.approx(share, abs=1e-10)


def test_true_style_returns_lie_within_two_standard_errors_on_95_percent_of_days():
    found = factor_returns(WORLD.of)
    off = np.abs(found.returns[1:, -3:] - WORLD.factors[1:, -3:])
    inside = (off <= 2 * found.errors[1:]).mean()
    assert 0.93 <= inside <= 0.98
    wrong = np.abs(found.returns[1:, -3:] - WORLD.factors[:-1, -3:]) <= 2 * found.errors[1:]
    assert wrong.mean() < 0.6


def test_industries_returns_by_market_value_add_up_to_nothing():
    of, found = WORLD.of, factor_returns(WORLD.of)
    for t in (1, 100):
        on = np.isfinite(of.returns[t])
        share = np.bincount(of.industry[t - 1, on], of.size[t - 1, on].astype(float), minlength=7)
        assert found.returns[t, 1:8] @ share / share.sum() == pytest.approx(0.0, abs=1e-15)


def test_a_day_with_too_few_stocks_has_no_returns():
    of = WORLD.of
    counted = of.counted.copy()
    counted[9, 15:] = False
    found = factor_returns(of._replace(counted=counted))
    assert np.isnan(found.returns[10]).all()
    assert np.isnan(found.residuals[10]).all()
    assert np.isfinite(found.returns[11]).all()


def test_new_industries_come_from_where_their_stocks_were():
    industry = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 1, 2, 1], [2, 1, 2, 1]], dtype=np.int16)
    size = np.array([[1.0, 2, 3, 4]] * 4, dtype=np.float32)
    found = parents(industry, size, 4)
    assert list(found) == [2]
    np.testing.assert_allclose(found[2], [[0, 0, 0, 0], [0, 1, 0, 0], [0.25, 0.75, 0, 0], [0] * 4])
