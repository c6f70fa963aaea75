"""Statistics of all days up to a day: one pass from the first day to the last one asked for.

``x == x`` asks whether x is a number: NaN is not itself.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["faded_means", "last_changes"]

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 -- integers


@njit(cache=True, error_model="numpy")
def faded_means(values: F, days: I, fade: float, found: F) -> None:
    """Write the mean of all known values up to each day, weights fade ** age in days.

    ``values`` [T, N], ``days`` [R] ascending, ``found`` [R, N] written where a value was known.
    """
    n = values.shape[1]
    mass, mean, seen = np.zeros(n), np.zeros(n), np.zeros(n, np.bool_)
    day = 0
    for r in range(days.size):
        while day <= days[r]:
            for i in range(n):
                x = values[day, i]
                mass[i] *= fade
                if x == x:
                    seen[i] = True
                    mass[i] += 1.0
                    mean[i] += (x - mean[i]) / mass[i]
            day += 1
        for i in range(n):
            if seen[i]:
                found[r, i] = mean[i]


@njit(cache=True, error_model="numpy")
def last_changes(values: F, days: I, step: F, age: F) -> None:
    """Write size and age in days of the last change between two known values up to each day.

    ``values`` [T, N], ``days`` [R] ascending, ``step`` and ``age`` [R, N] written where a value
    has changed.
    """
    n = values.shape[1]
    known, change = np.full(n, np.nan), np.full(n, np.nan)
    when = np.full(n, -1)
    day = 0
    for r in range(days.size):
        while day <= days[r]:
            for i in range(n):
                x = values[day, i]
                if x == x:
                    if known[i] == known[i] and x != known[i]:
                        change[i] = x - known[i]
                        when[i] = day
                    known[i] = x
            day += 1
        for i in range(n):
            if when[i] >= 0:
                step[r, i] = change[i]
                age[r, i] = days[r] - when[i]
