"""Statistics of cross-sections: each row by itself."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["grades", "ranks", "residuals"]

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 -- integers

_SAME = 1e-12  # of a row's size: a deviation that rounding makes
_NOTHING = 1e-11  # of a column's size: what is left of it after the others is rounding


@njit(cache=True, error_model="numpy", nogil=True)
def ranks(values: F, order: I, found: F) -> None:
    """Write (rank - 0.5) / n - 0.5 of each known value of a row, ties averaged.

    ``values``, ``found`` [R, N]; ``order`` int64 [R, N] sorts each row, the unknown at its end.
    """
    for r in range(values.shape[0]):
        n = values.shape[1]
        while n > 0 and np.isnan(values[r, order[r, n - 1]]):
            n -= 1
        first = 0
        while first < n:
            stop = first + 1
            value = values[r, order[r, first]]
            while stop < n and values[r, order[r, stop]] == value:
                stop += 1
            for k in range(first, stop):
                found[r, order[r, k]] = 0.5 * (first + stop) / n - 0.5
            first = stop


@njit(cache=True, error_model="numpy", nogil=True)
def grades(values: F, weights: F, found: F) -> None:
    """Write each row less its weighted mean, over its plain deviation (divisor n).

    ``values``, ``found`` [R, N], ``weights`` [R, N], or [1, 1] for equal ones. Only stocks with a
    value and a weight count, and are written; 0 where all are the same but for rounding.
    """
    even = weights.size == 1
    for r in range(values.shape[0]):
        count, total, size = 0.0, 0.0, 0.0
        for i in range(values.shape[1]):
            x, w = values[r, i], weights[0, 0] if even else weights[r, i]
            if x == x and w == w:
                count += 1.0
                total += x
                size = max(size, abs(x))
        mean = total / count
        square, mass, lean = 0.0, 0.0, 0.0
        for i in range(values.shape[1]):
            x, w = values[r, i], weights[0, 0] if even else weights[r, i]
            if x == x and w == w:
                square += (x - mean) * (x - mean)
                mass += w
                lean += w * (x - mean)
        spread = np.sqrt(square / count)
        same = spread <= _SAME * size
        for i in range(values.shape[1]):
            x, w = values[r, i], weights[0, 0] if even else weights[r, i]
            if x == x and w == w:
                found[r, i] = 0.0 if same else (x - mean - lean / mass) / spread


@njit(cache=True, error_model="numpy", nogil=True)
def residuals(values: F, groups: I, others: F, weights: F, highest: int, found: F) -> None:
    """Write what a weighted regression on group means and other columns leaves of each row.

    The groups are taken out of all columns first (Frisch, Waugh and Lovell), then the columns are
    made orthogonal one after the other; one that says nothing beyond those before it is left out.

    ``values``, ``found`` [R, N], ``weights`` [R, N], or [1, 1] for equal ones, ``groups`` int64
    [R, N] from 0 to ``highest``, ``others`` [R, J, N]. Only stocks that are known in all of
    them count, and are written.
    """
    n, columns, even = values.shape[1], others.shape[1], weights.size == 1
    who = np.empty(n, np.int64)
    table = np.empty((columns + 1, n))  # the other columns, then the values
    weight, group = np.empty(n), np.empty(n, np.int64)
    mass, total = np.empty(highest + 1), np.empty(highest + 1)
    for r in range(values.shape[0]):
        m = 0
        for i in range(n):
            w = weights[0, 0] if even else weights[r, i]
            known = np.isfinite(values[r, i]) and np.isfinite(w)
            for c in range(columns):
                known = known and np.isfinite(others[r, c, i])
            if known:
                who[m], weight[m], group[m] = i, w, groups[r, i]
                for c in range(columns):
                    table[c, m] = others[r, c, i]
                table[columns, m] = values[r, i]
                m += 1
        for c in range(columns + 1):
            size = 0.0
            for k in range(m):
                size += weight[k] * table[c, k] * table[c, k]
            for _ in range(2):  # the second time takes the first's rounding out
                mass[:] = 0.0
                total[:] = 0.0
                for k in range(m):
                    mass[group[k]] += weight[k]
                    total[group[k]] += weight[k] * table[c, k]
                for k in range(m):
                    table[c, k] -= total[group[k]] / mass[group[k]]
                for b in range(c):
                    along = 0.0
                    for k in range(m):
                        along += weight[k] * table[b, k] * table[c, k]
                    for k in range(m):
                        table[c, k] -= along * table[b, k]
            if c < columns:
                rest = 0.0
                for k in range(m):
                    rest += weight[k] * table[c, k] * table[c, k]
                length = np.sqrt(rest) if rest > _NOTHING * _NOTHING * size else np.inf
                for k in range(m):
                    table[c, k] /= length
        for k in range(m):
            found[r, who[k]] = table[columns, k]
