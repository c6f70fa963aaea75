"""How neutral hedged returns were: beta with intervals and correlation, daily, weekly, monthly.

Newey, W. and West, K., 1987, "A simple, positive semi-definite, heteroskedasticity and
autocorrelation consistent covariance matrix".
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.typing import Floats

__all__ = ["Exposure", "Frequency", "compound", "exposure", "newey_west_lags"]

Frequency = Literal["daily", "weekly", "monthly"]
_NORMAL_95 = 1.959963984540054


class Exposure(NamedTuple):
    """Beta and correlation of C series to one index, [C] each.

    The interval of the correlation is that of the beta in units of both standard deviations.
    """

    observations: int
    beta: Floats
    beta_low: Floats
    beta_high: Floats
    correlation: Floats
    correlation_low: Floats
    correlation_high: Floats


def newey_west_lags(observations: int) -> int:
    """Return the lags of the usual rule, ``4 (n / 100) ** (2 / 9)`` rounded down.

    Examples
    --------
    >>> newey_west_lags(2118)
    7
    """
    return int(4.0 * (observations / 100.0) ** (2.0 / 9.0))


def compound(returns: Floats, dates: NDArray[np.datetime64], frequency: Frequency) -> Floats:
    """Return the returns of calendar weeks (from Monday) or months, [n, C].

    Parameters
    ----------
    returns : float64 [D, C]
    dates : datetime64[D] [D]
    frequency : {"daily", "weekly", "monthly"}

    Examples
    --------
    >>> days = np.array(["2014-09-18", "2014-09-19", "2014-09-22"], dtype="datetime64[D]")
    >>> compound(np.array([[0.1], [0.1], [0.5]]), days, "weekly").round(3)[:, 0]
    array([0.21, 0.5 ])
    """
    if frequency == "daily":
        return returns
    if frequency == "weekly":
        period = (dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
    else:
        period = dates.astype("datetime64[M]").astype(np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(period)) + 1])
    result: Floats = np.expm1(np.add.reduceat(np.log1p(returns), starts, axis=0))
    return result


def exposure(returns: Floats, index: Floats) -> Exposure:
    """Return betas with 95% intervals and correlations of several series to an index.

    Parameters
    ----------
    returns : float64 [D, C]
    index : float64 [D]

    Returns
    -------
    Exposure
        Least squares with an intercept; Newey-West standard errors with the lags of
        :func:`newey_west_lags`, normal quantiles.

    """
    days = index.size
    x = index - index.mean()
    y = returns - returns.mean(axis=0)
    square = x @ x
    beta = x @ y / square
    scores = x[:, None] * (y - x[:, None] * beta)
    long_run = (scores * scores).sum(axis=0)
    lags = newey_west_lags(days)
    for lag in range(1, min(lags, days - 1) + 1):
        weight = 1.0 - lag / (lags + 1.0)
        long_run = long_run + 2.0 * weight * (scores[lag:] * scores[:-lag]).sum(axis=0)
    half = _NORMAL_95 * np.sqrt(np.maximum(long_run, 0.0)) / square
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = np.sqrt(square / (y * y).sum(axis=0))
    return Exposure(
        days,
        beta,
        beta - half,
        beta + half,
        beta * unit,
        (beta - half) * unit,
        (beta + half) * unit,
    )
