"""Index weights between their dates: they drift with prices until the next list is published."""

from typing import Any

import numpy as np

__all__ = ["drifted_weights"]

Array = np.ndarray[Any, Any]
NO_LIST = -1


def drifted_weights(
    lists: Array, list_rows: Array, worth: Array, gone: Array
) -> tuple[Array, Array]:
    """Return the weights at the close of each day, and the row of the list that they come from.

    Parameters
    ----------
    lists : float64 [K, N]
        Weights of K lists at the closes of their days; 0 = no member.
    list_rows : int64 [K], ascending
        Row of each list's day.
    worth : float64 [T, N]
        What a share bought once is worth: last close x adjustment factor.
    gone : int64 [N]
        First row on which each stock is gone; T = never.

    Returns
    -------
    weights : float64 [T, N]
        NaN before the first list. On a list's own day the list itself.
    origin : int64 [T]
        Row of the list; -1 before the first.

    Notes
    -----
    With v the worth, list k of row s: ``w[t] = w[s] v[t] / v[s]``, scaled to the sum of the list.
    A stock that is gone has no weight; the rest share it. Row t uses closes up to t and lists of
    days up to t. A cash dividend takes nothing from the weight here, though it takes from a price
    index's: about one part in ten thousand of an index's daily return.

    Examples
    --------
    >>> worth = np.array([[1.0, 1.0], [2.0, 1.0]])
    >>> w, _ = drifted_weights(np.array([[0.5, 0.5]]), np.array([0]), worth, np.array([2, 2]))
    >>> w.round(4).tolist()
    [[0.5, 0.5], [0.6667, 0.3333]]
    """
    days = len(worth)
    weights = np.full(worth.shape, np.nan)
    origin = np.full(days, NO_LIST, dtype=np.int64)
    ends = np.append(list_rows[1:], days)
    for row, end, listed in zip(list_rows, ends, lists, strict=True):
        member = listed > 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value = np.where(member, listed * worth[row:end] / worth[row], 0.0)
        value = np.where(np.isfinite(value), value, 0.0)
        value[np.arange(row, end)[:, None] >= gone] = 0.0
        total = value.sum(axis=1, keepdims=True)
        weights[row:end] = value / np.where(total > 0, total, 1.0) * listed.sum()
        weights[row] = listed
        origin[row:end] = row
    return weights, origin
