"""Tails of daily returns, against scipy, sorted lists and normal limits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.performance.tails import (
    capture,
    expected_shortfall,
    expected_shortfall_cornish_fisher,
    kurtosis,
    skewness,
    value_at_risk,
    value_at_risk_cornish_fisher,
)
from tests.lazy import lazily

stats = lazily("scipy.stats")

days = st.lists(st.floats(-0.1, 0.1), min_size=25, max_size=200).map(np.array)


@settings(max_examples=80, deadline=None)
@given(days)
def test_moments_are_those_of_scipy(values):
    if np.ptp(values) < 1e-6:
        return
    series = pd.Series(values)
    assert skewness(series) == pytest.approx(stats.skew(values), abs=1e-8)
    assert kurtosis(series) == pytest.approx(stats.kurtosis(values), abs=1e-7)


@settings(max_examples=80, deadline=None)
@given(days, st.sampled_from([0.95, 0.99]))
def test_shortfalls_are_beyond_the_value_at_risk_and_no_worse_than_the_worst_day(values, level):
    series = pd.Series(values)
    risk, beyond = value_at_risk(series, level), expected_shortfall(series, level)
    assert beyond >= risk - 1e-12
    assert beyond <= -values.min() + 1e-12
    # a quantile between two days leaves the worse of them beyond it
    assert (values < -risk - 1e-12).mean() <= 1 - level + 1 / values.size


def test_a_list_worked_by_hand():
    series = pd.Series(np.arange(1, 101) / -1000)  # losses of 0.1% to 10%
    # position 0.05 x 99 = 4.95: between -9.6% and -9.5%
    assert value_at_risk(series) == pytest.approx(0.09505)
    assert expected_shortfall(series) == pytest.approx(np.mean([0.1, 0.099, 0.098, 0.097, 0.096]))


def test_without_skew_and_fat_tails_the_correction_is_nothing():
    values = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000) * 0.01 + 0.0005
    series = pd.Series(values)
    expected = 0.01 * stats.norm.ppf(0.95) - 0.0005
    assert value_at_risk_cornish_fisher(series) == pytest.approx(expected, rel=2e-3)
    assert value_at_risk(series) == pytest.approx(expected, rel=2e-3)
    fat = pd.Series(stats.t.ppf((np.arange(20_000) + 0.5) / 20_000, 6) * 0.01)
    plain = -(fat.mean() + stats.norm.ppf(0.01) * fat.std())
    assert value_at_risk_cornish_fisher(fat, 0.99) > 1.1 * plain


def test_capture_takes_rising_and_falling_days_by_themselves():
    index = pd.Series([0.02, -0.01, 0.0, 0.04, -0.03, np.nan])
    fund = pd.Series([0.01, 0.005, 0.3, 0.01, 0.005, 0.9])
    assert capture(fund, index, up=True) == pytest.approx(0.02 / 0.06)
    assert capture(fund, index, up=False) == pytest.approx(0.01 / -0.04)
    assert np.isnan(capture(fund.iloc[2:3], index.iloc[2:3], up=True))


def test_days_that_do_not_vary_have_no_shape():
    still = pd.Series(np.full(30, 0.001))
    assert np.isnan(skewness(still))
    assert np.isnan(value_at_risk_cornish_fisher(still))
    assert value_at_risk(still) == pytest.approx(-0.001)


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_the_cornish_fisher_shortfall_is_the_mean_of_the_quantiles_beyond(level):
    rng = np.random.default_rng(4)
    series = pd.Series(stats.skewnorm.rvs(-2, size=800, random_state=rng) * 0.01)
    points = (np.arange(200_000) + 0.5) / 200_000 * (1 - level)
    z = stats.norm.ppf(points)
    s, k = stats.skew(series), stats.kurtosis(series)
    quantiles = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    expected = -(series.mean() + quantiles.mean() * series.std())
    assert expected_shortfall_cornish_fisher(series, level) == pytest.approx(expected, rel=1e-4)
    assert expected_shortfall_cornish_fisher(series, level) > value_at_risk_cornish_fisher(
        series, level
    )


@settings(max_examples=80, deadline=None)
@given(days)
def test_a_correction_that_is_no_quantile_is_not_stated(values):
    series = pd.Series(values)
    found = value_at_risk_cornish_fisher(series), expected_shortfall_cornish_fisher(series)
    s, k = skewness(series), kurtosis(series)
    if not np.isfinite(s):
        assert np.isnan(found).all()
        return
    z = np.linspace(-4, 4, 8_001)
    slope = 1 + z * s / 3 + (z**2 - 1) * k / 8 - (6 * z**2 - 5) * s**2 / 36
    if slope.min() < -1e-6:
        assert np.isnan(found).all()
    elif slope.min() > 1e-6:
        assert np.isfinite(found).all()
