"""A compiled Kalman filter for betas that walk, run at several speeds at once.

Everything is in units of the observation variance, which then falls out of the prediction errors
(the concentrated likelihood). A stock's filter starts from least squares on its first days.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["walking_betas"]


@njit(cache=True, error_model="numpy")
def _invert(matrix: NDArray[np.float64], inverse: NDArray[np.float64]) -> bool:
    """Invert a small positive definite matrix by Gauss-Jordan; False when it is singular."""
    p = matrix.shape[0]
    inverse[:] = 0.0
    for c in range(p):
        inverse[c, c] = 1.0
    for c in range(p):
        pivot = matrix[c, c]
        if not pivot > 0.0:
            return False
        for k in range(p):
            matrix[c, k] /= pivot
            inverse[c, k] /= pivot
        for r in range(p):
            if r != c:
                factor = matrix[r, c]
                for k in range(p):
                    matrix[r, k] -= factor * matrix[c, k]
                    inverse[r, k] -= factor * inverse[c, k]
    return True


@njit(cache=True, error_model="numpy")
def _start(
    moments: NDArray[np.float64],
    cross: NDArray[np.float64],
    squares: float,
    theta: NDArray[np.float64],
    inverse: NDArray[np.float64],
    work: NDArray[np.float64],
) -> float:
    """Least squares from sums: fill theta and (X'X)^-1; return the squared residuals, -1 if none.

    The design is scaled to unit diagonal first, so that singular means the same for all units.
    """
    p = theta.shape[0]
    for a in range(p):
        if not moments[a, a] > 0.0:
            return -1.0
        for b in range(p):
            work[a, b] = moments[a, b] / np.sqrt(moments[a, a] * moments[b, b])
    for a in range(p):
        for b in range(a):
            if abs(work[a, b]) > 1.0 - 1e-12:
                return -1.0
    if not _invert(work, inverse):
        return -1.0
    left = squares
    for a in range(p):
        theta[a] = 0.0
        for b in range(p):
            inverse[a, b] /= np.sqrt(moments[a, a] * moments[b, b])
            theta[a] += inverse[a, b] * cross[b]
    for a in range(p):
        left -= theta[a] * cross[a]
    return max(left, 0.0)


@njit(cache=True, error_model="numpy")
def _update(
    x: NDArray[np.float64],
    y: float,
    theta: NDArray[np.float64],
    spread: NDArray[np.float64],
    gain: NDArray[np.float64],
) -> tuple[float, float]:
    """Update state and covariance with one return; return the error and one over its variance."""
    p = theta.shape[0]
    error = y
    variance = 1.0
    for a in range(p):
        gain[a] = 0.0
        for b in range(p):
            gain[a] += spread[a, b] * x[b]
        error -= x[a] * theta[a]
        variance += x[a] * gain[a]
    inverse = 1.0 / variance
    for a in range(p):
        theta[a] += gain[a] * inverse * error
        for b in range(a, p):
            spread[a, b] -= gain[a] * (gain[b] * inverse)
            spread[b, a] = spread[a, b]
    return error, inverse


@njit(cache=True, error_model="numpy", nogil=True)
def walking_betas(
    returns: NDArray[np.float64],
    index: NDArray[np.float64],
    ratios: NDArray[np.float64],
    alpha_ratio: float,
    intercept: bool,
    known_variance: float,
    keep: float,
    together: bool,
    min_observations: int,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int32],
    chosen: NDArray[np.float64],
) -> None:
    """Filter each stock's betas with each signal-to-noise ratio, and keep the likeliest so far.

    Parameters
    ----------
    returns : float64 [T, N], index : float64 [T, K]
    ratios : float64 [Q]
        Variance of a day's step of beta over the variance of an observation.
    alpha_ratio : float
        The same for the intercept, 0 = constant.
    intercept : bool
    known_variance : float
        Variance of an observation; NaN = from the prediction errors.
    keep : float
        Weight of yesterday's sums of prediction errors and likelihood, 1 = no forgetting.
    together : bool
        Whether all stocks have one ratio a day.
    min_observations : int
        Days of a stock before its filter starts; more than K + 1.
    beta, standard_error : float64 [T, N, K], observations : int32 [T, N]
        Filled in place. Row t uses days up to t.
    chosen : float64 [T, N]
        Ratio of each beta, filled in place. This, errors and observations may have one row: that
        of the last day.

    """
    days, stocks = returns.shape
    indices = index.shape[1]
    shift = 1 if intercept else 0
    p = indices + shift
    speeds = ratios.shape[0]
    known_sigma = np.isfinite(known_variance)
    x = np.ones(p)
    gain = np.empty(p)
    work = np.empty((p, p))
    theta = np.empty((stocks, speeds, p))
    spread = np.empty((stocks, speeds, p, p))
    moments = np.zeros((stocks, p, p))  # sums of the days before the start
    cross = np.zeros((stocks, p))
    squares = np.zeros(stocks)
    count = np.zeros(stocks, dtype=np.int32)
    running = np.zeros(stocks, dtype=np.bool_)
    weight = np.zeros(stocks)  # of the prediction errors, discounted
    errors = np.zeros((stocks, speeds))  # squared, over their relative variance
    logs = np.zeros((stocks, speeds))  # of the relative variances
    deviance = np.zeros((stocks, speeds))  # -2 log likelihood, up to a constant
    best = np.zeros(stocks, dtype=np.int64)
    for t in range(days):
        index_known = True
        for a in range(indices):
            index_known = index_known and np.isfinite(index[t, a])
            x[shift + a] = index[t, a]
        for s in range(stocks):
            if running[s]:
                for g in range(speeds):
                    for a in range(p):
                        walk = alpha_ratio if a < shift else ratios[g]
                        spread[s, g, a, a] += walk
            y = returns[t, s]
            if not (index_known and np.isfinite(y)):
                continue
            count[s] += 1
            if not running[s]:
                for a in range(p):
                    for b in range(p):
                        moments[s, a, b] += x[a] * x[b]
                    cross[s, a] += x[a] * y
                squares[s] += y * y
                if count[s] >= min_observations:
                    left = _start(moments[s], cross[s], squares[s], theta[s, 0], spread[s, 0], work)
                    running[s] = left >= 0.0
                    weight[s] = count[s] - p
                    for g in range(speeds):
                        theta[s, g] = theta[s, 0]
                        spread[s, g] = spread[s, 0]
                        errors[s, g] = left
                continue
            weight[s] = keep * weight[s] + 1.0
            for g in range(speeds):
                error, inverse = _update(x, y, theta[s, g], spread[s, g], gain)
                errors[s, g] = keep * errors[s, g] + error * error * inverse
                if speeds > 1:
                    logs[s, g] = keep * logs[s, g] - np.log(inverse)
                    fit = errors[s, g] / known_variance
                    if not known_sigma:
                        fit = weight[s] * np.log(max(errors[s, g], 1e-300))
                    deviance[s, g] = fit + logs[s, g]
            if not together:
                best[s] = np.argmin(deviance[s])
        if together and speeds > 1:
            total = np.zeros(speeds)
            for s in range(stocks):
                if running[s]:
                    total += deviance[s] - deviance[s].mean()
            best[:] = np.argmin(total)
        row = t if chosen.shape[0] == days else 0
        for s in range(stocks):
            g = best[s]
            observations[row, s] = count[s]
            chosen[row, s] = ratios[g] if running[s] else np.nan
            sigma = np.sqrt(known_variance if known_sigma else errors[s, g] / weight[s])
            for a in range(indices):
                b = shift + a
                beta[t, s, a] = theta[s, g, b] if running[s] else np.nan
                standard_error[row, s, a] = (
                    sigma * np.sqrt(max(spread[s, g, b, b], 0.0)) if running[s] else np.nan
                )
