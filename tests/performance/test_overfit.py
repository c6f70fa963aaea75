"""The probability of backtest overfitting: what it is of noise, and of one trial that is true."""

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.errors import DataError
from quanthedge.performance import overfit
from tests.oracles import overfit as slow


def noise(seed: int, trials: int, periods: int = 480) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.04, (periods, trials))


@pytest.mark.parametrize(("blocks", "periods"), [(6, 120), (8, 101)])
def test_it_is_what_the_paper_says(blocks, periods) -> None:
    returns = noise(3, 7, periods)
    found = overfit.cscv(returns, blocks)
    pbo, logits = slow.cscv(returns, blocks)
    assert found.pbo == pbo
    np.testing.assert_allclose(found.logits, logits, atol=1e-12)


def test_of_noise_the_best_is_anywhere_later() -> None:
    found = [overfit.cscv(noise(seed, 10), 10).pbo for seed in range(60)]
    assert abs(np.mean(found) - 0.5) < 0.1


def test_one_true_trial_among_nine_of_noise_is_no_luck() -> None:
    returns = noise(1, 10)
    returns[:, 4] += 0.25 * 0.04
    found = overfit.cscv(returns, 10)
    assert found.pbo < 0.1
    assert np.bincount(found.best).argmax() == 4
    assert found.loss < 0.1


def test_the_better_noise_looked_the_worse_it_is_later() -> None:
    """What is left of a fixed sum: halves that did well leave halves that did badly."""
    assert np.mean([overfit.cscv(noise(seed, 10), 10).slope for seed in range(20)]) < -0.3


def test_the_mean_may_be_the_measure() -> None:
    returns = noise(5, 4, 80)
    found = overfit.cscv(returns, 4, "mean")
    halves = np.array_split(returns, 4)
    first = np.vstack(halves[:2]).mean(axis=0)
    assert found.in_sample[0] == pytest.approx(first.max())


@pytest.mark.parametrize(("trials", "value"), [(10, 1.575), (45, 0.9998 * np.sqrt(5))])
def test_the_highest_of_so_many_is_what_the_literature_says(trials, value) -> None:
    assert overfit.expected_highest_sharpe(trials, 1.0) == pytest.approx(value, abs=5e-4)


def test_deflated_falls_with_the_trials() -> None:
    import pandas as pd

    returns = pd.Series(noise(2, 1, 500)[:, 0] + 0.006)
    falling = [overfit.deflated(returns, trials) for trials in (1, 10, 100, 1000)]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] == pytest.approx(overfit.probabilistic_sharpe(returns))


def test_it_is_at_the_door() -> None:
    assert qh.overfit.cscv is overfit.cscv


@pytest.mark.parametrize(
    ("returns", "options", "words"),
    [
        (noise(0, 1), {}, "two or more trials"),
        (noise(0, 3), {"blocks": 5}, "even numbers"),
        (noise(0, 3, 20), {"blocks": 10}, "four periods a block"),
        (noise(0, 3), {"measure": "sortino"}, "sharpe, mean"),
        (np.where(noise(0, 3) > 0.1, np.nan, noise(0, 3)), {}, "has no return"),
        (np.zeros((100, 3)), {}, "never moves"),
        (np.array([["a", "b"]] * 100), {}, "accepted: numbers"),
    ],
)
def test_bad_input_is_one_line(returns, options, words) -> None:
    with pytest.raises(DataError, match=words):
        overfit.cscv(returns, **options)
