"""Exponentially weighted second moments of factor returns and of residuals, with lags."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Floats, Ints

__all__ = ["factor_moments", "robust_spreads", "specific_moments"]


@njit(cache=True)
def factor_moments(
    returns: Floats, decay: float, moments: Floats, history: Floats, weight: Floats
) -> None:
    """Take one day into the moments of factors, in place.

    Parameters
    ----------
    returns : float64 [K]
        Of the day.
    decay : float
        Weight of a day beside the day after.
    moments : float64 [L + 1, K, K]
        ``moments[q, i, j]`` is the weighted sum of ``f[t, i] f[t - q, j]``.
    history : float64 [L, K]
        Returns of the days before, the last one first.
    weight : float64 [L + 1]
        Sums of the weights.
    """
    lags, count = history.shape
    for q in range(lags + 1):
        weight[q] *= decay
        if q > 0 and not np.isfinite(history[q - 1, 0]):
            for i in range(count):
                for j in range(count):
                    moments[q, i, j] *= decay
            continue
        weight[q] += 1.0
        for i in range(count):
            for j in range(count):
                other = returns[j] if q == 0 else history[q - 1, j]
                moments[q, i, j] = decay * moments[q, i, j] + returns[i] * other


@njit(cache=True)
def specific_moments(
    residuals: Floats,
    size: Floats,
    decay: float,
    lags: int,
    regime_decay: float,
    largest: float,
    plain: Floats,
    adjusted: Floats,
    counts: Ints,
    regime: Floats,
) -> None:
    """Fill the specific variance of every stock and day, and the level of all together.

    Parameters
    ----------
    residuals : float32 [T, N]
        NaN where a stock did not trade: its moments stay as they are, lags count traded days.
    size : float32 [T, N]
        Market value at the closes; weighs a stock in the level of the next day.
    decay, lags, regime_decay, largest
        Of the moments; Newey-West lags; of the level; most that a day's level may be.
    plain : float32 [T, N]
        Filled: weighted mean of squared residuals, NaN before the first.
    adjusted : float32 [T, N]
        Filled: the same with Bartlett-weighted lags, at least half of it.
    counts : int64 [T, N]
        Filled: residuals so far.
    regime : float64 [T]
        Filled: weighted mean of ``sum of size share x residual^2 / variance the day before``.
    """
    days, stocks = residuals.shape
    moments, weight = np.zeros((stocks, lags + 1)), np.zeros((stocks, lags + 1))
    before = np.zeros((stocks, max(lags, 1)))
    level, sure = 0.0, 0.0
    for t in range(days):
        square, whole = 0.0, 0.0
        for i in range(stocks):
            e = np.float64(residuals[t, i])
            seen = counts[t - 1, i] if t > 0 else 0
            if np.isfinite(e):
                if t > 0 and seen >= 20 and size[t - 1, i] > 0 and plain[t - 1, i] > 0:
                    square += size[t - 1, i] * e * e / plain[t - 1, i]
                    whole += size[t - 1, i]
                for q in range(lags + 1):
                    moments[i, q] *= decay
                    weight[i, q] *= decay
                    if q == 0:
                        moments[i, 0] += e * e
                        weight[i, 0] += 1.0
                    elif seen >= q:
                        moments[i, q] += e * before[i, q - 1]
                        weight[i, q] += 1.0
                for q in range(lags - 1, 0, -1):
                    before[i, q] = before[i, q - 1]
                before[i, 0] = e
                seen += 1
            counts[t, i] = seen
            plain[t, i] = np.nan
            adjusted[t, i] = np.nan
            if seen > 0:
                own = moments[i, 0] / weight[i, 0]
                full = own
                for q in range(1, lags + 1):
                    if weight[i, q] > 0:
                        full += 2.0 * (1.0 - q / (lags + 1.0)) * moments[i, q] / weight[i, q]
                plain[t, i] = own
                adjusted[t, i] = max(full, 0.5 * own)
        if whole > 0:
            level = regime_decay * level + min(square / whole, largest)
            sure = regime_decay * sure + 1.0
        regime[t] = level / sure if sure > 0 else 1.0


@njit(cache=True)
def robust_spreads(residuals: Floats, count: Floats, ratio: Floats) -> None:
    """Fill how many residuals a stock has, and how fat their tails are.

    Parameters
    ----------
    residuals : float32 [D, N]
        Of the last days; NaN where not traded.
    count : float64 [N]
        Filled.
    ratio : float64 [N]
        Filled: distance of the deviation (of residuals pulled in to ten robust ones) to the robust
        one, (Q3 - Q1) / 1.35, over the robust one; NaN without ten residuals or any spread.
    """
    days, stocks = residuals.shape
    own = np.empty(days)
    for i in range(stocks):
        n = 0
        for t in range(days):
            if np.isfinite(residuals[t, i]):
                own[n] = residuals[t, i]
                n += 1
        count[i] = n
        ratio[i] = np.nan
        if n < 10:
            continue
        ordered = np.sort(own[:n])
        low, high = 0.25 * (n - 1), 0.75 * (n - 1)
        first, third = int(low), int(high)
        lower = ordered[first] + (ordered[first + 1] - ordered[first]) * (low - first)
        upper = ordered[third] + (ordered[third + 1] - ordered[third]) * (high - third)
        robust = (upper - lower) / 1.35
        if robust <= 0:
            continue
        total, square = 0.0, 0.0
        for k in range(n):
            value = min(max(ordered[k], -10.0 * robust), 10.0 * robust)
            total += value
            square += value * value
        deviation = np.sqrt(max(square / n - (total / n) ** 2, 0.0))
        ratio[i] = abs(deviation - robust) / robust
