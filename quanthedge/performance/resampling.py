"""The stationary bootstrap: what other orders of the same days would have brought.

Blocks of geometric length are drawn with replacement, so that the dependence of neighbouring days
is kept (Politis and Romano, 1994, "The stationary bootstrap", JASA 89). Their mean length is the
cube root of the number of days.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "FEWEST_DAYS",
    "block_length",
    "bootstrap_relation",
    "draw",
    "loss_probabilities",
    "year_range",
]

Floats = NDArray[np.float64]
FEWEST_DAYS = 120
DAYS_A_MONTH = 20.25  # 243 trading days over 12
HORIZONS = (1, 3, 6, 12, 24, 36)
PATHS = 2000
SEED = 20140917
_CHUNK = 500  # paths at a time: bounded memory


def block_length(returns: pd.Series) -> float:
    """Return the mean block length for the stationary bootstrap: the cube root of the days.

    The rate at which blocks must grow (Hall, Horowitz and Jing, 1995, "On blocking rules for the
    bootstrap with dependent data", Biometrika 82).

    >>> round(block_length(pd.Series(range(1000))), 6)
    10.0
    """
    return float(max(1.0, np.cbrt(returns.notna().sum())))


def draw(
    count: int, length: int, paths: int, block: float, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return positions of days, [paths, length]: each goes on to the next or starts anew.

    A block goes on with probability ``1 - 1 / block`` and wraps around the end of the sample.
    """
    fresh = random.random((paths, length)) < 1.0 / block
    fresh[:, 0] = True
    starts = random.integers(0, count, (paths, length))
    place = np.arange(length)
    begun = np.maximum.accumulate(np.where(fresh, place, 0), axis=1)
    first = np.take_along_axis(starts, begun, axis=1)
    return np.asarray((first + place - begun) % count, dtype=np.int64)


def _totals(returns: pd.Series, days: Sequence[int], paths: int, seed: int) -> Floats | None:
    """Return compound returns of drawn paths at several horizons, [paths, horizons]."""
    values = returns.dropna().to_numpy(dtype=np.float64)
    if values.size < FEWEST_DAYS:
        return None
    block = block_length(returns)
    logs = np.log1p(values)
    random = np.random.default_rng(seed)
    ends = np.asarray(days) - 1
    found = []
    for begin in range(0, paths, _CHUNK):
        some = draw(values.size, max(days), min(_CHUNK, paths - begin), block, random)
        found.append(np.cumsum(logs[some], axis=1)[:, ends])
    return np.asarray(np.expm1(np.concatenate(found)))


def loss_probabilities(
    returns: pd.Series, months: Sequence[int] = HORIZONS, *, paths: int = PATHS, seed: int = SEED
) -> dict[int, float]:
    """Return the probability of a loss over so many months, by block bootstrap of daily returns.

    All horizons come from the same paths; a month is 20.25 trading days, rounded. NaN with fewer
    than 120 days. The same returns give the same figures.
    """
    days = [round(month * DAYS_A_MONTH) for month in months]
    totals = _totals(returns, days, paths, seed)
    if totals is None:
        return dict.fromkeys(months, float("nan"))
    return {month: float((totals[:, k] < 0.0).mean()) for k, month in enumerate(months)}


def year_range(
    returns: pd.Series, *, paths: int = PATHS, seed: int = SEED
) -> tuple[float, float, float]:
    """Return the 5%, 50% and 95% quantile of the return over 243 days, by block bootstrap."""
    totals = _totals(returns, [243], paths, seed)
    if totals is None:
        return (float("nan"),) * 3
    low, middle, high = np.quantile(totals[:, 0], [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def bootstrap_relation(
    returns: pd.Series, index_returns: pd.Series, *, paths: int = 1000, seed: int = SEED
) -> tuple[float, float]:
    """Return the 2.5% and 97.5% quantile of the correlation over drawn pairs of days.

    NaN with fewer than ten pairs or without variation.
    """
    both = pd.DataFrame({"y": returns, "x": index_returns}).dropna()
    n = len(both)
    if n < 10 or both.std().min() < 1e-12:
        return float("nan"), float("nan")
    y, x = (both[name].to_numpy(dtype=np.float64) for name in ("y", "x"))
    block = block_length(both["y"])
    random = np.random.default_rng(seed)
    found = []
    for begin in range(0, paths, _CHUNK):
        some = draw(n, n, min(_CHUNK, paths - begin), block, random)
        a, b = y[some], x[some]
        a = a - a.mean(axis=1, keepdims=True)
        b = b - b.mean(axis=1, keepdims=True)
        scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        product = (a * b).sum(axis=1)
        found.append(np.divide(product, scale, out=np.zeros_like(scale), where=scale > 0))
    low, high = np.quantile(np.concatenate(found), [0.025, 0.975])
    return float(low), float(high)
