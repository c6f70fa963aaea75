"""Rolling ordinary least squares: the beta of every stock to an index, day by day.

The market model ``r = alpha + beta * r_index + e`` is fitted over the last `window` trading days
(Sharpe, W. F., 1963, "A simplified model for portfolio analysis"). Standard errors are the textbook
ones for errors of equal variance.
"""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.base import (
    BetaEstimator,
    RollingBeta,
    check_returns,
    check_window,
    minimum_fits,
)
from quanthedge.typing import Floats

_LARGE = 1_000_000  # returns from which on threads gain more than it takes to start them
_BLOCKS = 4  # as long as the window, that a thread takes at once: room for sums is made for each

__all__ = ["RollingOLS", "joint_ols", "rolling_ols", "top_down_betas"]


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
    from quanthedge.beta.kernels.rolling import rolling_regression
    from quanthedge.compiled import by_blocks

    check_window(window, min_observations)
    returns, index_returns = check_returns(returns, index_returns)
    beta = np.empty_like(returns)
    error = np.empty_like(returns)
    count = np.empty(returns.shape, dtype=np.int32)

    def work(first: int, stop: int) -> None:
        given = (returns, index_returns, window, min_observations)
        rolling_regression(*given, first, stop, beta, error, count)

    blocks = -(-len(returns) // window)
    size = min(_BLOCKS, blocks // 4) if returns.size > _LARGE else blocks
    by_blocks(blocks, max(1, size), work)
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


class RollingOLS(BetaEstimator):
    """Rolling least-squares beta, on one index or several.

    Notes
    -----
    With ``errors = "hac"`` the standard errors hold for residuals that are correlated and of
    unequal variance: Newey, W. K. and West, K. D., 1987, "A simple, positive semi-definite,
    heteroskedasticity and autocorrelation consistent covariance matrix", Bartlett weights, without
    a correction for small samples; the days used count as consecutive.

    Examples
    --------
    >>> RollingOLS(window=120).min_observations
    40

    """

    kind: Literal["ols"] = "ols"
    window: int = Field(default=60, ge=3, description="Trading days looked back.")
    min_observations: int = Field(
        default=40, ge=3, description="Days with all returns needed inside the window."
    )
    errors: Literal["classical", "hac"] = Field(
        default="classical", description="Standard errors: of equal variance, or Newey-West."
    )
    lags: int = Field(default=5, ge=0, description="Of the Newey-West errors, days.")

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        minimum_fits(self)
        return self

    @property
    def memory(self) -> int:
        """The window."""
        return self.window

    @property
    def pairs_only(self) -> bool:
        """Each day's pair counts by itself, whichever days they are."""
        return True

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        if index.shape[1] == 1 and self.errors == "classical":
            beta, error, count = rolling_ols(
                returns, index[:, 0], self.window, self.min_observations
            )
            return RollingBeta(beta[:, :, None], error[:, :, None], count)
        lags = self.lags if self.errors == "hac" else -1
        slopes = np.eye(index.shape[1])
        return joint_ols(returns, index, slopes, self.window, self.min_observations, lags)


def joint_ols(
    returns: Floats,
    regressors: Floats,
    contrasts: Floats,
    window: int,
    min_observations: int,
    lags: int = -1,
) -> RollingBeta:
    """Return rolling regressions of stocks on several regressors.

    Parameters
    ----------
    returns : ndarray [T, N]
    regressors : ndarray [T, K]
        A day counts when all are known.
    contrasts : ndarray [Q, K]
        What is reported: rows of weights of the slopes.
    window, min_observations : int
    lags : int
        Of Newey-West errors; -1: errors of equal variance.

    Returns
    -------
    RollingBeta
        beta and standard_error [T, N, Q], observations [T, N]. NaN where a regressor is a
        combination of others.

    """
    from quanthedge.beta.kernels.joint import joint_regression

    days, stocks = returns.shape
    beta, error = np.empty((2, days, stocks, len(contrasts)))
    count = np.empty((days, stocks), dtype=np.int32)
    joint_regression(
        returns,
        np.ascontiguousarray(regressors),
        np.ascontiguousarray(contrasts, dtype=np.float64),
        window,
        min_observations,
        lags,
        beta,
        error,
        count,
    )
    return RollingBeta(beta, error, count)
