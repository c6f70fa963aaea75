"""Simulated worlds whose betas are known day by day, for judging estimators.

Sizes follow daily A-share data of 2010 to 2018: the index moves 1.5% a day with clustered
volatility and fat tails, residuals by 1.5 to 3% a day with fat tails. Betas are constant and spread
by 0.3; or walk slowly from there by 0.005 a day; or they drift: each wanders by 0.25 around a mean
of its own (spread 0.15) with a half-life of 60 days, because in the data the 120-day beta of a
stock changes by 0.42 from one half-year to the next, of which errors explain 0.30, while the spread
between stocks is 0.29 altogether; or they jump by 0.4 up or down twice a year. Marks are of one
moment, or late: a tenth of the index's move reaches a stock a day later on average (in the data 3%,
with a spread of 15%). Stocks are suspended 5% of the time in spells of 20 days, or have days of
eight times their noise (1%).
"""

from typing import NamedTuple

import numpy as np

from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["FRICTIONS", "PATHS", "World", "make_world"]

PATHS = ("constant", "slow drift", "drift", "jumps")
FRICTIONS = ("none", "late marks", "suspensions", "outliers")
INDEX_VOLATILITY = 0.015
SPREAD = 0.3
SLOW_STEP = 0.005
HALF_LIFE, WANDERING, OWN_MEAN = 60, 0.25, 0.15
JUMP, JUMPS_A_YEAR = 0.4, 2
LATE = 0.10
SUSPENDED, SPELL = 0.05, 20


class World(NamedTuple):
    """Returns, the index's, and the true betas that hold on each day's return."""

    returns: Floats  # [T, N]
    index: Floats  # [T]
    beta: Floats  # [T, N]


def _fat(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Student t with five degrees of freedom, of variance 1."""
    return np.asarray(rng.standard_t(5, shape) * np.sqrt(3 / 5))


def _index(rng: np.random.Generator, days: int) -> Floats:
    """GARCH(1, 1) returns of A-share size."""
    shocks = _fat(rng, (days,))
    variance, result = 1.0, np.empty(days)
    for t in range(days):
        result[t] = np.sqrt(variance) * shocks[t]
        variance = 0.03 + 0.07 * result[t] ** 2 + 0.90 * variance
    return INDEX_VOLATILITY * result


def _betas(rng: np.random.Generator, path: str, days: int, stocks: int) -> Floats:
    """Beta of each stock on each day."""
    mean = rng.normal(1.0, OWN_MEAN if path == "drift" else SPREAD, stocks)
    if path == "constant":
        return np.tile(mean, (days, 1))
    if path == "slow drift":
        return mean + np.cumsum(rng.normal(0.0, SLOW_STEP, (days, stocks)), axis=0)
    if path == "jumps":
        jumps = rng.random((days, stocks)) < JUMPS_A_YEAR / TRADING_DAYS_A_YEAR
        sizes = np.where(jumps, rng.choice([-JUMP, JUMP], (days, stocks)), 0.0)
        return mean + np.cumsum(sizes, axis=0)
    back = 0.5 ** (1.0 / HALF_LIFE)
    away = rng.normal(0.0, WANDERING, stocks)
    step = WANDERING * np.sqrt(1 - back**2)
    result = np.empty((days, stocks))
    for t in range(days):
        away = back * away + rng.normal(0.0, step, stocks)
        result[t] = mean + away
    return result


def make_world(seed: int, path: str, friction: str, days: int, stocks: int) -> World:
    """Return a world; the same seed gives the same index, betas and noise under every friction."""
    rng = np.random.default_rng([seed, PATHS.index(path)])
    index, beta = _index(rng, days), _betas(rng, path, days, stocks)
    noise = _fat(rng, (days, stocks)) * rng.uniform(0.015, 0.03, stocks)
    own = np.random.default_rng([seed, PATHS.index(path), FRICTIONS.index(friction)])
    driven = beta * index[:, None]
    if friction == "late marks":
        late = own.uniform(0.0, 2.0 * LATE, stocks)
        driven[1:] = (1.0 - late) * driven[1:] + late * (beta[:-1] * index[:-1, None])
    if friction == "outliers":
        noise = np.where(own.random(noise.shape) < 0.01, 8.0 * noise, noise)
    returns = driven + noise
    if friction == "suspensions":
        begins = own.random((days, stocks)) < SUSPENDED / SPELL
        for t, i in np.argwhere(begins):
            stop = min(days - 1, t + SPELL)
            gap = np.prod(1.0 + returns[t : stop + 1, i]) - 1.0  # paid on the day of resumption
            returns[t:stop, i], returns[stop, i] = np.nan, gap
    return World(returns, index, beta)
