"""Correlation and beta beside statsmodels and scipy."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.performance import Pair
from tests.lazy import lazily

sm = lazily("statsmodels.api")
stats = lazily("scipy.stats")


def pair(n: int, seed: int) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, 0.015, n)
    y = 0.1 * x + rng.normal(0.0005, 0.004, n)
    days = pd.bdate_range("2015-01-05", periods=n)
    return pd.Series(y, index=days), pd.Series(x, index=days)


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 80), st.integers(0, 10_000))
def test_beta_its_error_and_interval_are_those_of_statsmodels(n: int, seed: int) -> None:
    y, x = pair(n, seed)
    found = Pair(y, x).beta()
    fitted = sm.OLS(y.to_numpy(), sm.add_constant(x.to_numpy())).fit()
    low, high = fitted.conf_int(0.05)[1]
    assert found.value == pytest.approx(fitted.params[1], rel=1e-8)
    assert found.standard_error == pytest.approx(fitted.bse[1], rel=1e-8)
    assert (found.low, found.high) == (pytest.approx(low, rel=1e-7), pytest.approx(high, rel=1e-7))
    assert found.observations == n


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 80), st.integers(0, 10_000))
def test_correlation_and_its_interval_are_those_of_scipy(n: int, seed: int) -> None:
    y, x = pair(n, seed)
    found = Pair(y, x).correlation()
    known = stats.pearsonr(x, y)
    interval = known.confidence_interval(0.95)
    assert found.value == pytest.approx(known.statistic, rel=1e-8)
    assert found.low == pytest.approx(interval.low, rel=1e-7)
    assert found.high == pytest.approx(interval.high, rel=1e-7)


def test_beta_scales_with_the_fund_and_correlation_does_not() -> None:
    y, x = pair(60, 1)
    scaled, plain = Pair(3.0 * y + 0.01, x), Pair(y, x)
    assert scaled.beta().value == pytest.approx(3.0 * plain.beta().value)
    assert scaled.correlation().value == pytest.approx(plain.correlation().value)


def test_only_days_on_which_both_are_known_count() -> None:
    y, x = pair(60, 2)
    x.iloc[[3, 8]] = np.nan
    both = x.notna()
    assert Pair(y, x).beta() == Pair(y[both], x[both]).beta()
    assert Pair(y, x).correlation().observations == 58


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_observations_give_nan(n: int) -> None:
    y, x = pair(n, 3)
    assert math.isnan(Pair(y, x).beta().value)
    assert math.isnan(Pair(y, x).correlation().value)


def test_an_index_that_stands_still_gives_nan() -> None:
    y, x = pair(10, 4)
    assert math.isnan(Pair(y, 0.0 * x).beta().value)
    assert math.isnan(Pair(y, 0.0 * x).correlation().value)
    assert Pair(x, x).correlation().value == pytest.approx(1.0)


def test_rolling_beta_is_the_beta_of_each_window() -> None:
    y, x = pair(80, 5)
    found = Pair(y, x).rolling_beta(60)
    assert found.iloc[:59].isna().all()
    for t in (59, 70, 79):
        part = slice(t - 59, t + 1)
        assert found.iloc[t] == pytest.approx(Pair(y.iloc[part], x.iloc[part]).beta().value)
