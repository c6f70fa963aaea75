"""Compiled regressions of stock and book returns on an index.

Sums over a rolling window are never corrected by subtraction. The days are cut into blocks as long
as the window; a window is the tail of one block and the head of the next, so its sums are a stored
tail sum plus a running head sum (the two-stack form of a sliding sum). An outlier leaves no
rounding error behind once it has left the window.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["book_regressions", "rolling_regression"]

TILE = 128  # stocks worked on together: their sums over one block stay in the processor's cache


@njit(cache=True, error_model="numpy")
def _direct(
    returns: NDArray[np.float64], index_returns: NDArray[np.float64], first: int, last: int, i: int
) -> tuple[float, float]:
    """Slope and standard error of stock i over days first..last, from deviations (two passes)."""
    n = 0
    mean_x = 0.0
    mean_y = 0.0
    for t in range(first, last + 1):
        x = index_returns[t]
        y = returns[t, i]
        if np.isfinite(x) and np.isfinite(y):
            n += 1
            mean_x += (x - mean_x) / n
            mean_y += (y - mean_y) / n
    sum_xx = 0.0
    sum_xy = 0.0
    largest = 0.0
    for t in range(first, last + 1):
        x = index_returns[t]
        y = returns[t, i]
        if np.isfinite(x) and np.isfinite(y):
            sum_xx += (x - mean_x) * (x - mean_x)
            sum_xy += (x - mean_x) * (y - mean_y)
            largest = max(largest, abs(x))
    if sum_xx <= n * (1e-12 * largest) ** 2:  # the index did not move on these days
        return np.nan, np.nan
    slope = sum_xy / sum_xx
    squares = 0.0
    for t in range(first, last + 1):
        x = index_returns[t]
        y = returns[t, i]
        if np.isfinite(x) and np.isfinite(y):
            residual = (y - mean_y) - slope * (x - mean_x)
            squares += residual * residual
    return slope, np.sqrt(squares / (n - 2) / sum_xx) if n > 2 else np.nan


@njit(cache=True, error_model="numpy")
def _tail_sums(
    returns: NDArray[np.float64],
    index_returns: NDArray[np.float64],
    start: int,
    window: int,
    first: int,
    width: int,
    tail: NDArray[np.float64],
) -> None:
    """Fill tail [window + 1, 6, TILE]: sums of days start + j to the block's end."""
    tail[window] = 0.0
    for j in range(window - 1, -1, -1):
        x = index_returns[start + j]
        index_known = np.isfinite(x)
        x = x if index_known else 0.0
        row = returns[start + j, first : first + width]
        later = tail[j + 1]
        here = tail[j]
        for i in range(width):
            y = row[i]
            one = 1.0 if index_known and y - y == 0.0 else 0.0
            y = y if one == 1.0 else 0.0
            here[0, i] = later[0, i] + one
            here[1, i] = later[1, i] + one * x
            here[2, i] = later[2, i] + one * x * x
            here[3, i] = later[3, i] + y
            here[4, i] = later[4, i] + x * y
            here[5, i] = later[5, i] + y * y


@njit(cache=True, error_model="numpy", nogil=True)
def rolling_regression(
    returns: NDArray[np.float64],
    index_returns: NDArray[np.float64],
    window: int,
    min_observations: int,
    first_stock: int,
    last_stock: int,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int32],
) -> None:
    """Regress each stock on the index over the last `window` days, for every day.

    Parameters
    ----------
    returns : float64 [T, N], index_returns : float64 [T]
    window, min_observations : int
    first_stock, last_stock : int
        Columns first_stock .. last_stock - 1 are worked on.
    beta, standard_error : float64 [T, N], observations : int32 [T, N]
        Filled in place. Row t uses days t - window + 1 .. t.

    """
    days = returns.shape[0]
    tail = np.zeros((window + 1, 6, TILE))
    head = np.zeros((6, TILE))
    for first in range(first_stock, last_stock, TILE):
        width = min(TILE, last_stock - first)
        tail[:] = 0.0
        for t in range(days):
            j = t % window
            if j == 0:
                head[:] = 0.0
                if t > 0:
                    _tail_sums(returns, index_returns, t - window, window, first, width, tail)
            x = index_returns[t]
            index_known = np.isfinite(x)
            x = x if index_known else 0.0
            row = returns[t, first : first + width]
            before = tail[j + 1]
            beta_row = beta[t, first : first + width]
            error_row = standard_error[t, first : first + width]
            count_row = observations[t, first : first + width]
            for i in range(width):
                y = row[i]
                one = 1.0 if index_known and y - y == 0.0 else 0.0
                y = y if one == 1.0 else 0.0
                head[0, i] += one
                head[1, i] += one * x
                head[2, i] += one * x * x
                head[3, i] += y
                head[4, i] += x * y
                head[5, i] += y * y
                n = head[0, i] + before[0, i]
                sum_x = head[1, i] + before[1, i]
                raw_xx = head[2, i] + before[2, i]
                sum_y = head[3, i] + before[3, i]
                raw_yy = head[5, i] + before[5, i]
                mean_x = sum_x / n
                xx = raw_xx - sum_x * mean_x
                xy = head[4, i] + before[4, i] - sum_y * mean_x
                yy = raw_yy - sum_y * sum_y / n
                slope = xy / xx
                squares = yy - slope * xy
                enough = n >= min_observations
                # -1 asks for the two-pass form: almost all of a sum cancelled
                fine = squares >= 1e-6 * raw_yy and xx >= 1e-6 * raw_xx and xx > 0.0
                error = np.sqrt(max(squares, 0.0) / ((n - 2.0) * xx)) if fine else -1.0
                beta_row[i] = slope if enough else np.nan
                error_row[i] = error if enough else np.nan
                count_row[i] = np.int32(n)
            for i in range(width):
                if error_row[i] < 0.0:
                    beta_row[i], error_row[i] = _direct(
                        returns, index_returns, max(0, t - window + 1), t, first + i
                    )


@njit(cache=True, error_model="numpy")
def book_regressions(
    returns: NDArray[np.float64],
    index_returns: NDArray[np.float64],
    rows: NDArray[np.int64],
    pointer: NDArray[np.int64],
    stocks: NDArray[np.int64],
    weights: NDArray[np.float64],
    window: int,
    min_observations: int,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int64],
) -> None:
    """Regress the past returns of R given books on the index.

    Parameters
    ----------
    returns : float64 [T, N], index_returns : float64 [T]
    rows : int64 [R]
        Last day used by book r.
    pointer : int64 [R + 1], stocks : int64 [K], weights : float64 [K]
        Book r holds ``stocks[pointer[r]:pointer[r + 1]]``.
    window, min_observations : int
    beta, standard_error : float64 [R], observations : int64 [R]
        Filled in place.

    """
    book = np.empty((window, 1))
    index = np.empty(window)
    for r in range(rows.shape[0]):
        total = 0.0
        for k in range(pointer[r], pointer[r + 1]):
            total += weights[k]
        start = max(0, rows[r] - window + 1)
        n = 0
        for t in range(start, rows[r] + 1):
            if not np.isfinite(index_returns[t]):
                continue
            value = 0.0
            for k in range(pointer[r], pointer[r + 1]):
                y = returns[t, stocks[k]]
                if np.isfinite(y):
                    value += weights[k] * y
            book[n, 0] = value / total
            index[n] = index_returns[t]
            n += 1
        observations[r] = n
        beta[r] = np.nan
        standard_error[r] = np.nan
        if n >= min_observations and total != 0.0:
            beta[r], standard_error[r] = _direct(book, index, 0, n - 1, 0)
