"""Operators over a cross-section: the stocks of one day, each row by itself.

In all of them: NaN stays NaN and counts nowhere. ``where`` (bool [R, N]) is the universe: stocks
outside it count nowhere and come out as NaN. A table of dates x codes comes out as a table,
float32 as float32; the arithmetic is float64. Infinities, other shapes and other kinds are refused
in one line.

>>> import numpy as np
>>> x = np.array([[3.0, 1.0, np.nan, 2.0]])
>>> rank(x)
array([[ 0.33333333, -0.33333333,         nan,  0.        ]])
>>> demean(x, np.array([[0, 0, 1, 1]]))
array([[ 1., -1., nan,  0.]])
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError, StrategyError
from quanthedge.operators.values import (
    Values,
    beside,
    read_only,
    same_labels,
    series_by_row,
    take,
    universe_of,
)
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["demean", "neutralise", "rank", "rank_correlation", "standardise", "winsorise"]

_ROWS = 64  # worked on at a time
_MANY_GROUPS = 100_000
Where = NDArray[np.bool_] | pd.DataFrame | None
Groups = NDArray[np.integer[Any]] | pd.DataFrame


def _within(array: Floats, mask: Bools | None) -> Floats:
    return array if mask is None else read_only(np.where(mask, array, np.nan))


def _each(x: Any, where: Where, work: Callable[[Floats], Floats]) -> Any:
    """Return what is made of the rows of x inside the universe, in the kind of x."""
    taken = take(x, "x")
    array = _within(taken.array, universe_of(where, x))
    found = np.empty_like(array)
    for first in range(0, len(array), _ROWS):
        part = slice(first, first + _ROWS)
        found[part] = work(array[part])
    return taken.back(found, None)


def _ranked(array: Floats) -> Floats:
    from quanthedge.operators.kernels import sorted_places
    from quanthedge.operators.kernels.sections import ranks

    found = np.full(array.shape, np.nan)
    ranks(array, sorted_places(array), found)
    return found


def rank(x: Values, where: Where = None) -> Values:
    """Return each stock's rank of the day: (rank - 0.5) / n - 0.5, ties averaged.

    Parameters
    ----------
    x : float array [R, N] or DataFrame of dates x codes
        NaN stays NaN and counts nowhere.
    where : bool [R, N], optional
        The universe; NaN outside it.

    Returns
    -------
    as x
        In (-0.5, 0.5), mean 0 on each row; n is the number of stocks that count.

    Raises
    ------
    DataError
        Another shape or kind, an infinity.
    """
    return _each(x, where, _ranked)  # type: ignore[no-any-return]


def winsorise(x: Values, fraction: float, where: Where = None) -> Values:
    """Return x with each tail of a row pulled in to its quantile, linearly interpolated.

    Parameters
    ----------
    x, where
        As in `rank`.
    fraction : float
        Of each tail, 0 <= fraction < 0.5.
    """
    if isinstance(fraction, bool) or not 0.0 <= fraction < 0.5:
        raise StrategyError(f"fraction {fraction!r}; accepted: 0 or more, less than 0.5")

    def pulled(array: Floats) -> Floats:
        ordered = np.sort(array, axis=1)  # NaN at the end
        last = np.isfinite(array).sum(axis=1) - 1
        low, high = _quantile(ordered, last, fraction), _quantile(ordered, last, 1.0 - fraction)
        return np.clip(array, low[:, None], high[:, None])

    return _each(x, where, pulled)  # type: ignore[no-any-return]


def _quantile(ordered: Floats, last: Ints, share: float) -> Floats:
    """Return a quantile of each sorted row whose numbers end at place ``last``, [R]."""
    place = np.maximum(last, 0) * share
    below = np.floor(place).astype(np.int64)
    rows = np.arange(len(ordered))
    low = ordered[rows, below]
    high = ordered[rows, np.minimum(below + 1, np.maximum(last, 0))]
    return np.asarray(low + (high - low) * (place - below))


def standardise(x: Values, where: Where = None, weights: Values | Floats | None = None) -> Values:
    """Return x with mean 0 and standard deviation 1 on each row.

    Parameters
    ----------
    x, where
        As in `rank`.
    weights : float [R, N], optional
        Weights of the mean, 0 or more (as market values: then the market has exposure 0). The
        standard deviation stays that of equal weights about their own mean, divisor n. A stock
        without a weight comes out as NaN and counts nowhere.

    Notes
    -----
    A row without differences gives 0. Weighted mean and plain deviation: Barra USE4.
    """
    from quanthedge.operators.kernels.sections import grades

    taken = take(x, "x")
    array = _within(taken.array, universe_of(where, x))
    heavy = read_only(np.ones((1, 1))) if weights is None else _weights(weights, x)
    found = np.full(array.shape, np.nan)
    grades(array, heavy, found)
    return taken.back(found, None)  # type: ignore[no-any-return]


def _weights(weights: Any, x: Any) -> Floats:
    heavy = beside(weights, x, "weights", "x")
    if (heavy < 0).any():
        raise DataError("weights below 0; accepted: 0 or more, NaN for a stock that does not count")
    return heavy


def _group_numbers(groups: Any, x: Any) -> tuple[Ints, int]:
    """Return the groups from 0 on, -1 being one of its own, and the highest number."""
    same_labels(groups, x, "groups", "x")
    raw = np.asarray(groups)
    if raw.dtype.kind not in "iu" or raw.shape != np.shape(x):
        raise DataError(
            f"groups: {raw.dtype} {raw.shape}; accepted: whole numbers of the shape {np.shape(x)}, "
            "-1 for a stock whose group is not known"
        )
    numbers = raw.astype(np.int64)
    if numbers.size and numbers.min() < -1:
        raise DataError(f"groups: {numbers.min()}; accepted: -1 (not known), 0 and more")
    if numbers.size and numbers.max() > _MANY_GROUPS:
        distinct, place = np.unique(numbers, return_inverse=True)
        return place.reshape(numbers.shape), len(distinct) - 1
    return numbers + 1, int(numbers.max(initial=-1)) + 1


def demean(x: Values, groups: Groups, where: Where = None) -> Values:
    """Return x less the mean of its group on the day.

    Parameters
    ----------
    x, where
        As in `rank`.
    groups : int [R, N] or DataFrame
        0 or more; -1, not known, is a group of its own.
    """
    return neutralise(x, groups, where=where)


def neutralise(
    x: Values,
    groups: Groups | None = None,
    others: Any = None,
    weights: Values | Floats | None = None,
    where: Where = None,
) -> Values:
    """Return what a weighted regression on groups and other columns leaves of x, row by row.

    Parameters
    ----------
    x, where
        As in `rank`.
    groups : int [R, N] or DataFrame, optional
        Industries: one dummy each, 0 or more; -1, not known, is a group of its own. Without
        groups there is one constant.
    others : float [R, N] or [R, N, J], DataFrame, or a list of these [R, N], optional
        Further columns, as the logarithm of the market value. One that the columns before it (and
        the groups) explain already is left out, which changes no residual.
    weights : float [R, N], optional
        Weights of the squares, 0 or more; equal by default.

    Returns
    -------
    as x
        The residual, not weighted: in each group the weighted mean is 0. A stock that lacks x, a
        weight or one of ``others`` comes out as NaN and counts nowhere.

    Raises
    ------
    DataError
        Another shape or kind, an infinity, a weight below 0.
    """
    from quanthedge.operators.kernels.sections import residuals

    taken = take(x, "x")
    array = _within(taken.array, universe_of(where, x))
    numbers, highest = (
        (np.zeros(array.shape, np.int64), 0) if groups is None else _group_numbers(groups, x)
    )
    columns = _others(others, x)
    heavy = read_only(np.ones((1, 1))) if weights is None else _weights(weights, x)
    found = np.full(array.shape, np.nan)
    residuals(array, numbers, columns, heavy, highest, found)
    return taken.back(found, None)  # type: ignore[no-any-return]


def _others(others: Any, x: Any) -> Floats:
    """Return further columns, [R, J, N]."""
    rows, stocks = np.shape(x)
    if others is None:
        return np.empty((rows, 0, stocks))
    if isinstance(others, np.ndarray) and others.ndim == 3:
        others = [others[:, :, j] for j in range(others.shape[2])]
    if not isinstance(others, (list, tuple)):
        others = [others]
    columns = [beside(one, x, "others", "x") for one in others]
    return np.ascontiguousarray(np.stack(columns, axis=1)) if columns else _others(None, x)


def rank_correlation(x: Values, y: Values, where: Where = None) -> Any:
    """Return Spearman's correlation of x and y on each row, [R].

    Parameters
    ----------
    x, y : float array [R, N] or DataFrame of dates x codes
        Only stocks for which both are numbers count.
    where : bool [R, N], optional
        The universe.

    Returns
    -------
    float64 [R], or a Series by date where x is a table
        NaN where fewer than two stocks count or one of the two is the same for all.
    """
    mask = universe_of(where, x)
    first, second = take(x, "x").array, beside(y, x, "y", "x")
    known = ~(np.isnan(first) | np.isnan(second))
    mask = known if mask is None else known & mask
    found = np.full(len(first), np.nan)
    for start in range(0, len(first), _ROWS):
        part = slice(start, start + _ROWS)
        inside = mask[part]
        a = np.where(inside, _ranked(_within(first[part], inside)), 0.0)
        b = np.where(inside, _ranked(_within(second[part], inside)), 0.0)
        spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        joint = (a * b).sum(axis=1)
        found[part] = np.divide(joint, spread, out=np.full(len(a), np.nan), where=spread > 0)
    return series_by_row(found, x)
