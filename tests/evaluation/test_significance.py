"""Means are tested as other software and simulation say, and noise is not discovered."""

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.evaluation.kernels import dense_codes, rank_correlations
from quanthedge.evaluation.significance import (
    false_discovery,
    fixed_b_p,
    mean_test,
    newey_west_t,
)
from tests.oracles.evaluation import newey_west


@pytest.mark.parametrize("lags", [0, 1, 3, 8])
def test_newey_west_agrees_with_statsmodels(lags):
    import statsmodels.api as sm

    values = np.random.default_rng(lags).standard_normal(70).cumsum() * 0.1 + 0.3
    fitted = sm.OLS(values, np.ones(70)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    assert newey_west_t(values, lags) == pytest.approx(float(fitted.tvalues[0]), rel=1e-10)
    assert newey_west_t(values, lags) == pytest.approx(newey_west(values, lags), rel=1e-10)


def test_without_lags_the_p_is_students():
    from scipy import stats

    for t in (0.5, 2.0, 4.0):
        expected = 2 * stats.t.sf(t * np.sqrt(59 / 60), 59)
        assert fixed_b_p(t, 60, 0) == pytest.approx(expected, rel=1e-9)
        assert fixed_b_p(-t, 60, 0) == fixed_b_p(t, 60, 0)


def test_the_p_is_how_often_noise_is_as_far_away():
    rng = np.random.default_rng(1)
    n, lags = 96, 3
    x = rng.standard_normal((40_000, n))
    e = x - x.mean(axis=1, keepdims=True)
    variance = (e * e).sum(axis=1)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (e[:, lag:] * e[:, :-lag]).sum(axis=1)
    t = np.abs(x.mean(axis=1) / (np.sqrt(variance) / n))
    for at, close in ((1.0, 0.03), (2.0, 0.05), (3.0, 0.15)):
        assert fixed_b_p(at, n, lags) == pytest.approx((t > at).mean(), rel=close)


def test_the_critical_value_is_that_of_kiefer_and_vogelsang():
    """Their polynomial for the Bartlett kernel at 97.5%, to a hundredth, in a long series."""
    n, lags = 2000, 99
    b = (lags + 1) / n
    critical = 1.96 + 2.9694 * b + 0.416 * b**2 - 0.5324 * b**3
    assert fixed_b_p(0.99 * critical, n, lags) > 0.05 > fixed_b_p(1.01 * critical, n, lags)


def test_the_interval_ends_where_p_is_a_twentieth():
    values = np.random.default_rng(2).normal(0.2, 1.0, 80)
    found = mean_test(values)
    edge = (found.mean - found.low) / found.error
    assert fixed_b_p(edge, 80, 3) == pytest.approx(0.05, abs=1e-9)
    assert found.high - found.mean == pytest.approx(found.mean - found.low)


def test_what_does_not_vary_or_is_too_short_has_no_test():
    assert np.isnan(mean_test(np.full(50, 0.3)).p)
    assert mean_test(np.full(50, 0.3)).mean == pytest.approx(0.3)
    assert np.isnan(mean_test([0.1, 0.2, 0.3]).t)
    assert np.isnan(mean_test([np.nan]).mean)


def test_q_is_benjamini_and_yekutielis_over_everything_tried():
    from statsmodels.stats.multitest import multipletests

    p = np.append(np.random.default_rng(3).uniform(0, 1, 30) ** 3, np.nan)
    expected = multipletests(np.append(p[:30], np.ones(70)), method="fdr_by")[1][:30]
    np.testing.assert_allclose(false_discovery(p, 100)[:30], expected)
    assert np.isnan(false_discovery(p, 100)[30])
    assert (false_discovery(p, 100)[:30] >= false_discovery(p, 30)[:30] - 1e-15).all()
    with pytest.raises(qh.StrategyError, match="tried is 10, and 30 factors have a p"):
        false_discovery(p, 10)


def simulated_ics(rng, factors, months, stocks, premium=0.0):
    """Rank correlations of factors with the returns of a simulated cross-section."""
    returns = rng.standard_normal((months, stocks))
    x = rng.standard_normal((factors, months, stocks))
    x[0] = premium * returns + np.sqrt(1 - premium**2) * x[0]
    x = x.reshape(-1, stocks)
    target = np.tile(returns, (factors, 1))
    codes = np.empty((2, *target.shape), dtype=np.int32)
    for values, coded in zip((x, target), codes, strict=True):
        dense_codes(values, np.argsort(values, axis=1), coded)
    found = np.empty((len(x), 1))
    rank_correlations(codes[0], codes[1:], 3, found)
    return found.reshape(factors, months)


def test_two_hundred_factors_of_noise_are_no_discovery_in_ninety_five_of_a_hundred_worlds():
    quiet = 0
    for seed in range(100):
        ics = simulated_ics(np.random.default_rng(seed), 200, 96, 24)
        p = [mean_test(one).p for one in ics]
        quiet += int((false_discovery(p, 200) > 0.05).all())
    assert quiet >= 95


def test_a_planted_premium_is_found_among_noise():
    found = 0
    for seed in range(30):
        # Pearson's 0.0314 is Spearman's 0.03 between normals
        ics = simulated_ics(np.random.default_rng(1000 + seed), 10, 96, 800, premium=0.0314)
        p = [mean_test(one).p for one in ics]
        found += int(false_discovery(p, 200)[0] < 0.05)
    assert found > 0.8 * 30
