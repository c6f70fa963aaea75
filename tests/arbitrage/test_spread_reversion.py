"""The estimator of reversion where the truth is known, against statsmodels and its definition."""

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.arbitrage.spread_reversion import _quantiles, estimates_of
from quanthedge.errors import StrategyError
from tests.oracles import arbitrage as oracle

WINDOW = 100


def worlds(b: float, series: int, seed: int, steps: int = WINDOW) -> tuple[np.ndarray, np.ndarray]:
    """Values and values before of many autoregressions with a mean of 3."""
    rng = np.random.default_rng(seed)
    paths = np.empty((series, steps + 1))
    paths[:, 0] = rng.standard_normal(series) / np.sqrt(1 - b * b) if b < 1 else 0.0
    for t in range(1, steps + 1):
        paths[:, t] = b * paths[:, t - 1] + rng.standard_normal(series)
    return paths[:, 1:] + 3.0, paths[:, :-1] + 3.0


@pytest.mark.parametrize("half_life", [3.0, 10.0, 25.0])
def test_the_interval_covers_the_true_half_life_at_the_stated_rate(half_life):
    b = 0.5 ** (1 / half_life)
    found = estimates_of(*worlds(b, 4000, seed=5), 0.9)
    inside = (found["half_life_low"] <= half_life) & (half_life <= found["half_life_high"])
    assert abs(inside.mean() - 0.9) < 0.02  # 4 standard errors of 4,000 draws
    below, above = found["half_life_low"] > half_life, found["half_life_high"] < half_life
    assert abs(below.mean() - 0.05) < 0.015
    assert abs(above.mean() - 0.05) < 0.015


@pytest.mark.parametrize("half_life", [3.0, 10.0, 25.0])
def test_half_of_the_estimates_are_above_the_truth_and_least_squares_is_not_so(half_life):
    b = 0.5 ** (1 / half_life)
    found = estimates_of(*worlds(b, 4000, seed=6), 0.9)
    assert abs((found["persistence"] > b).mean() - 0.5) < 0.032
    assert (found["least_squares"] > b).mean() < 0.4


def test_a_random_walk_is_called_reverting_no_more_often_than_the_size():
    found = estimates_of(*worlds(1.0, 4000, seed=7), 0.9)
    assert (found["persistence_high"] < 1.0).mean() < 0.05 + 0.014
    y, x = worlds(1.0, 1, seed=8, steps=4000)
    walk = pd.Series(np.append(x[0, :1], y[0]))
    rejected = qh.mean_reversion(walk, window=WINDOW)["adf_p"].dropna().iloc[::WINDOW] < 0.05
    assert rejected.sum() <= 6  # of 40, each 5%: more than 6 has a chance of 0.5%


def test_the_test_of_reversion_holds_its_size_on_walks_and_sees_a_fast_one():
    from quanthedge.arbitrage.spread_reversion import _tested

    walks = _tested(*worlds(1.0, 4000, seed=9), 1)["adf_p"]
    assert (walks < 0.05).mean() < 0.05 + 0.014
    fast = _tested(*worlds(0.7, 500, seed=9), 1)["adf_p"]
    assert (fast < 0.05).mean() > 0.9


def test_mean_and_deviation_are_those_of_the_process():
    b = 0.5 ** (1 / 5)
    found = estimates_of(*worlds(b, 2000, seed=10, steps=250), 0.9)
    reverts = np.isfinite(found["sigma"])
    assert np.median(found["mean"][reverts]) == pytest.approx(3.0, abs=0.05)
    assert np.median(found["sigma"][reverts]) == pytest.approx(1 / np.sqrt(1 - b * b), rel=0.03)


@pytest.mark.parametrize("b", [0.0, 0.6, 0.95, 1.0])
def test_the_medians_are_those_of_series_made_one_by_one(b):
    table = _quantiles(30, 0.9)
    slow = oracle.median_slope(b, 30, 4000, np.random.default_rng(4))
    assert np.interp(b, table.slopes, table.median) == pytest.approx(slow, abs=0.012)


def test_the_quantiles_of_a_random_walk_are_the_published_ones():
    # J. D. Hamilton (1994), Time series analysis, table B.5, case 2, T = 100: 5% -13.7, 10% -11.0
    for coverage, published in ((0.9, -13.7), (0.8, -11.0)):
        assert 100 * (_quantiles(100, coverage).low[-1] - 1) == pytest.approx(published, abs=0.4)


@pytest.mark.parametrize("lags", [0, 1, 3])
def test_slope_and_test_are_those_of_statsmodels(lags):
    from statsmodels.tsa.stattools import adfuller

    values = np.random.default_rng(1).standard_normal(400).cumsum() * 0.01
    values += np.random.default_rng(2).standard_normal(400)
    found = qh.mean_reversion(pd.Series(values), window=80, lags=lags)
    for t in (80, 200, 399):
        part = values[t - 80 : t + 1]
        theirs = adfuller(part, maxlag=lags, autolag=None, regression="c", result_object=False)
        assert found["adf"][t] == pytest.approx(theirs[0], rel=1e-9)
        assert found["adf_p"][t] == pytest.approx(theirs[1], rel=1e-6)
        assert found["least_squares"][t] == pytest.approx(oracle.slope(part), rel=1e-9)
    assert found["adf"][:80].isna().all()


def test_a_roll_is_no_step_of_the_series():
    rng = np.random.default_rng(3)
    values, before = rng.standard_normal(300), np.empty(300)
    before[1:] = values[:-1]
    before[0] = np.nan
    plain = qh.mean_reversion(pd.Series(values), pd.Series(before), window=60)
    jumped, lagged = values.copy(), before.copy()
    jumped[150:] += 50.0  # other contracts from here on, at another level ..
    lagged[150:] += 50.0  # .. and their day before is at it too
    rolled = qh.mean_reversion(pd.Series(jumped), pd.Series(lagged), window=60)
    naive = qh.mean_reversion(pd.Series(jumped), window=60)
    assert rolled["least_squares"][220] == pytest.approx(plain["least_squares"][220])
    steps = rolled["sigma"] * np.sqrt(1 - rolled["persistence"] ** 2)
    whole = naive["sigma"] * np.sqrt(1 - naive["persistence"] ** 2)
    assert not steps[180] > whole[180]  # the jump of 50 is in the naive noise only


def test_days_that_are_not_known_are_left_out_and_the_rest_is_as_without_them():
    values = pd.Series(np.random.default_rng(5).standard_normal(200))
    before = values.shift(1)
    holes = values.copy(), before.copy()
    holes[0][[50, 90]] = np.nan
    found = qh.mean_reversion(*holes, window=60)
    kept = np.setdiff1d(np.arange(200), [50, 90])
    dense = qh.mean_reversion(
        values[kept].reset_index(drop=True), before[kept].reset_index(drop=True), window=60
    )
    assert found.iloc[[50, 90]].isna().all(axis=None)
    np.testing.assert_array_equal(found.iloc[kept].to_numpy(), dense.to_numpy())


def test_the_past_is_the_same_whatever_comes():
    values = pd.Series(np.random.default_rng(6).standard_normal(300).cumsum())
    whole = qh.mean_reversion(values, window=60)
    other = values.copy()
    other[200:] = 1e6
    pd.testing.assert_frame_equal(whole[:200], qh.mean_reversion(other, window=60)[:200])
    pd.testing.assert_frame_equal(whole[:200], qh.mean_reversion(values[:200], window=60))


def test_half_lives_at_the_ends():
    still = pd.Series(np.full(100, 1.0))
    assert qh.mean_reversion(still, window=30)["persistence"].isna().all()
    zigzag = pd.Series(np.tile([1.0, -1.0], 60) + np.random.default_rng(0).normal(0, 0.1, 120))
    assert qh.mean_reversion(zigzag, window=60)["half_life"].iloc[-1] == 0.0
    rising = pd.Series(np.arange(120.0) ** 2)
    last = qh.mean_reversion(rising, window=60).iloc[-1]
    assert last["half_life"] == np.inf
    assert np.isnan(last["z"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"window": 5}, "window 5; accepted: 20 or more"),
        ({"coverage": 1.0}, "coverage 1.0; accepted: between 0 and 1"),
        ({"lags": -1}, "lags -1; accepted: 0 to 30"),
        ({"before": pd.Series([1.0], index=[7])}, "another index"),
    ],
)
def test_wrong_input_is_one_clear_error(options, says):
    with pytest.raises(StrategyError, match=says):
        qh.mean_reversion(pd.Series(np.zeros(200)), **options)


def test_too_few_days_give_nothing():
    assert qh.mean_reversion(pd.Series(np.zeros(10))).isna().all(axis=None)
