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

_TILE = 256  # stocks worked on together: their sums over one block stay in the processor's cache


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
    index: NDArray[np.float64],
    known: NDArray[np.float64],
    start: int,
    window: int,
    first: int,
    width: int,
    tail: NDArray[np.float64],
) -> None:
    """Fill tail [window + 1, 6, _TILE]: sums of days start + j to the block's end."""
    tail[window] = 0.0
    for j in range(window - 1, -1, -1):
        x = index[start + j]
        counts = known[start + j]
        row = returns[start + j, first : first + width]
        later = tail[j + 1]
        here = tail[j]
        for i in range(width):
            y = row[i]
            one = counts if y - y == 0.0 else 0.0
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
    first_block: int,
    last_block: int,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int32],
) -> None:
    """Regress each stock on the index over the last `window` days, for every day of some blocks.

    A block needs the block before it and nothing else. All stocks of a block are done before the
    next, so that what is read and written lies together.

    Parameters
    ----------
    returns : float64 [T, N], index_returns : float64 [T]
    window, min_observations : int
    first_block, last_block : int
        Blocks first_block .. last_block - 1 are worked on; block k is days k * window and on.
    beta, standard_error : float64 [T, N], observations : int32 [T, N]
        Filled in place. Row t uses days t - window + 1 .. t.

    """
    days, stocks = returns.shape
    known = np.where(np.isfinite(index_returns), 1.0, 0.0)
    index = np.where(np.isfinite(index_returns), index_returns, 0.0)
    tail = np.zeros((window + 1, 6, _TILE))
    head = np.zeros((6, _TILE))
    for block in range(first_block, last_block):
        start = block * window
        for first in range(0, stocks, _TILE):
            width = min(_TILE, stocks - first)
            head[:] = 0.0
            if block > 0:
                _tail_sums(returns, index, known, start - window, window, first, width, tail)
            else:
                tail[:] = 0.0
            for t in range(start, min(start + window, days)):
                x = index[t]
                counts = known[t]
                row = returns[t, first : first + width]
                before = tail[t - start + 1]
                beta_row = beta[t, first : first + width]
                error_row = standard_error[t, first : first + width]
                count_row = observations[t, first : first + width]
                doubtful = 0
                for i in range(width):
                    y = row[i]
                    one = counts if y - y == 0.0 else 0.0
                    y = y if one == 1.0 else 0.0
                    head[0, i] += one
                    head[1, i] += one * x
                    head[2, i] += one * x * x
                    head[3, i] += y
                    head[4, i] += x * y
                    head[5, i] += y * y
                    n = head[0, i] + before[0, i]
                    sum_x = head[1, i] + before[1, i]
                    raw_xx = n * (head[2, i] + before[2, i])
                    sum_y = head[3, i] + before[3, i]
                    raw_yy = n * (head[5, i] + before[5, i])
                    # n times the squares: means would have to be divided for, half of the time
                    xx = raw_xx - sum_x * sum_x
                    xy = n * (head[4, i] + before[4, i]) - sum_x * sum_y
                    slope = xy / xx
                    squares = raw_yy - sum_y * sum_y - slope * xy
                    enough = n >= min_observations
                    # -1 asks for the two-pass form: almost all of a sum cancelled
                    fine = squares >= 1e-6 * raw_yy and xx >= 1e-6 * raw_xx and xx > 0.0
                    error = np.sqrt(max(squares, 0.0) / ((n - 2.0) * xx)) if fine else -1.0
                    beta_row[i] = slope if enough else np.nan
                    error_row[i] = error if enough else np.nan
                    count_row[i] = np.int32(n)
                    doubtful += 1 if enough and not fine else 0
                if doubtful == 0:
                    continue
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
