"""How the fund moves with the index: correlation and beta with their errors."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quanthedge.typing import Floats

__all__ = ["Estimate", "beta", "correlation", "rolling_beta"]

_NORMAL_975 = 1.959963984540054
_NO_VARIATION = 1e-24


@dataclass(frozen=True)
class Estimate:
    """An estimated number with its standard error, 95% interval and observations.

    Attributes
    ----------
    value, standard_error, low, high : float
        NaN when there were too few observations or no variation.
    observations : int
    """

    value: float
    standard_error: float
    low: float
    high: float
    observations: int


def correlation(returns: pd.Series, index_returns: pd.Series) -> Estimate:
    """Return the Pearson correlation of two return series.

    Notes
    -----
    Standard error sqrt((1 - r^2) / (n - 2)); 95% interval tanh(atanh(r) -+ 1.96 / sqrt(n - 3)).
    Only dates on which both are defined count. NaN below four observations or without variation.

    References
    ----------
    Fisher (1921), On the probable error of a coefficient of correlation, Metron 1.
    """
    y, x = _pairs(returns, index_returns)
    n = len(y)
    if n < 4 or not _varies(x) or not _varies(y):
        return _undefined(n)
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
    error = float(np.sqrt((1.0 - r * r) / (n - 2)))
    if abs(r) >= 1.0:
        return Estimate(r, error, r, r, n)
    centre, half = np.arctanh(r), _NORMAL_975 / np.sqrt(n - 3)
    return Estimate(r, error, float(np.tanh(centre - half)), float(np.tanh(centre + half)), n)


def beta(returns: pd.Series, index_returns: pd.Series) -> Estimate:
    """Return the least-squares slope of the returns on the index returns, with intercept.

    Notes
    -----
    Standard error sqrt(RSS / (n - 2) / Sxx); 95% interval with Student's t of n - 2 degrees of
    freedom. Only dates on which both are defined count. NaN below four observations or when the
    index does not vary.
    """
    y, x = _pairs(returns, index_returns)
    n = len(y)
    if n < 4 or not _varies(x):
        return _undefined(n)
    from scipy.special import stdtrit

    dx, dy = x - x.mean(), y - y.mean()
    sxx = float(dx @ dx)
    slope = float(dx @ dy) / sxx
    rest = dy - slope * dx
    error = float(np.sqrt(rest @ rest / (n - 2) / sxx))
    half = float(stdtrit(n - 2, 0.975)) * error
    return Estimate(slope, error, slope - half, slope + half, n)


def rolling_beta(returns: pd.Series, index_returns: pd.Series, window: int = 60) -> pd.Series:
    """Return the least-squares slope over the last ``window`` days, each day's return included.

    Notes
    -----
    NaN until the window is full, and where a return in it is missing.
    """
    covariance = returns.rolling(window).cov(index_returns)
    variance = index_returns.rolling(window).var()
    return covariance / variance.where(variance > _NO_VARIATION)


def _pairs(returns: pd.Series, index_returns: pd.Series) -> tuple[Floats, Floats]:
    both = pd.DataFrame({"y": returns, "x": index_returns}).dropna()
    return both["y"].to_numpy(dtype=np.float64), both["x"].to_numpy(dtype=np.float64)


def _varies(values: Floats) -> bool:
    return bool(np.var(values) > _NO_VARIATION)


def _undefined(n: int) -> Estimate:
    nan = float("nan")
    return Estimate(nan, nan, nan, nan, n)
