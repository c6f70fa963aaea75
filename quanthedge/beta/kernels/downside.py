"""Compiled rolling regressions on the days on which the index fell.

The threshold may move with the window, so that a day joins and leaves the regression more than
once: the sums of every window are taken afresh, from deviations, for many stocks side by side.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["rolling_downside"]


@njit(cache=True, error_model="numpy")
def _down_days(
    index: NDArray[np.float64],
    first: int,
    last: int,
    below_mean: bool,
    days: NDArray[np.int64],
) -> tuple[int, float]:
    """List the days first..last with an index return below the threshold; return it as well."""
    threshold = 0.0
    known = 0
    if below_mean:
        for t in range(first, last + 1):
            if np.isfinite(index[t]):
                known += 1
                threshold += (index[t] - threshold) / known
    count = 0
    for t in range(first, last + 1):
        if np.isfinite(index[t]) and index[t] < threshold:
            days[count] = t
            count += 1
    return count, threshold


@njit(cache=True, error_model="numpy")
def rolling_downside(
    returns: NDArray[np.float64],
    index: NDArray[np.float64],
    window: int,
    min_observations: int,
    below_mean: bool,
    intercept: bool,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int32],
) -> None:
    """Regress each stock on the index over the down days of the last `window` days.

    Parameters
    ----------
    returns : float64 [T, N], index : float64 [T]
    window, min_observations : int
        Days looked back; down days with both returns that are needed.
    below_mean : bool
        Threshold: the index's mean over the window, or 0.
    intercept : bool
        Whether the line is free, or goes through (threshold, threshold).
    beta, standard_error : float64 [T, N], observations : int32 [T, N]
        Filled in place. Row t uses days t - window + 1 .. t.

    """
    stocks = returns.shape[1]
    days = np.empty(window, dtype=np.int64)
    mean_x = np.empty(stocks)
    mean_y = np.empty(stocks)
    n = np.empty(stocks)
    xx = np.empty(stocks)
    xy = np.empty(stocks)
    yy = np.empty(stocks)
    lost = 2.0 if intercept else 1.0
    for t in range(returns.shape[0]):
        count, threshold = _down_days(index, max(0, t - window + 1), t, below_mean, days)
        n[:] = 0.0
        mean_x[:] = 0.0
        mean_y[:] = 0.0
        xx[:] = 0.0
        xy[:] = 0.0
        yy[:] = 0.0
        largest = 0.0
        for d in range(count):
            row = returns[days[d]]
            x = index[days[d]]
            largest = max(largest, abs(x - threshold))
            for i in range(stocks):
                y = row[i]
                one = 1.0 if y - y == 0.0 else 0.0
                n[i] += one
                mean_x[i] += one * x
                mean_y[i] += y if one == 1.0 else 0.0
        for i in range(stocks):
            mean_x[i] = mean_x[i] / n[i] if intercept else threshold
            mean_y[i] = mean_y[i] / n[i] if intercept else threshold
        for d in range(count):
            row = returns[days[d]]
            x = index[days[d]]
            for i in range(stocks):
                y = row[i]
                known = y - y == 0.0
                u = x - mean_x[i] if known else 0.0
                v = y - mean_y[i] if known else 0.0
                xx[i] += u * u
                xy[i] += u * v
                yy[i] += v * v
        for i in range(stocks):
            fine = n[i] >= min_observations and xx[i] > n[i] * (1e-12 * largest) ** 2
            slope = xy[i] / xx[i] if fine else np.nan
            left = yy[i] - slope * xy[i]
            if fine and left < 1e-6 * yy[i]:  # almost all cancelled: take the residuals themselves
                left = 0.0
                for d in range(count):
                    y = returns[days[d], i]
                    if y - y == 0.0:
                        residual = y - mean_y[i] - slope * (index[days[d]] - mean_x[i])
                        left += residual * residual
            beta[t, i] = slope
            standard_error[t, i] = np.sqrt(left / (n[i] - lost) / xx[i]) if fine else np.nan
            observations[t, i] = np.int32(n[i])
