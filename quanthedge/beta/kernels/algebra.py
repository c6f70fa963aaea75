"""Compiled small sums, systems of equations and selection, for the regressions of one window."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = ["dot", "dot3", "select", "solve"]

_SUMS = {"reassoc", "contract"}  # lets a sum run in parallel lanes


@njit(cache=True, error_model="numpy")
def solve(matrix: NDArray[np.float64], right: NDArray[np.float64], size: int) -> bool:
    """Solve a small system in place by elimination with pivots; False when it is singular."""
    for c in range(size):
        pivot = c
        for r in range(c + 1, size):
            if abs(matrix[r, c]) > abs(matrix[pivot, c]):
                pivot = r
        if not abs(matrix[pivot, c]) > 0.0:
            return False
        if pivot != c:
            for k in range(size):
                matrix[c, k], matrix[pivot, k] = matrix[pivot, k], matrix[c, k]
            right[c], right[pivot] = right[pivot], right[c]
        for r in range(c + 1, size):
            factor = matrix[r, c] / matrix[c, c]
            for k in range(c, size):
                matrix[r, k] -= factor * matrix[c, k]
            right[r] -= factor * right[c]
    for c in range(size - 1, -1, -1):
        for k in range(c + 1, size):
            right[c] -= matrix[c, k] * right[k]
        right[c] /= matrix[c, c]
    return True


@njit(cache=True, error_model="numpy", fastmath=_SUMS)
def dot(a: NDArray[np.float64], b: NDArray[np.float64], n: int) -> float:
    """Return the sum of a b over the first n."""
    total = 0.0
    for i in range(n):
        total += a[i] * b[i]
    return total


@njit(cache=True, error_model="numpy", fastmath=_SUMS)
def dot3(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], n: int) -> float:
    """Return the sum of a b c over the first n."""
    total = 0.0
    for i in range(n):
        total += a[i] * b[i] * c[i]
    return total


@njit(cache=True, error_model="numpy")
def select(work: NDArray[np.float64], n: int, k: int) -> float:
    """Return the k-th smallest of work[:n] and put smaller ones before it (Hoare's selection)."""
    low = 0
    high = n - 1
    while low < high:
        pivot = work[k]
        i = low
        j = high
        while i <= j:
            while work[i] < pivot:
                i += 1
            while pivot < work[j]:
                j -= 1
            if i <= j:
                work[i], work[j] = work[j], work[i]
                i += 1
                j -= 1
        if j < k:
            low = i
        if k < i:
            high = j
    return work[k]
