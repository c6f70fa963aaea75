"""Compiled rolling Huber regressions.

The estimate of a day solves, with residuals ``r = y - a - x b``,

    sum of psi(r / s) * (1, x) = 0      and      s = median |r| / 0.6745,

where ``psi`` is the identity, cut off at +- the tuning constant. It is found as everywhere, by
reweighted least squares from the ordinary ones; but since the equations are linear as long as the
same days are cut off and the same day is the median, a Newton step from near the solution lands on
it exactly. The result depends on the window's days alone, not on the day before.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.beta.kernels.algebra import dot, dot3, select, solve
from quanthedge.compiled import njit

__all__ = ["rolling_huber"]

_MAD = 0.6744897501960817  # median of |z| for a standard normal z
_REWEIGHTINGS = 2  # before the first Newton step, and twice as many before each retry
_NEWTON = 12
_NEAR = 0.2  # scales: a solution further away may be another one than reweighting leads to


@njit(cache=True, error_model="numpy")
def _residuals(
    u: NDArray[np.float64],
    y: NDArray[np.float64],
    n: int,
    theta: NDArray[np.float64],
    residual: NDArray[np.float64],
) -> None:
    for i in range(n):
        residual[i] = y[i] - theta[0]
    for a in range(1, u.shape[0]):
        for i in range(n):
            residual[i] -= theta[a] * u[a, i]


@njit(cache=True, error_model="numpy")
def _middle(
    residual: NDArray[np.float64], n: int, places: tuple[int, int], work: NDArray[np.float64]
) -> tuple[int, int]:
    """Return the days of the two middle values of |residual| (one day twice when n is odd).

    places are those of the residuals before, which are often still right.
    """
    lower = abs(residual[places[0]])
    upper = abs(residual[places[1]])
    below_lower = 0
    to_lower = 0
    below_upper = 0
    to_upper = 0
    for i in range(n):
        size = abs(residual[i])
        work[i] = size
        below_lower += size < lower
        to_lower += size <= lower
        below_upper += size < upper
        to_upper += size <= upper
    k = (n - 1) // 2
    m = n // 2
    if below_lower <= k < to_lower and below_upper <= m < to_upper:
        return places
    lower = select(work, n, k)
    upper = lower
    if m > k:
        upper = work[m]
        for i in range(m + 1, n):
            upper = min(upper, work[i])
    first = 0
    while abs(residual[first]) != lower:
        first += 1
    second = 0
    while abs(residual[second]) != upper:
        second += 1
    return first, second


@njit(cache=True, error_model="numpy")
def _scale(residual: NDArray[np.float64], middle: tuple[int, int]) -> float:
    return 0.5 * (abs(residual[middle[0]]) + abs(residual[middle[1]])) / _MAD


@njit(cache=True, error_model="numpy")
def _least_squares(
    u: NDArray[np.float64],
    y: NDArray[np.float64],
    n: int,
    weights: NDArray[np.float64],
    theta: NDArray[np.float64],
    matrix: NDArray[np.float64],
) -> bool:
    """Fit theta by weighted least squares."""
    p = u.shape[0]
    for a in range(p):
        for b in range(a, p):
            matrix[a, b] = dot3(u[a], u[b], weights, n)
            matrix[b, a] = matrix[a, b]
        theta[a] = dot3(u[a], y, weights, n)
    return solve(matrix, theta, p)


@njit(cache=True, error_model="numpy")
def _reweight(
    residual: NDArray[np.float64], n: int, cut: float, weights: NDArray[np.float64]
) -> None:
    for i in range(n):
        size = abs(residual[i])
        weights[i] = 1.0 if size <= cut else cut / size


@njit(cache=True, error_model="numpy")
def _newton_step(
    u: NDArray[np.float64],
    n: int,
    tuning: float,
    residual: NDArray[np.float64],
    scale: float,
    middle: tuple[int, int],
    inside: NDArray[np.float64],
    outside: NDArray[np.float64],
    matrix: NDArray[np.float64],
    step: NDArray[np.float64],
) -> bool:
    """Solve the equations as if the days cut off and the median day stayed the same."""
    p = u.shape[0]
    cut = tuning * scale
    for i in range(n):
        size = abs(residual[i])
        inside[i] = 1.0 if size <= cut else 0.0
        outside[i] = 0.0 if size <= cut else np.sign(residual[i])
    for a in range(p):
        for b in range(a, p):
            matrix[a, b] = dot3(u[a], u[b], inside, n)
            matrix[b, a] = matrix[a, b]
        lever = dot(u[a], outside, n)
        matrix[a, p] = -tuning * lever
        step[a] = dot3(u[a], residual, inside, n) + cut * lever
        matrix[p, a] = 0.0
    for i in middle:
        for a in range(p):
            matrix[p, a] += 0.5 * np.sign(residual[i]) * u[a, i]
    matrix[p, p] = _MAD
    step[p] = _MAD * (_scale(residual, middle) - scale)
    return solve(matrix, step, p + 1)


@njit(cache=True, error_model="numpy")
def _polish(
    u: NDArray[np.float64],
    y: NDArray[np.float64],
    n: int,
    tuning: float,
    theta: NDArray[np.float64],
    residual: NDArray[np.float64],
    scale: float,
    middle: tuple[int, int],
    spread: NDArray[np.float64],
    work: NDArray[np.float64],
    matrix: NDArray[np.float64],
    step: NDArray[np.float64],
) -> float:
    """Take Newton steps until theta and scale stand still; return the scale, -1 when they do not.

    spread [p] is the root mean square of each column of u: steps are measured in residuals.
    """
    p = u.shape[0]
    for _ in range(_NEWTON):
        if not _newton_step(u, n, tuning, residual, scale, middle, work[1], work[2], matrix, step):
            return -1.0
        moved = abs(step[p])
        for a in range(p):
            theta[a] += step[a]
            moved += abs(step[a]) * spread[a]
        scale = float(scale + step[p])
        if not scale > 0.0:
            return -1.0
        if moved <= 1e-12 * scale:
            return scale
        _residuals(u, y, n, theta, residual)
        middle = _middle(residual, n, middle, work[0])
    return -1.0


@njit(cache=True, error_model="numpy")
def _fit(
    u: NDArray[np.float64],
    y: NDArray[np.float64],
    n: int,
    tuning: float,
    iterations: int,
    theta: NDArray[np.float64],
    first: NDArray[np.float64],
    spread: NDArray[np.float64],
    work: NDArray[np.float64],
    matrix: NDArray[np.float64],
    step: NDArray[np.float64],
) -> float:
    """Fit theta [p] to the window and return the scale; 0 for a perfect fit, NaN for none.

    u [p, n]: ones and the indices' deviations from their means; work [4, n]: row 3 becomes the
    residuals.
    """
    p = u.shape[0]
    weights = work[1]
    residual = work[3]
    largest = 0.0
    for i in range(n):
        weights[i] = 1.0
        largest = max(largest, abs(y[i]))
    if not _least_squares(u, y, n, weights, theta, matrix):
        return np.nan
    scale = 0.0
    middle = (0, 0)
    attempt = _REWEIGHTINGS
    for iteration in range(iterations):
        _residuals(u, y, n, theta, residual)
        middle = _middle(residual, n, middle, work[0])
        scale = _scale(residual, middle)
        if scale <= 1e-13 * largest:  # more than half of the days lie on one line
            return 0.0
        if iteration == attempt:
            attempt = 2 * iteration
            first[:] = theta
            polished = _polish(
                u, y, n, tuning, theta, residual, scale, middle, spread, work, matrix, step
            )
            shift = abs(polished - scale)
            for a in range(p):
                shift += abs(theta[a] - first[a]) * spread[a]
            if polished > 0.0 and shift <= _NEAR * scale:
                _residuals(u, y, n, theta, residual)
                return polished
            theta[:] = first  # too far away yet: go on step by step
            _residuals(u, y, n, theta, residual)
        _reweight(residual, n, tuning * scale, weights)
        first[:] = theta
        if not _least_squares(u, y, n, weights, theta, matrix):
            return np.nan
        moved = 0.0
        for a in range(p):
            moved += abs(theta[a] - first[a]) * spread[a]
        if moved <= 1e-12 * scale:
            break
    _residuals(u, y, n, theta, residual)
    return _scale(residual, _middle(residual, n, middle, work[0]))


@njit(cache=True, error_model="numpy")
def _errors(
    u: NDArray[np.float64],
    n: int,
    tuning: float,
    scale: float,
    residual: NDArray[np.float64],
    matrix: NDArray[np.float64],
    step: NDArray[np.float64],
    error: NDArray[np.float64],
) -> None:
    """Fill error [k] with Huber's (1973) first form of the covariance, corrected for size."""
    p = u.shape[0]
    cut = tuning * scale
    squares = 0.0
    kept = 0
    for i in range(n):
        size = min(abs(residual[i]), cut)
        squares += size * size
        kept += abs(residual[i]) <= cut
    share = kept / n
    correction = 1.0 + p / n * (1.0 - share) / share
    variance = correction**2 * squares / (n - p) / share**2
    for j in range(1, p):
        for a in range(1, p):
            for b in range(1, p):
                matrix[a - 1, b - 1] = dot(u[a], u[b], n)
            step[a - 1] = 1.0 if a == j else 0.0
        fine = solve(matrix, step, p - 1)
        error[j - 1] = np.sqrt(variance * step[j - 1]) if fine and n > p else np.nan


@njit(cache=True, error_model="numpy")
def _centred(
    x: NDArray[np.float64], begin: int, n: int, u: NDArray[np.float64], spread: NDArray[np.float64]
) -> bool:
    """Fill u with ones and deviations of the indices; False when an index did not move."""
    for i in range(n):
        u[0, i] = 1.0
    spread[0] = 1.0
    for a in range(1, u.shape[0]):
        mean = 0.0
        largest = 0.0
        for i in range(n):
            mean += (x[a - 1, begin + i] - mean) / (i + 1)
            largest = max(largest, abs(x[a - 1, begin + i]))
        squares = 0.0
        for i in range(n):
            u[a, i] = x[a - 1, begin + i] - mean
            squares += u[a, i] * u[a, i]
        if squares <= n * (1e-12 * largest) ** 2:
            return False
        spread[a] = np.sqrt(squares / n)
    return True


@njit(cache=True, error_model="numpy", nogil=True)
def rolling_huber(
    returns: NDArray[np.float64],
    index: NDArray[np.float64],
    window: int,
    min_observations: int,
    tuning: float,
    iterations: int,
    first_stock: int,
    last_stock: int,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int32],
) -> None:
    """Regress each stock on the indices over the last `window` days, for every day.

    Parameters
    ----------
    returns : float64 [T, N], index : float64 [T, K]
    window, min_observations : int
    tuning : float
        Residuals beyond this many scales are cut off.
    iterations : int
        Most reweightings of a day.
    first_stock, last_stock : int
        Columns first_stock .. last_stock - 1 are worked on.
    beta, standard_error : float64 [T, N, K], observations : int32 [T, N]
        Filled in place. Row t uses days t - window + 1 .. t.

    """
    days = returns.shape[0]
    indices = index.shape[1]
    p = indices + 1
    x = np.empty((indices, days))  # the known pairs of one stock, without gaps
    y = np.empty(days)
    day = np.empty(days, dtype=np.int64)
    u = np.empty((p, window))
    work = np.empty((4, window))
    matrix = np.empty((p + 1, p + 1))
    step = np.empty(p + 1)
    theta = np.empty(p)
    first = np.empty(p)
    spread = np.empty(p)
    slope = np.empty(indices)
    error = np.empty(indices)
    for s in range(first_stock, last_stock):
        begin = 0
        end = 0
        slope[:] = np.nan
        error[:] = np.nan
        for t in range(days):
            known = np.isfinite(returns[t, s])
            for a in range(indices):
                known = known and np.isfinite(index[t, a])
            changed = known
            if known:
                for a in range(indices):
                    x[a, end] = index[t, a]
                y[end] = returns[t, s]
                day[end] = t
                end += 1
            while begin < end and day[begin] <= t - window:
                begin += 1
                changed = True
            n = end - begin
            if changed:
                slope[:] = np.nan
                error[:] = np.nan
                if n >= min_observations and n > p and _centred(x, begin, n, u, spread):
                    scale = _fit(
                        u, y[begin:end], n, tuning, iterations,
                        theta, first, spread, work, matrix, step,
                    )  # fmt: skip
                    if np.isfinite(scale):
                        slope[:] = theta[1:]
                    if scale > 0.0:
                        _errors(u, n, tuning, scale, work[3], matrix, step, error)
            for a in range(indices):
                beta[t, s, a] = slope[a]
                standard_error[t, s, a] = error[a]
            observations[t, s] = n
