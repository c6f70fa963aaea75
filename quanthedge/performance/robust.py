"""Errors of beta and correlation where days hang together and noise grows with the market.

The plain errors of :mod:`quanthedge.performance.relation` suppose independent days of even noise.
Here the slope has the error of Newey and West (1987) from residuals blown up by their leverage
(MacKinnon and White, 1985, HC3) and the critical value of Kiefer and Vogelsang (2005) for its
bandwidth; the correlation has a studentised stationary bootstrap. ``benchmarks/intervals.py``
measures how often either covers the truth.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.performance.relation import Estimate, beta
from quanthedge.performance.resampling import SEED, bounded, draw

__all__ = [
    "FEWEST_PAIRS",
    "beta_hac",
    "bootstrap_relation",
    "critical_value",
    "newey_west_lags",
    "rolling_beta_hac",
]

Floats = NDArray[np.float64]
FEWEST_PAIRS = 10
_HIGHEST = 1.0 - 1e-12


def beta_hac(returns: pd.Series, index_returns: pd.Series) -> Estimate:
    """Return the least-squares beta with an error that allows for autocorrelation.

    Notes
    -----
    Bartlett weights with L = ``floor(4 (n / 100) ** (2 / 9))`` lags on the scores ``(x - mean) u /
    (1 - h)``, u the residual and h its leverage. 95% interval: the standard error times Student's t
    of n - 2 degrees of freedom times ``(1.96 + 2.9694 b + 0.416 b^2 - 0.5324 b^3) / 1.96`` with b =
    (L + 1) / n. NaN below ten pairs.

    References
    ----------
    Newey and West (1987), Econometrica 55; MacKinnon and White (1985), J. of Econometrics 29;
    Kiefer and Vogelsang (2005), Econometric Theory 21.
    """
    both = pd.DataFrame({"y": returns, "x": index_returns}).dropna()
    n, plain = len(both), beta(returns, index_returns)
    if n < FEWEST_PAIRS or not np.isfinite(plain.value):
        return Estimate(*(float("nan"),) * 4, n)
    slope, error = _slopes(both["x"].to_numpy()[None, :], both["y"].to_numpy()[None, :])
    half = critical_value(n) * error[0]
    value = float(slope[0])
    return Estimate(value, float(error[0]), float(value - half), float(value + half), n)


def rolling_beta_hac(
    returns: pd.Series, index_returns: pd.Series, window: int = 60
) -> pd.DataFrame:
    """Return the beta of each window with the interval of :func:`beta_hac`.

    Returns
    -------
    DataFrame
        beta, low, high by the window's last period; NaN until the window is full, and where a
        return in it is missing or the index stands still.
    """
    found = pd.DataFrame(np.nan, index=returns.index, columns=["beta", "low", "high"])
    if len(returns) < window or window < FEWEST_PAIRS:
        return found
    own, other = (
        np.lib.stride_tricks.sliding_window_view(series.to_numpy(dtype=np.float64), window)
        for series in (returns, index_returns.reindex(returns.index))
    )
    known = np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
    known[known] &= other[known].var(axis=1) > 1e-24
    slope, error = _slopes(other[known], own[known])
    half = critical_value(window) * error
    rows = np.flatnonzero(known) + window - 1
    found.iloc[rows] = np.column_stack([slope, slope - half, slope + half])
    return found


def bootstrap_relation(
    returns: pd.Series, index_returns: pd.Series, *, paths: int = 1000, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95% interval of the correlation by stationary bootstrap of pairs of periods.

    NaN with fewer than ten pairs or without variation.

    Notes
    -----
    On Fisher's scale z = atanh r, with s the error of z that the fourth moments of the pairs give:
    the interval is ``tanh(z -+ q s)``, q the 95% quantile of ``|z* - z| / s*`` over drawn pairs
    (Davison and Hinkley, 1997, "Bootstrap Methods and their Application", section 5.2).
    """
    both = pd.DataFrame({"y": returns, "x": index_returns}).dropna()
    n = len(both)
    if n < FEWEST_PAIRS or both.std().min() < 1e-12:
        return float("nan"), float("nan")
    y, x = (both[name].to_numpy(dtype=np.float64) for name in ("y", "x"))
    centre, error = (float(found[0]) for found in _fisher(x[None, :], y[None, :]))
    block, random = float(np.cbrt(n)), np.random.default_rng(seed)
    away = []
    for count in bounded(paths, n):
        some = draw(n, n, count, block, random)
        drawn, errors = _fisher(x[some], y[some])
        away.append(np.abs(drawn - centre) / np.maximum(errors, 1e-12))
    half = float(np.quantile(np.concatenate(away), 0.95)) * error
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def _slopes(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return slope and robust error of each row, [rows] each, from [rows, n]."""
    n = x.shape[1]
    dx, dy = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    squares = (dx * dx).sum(axis=1)
    slope = (dx * dy).sum(axis=1) / squares
    leverage = 1.0 / n + dx * dx / squares[:, None]
    scores = dx * (dy - slope[:, None] * dx) / np.maximum(1.0 - leverage, 1e-9)
    lags = newey_west_lags(n)
    total = (scores * scores).sum(axis=1)
    for lag in range(1, lags + 1):
        product = (scores[:, lag:] * scores[:, :-lag]).sum(axis=1)
        total = total + 2.0 * (1.0 - lag / (lags + 1.0)) * product
    return slope, np.sqrt(np.maximum(total, 0.0)) / squares


def newey_west_lags(n: int) -> int:
    """Return the lags of the Bartlett kernel for n observations."""
    return int(np.floor(4.0 * (n / 100.0) ** (2.0 / 9.0)))


def critical_value(n: int) -> float:
    """Return by how many errors the 95% interval reaches to either side."""
    from scipy.special import stdtrit

    b = (newey_west_lags(n) + 1.0) / n
    wider = (1.96 + 2.9694 * b + 0.416 * b**2 - 0.5324 * b**3) / 1.96
    return float(stdtrit(n - 2, 0.975)) * wider


def _fisher(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return atanh of the correlation of each row and its error, [rows] each."""
    n = x.shape[1]
    a, b = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
    a, b = (v / np.maximum(np.sqrt((v * v).mean(axis=1, keepdims=True)), 1e-150) for v in (a, b))
    r = np.clip((a * b).mean(axis=1), -_HIGHEST, _HIGHEST)
    moved = a * b - (r / 2.0)[:, None] * (a * a + b * b)
    return np.arctanh(r), np.sqrt((moved * moved).mean(axis=1) / n) / (1.0 - r * r)
