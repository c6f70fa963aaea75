"""Beta of a stock book from the past returns of what it holds now, with a standard error.

The weighted mean of the stocks' betas says how large the beta of the book is, but not how sure
we are: the stocks' residuals are correlated. Regressing the past returns of today's holdings (pro
forma, fixed weights) gives both.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.beta.base import check_returns, check_window
from quanthedge.errors import DataError
from quanthedge.typing import Floats, Ints

__all__ = ["BookBetas", "book_beta", "book_betas"]


class BookBetas(NamedTuple):
    """Beta, its standard error and the days used, for each of R books; arrays [R]."""

    beta: Floats
    standard_error: Floats
    observations: Ints


def book_betas(
    returns: Floats,
    index_returns: Floats,
    rows: Ints,
    pointer: Ints,
    stocks: Ints,
    weights: Floats,
    *,
    window: int = 60,
    min_observations: int = 40,
) -> BookBetas:
    """Return the pro-forma betas of many books.

    Parameters
    ----------
    returns : ndarray [T, N]
        Simple returns of the stocks, NaN where not traded.
    index_returns : ndarray [T]
    rows : int ndarray [R]
        Day index of each book; days after it are not used.
    pointer : int ndarray [R + 1]
        Book r holds ``stocks[pointer[r]:pointer[r + 1]]``.
    stocks : int ndarray [K]
    weights : ndarray [K]
        Values or weights, any scale; the beta is that of one yuan of the book.
    window, min_observations : int
        As in :func:`quanthedge.rolling_ols`.

    Returns
    -------
    BookBetas
        NaN for an empty book and where there are too few days.

    Raises
    ------
    DataError
        When shapes do not fit or a row or stock lies outside the returns.

    Notes
    -----
    A day on which a stock did not trade counts as a return of 0, as for its holder (also before its
    listing), so a book of stocks that were long suspended shows a lower beta here than from the
    stocks' own betas. Without such days the two are equal. Days without an index return are left
    out.

    Examples
    --------
    >>> index = np.array([0.01, -0.02, 0.015, 0.0])
    >>> returns = np.outer(index, [0.8, 1.2])
    >>> rows, pointer = np.array([3, 3]), np.array([0, 2, 3])
    >>> stocks, values = np.array([0, 1, 1]), np.array([5e5, 5e5, 1e6])
    >>> books = book_betas(
    ...     returns, index, rows, pointer, stocks, values, window=4, min_observations=4
    ... )
    >>> books.beta.round(12)
    array([1. , 1.2])

    """
    from quanthedge.beta.kernels.rolling import book_regressions

    check_window(window, min_observations)
    returns, index_returns = check_returns(returns, index_returns)
    rows, pointer, stocks = (
        np.ascontiguousarray(a, dtype=np.int64) for a in (rows, pointer, stocks)
    )
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    _check_books(returns.shape, rows, pointer, stocks, weights)
    result = BookBetas(np.empty(rows.size), np.empty(rows.size), np.empty(rows.size, np.int64))
    book_regressions(
        returns, index_returns, rows, pointer, stocks, weights, window, min_observations, *result
    )
    return result


def book_beta(
    returns: Floats,
    weights: Floats,
    index_returns: Floats,
    row: int,
    window: int = 60,
    min_observations: int = 40,
) -> tuple[float, float, int]:
    """Return beta, standard error and days used of one book held at the close of day `row`.

    Parameters
    ----------
    returns : ndarray [T, N]
    weights : ndarray [N]
        Values or weights, any scale; 0 or NaN where nothing is held.
    index_returns : ndarray [T]
    row : int
    window, min_observations : int

    Notes
    -----
    See :func:`book_betas`.

    Examples
    --------
    >>> index = np.array([0.01, -0.02, 0.015, 0.0])
    >>> returns, values = np.outer(index, [0.8, 1.2]), np.array([3.0, 1.0])
    >>> beta, error, days = book_beta(returns, values, index, 3, 4, 4)
    >>> round(beta, 12), days
    (0.9, 4)

    """
    weights = np.nan_to_num(np.asarray(weights, dtype=np.float64))
    if weights.shape != np.shape(returns)[1:]:
        raise DataError(
            f"beta: weights have shape {weights.shape} and returns {np.shape(returns)}; "
            "accepted is one weight per stock"
        )
    stocks = np.flatnonzero(weights)
    result = book_betas(
        returns,
        index_returns,
        np.array([row]),
        np.array([0, stocks.size]),
        stocks,
        weights[stocks],
        window=window,
        min_observations=min_observations,
    )
    return (
        float(result.beta[0]),
        float(result.standard_error[0]),
        int(result.observations[0]),
    )


def _check_books(
    shape: tuple[int, ...], rows: Ints, pointer: Ints, stocks: Ints, weights: Floats
) -> None:
    """Raise DataError when a book points outside the returns (compiled code would not notice)."""
    days, names = shape
    fits = (
        pointer.size == rows.size + 1
        and pointer[0] == 0
        and pointer[-1] == stocks.size == weights.size
        and bool(np.all(np.diff(pointer) >= 0))
    )
    if not fits:
        raise DataError(
            f"beta: {rows.size} rows, {pointer.size} pointers, {stocks.size} stocks and "
            f"{weights.size} weights do not fit; accepted is "
            "pointer [R + 1] rising from 0 to K, stocks [K] and weights [K]"
        )
    inside = np.all((rows >= 0) & (rows < days)) and np.all((stocks >= 0) & (stocks < names))
    if not inside:
        raise DataError(
            f"beta: a row or stock lies outside the returns of {days} days and {names} stocks"
        )
    if not np.all(np.isfinite(weights)):
        raise DataError("beta: a weight is not finite; accepted are numbers; leave the stock out")
