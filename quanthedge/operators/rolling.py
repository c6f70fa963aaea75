"""Operators over a trailing window of days, each stock by itself.

Row t uses rows t - window + 1 .. t and nothing later. In all of them: NaN is no observation; a
result is NaN where fewer than ``ceil(min_share * window)`` of the window's days are numbers (and
fewer than the statistic needs), and on the first ``window - 1`` rows, whose window reaches before
the data. ``rows`` asks for some days only, in any order, and costs no more than these; their
values are those of the whole to the last bit. What comes in as float32 or as a table goes out so;
the arithmetic is float64. Infinities, other shapes and other kinds are refused in one line.

``half_life`` (in days), where there is one, makes a day weigh half of the day that many later.

>>> import numpy as np
>>> x = np.array([[1.0], [2.0], [np.nan], [6.0]])
>>> rolling_mean(x, 2)[:, 0]
array([nan, 1.5, nan, nan])
>>> rolling_mean(x, 2, min_share=0.5, rows=[3, 1])[:, 0]
array([6. , 1.5])
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, StrategyError
from quanthedge.operators.values import (
    RowsAsked,
    Values,
    beside,
    choose_rows,
    least_known,
    read_only,
    take,
    whole_number,
)
from quanthedge.typing import Floats, Ints

__all__ = [
    "Moments",
    "Residuals",
    "days_since_change",
    "decay_mean",
    "ewm_mean",
    "last_change",
    "rolling_beta",
    "rolling_corr",
    "rolling_cov",
    "rolling_downside_beta",
    "rolling_max",
    "rolling_mean",
    "rolling_min",
    "rolling_moments",
    "rolling_rank",
    "rolling_residuals",
    "rolling_skew",
    "rolling_std",
    "rolling_sum",
    "rolling_top_mean",
]

_LONGEST = 500  # half-lives in a window; beyond, the first day's weight is no number any more


def _each(
    values: Any,
    rows: RowsAsked,
    work: Callable[[Floats, Ints, Floats], None],
    *,
    writes_all: bool = False,
) -> Any:
    """Return what a kernel finds on the days asked for, in the kind of the values.

    NaN is there from the beginning but for a kernel that ``writes_all``.
    """
    taken = take(values, "x")
    days, place, asked = choose_rows(rows, len(taken.array))
    shape = days.size, taken.array.shape[1]
    found = np.empty(shape) if writes_all else np.full(shape, np.nan)
    work(taken.array, days, found)
    return taken.back(found if place is None else found[place], asked)


def _fade(half_life: float | None, window: int | None) -> float:
    if half_life is None:
        return 1.0
    if isinstance(half_life, bool) or not (0 < half_life < np.inf):
        raise StrategyError(f"half_life {half_life!r}; accepted: days, above 0")
    if window is not None and window > _LONGEST * half_life:
        raise StrategyError(
            f"half_life {half_life} in a window of {window}; accepted: {window / _LONGEST} or more"
        )
    return float(0.5 ** (1.0 / half_life))


def rolling_mean(
    x: Values,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Values:
    """Return the mean of the window's numbers.

    Parameters
    ----------
    x : float array [T, N] or DataFrame of dates x codes
    window : int
        Days, 1 or more, the last one included.
    min_share : float
        Least share of the window's days that are numbers.
    rows : sequence of int, optional
        Days asked for; all by default.
    half_life : float, optional
        Days after which a day's weight is half.

    Returns
    -------
    as x
        [T, N], or [len(rows), N]. NaN where too few days are numbers (see the module).

    Raises
    ------
    DataError, StrategyError
        Another shape or kind, an infinity; a window below 1, a row that is no day.
    """
    from quanthedge.operators.kernels.windows import window_means

    days = whole_number(window, "window", 1)
    least, fade = least_known(days, min_share, 1), _fade(half_life, days)
    return _each(  # type: ignore[no-any-return]
        x,
        rows,
        lambda a, at, found: window_means(a, at, days, least, fade, False, found),
        writes_all=True,
    )


def rolling_sum(
    x: Values, window: int, *, min_share: float = 1.0, rows: RowsAsked = None
) -> Values:
    """Return the sum of the window's numbers. Parameters and NaN as in `rolling_mean`.

    A day without a number adds nothing.
    """
    from quanthedge.operators.kernels.windows import window_means

    days = whole_number(window, "window", 1)
    least = least_known(days, min_share, 1)
    return _each(  # type: ignore[no-any-return]
        x,
        rows,
        lambda a, at, found: window_means(a, at, days, least, 1.0, True, found),
        writes_all=True,
    )


def rolling_std(
    x: Values,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Values:
    """Return the sample standard deviation of the window's numbers, at least two.

    Divisor n - 1; with ``half_life`` the variance is divided by W - sum(w^2) / W, W = sum(w).
    Exact to rounding at any level of x. Parameters and NaN as in `rolling_mean`.
    """
    from quanthedge.operators.kernels.windows import window_spreads

    days = whole_number(window, "window", 2)
    least, fade = least_known(days, min_share, 2), _fade(half_life, days)
    return _each(  # type: ignore[no-any-return]
        x,
        rows,
        lambda a, at, found: window_spreads(a, at, days, least, fade, found),
        writes_all=True,
    )


def rolling_min(
    x: Values, window: int, *, min_share: float = 1.0, rows: RowsAsked = None
) -> Values:
    """Return the smallest of the window's numbers. Parameters and NaN as in `rolling_mean`."""
    from quanthedge.operators.kernels.windows import window_extremes

    days = whole_number(window, "window", 1)
    least = least_known(days, min_share, 1)
    return _each(  # type: ignore[no-any-return]
        x,
        rows,
        lambda a, at, found: window_extremes(a, at, days, least, -1.0, found),
        writes_all=True,
    )


def rolling_max(
    x: Values, window: int, *, min_share: float = 1.0, rows: RowsAsked = None
) -> Values:
    """Return the largest of the window's numbers. Parameters and NaN as in `rolling_mean`."""
    from quanthedge.operators.kernels.windows import window_extremes

    days = whole_number(window, "window", 1)
    least = least_known(days, min_share, 1)
    return _each(  # type: ignore[no-any-return]
        x,
        rows,
        lambda a, at, found: window_extremes(a, at, days, least, 1.0, found),
        writes_all=True,
    )


def rolling_rank(
    x: Values, window: int, *, min_share: float = 1.0, rows: RowsAsked = None
) -> Values:
    """Return the rank of the window's last value among its n numbers: (rank - 0.5) / n - 0.5.

    In (-0.5, 0.5), ties averaged: the scale of the cross-sectional `rank`. NaN where the last
    day has no number. Parameters and NaN otherwise as in `rolling_mean`.
    """
    from quanthedge.operators.kernels.windows import window_ranks

    days = whole_number(window, "window", 1)
    least = least_known(days, min_share, 1)
    return _each(  # type: ignore[no-any-return]
        x, rows, lambda a, at, found: window_ranks(a, at, days, least, found)
    )


def rolling_skew(
    x: Values, window: int, *, min_share: float = 1.0, rows: RowsAsked = None
) -> Values:
    """Return the skewness of the window's numbers, at least three, corrected for their count.

    n / ((n - 1)(n - 2)) * sum(((x - mean) / std)^3) with the sample standard deviation. NaN where
    they are all the same. Parameters and NaN otherwise as in `rolling_mean`.
    """
    from quanthedge.operators.kernels.windows import window_skews

    days = whole_number(window, "window", 3)
    least = least_known(days, min_share, 3)
    return _each(  # type: ignore[no-any-return]
        x,
        rows,
        lambda a, at, found: window_skews(a, at, days, least, found),
        writes_all=True,
    )


def decay_mean(x: Values, window: int, *, min_share: float = 1.0, rows: RowsAsked = None) -> Values:
    """Return the mean of the window's numbers with weights 1, 2, .. window, the last day's highest.

    The weights of days that are no numbers are left out of the divisor. Parameters and NaN as in
    `rolling_mean`.
    """
    from quanthedge.operators.kernels.windows import window_decays

    days = whole_number(window, "window", 1)
    least = least_known(days, min_share, 1)
    return _each(  # type: ignore[no-any-return]
        x, rows, lambda a, at, found: window_decays(a, at, days, least, found)
    )


def _pair(
    x: Any,
    y: Any,
    names: tuple[str, str],
    kind: int,
    window: int,
    min_share: float,
    rows: RowsAsked,
    half_life: float | None,
) -> Any:
    from quanthedge.operators.kernels.windows import MOMENTS, window_pairs

    days = whole_number(window, "window", 2)
    least, fade = least_known(days, min_share, 2), _fade(half_life, days)
    taken = take(x, names[0])
    other = _one_for_all(y, x, names)
    at, place, asked = choose_rows(rows, len(taken.array))
    found = np.full((6 if kind == MOMENTS else 1, at.size, taken.array.shape[1]), np.nan)
    window_pairs(taken.array, other, at, days, least, fade, kind, found)
    parts = [taken.back(one if place is None else one[place], asked) for one in found]
    return Moments(*parts) if kind == MOMENTS else parts[0]


def _one_for_all(y: Any, x: Any, names: tuple[str, str]) -> Floats:
    """Return the second of a pair, [T, N]; [T, 1] for one history beside every stock."""
    if isinstance(y, pd.Series):
        if isinstance(x, pd.DataFrame) and not y.index.equals(x.index):
            raise StrategyError(f"{names[1]} and {names[0]} have other dates; reindex one of them")
        y = y.to_numpy()
    if isinstance(y, np.ndarray) and y.ndim == 1 and len(y) == len(x):
        return take(y[:, None], names[1]).array
    return beside(y, x, names[1], names[0])


class Residuals(NamedTuple):
    """What `rolling_residuals` finds: each in the kind of y, [T, N] or [len(rows), N]."""

    total: Any
    std: Any


def rolling_residuals(
    y: Values,
    x: Values | Floats | pd.Series,
    beta: Values | Floats,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Residuals:
    """Return sum and standard deviation of y - beta * x over the days on which both are numbers.

    Parameters
    ----------
    y, x, window, min_share, rows
        As in `rolling_beta`.
    beta : float array [T, N], or [len(rows), N] where rows are asked for
        One slope for all days of a window; NaN gives NaN.
    half_life : float, optional
        Weights as in `rolling_std`. The sum then is the weighted mean times the number of days.
    """
    from quanthedge.operators.kernels.windows import RESIDUALS, window_pairs

    days = whole_number(window, "window", 2)
    least, fade = least_known(days, min_share, 2), _fade(half_life, days)
    taken = take(y, "y")
    other = _one_for_all(x, y, ("y", "x"))
    at, place, asked = choose_rows(rows, len(taken.array))
    slopes = take(beta, "beta").array
    shape = (at.size if place is None else place.size, taken.array.shape[1])
    if slopes.shape != shape:
        raise DataError(f"beta has the shape {slopes.shape}; accepted: {shape}, as the result")
    found = np.full((2, at.size, shape[1]), np.nan)
    found[0][slice(None) if place is None else place] = slopes
    if place is not None and not np.array_equal(found[0][place], slopes, equal_nan=True):
        raise DataError("beta differs between places of rows that ask for the same day")
    window_pairs(taken.array, other, at, days, least, fade, RESIDUALS, found)
    parts = [taken.back(one if place is None else one[place], asked) for one in found]
    return Residuals(*parts)


class Moments(NamedTuple):
    """What `rolling_moments` finds: each in the kind of x, [T, N] or [len(rows), N]."""

    count: Any
    mean_x: Any
    mean_y: Any
    var_x: Any
    var_y: Any
    cov: Any


def rolling_moments(
    x: Values,
    y: Values | Floats | pd.Series,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Moments:
    """Return count, means, variances and covariance of x and y over the days with both.

    All in one pass: what a regression of one on the other needs. Otherwise as `rolling_cov`.
    """
    from quanthedge.operators.kernels.windows import MOMENTS

    return _pair(  # type: ignore[no-any-return]
        x, y, ("x", "y"), MOMENTS, window, min_share, rows, half_life
    )


def rolling_cov(
    x: Values,
    y: Values | Floats | pd.Series,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Values:
    """Return the sample covariance of x and y over the days on which both are numbers.

    ``y`` may be one history for all stocks: an array [T] or a Series by date. Divisor n - 1; with
    ``half_life`` as in `rolling_std`. ``min_share`` counts days with both. Otherwise as
    `rolling_mean`.
    """
    from quanthedge.operators.kernels.windows import COVARIANCE

    return _pair(  # type: ignore[no-any-return]
        x, y, ("x", "y"), COVARIANCE, window, min_share, rows, half_life
    )


def rolling_corr(
    x: Values,
    y: Values | Floats | pd.Series,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Values:
    """Return the correlation of x and y over the days on which both are numbers.

    NaN where either does not change. Otherwise as `rolling_cov`.
    """
    from quanthedge.operators.kernels.windows import CORRELATION

    return _pair(  # type: ignore[no-any-return]
        x, y, ("x", "y"), CORRELATION, window, min_share, rows, half_life
    )


def rolling_beta(
    y: Values,
    x: Values | Floats | pd.Series,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
    half_life: float | None = None,
) -> Values:
    """Return the slope of y on x with an intercept, over the days on which both are numbers.

    ``x`` may be one history for all stocks, as an index's returns: an array [T] or a Series by
    date. NaN where x does not change. Otherwise as `rolling_cov`.
    """
    from quanthedge.operators.kernels.windows import BETA

    return _pair(  # type: ignore[no-any-return]
        y, x, ("y", "x"), BETA, window, min_share, rows, half_life
    )


def rolling_downside_beta(
    y: Values,
    x: Floats | pd.Series,
    window: int,
    *,
    min_share: float = 1.0,
    rows: RowsAsked = None,
) -> Values:
    """Return the slope of y on x over those days of the window on which x is below its mean.

    Parameters
    ----------
    y, window, rows
        As in `rolling_mean`.
    x : float [T] or Series by date
        One history for all stocks, as an index's returns; its mean is that of the window.
    min_share : float
        Least share of the window's days, all of them, on which both are numbers.

    Returns
    -------
    as y
        NaN also where y is known on fewer than two such days.
    """
    from quanthedge.operators.kernels.choices import down_betas

    days = whole_number(window, "window", 2)
    least = least_known(days, min_share, 2)
    taken = take(y, "y")
    index = read_only(np.ascontiguousarray(_one_for_all(x, y, ("y", "x"))[:, 0]))
    at, place, asked = choose_rows(rows, len(taken.array))
    found = np.full((at.size, taken.array.shape[1]), np.nan)
    down_betas(taken.array, index, at, days, least, found)
    return taken.back(  # type: ignore[no-any-return]
        found if place is None else found[place], asked
    )


def rolling_top_mean(
    x: Values, window: int, count: int, *, min_share: float = 1.0, rows: RowsAsked = None
) -> Values:
    """Return the mean of the ``count`` largest of the window's numbers.

    NaN also where there are fewer than ``count``. Parameters and NaN otherwise as in
    `rolling_mean`; the smallest are ``-rolling_top_mean(-x, ...)``.
    """
    from quanthedge.operators.kernels.choices import top_means

    days = whole_number(window, "window", 1)
    many = whole_number(count, "count", 1)
    if many > days:
        raise StrategyError(f"count {count} of a window of {window} days; accepted: at most {days}")
    least = least_known(days, min_share, many)
    return _each(  # type: ignore[no-any-return]
        x, rows, lambda a, at, found: top_means(a, at, days, many, least, found)
    )


def ewm_mean(x: Values, half_life: float, *, rows: RowsAsked = None) -> Values:
    """Return the mean of all numbers up to each day, weights 0.5 ** (age in days / half_life).

    A day without a number ages those before it and adds none, so that the mean stands (pandas:
    ``ewm(halflife=...).mean()``). NaN before the first number. Parameters as in `rolling_mean`.
    """
    from quanthedge.operators.kernels.histories import faded_means

    fade = _fade(half_life, None)
    return _each(  # type: ignore[no-any-return]
        x, rows, lambda a, at, found: faded_means(a, at, fade, found)
    )


def last_change(x: Values, *, rows: RowsAsked = None) -> Values:
    """Return by how much x changed when it last did: the value after less the value before.

    A day without a number is no change; the numbers around it are compared. NaN before the first
    change. Made for values that stand until the next report. Parameters as in `rolling_mean`.
    """
    from quanthedge.operators.kernels.histories import last_changes

    return _each(  # type: ignore[no-any-return]
        x, rows, lambda a, at, found: last_changes(a, at, found, np.empty_like(found))
    )


def days_since_change(x: Values, *, rows: RowsAsked = None) -> Values:
    """Return how many rows ago x last changed, 0 on the day itself. NaN as in `last_change`."""
    from quanthedge.operators.kernels.histories import last_changes

    return _each(  # type: ignore[no-any-return]
        x, rows, lambda a, at, found: last_changes(a, at, np.empty_like(found), found)
    )
