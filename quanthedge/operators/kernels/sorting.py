"""The order of each row's numbers, by a sort of whole numbers that carry their places.

A processor sorts plain whole numbers several at once, which an order of places does not let it do.
So each number gives up its lowest bits for its place in the row: what is sorted are such keys, and
only numbers that differ in the lowest bits alone are put right afterwards.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.operators.values import read_only

__all__ = ["sorted_places"]

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 -- integers

_ALL_BUT_SIGN = 0x7FFFFFFFFFFFFFFF
_TOGETHER = 65_536  # numbers that are sorted at a time: they stay in the processor's cache
_MOST_MOVES = 8  # a number, on average of its row: beyond, another sort is faster


@njit(cache=True, error_model="numpy", nogil=True)
def _keys_of(values: F, mask: int, keys: I) -> None:
    """Write keys in the order of the values but for the bits of ``mask``, which tell the place.

    ``values`` float64, ``keys`` int64, [R, N]; ``mask`` 2^b - 1, N - 1 or more. 0.0 and -0.0 are
    the same, NaN comes last.
    """
    plain = keys.view(np.float64)
    for r in range(values.shape[0]):
        for i in range(values.shape[1]):
            x = values[r, i]
            plain[r, i] = x + 0.0 if x == x else np.nan
        for i in range(values.shape[1]):
            bits = keys[r, i]
            bits ^= (bits >> 63) & _ALL_BUT_SIGN  # numbers below 0 descend by their bits
            keys[r, i] = (bits & ~mask) | i


@njit(cache=True, error_model="numpy", nogil=True)
def _put_right(values: F, mask: int, keys: I, rough: NDArray[np.bool_]) -> None:
    """Replace sorted keys by places that sort each row; equal numbers keep the order of places.

    ``rough`` [R] is set where too many numbers differ in their lowest bits alone: such a row has
    all its places, in no good order.
    """
    n = values.shape[1]
    for r in range(values.shape[0]):
        moves, before = 0, keys[r, 0] & ~mask if n else 0
        for p in range(n):
            key = keys[r, p]
            place, rest = key & mask, key & ~mask
            keys[r, p] = place
            same = rest == before and p > 0
            before = rest
            if not same or moves > _MOST_MOVES * n:
                continue
            q = p
            while q > 0 and values[r, keys[r, q - 1]] > values[r, place]:
                keys[r, q] = keys[r, q - 1]
                q -= 1
                moves += 1
            keys[r, q] = place
        rough[r] = moves > _MOST_MOVES * n


def sorted_places(array: F) -> I:
    """Return the places that sort each row of float64 [R, N], as a stable np.argsort does.

    NaN at the end; 0.0 and -0.0 are equal.
    """
    array = read_only(np.ascontiguousarray(array))
    found = np.empty(array.shape, dtype=np.int64)
    rough = np.zeros(len(array), dtype=np.bool_)
    mask = (1 << max(array.shape[1] - 1, 1).bit_length()) - 1
    step = max(1, _TOGETHER // max(1, array.shape[1]))
    for first in range(0, len(array), step):
        part = slice(first, first + step)
        _keys_of(array[part], mask, found[part])
        found[part].sort(axis=1)
        _put_right(array[part], mask, found[part], rough[part])
    for r in np.flatnonzero(rough):
        found[r] = np.argsort(array[r], kind="stable")
    return found
