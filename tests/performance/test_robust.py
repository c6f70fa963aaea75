"""Robust errors of beta and correlation: from the definition, window by window, and by coverage."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.performance import Pair
from quanthedge.performance.resampling import draw
from quanthedge.performance.robust import _fisher, _products
from tests.lazy import lazily
from tests.performance.test_active import series

sm = lazily("statsmodels.api")


def slow_error(y: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Slope and error from the printed definition, pair by pair."""
    n, away = len(x), x - x.mean()
    slope = float((away * (y - y.mean())).sum() / (away**2).sum())
    rest = y - y.mean() - slope * away
    score = [
        a * u / (1.0 - 1.0 / n - a * a / (away**2).sum()) for a, u in zip(away, rest, strict=True)
    ]
    lags = int(4 * (n / 100) ** (2 / 9))
    total = 0.0
    for i in range(n):
        for j in range(max(0, i - lags), min(n, i + lags + 1)):
            total += (1 - abs(i - j) / (lags + 1)) * score[i] * score[j]
    return slope, max(total, 0.0) ** 0.5 / float((away**2).sum())


@pytest.mark.parametrize("n", [10, 11, 46, 213])
def test_the_error_of_beta_is_that_of_its_definition(n: int) -> None:
    y, x = series(n, seed=n)
    slope, error = slow_error(y.to_numpy(), x.to_numpy())
    found = Pair(y, x).beta_hac()
    assert (found.value, found.standard_error) == pytest.approx((slope, error), rel=1e-9)
    assert found.low < found.value < found.high
    assert found.observations == n


def test_in_a_long_sample_it_is_the_error_of_statsmodels() -> None:
    y, x = series(4000)
    lags = int(4 * 40 ** (2 / 9))
    fitted = sm.OLS(y.to_numpy(), sm.add_constant(x.to_numpy())).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags}
    )
    found = Pair(y, x).beta_hac()
    assert found.value == pytest.approx(fitted.params[1], rel=1e-9)
    assert found.standard_error == pytest.approx(fitted.bse[1], rel=5e-3)
    assert found.high - found.value == pytest.approx(1.96 * found.standard_error, rel=0.01)


def test_it_is_wider_where_days_hang_together() -> None:
    rng = np.random.default_rng(1)
    slow = pd.Series(np.convolve(rng.normal(size=620), np.ones(20), "valid")[:600] / 20)
    noise = pd.Series(np.convolve(rng.normal(size=620), np.ones(20), "valid")[:600] / 20)
    pair = Pair(noise, slow)
    assert pair.beta_hac().standard_error > 1.5 * pair.beta().standard_error


@pytest.mark.parametrize(("n", "least"), [(11, 0.91), (46, 0.91), (243, 0.92)])
def test_its_interval_covers_the_truth_where_noise_grows_with_the_move(
    n: int, least: float
) -> None:
    rng = np.random.default_rng(7)
    hits, trials = {"plain": 0, "robust": 0}, 400
    for _ in range(trials):
        x = pd.Series(rng.standard_t(5, n) * 0.01)
        y = 0.3 * x + pd.Series(rng.normal(size=n) * x.abs())
        for name, found in (("plain", Pair(y, x).beta()), ("robust", Pair(y, x).beta_hac())):
            hits[name] += found.low <= 0.3 <= found.high
    assert hits["plain"] / trials < 0.80
    assert hits["robust"] / trials > least


def test_each_window_has_the_beta_and_interval_of_its_own_days() -> None:
    y, x = series(120)
    x.iloc[100] = np.nan
    found = Pair(y, x).rolling_beta_hac(60)
    assert found.iloc[:59].isna().all(axis=None)
    assert found.iloc[100:].isna().all(axis=None)
    for day in (59, 70, 99):
        part = slice(day - 59, day + 1)
        one = Pair(y.iloc[part], x.iloc[part]).beta_hac()
        assert found.iloc[day].tolist() == pytest.approx([one.value, one.low, one.high])
    assert Pair(y[:40], x[:40]).rolling_beta_hac(60).isna().all(axis=None)


@pytest.mark.parametrize(("n", "least"), [(46, 0.89), (200, 0.89)])
def test_the_bootstrap_interval_of_the_correlation_covers_the_truth(n: int, least: float) -> None:
    hits, trials = 0, 300
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=n)
        y = 0.5 * x + rng.normal(size=n) * 0.75**0.5
        found = Pair(pd.Series(y), pd.Series(x)).correlation_bootstrap(paths=300)
        hits += found.low <= 0.5 <= found.high
    assert least < hits / trials < 0.985


def test_few_pairs_have_no_interval() -> None:
    y, x = series(9)
    assert np.isnan(Pair(y, x).beta_hac().low)
    assert np.isnan(Pair(y, x).correlation_bootstrap().low)
    assert Pair(y, x).beta_hac().observations == 9


@pytest.mark.parametrize("n", [12, 60])
def test_the_error_of_a_drawn_correlation_is_that_of_its_pairs(n: int) -> None:
    y, x = (one.to_numpy() for one in series(n, seed=n))
    place = np.random.default_rng(n).integers(0, n, (3, n))
    weights = np.array([np.bincount(row, minlength=n) / n for row in place])
    found, errors = _fisher(weights, _products(x / x.std(), y / y.std()))
    for row, z, error in zip(place, found, errors, strict=True):
        a, b = ((v[row] - v[row].mean()) / v[row].std() for v in (x, y))
        r = (a * b).mean()
        moved = a * b - r / 2 * (a**2 + b**2)
        assert z == pytest.approx(np.arctanh(r), rel=1e-9)
        assert error == pytest.approx((moved**2).mean() ** 0.5 / n**0.5 / (1 - r**2), rel=1e-6)


def test_paths_of_the_bootstrap_do_not_hang_together() -> None:
    found = draw(50, 30, 20_000, 6.0, np.random.default_rng(3))
    first, last = found[1:, 0], found[:-1, -1]
    assert (first == (last + 1) % 50).mean() == pytest.approx(1 / 50, abs=0.004)
    assert np.bincount(found[:, 0], minlength=50).std() < 3 * (20_000 / 50) ** 0.5
    assert found.min() == 0
    assert found.max() == 49


def test_the_correlation_is_pearson_s_and_its_error_that_of_many_samples() -> None:
    found, values = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = pd.Series(rng.standard_t(8, 150))
        y = 0.4 * x + pd.Series(rng.normal(size=150))
        one = Pair(y, x).correlation_bootstrap(paths=20)
        assert one.value == pytest.approx(float(np.corrcoef(y, x)[0, 1]), abs=1e-9)
        values.append(one.value)
        found.append(one.standard_error)
    assert np.mean(found) == pytest.approx(np.std(values), rel=0.12)


@pytest.mark.parametrize(
    ("count", "length", "paths", "block"),
    [(2119, 300, 7, 12.8), (12, 12, 50, 2.3), (1, 7, 3, 2.0), (5, 50, 10, 40.0)],
)
def test_drawn_positions_are_those_of_blocks_laid_end_to_end(count, length, paths, block) -> None:
    """By the definition, a block after the other; also where one goes round the sample often."""
    random, total = np.random.default_rng(5), paths * length
    lengths = list(random.geometric(1.0 / block, int(1.2 * total / block) + 64))
    while sum(lengths) < total:
        lengths += list(random.geometric(1.0 / block, len(lengths)))
    kept, covered = 0, 0
    while covered < total:
        covered, kept = covered + lengths[kept], kept + 1
    starts = random.integers(0, count, kept)
    steps = random.integers(0, count, (paths, 1))
    row = [
        start + day for start, whole in zip(starts, lengths, strict=False) for day in range(whole)
    ]
    wanted = (np.array(row[:total]).reshape(paths, length) + steps) % count
    found = draw(count, length, paths, block, np.random.default_rng(5))
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, wanted)
