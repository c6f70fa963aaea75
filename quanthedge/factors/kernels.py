"""Statistics of trailing windows of all stocks, in one compiled pass."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["window_deviations"]


@njit(cache=True)
def window_deviations(
    values: NDArray[np.float64],
    days: NDArray[np.int64],
    window: int,
    least: int,
    found: NDArray[np.float64],
) -> None:
    """Write the sample deviation (n - 1) of each stock's known values over each day's window.

    Parameters
    ----------
    values : float64 [T, N]
    days : int64 [R]
    window, least : int
        Days of a window, and how many of them must be known, two or more.
    found : float64 [R, N]
        Written where the window lies within the values and enough of it is known.
    """
    n = values.shape[1]
    count, mean, square = np.empty(n), np.empty(n), np.empty(n)
    for r in range(days.size):
        first, stop = days[r] - window + 1, days[r] + 1
        if first < 0:
            continue
        count[:] = 0.0
        mean[:] = 0.0
        square[:] = 0.0
        for d in range(first, stop):
            for i in range(n):
                if np.isfinite(values[d, i]):
                    count[i] += 1.0
                    mean[i] += values[d, i]
        for i in range(n):
            mean[i] /= max(count[i], 1.0)
        for d in range(first, stop):
            for i in range(n):
                if np.isfinite(values[d, i]):
                    square[i] += (values[d, i] - mean[i]) ** 2
        for i in range(n):
            if count[i] >= least:
                found[r, i] = np.sqrt(square[i] / (count[i] - 1.0))
