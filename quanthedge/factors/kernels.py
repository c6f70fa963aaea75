"""Sums of forecasts in force, and values beside their own past or their group, compiled."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["add_deviations", "add_forecasts", "group_means", "own_history"]


@njit(cache=True)
def add_forecasts(
    spells: NDArray[np.int64],
    values: NDArray[np.float64],
    asked: NDArray[np.int64],
    count: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:
    """Count and add up the forecasts in force on each day.

    Parameters
    ----------
    spells : int64 [E, 4]
        Stock, year, first row and the row after the last on which a forecast is in force.
    values : float64 [E]
    asked : int64 [R, 2]
        Row and year, sorted by row.
    count, total : float64 [R, N]
        Added to.
    """
    rows = np.ascontiguousarray(asked[:, 0])
    for e in range(len(spells)):
        r = np.searchsorted(rows, spells[e, 2])
        while r < len(rows) and rows[r] < spells[e, 3]:
            if asked[r, 1] == spells[e, 1]:
                count[r, spells[e, 0]] += 1.0
                total[r, spells[e, 0]] += values[e]
            r += 1


@njit(cache=True)
def add_deviations(
    spells: NDArray[np.int64],
    values: NDArray[np.float64],
    asked: NDArray[np.int64],
    mean: NDArray[np.float64],
    square: NDArray[np.float64],
) -> None:
    """Add up the squared deviations from the mean, as `add_forecasts` the values."""
    rows = np.ascontiguousarray(asked[:, 0])
    for e in range(len(spells)):
        r = np.searchsorted(rows, spells[e, 2])
        while r < len(rows) and rows[r] < spells[e, 3]:
            if asked[r, 1] == spells[e, 1]:
                square[r, spells[e, 0]] += (values[e] - mean[r, spells[e, 0]]) ** 2
            r += 1


@njit(cache=True)
def own_history(
    values: NDArray[np.float64],
    places: NDArray[np.int64],
    least: int,
    found: NDArray[np.float64],
) -> None:
    """Write how many deviations (n - 1) each value stands above the mean of its own history.

    Parameters
    ----------
    values : float64 [W, N]
    places : int64 [R, L]
        Rows of the history of each day, its own first; -1 where there is none.
    least : int
        How many must be known, two or more.
    found : float64 [R, N]
        Written where the day's own value and enough of the history are known and not all alike.
    """
    n = values.shape[1]
    count, mean, square = np.empty(n), np.empty(n), np.empty(n)
    for r in range(len(places)):
        count[:] = 0.0
        mean[:] = 0.0
        square[:] = 0.0
        for p in places[r]:
            if p >= 0:
                for i in range(n):
                    if np.isfinite(values[p, i]):
                        count[i] += 1.0
                        mean[i] += values[p, i]
        for i in range(n):
            mean[i] /= max(count[i], 1.0)
        for p in places[r]:
            if p >= 0:
                for i in range(n):
                    if np.isfinite(values[p, i]):
                        square[i] += (values[p, i] - mean[i]) ** 2
        for i in range(n):
            if count[i] >= least:
                spread = np.sqrt(square[i] / (count[i] - 1.0))
                if spread > 1e-9 * abs(mean[i]):  # alike but for rounding
                    found[r, i] = (values[places[r, 0], i] - mean[i]) / spread


@njit(cache=True)
def group_means(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Write the weighted mean of each one's group on each day.

    Parameters
    ----------
    values, weights : float64 [R, N]
        Those whose product is no finite number are left out.
    groups : int [R, N]
        Below 0 where there is none.
    found : float64 [R, N]
        Written where the group has any weight.
    """
    count = max(groups.max(), 0) + 1 if groups.size else 0
    mass, total = np.empty(count), np.empty(count)
    for r in range(len(groups)):
        mass[:] = 0.0
        total[:] = 0.0
        for i in range(groups.shape[1]):
            weighted = weights[r, i] * values[r, i]
            if groups[r, i] >= 0 and np.isfinite(weighted):
                mass[groups[r, i]] += weights[r, i]
                total[groups[r, i]] += weighted
        for i in range(groups.shape[1]):
            g = groups[r, i]
            if g >= 0 and mass[g] > 0.0:
                found[r, i] = total[g] / mass[g]
