"""Statistics of some days of a trailing window: the largest values, the days of a low index.

``values`` float64 [T, N]; ``days`` int64 [R]; ``found`` float64 [R, N], written where the window
lies within the values and ``least`` of its days are known. ``x == x``: x is a number.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["down_betas", "top_means"]

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 -- integers

_WIDE = 256


@njit(cache=True, error_model="numpy")
def top_means(values: F, days: I, window: int, count: int, least: int, found: F) -> None:
    """Write the mean of the ``count`` largest known values."""
    top = np.empty((count, _WIDE))  # falling
    known = np.empty(_WIDE)
    for left in range(0, values.shape[1], _WIDE):
        wide = min(_WIDE, values.shape[1] - left)
        for r in range(days.size):
            if days[r] < window - 1:
                continue
            top[:] = -np.inf
            known[:] = 0.0
            for d in range(days[r] - window + 1, days[r] + 1):
                for i in range(wide):
                    x = values[d, left + i]
                    known[i] += 1.0 if x == x else 0.0
                    moving = x if x == x else -np.inf
                    for k in range(count):
                        there = top[k, i]
                        top[k, i] = max(there, moving)
                        moving = min(there, moving)
            for i in range(wide):
                if known[i] >= least:
                    total = 0.0
                    for k in range(count):
                        total += top[k, i]
                    found[r, left + i] = total / count


@njit(cache=True, error_model="numpy")
def down_betas(values: F, index: F, days: I, window: int, least: int, found: F) -> None:
    """Write the slope on the index, float64 [T], over the days on which it is below its mean."""
    low = np.empty(window, np.int64)
    counts = np.zeros((values.shape[0] + 1, _WIDE))  # known days before each, with the index known
    sums = np.empty((5, _WIDE))  # days, deviation of the value and of the index, its square, both
    origin = np.empty(_WIDE)
    for left in range(0, values.shape[1], _WIDE):
        wide = min(_WIDE, values.shape[1] - left)
        for d in range(values.shape[0]):
            one = 1.0 if index[d] == index[d] else 0.0
            for i in range(wide):
                x = values[d, left + i]
                counts[d + 1, i] = counts[d, i] + (one if x == x else 0.0)
        for r in range(days.size):
            first, stop = days[r] - window + 1, days[r] + 1
            if first < 0:
                continue
            mean, there, lows = 0.0, 0.0, 0
            for d in range(first, stop):
                if index[d] == index[d]:
                    mean += index[d]
                    there += 1.0
            mean /= there
            for d in range(first, stop):
                if index[d] < mean:
                    low[lows] = d
                    lows += 1
            sums[:] = 0.0
            for k in range(lows):  # any of the numbers will do: the last one stays
                d = low[k]
                for i in range(wide):
                    x = values[d, left + i]
                    origin[i] = x if x == x else origin[i]
            for k in range(lows):
                d = low[k]
                y = index[d] - mean
                square = y * y
                for i in range(wide):
                    x = values[d, left + i]
                    one = 1.0 if x == x else 0.0
                    away = x - origin[i] if x == x else 0.0
                    sums[0, i] += one
                    sums[1, i] += away
                    sums[2, i] += one * y
                    sums[3, i] += one * square
                    sums[4, i] += away * y
            for i in range(wide):
                n, a, b = sums[0, i], sums[1, i], sums[2, i]
                if counts[stop, i] - counts[first, i] >= least and n >= 2.0:
                    spread = sums[3, i] - b * b / n
                    if spread > 0.0:
                        found[r, left + i] = (sums[4, i] - a * b / n) / spread
