"""Compiled rolling regressions of stock returns on several regressors.

As in :mod:`quanthedge.beta.kernels.rolling`, sums over a window are the stored tail of one block
and the running head of the next, so nothing is ever subtracted. Moments of a day stand in this
order: days, sums of the K regressors, of their products (upper triangle by rows), of the returns,
of returns times regressors, of squared returns.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.typing import Floats

__all__ = ["ewma_regression", "instrument_regression", "joint_regression"]


_TILE = 64  # stocks worked on together: their sums over one block stay in the processor's cache
_CANCELLED = 1e-6  # share of a sum that must be left for it to be trusted
_SINGULAR = 1e-10  # share of a regressor that others must leave unexplained


@njit(cache=True, error_model="numpy")
def _add_day(row: Floats, x: Floats, known: bool, width: int, sums: Floats) -> None:
    """Add a day's moments of a tile of stocks to sums [M, _TILE]."""
    k = x.size
    for i in range(width):
        y = row[i]
        one = 1.0 if known and y - y == 0.0 else 0.0
        y = y if one == 1.0 else 0.0
        sums[0, i] += one
        m = 1
        for a in range(k):
            sums[m, i] += one * x[a]
            m += 1
        for a in range(k):
            for b in range(a, k):
                sums[m, i] += one * x[a] * x[b]
                m += 1
        sums[m, i] += y
        m += 1
        for a in range(k):
            sums[m, i] += y * x[a]
            m += 1
        sums[m, i] += y * y


@njit(cache=True, error_model="numpy")
def _tail_sums(
    returns: Floats, x: Floats, known: NDArray[np.bool_], start: int, window: int, first: int,
    width: int, tail: Floats,
) -> None:  # fmt: skip
    """Fill tail [window + 1, M, TILE]: sums of days start + j to the block's end."""
    tail[window] = 0.0
    for j in range(window - 1, -1, -1):
        tail[j] = tail[j + 1]
        t = start + j
        _add_day(returns[t, first : first + width], x[t], known[t], width, tail[j])


@njit(cache=True, error_model="numpy")
def _known_days(x: Floats) -> NDArray[np.bool_]:
    """Return the days [T] on which all regressors [T, K] are known; others become 0 in place."""
    known = np.empty(x.shape[0], dtype=np.bool_)
    for t in range(x.shape[0]):
        known[t] = np.isfinite(x[t]).all()
        if not known[t]:
            x[t] = 0.0
    return known


@njit(cache=True, error_model="numpy")
def _take_day(
    returns: Floats,
    x: Floats,
    known: NDArray[np.bool_],
    t: int,
    window: int,
    first: int,
    width: int,
    head: Floats,
    tail: Floats,
) -> int:
    """Take day t into the sums of a tile; returns the row of ``tail`` that completes ``head``."""
    j = t % window
    if j == 0:
        head[:] = 0.0
        if t > 0:
            _tail_sums(returns, x, known, t - window, window, first, width, tail)
    _add_day(returns[t, first : first + width], x[t], known[t], width, head)
    return j + 1


@njit(cache=True, error_model="numpy")
def _centred(
    head: Floats, before: Floats, i: int, k: int, xx: Floats, xy: Floats
) -> tuple[float, float, bool]:
    """Write centred products of stock i; return days, centred yy, and whether all is trusted."""
    n = head[0, i] + before[0, i]
    first_xx = 1 + k
    first_y = first_xx + k * (k + 1) // 2
    sum_y = head[first_y, i] + before[first_y, i]
    raw_yy = head[first_y + k + 1, i] + before[first_y + k + 1, i]
    yy = raw_yy - sum_y * sum_y / n
    fine = True
    m = first_xx
    for a in range(k):
        sum_a = head[1 + a, i] + before[1 + a, i]
        for b in range(a, k):
            sum_b = head[1 + b, i] + before[1 + b, i]
            raw = head[m, i] + before[m, i]
            xx[a, b] = raw - sum_a * sum_b / n
            xx[b, a] = xx[a, b]
            if a == b and not xx[a, a] >= _CANCELLED * raw:
                fine = False
            m += 1
        xy[a] = head[first_y + 1 + a, i] + before[first_y + 1 + a, i] - sum_y * sum_a / n
    return n, yy, fine and yy >= _CANCELLED * raw_yy


@njit(cache=True, error_model="numpy")
def _invert(matrix: Floats, inverse: Floats) -> bool:
    """Invert a small symmetric positive matrix by Cholesky; False when it is singular."""
    k = matrix.shape[0]
    root = np.zeros((k, k))
    for a in range(k):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= root[a, c] * root[b, c]
            if a == b:
                if not total > _SINGULAR * matrix[a, a]:
                    return False
                root[a, a] = np.sqrt(total)
            else:
                root[a, b] = total / root[b, b]
    for column in range(k):
        for a in range(k):
            total = 1.0 if a == column else 0.0
            for c in range(a):
                total -= root[a, c] * inverse[c, column]
            inverse[a, column] = total / root[a, a]
        for a in range(k - 1, -1, -1):
            total = inverse[a, column]
            for c in range(a + 1, k):
                total -= root[c, a] * inverse[c, column]
            inverse[a, column] = total / root[a, a]
    return True


@njit(cache=True, error_model="numpy")
def _gather(
    returns: Floats, x: Floats, known: NDArray[np.bool_], first: int, last: int, i: int,
    own_y: Floats, own_x: Floats,
) -> int:  # fmt: skip
    """Copy the pairs of stock i on days first..last, centred; return their number."""
    n = 0
    k = x.shape[1]
    mean_y = 0.0
    mean_x = np.zeros(k)
    for t in range(first, last + 1):
        y = returns[t, i]
        if known[t] and y - y == 0.0:
            own_y[n] = y
            mean_y += (y - mean_y) / (n + 1)
            for a in range(k):
                own_x[n, a] = x[t, a]
                mean_x[a] += (x[t, a] - mean_x[a]) / (n + 1)
            n += 1
    for s in range(n):
        own_y[s] -= mean_y
        for a in range(k):
            own_x[s, a] -= mean_x[a]
    return n


@njit(cache=True, error_model="numpy")
def _products(own_y: Floats, own_x: Floats, n: int, xx: Floats, xy: Floats) -> bool:
    """Write the products of centred pairs; False when a regressor did not move."""
    k = own_x.shape[1]
    moved = True
    for a in range(k):
        xy[a] = 0.0
        largest = 0.0
        for s in range(n):
            xy[a] += own_x[s, a] * own_y[s]
            largest = max(largest, abs(own_x[s, a]))
        for b in range(a, k):
            total = 0.0
            for s in range(n):
                total += own_x[s, a] * own_x[s, b]
            xx[a, b] = total
            xx[b, a] = total
        if xx[a, a] <= 0.0 or largest < 1e-14:
            moved = False
    return moved


@njit(cache=True, error_model="numpy")
def _sandwich(
    own_y: Floats, own_x: Floats, n: int, slope: Floats, inverse: Floats, lags: int,
    covariance: Floats,
) -> None:  # fmt: skip
    """Newey-West covariance of the slopes, Bartlett weights, pairs taken as consecutive."""
    k = slope.size
    for s in range(n):
        residual = own_y[s]
        for a in range(k):
            residual -= slope[a] * own_x[s, a]
        own_y[s] = residual
    middle = np.zeros((k, k))
    for lag in range(min(lags, n - 1) + 1):
        weight = 1.0 - lag / (lags + 1.0)
        for a in range(k):
            for b in range(k):
                total = 0.0
                for s in range(lag, n):
                    total += own_x[s, a] * own_y[s] * own_x[s - lag, b] * own_y[s - lag]
                middle[a, b] += weight * total
                if lag > 0:
                    middle[b, a] += weight * total
    covariance[:] = inverse @ middle @ inverse


@njit(cache=True, error_model="numpy")
def joint_regression(
    returns: Floats,
    x: Floats,
    contrasts: Floats,
    window: int,
    min_observations: int,
    lags: int,
    beta: Floats,
    standard_error: Floats,
    observations: NDArray[np.int32],
) -> None:
    """Regress each stock on K regressors over the last ``window`` days, for every day.

    Parameters
    ----------
    returns : float64 [T, N], x : float64 [T, K]
    contrasts : float64 [Q, K]
        What is reported: the identity for the slopes, a row of ones for their sum.
    window, min_observations : int
    lags : int
        Of Newey-West errors; -1 for errors of equal variance.
    beta, standard_error : float64 [T, N, Q], observations : int32 [T, N]
        Filled in place. Row t uses days t - window + 1 .. t.

    """
    days, stocks = returns.shape
    k, q = x.shape[1], contrasts.shape[0]
    moments = 3 + 2 * k + k * (k + 1) // 2
    clean = x.copy()
    known = _known_days(clean)
    tail = np.zeros((window + 1, moments, _TILE))
    head = np.zeros((moments, _TILE))
    xx, inverse, covariance = np.empty((k, k)), np.empty((k, k)), np.empty((k, k))
    xy, slope = np.empty(k), np.empty(k)
    own_y, own_x = np.empty(window), np.empty((window, k))
    for first in range(0, stocks, _TILE):
        width = min(_TILE, stocks - first)
        tail[:] = 0.0
        for t in range(days):
            rest = tail[_take_day(returns, clean, known, t, window, first, width, head, tail)]
            for i in range(width):
                beta[t, first + i] = np.nan
                standard_error[t, first + i] = np.nan
                n = head[0, i] + rest[0, i]
                observations[t, first + i] = np.int32(n)
                if n < max(min_observations, k + 2):
                    continue
                n, yy, fine = _centred(head, rest, i, k, xx, xy)
                if not fine or lags >= 0:
                    begin = max(0, t - window + 1)
                    pairs = _gather(returns, clean, known, begin, t, first + i, own_y, own_x)
                    if not _products(own_y, own_x, pairs, xx, xy):
                        continue
                    yy = np.dot(own_y[:pairs], own_y[:pairs])
                if not _invert(xx, inverse):
                    continue
                for a in range(k):
                    slope[a] = 0.0
                    for b in range(k):
                        slope[a] += inverse[a, b] * xy[b]
                if lags >= 0:
                    _sandwich(own_y, own_x, int(n), slope, inverse, lags, covariance)
                else:
                    squares = yy
                    for a in range(k):
                        squares -= slope[a] * xy[a]
                    if not fine:
                        squares = 0.0
                        for s in range(int(n)):
                            residual = own_y[s]
                            for a in range(k):
                                residual -= slope[a] * own_x[s, a]
                            squares += residual * residual
                    covariance[:] = inverse * (max(squares, 0.0) / (n - k - 1.0))
                for c in range(q):
                    total = 0.0
                    variance = 0.0
                    for a in range(k):
                        total += contrasts[c, a] * slope[a]
                        for b in range(k):
                            variance += contrasts[c, a] * covariance[a, b] * contrasts[c, b]
                    beta[t, first + i, c] = total
                    standard_error[t, first + i, c] = np.sqrt(max(variance, 0.0))


@njit(cache=True, error_model="numpy")
def instrument_regression(
    returns: Floats,
    x: Floats,
    instrument: Floats,
    window: int,
    min_observations: int,
    beta: Floats,
    standard_error: Floats,
    observations: NDArray[np.int32],
) -> None:
    """Estimate slopes ``Szy / Szx`` with an instrument over the last ``window`` days.

    Parameters
    ----------
    returns : float64 [T, N], x, instrument : float64 [T]
    window, min_observations : int
    beta, standard_error : float64 [T, N], observations : int32 [T, N]
        Filled in place.

    """
    days, stocks = returns.shape
    both = np.column_stack((x, instrument))
    known = _known_days(both)
    tail = np.zeros((window + 1, 10, _TILE))
    head = np.zeros((10, _TILE))
    xx, xy = np.empty((2, 2)), np.empty(2)
    own_y, own_x = np.empty(window), np.empty((window, 2))
    for first in range(0, stocks, _TILE):
        width = min(_TILE, stocks - first)
        tail[:] = 0.0
        for t in range(days):
            rest = tail[_take_day(returns, both, known, t, window, first, width, head, tail)]
            for i in range(width):
                beta[t, first + i] = np.nan
                standard_error[t, first + i] = np.nan
                n = head[0, i] + rest[0, i]
                observations[t, first + i] = np.int32(n)
                if n < max(min_observations, 3):
                    continue
                n, yy, fine = _centred(head, rest, i, 2, xx, xy)
                if not fine:
                    begin = max(0, t - window + 1)
                    pairs = _gather(returns, both, known, begin, t, first + i, own_y, own_x)
                    if not _products(own_y, own_x, pairs, xx, xy):
                        continue
                    yy = np.dot(own_y[:pairs], own_y[:pairs])
                if abs(xx[0, 1]) <= 1e-6 * np.sqrt(xx[0, 0] * xx[1, 1]):
                    continue  # the instrument says nothing of the index on these days
                slope = xy[1] / xx[0, 1]
                squares = yy - 2.0 * slope * xy[0] + slope * slope * xx[0, 0]
                error = np.sqrt(max(squares, 0.0) / (n - 2.0) * xx[1, 1]) / abs(xx[0, 1])
                beta[t, first + i] = slope
                standard_error[t, first + i] = error


@njit(cache=True, error_model="numpy")
def ewma_regression(
    returns: Floats,
    x: Floats,
    decay: float,
    min_observations: int,
    beta: Floats,
    standard_error: Floats,
    observations: NDArray[np.int32],
) -> None:
    """Regress each stock on K regressors with weights ``decay ** age``, for every day.

    Parameters
    ----------
    returns : float64 [T, N], x : float64 [T, K]
    decay : float
        Below 1. Sums only decay and grow, so no rounding builds up.
    min_observations : int
    beta, standard_error : float64 [T, N, K], observations : int32 [T, N]
        Filled in place. Row t uses all days up to t.

    """
    days, stocks = returns.shape
    k = x.shape[1]
    moments = 3 + 2 * k + k * (k + 1) // 2
    squares_of = 1 + k + k * (k + 1) // 2  # of squared weights: days, regressors, products
    xx, inverse, middle = np.empty((k, k)), np.empty((k, k)), np.empty((k, k))
    xy, slope, mean = np.empty(k), np.empty(k), np.empty(k)
    sums, second = np.empty((moments, _TILE)), np.empty((squares_of, _TILE))
    count = np.empty(_TILE, dtype=np.int32)
    zero = np.zeros((moments, _TILE))
    for first in range(0, stocks, _TILE):
        width = min(_TILE, stocks - first)
        sums[:], second[:], count[:] = 0.0, 0.0, 0
        for t in range(days):
            sums *= decay
            second *= decay * decay
            if np.isfinite(x[t]).all():
                _add_day(returns[t, first : first + width], x[t], True, width, sums)
                for i in range(width):
                    y = returns[t, first + i]
                    if y - y == 0.0:
                        count[i] += 1
                        second[0, i] += 1.0
                        m = 1
                        for a in range(k):
                            second[m, i] += x[t, a]
                            m += 1
                        for a in range(k):
                            for b in range(a, k):
                                second[m, i] += x[t, a] * x[t, b]
                                m += 1
            for i in range(width):
                beta[t, first + i] = np.nan
                standard_error[t, first + i] = np.nan
                observations[t, first + i] = count[i]
                if count[i] < max(min_observations, k + 2):
                    continue
                total, yy, _ = _centred(sums, zero, i, k, xx, xy)
                if not _invert(xx, inverse):
                    continue
                for a in range(k):
                    mean[a] = sums[1 + a, i] / total
                    slope[a] = 0.0
                    for b in range(k):
                        slope[a] += inverse[a, b] * xy[b]
                effective = total * total / second[0, i]
                left = yy
                for a in range(k):
                    left -= slope[a] * xy[a]
                if effective <= k + 1.0:
                    for a in range(k):
                        beta[t, first + i, a] = slope[a]
                    continue
                variance = max(left, 0.0) / total * effective / (effective - k - 1.0)
                m = 1 + k
                for a in range(k):
                    for b in range(a, k):
                        moved = second[m, i] - mean[a] * second[1 + b, i]
                        moved += mean[a] * mean[b] * second[0, i] - mean[b] * second[1 + a, i]
                        middle[a, b] = moved
                        middle[b, a] = moved
                        m += 1
                spread = inverse @ middle @ inverse
                for a in range(k):
                    beta[t, first + i, a] = slope[a]
                    standard_error[t, first + i, a] = np.sqrt(variance * max(spread[a, a], 0.0))
