"""Rolling ordinary least squares: the beta of every stock to an index, day by day.

The market model ``r = alpha + beta * r_index + e`` is fitted over the last `window` trading days
(Sharpe, W. F., 1963, "A simplified model for portfolio analysis"). Standard errors are the textbook
ones for errors of equal variance.
"""

from typing import Literal, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from quanthedge.errors import DataError, StrategyError

__all__ = ["RollingBeta", "RollingOLS", "index_returns", "rolling_ols", "top_down_betas"]

Floats = NDArray[np.float64]


class _Prices(Protocol):
    """The part of a market that betas need."""

    def panel(self, name: str, /) -> NDArray[np.generic]: ...

    def index_close(self, code: str, /) -> Floats: ...


class RollingBeta(NamedTuple):
    """Betas by day and stock; row t uses nothing later than the close of day t.

    Attributes
    ----------
    beta : ndarray [T, N]
        Slope; NaN where there are too few observations or the index did not move.
    standard_error : ndarray [T, N]
        Of the slope, ``sqrt(SSE / (n - 2) / Sxx)``; NaN where `beta` is.
    observations : int32 ndarray [T, N]
        Days on which both returns were known.

    """

    beta: Floats
    standard_error: Floats
    observations: NDArray[np.int32]


def check_window(window: int, min_observations: int) -> None:
    """Raise StrategyError unless 3 <= min_observations <= window."""
    if not 3 <= min_observations <= window:
        raise StrategyError(
            f"beta: window {window} with min_observations {min_observations}; "
            "accepted is 3 <= min_observations <= window; change one of them"
        )


def check_returns(returns: Floats, index: Floats) -> tuple[Floats, Floats]:
    """Return both as contiguous float64 arrays, or raise DataError when their days differ."""
    returns = np.ascontiguousarray(returns, dtype=np.float64)
    index = np.ascontiguousarray(index, dtype=np.float64)
    if returns.ndim != 2 or index.ndim != 1 or returns.shape[0] != index.shape[0]:
        raise DataError(
            f"beta: returns have shape {returns.shape} and index_returns {index.shape}; "
            "accepted are [T, N] and [T] over the same days"
        )
    return returns, index


def rolling_ols(
    returns: Floats, index_returns: Floats, window: int = 60, min_observations: int = 40
) -> RollingBeta:
    """Return the beta of each stock on each day, with standard errors.

    Parameters
    ----------
    returns : ndarray [T, N]
        Simple returns of the stocks; NaN where a stock did not trade.
    index_returns : ndarray [T]
        Simple returns of the index; NaN where unknown.
    window : int
        Trading days looked back, the day itself included. Suspended days count as days.
    min_observations : int
        Days with both returns needed inside the window; at least 3.

    Returns
    -------
    RollingBeta
        Arrays [T, N].

    Raises
    ------
    StrategyError
        When the window and the minimum do not fit.
    DataError
        When the arrays do not cover the same days.

    Notes
    -----
    Least squares with an intercept on the pairs where both returns are finite. Row t uses days
    t - window + 1 to t. One pass over the days; agrees with statsmodels to 1e-8, also after
    outliers and suspensions. Blocks are counted from row 0: the same days in an array that starts
    earlier may differ in the last digit.

    Examples
    --------
    >>> import numpy as np
    >>> index = np.array([0.01, -0.02, 0.015, 0.0, -0.01])
    >>> rolling_ols(1.5 * index[:, None] + 0.001, index, window=4, min_observations=3).beta[:, 0]
    array([nan, nan, 1.5, 1.5, 1.5])

    """
    from quanthedge.beta.kernels import rolling_regression

    check_window(window, min_observations)
    returns, index_returns = check_returns(returns, index_returns)
    beta = np.empty_like(returns)
    error = np.empty_like(returns)
    count = np.empty(returns.shape, dtype=np.int32)
    rolling_regression(returns, index_returns, window, min_observations, beta, error, count)
    return RollingBeta(beta, error, count)


def top_down_betas(
    book_returns: Floats, index_returns: Floats, window: int = 60, min_observations: int = 40
) -> RollingBeta:
    """Return the rolling beta of a book's own realised returns, arrays [T].

    Parameters
    ----------
    book_returns : ndarray [T]
        Return of the stocks held, close to close; NaN on days without a book.
    index_returns : ndarray [T]
    window, min_observations : int
        As in :func:`rolling_ols`.

    Returns
    -------
    RollingBeta
        Arrays [T].

    Notes
    -----
    Sees the book as it was, so it lags behind a book that has just been changed; the bottom-up beta
    does not. Row t uses days up to t.

    Examples
    --------
    >>> index = np.array([0.01, -0.02, 0.015, 0.0])
    >>> top_down_betas(0.9 * index, index, window=4, min_observations=4).beta
    array([nan, nan, nan, 0.9])

    """
    column = np.asarray(book_returns, dtype=np.float64)[:, None]
    beta, error, count = rolling_ols(column, index_returns, window, min_observations)
    return RollingBeta(beta[:, 0], error[:, 0], count[:, 0])


def index_returns(market: _Prices, code: str) -> Floats:
    """Return the simple close-to-close returns of an index, [T].

    The first day, days without a close and the day after one are NaN. Row t uses the closes of
    t - 1 and t.

    Examples
    --------
    >>> class Prices:
    ...     def index_close(self, code):
    ...         return np.array([2400.0, 2424.0, np.nan, 2450.0])
    >>> index_returns(Prices(), "000300.SH").round(4)
    array([ nan, 0.01,  nan,  nan])

    """
    close = np.asarray(market.index_close(code), dtype=np.float64)
    result = np.full(close.shape, np.nan)
    result[1:] = close[1:] / close[:-1] - 1.0
    return result


class RollingOLS(BaseModel):
    """Rolling least-squares beta, as strategies name it.

    Attributes
    ----------
    index : str
        Index that is hedged.
    window, min_observations : int
        Trading days looked back, and days with both returns that are needed.
    method : {"bottom_up", "top_down"}
        Beta of the book from the betas of the stocks held now, or from the book's own past returns.

    Examples
    --------
    >>> RollingOLS(window=120).min_observations
    40

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ols"] = "ols"
    index: str = "000300.SH"
    window: int = Field(default=60, ge=3)
    min_observations: int = Field(default=40, ge=3)
    method: Literal["bottom_up", "top_down"] = "bottom_up"

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        if self.min_observations > self.window:
            raise ValueError(
                f"min_observations {self.min_observations} is more than window {self.window}; "
                "lower min_observations or lengthen the window"
            )
        return self

    def estimate(self, market: _Prices) -> RollingBeta:
        """Return the betas of all stocks on all days of the market, arrays [T, N]."""
        returns = np.asarray(market.panel("simple_return"), dtype=np.float64)
        return rolling_ols(
            returns, index_returns(market, self.index), self.window, self.min_observations
        )
