"""Statistics of a return series, one definition each.

Returns are simple and daily unless a name says otherwise. A year has 365 calendar days where time is
measured by the calendar (returns) and 243 trading days where it is counted in observations
(volatility), as is customary in China.
A statistic that a short series does not allow is None.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

__all__ = [
    "TRADING_DAYS",
    "Drawdown",
    "Regression",
    "annual_return",
    "drawdown_series",
    "max_drawdown",
    "period_values",
    "regression",
    "sharpe",
    "sortino",
    "volatility",
    "win_rate",
]

TRADING_DAYS = 243
Frequency = Literal["day", "week", "month"]


def annual_return(values: pd.Series) -> float | None:
    """Return the geometric annual return of a value series, calendar days over 365.

    Parameters
    ----------
    values : Series
        Positive values indexed by date, the opening value first.

    Examples
    --------
    >>> values = pd.Series([1.0, 1.1], index=pd.to_datetime(["2014-01-01", "2015-01-01"]))
    >>> round(annual_return(values), 4)
    0.1
    """
    days = (values.index[-1] - values.index[0]).days
    if days <= 0 or values.iloc[-1] <= 0:
        return None
    return float((values.iloc[-1] / values.iloc[0]) ** (365.0 / days) - 1.0)


def volatility(returns: pd.Series) -> float | None:
    """Return the sample standard deviation of daily returns times the root of 243."""
    return float(returns.std(ddof=1) * np.sqrt(TRADING_DAYS)) if len(returns) > 1 else None


def sharpe(returns: pd.Series, risk_free: float = 0.0) -> float | None:
    """Return (mean daily return x 243 - risk-free a year) over the annual volatility."""
    spread = volatility(returns)
    if not spread:
        return None
    return float((returns.mean() * TRADING_DAYS - risk_free) / spread)


def sortino(returns: pd.Series, risk_free: float = 0.0) -> float | None:
    """Return (mean daily return x 243 - risk-free) over the annual downside deviation.

    The downside deviation is the root of the mean square of returns below the daily risk-free
    rate, taken over all days.
    """
    excess = returns - risk_free / TRADING_DAYS
    downside = float(np.sqrt((np.minimum(excess, 0.0) ** 2).mean() * TRADING_DAYS))
    if len(returns) < 2 or downside == 0.0:
        return None
    return float((returns.mean() * TRADING_DAYS - risk_free) / downside)


def drawdown_series(values: pd.Series) -> pd.Series:
    """Return value over the highest value so far, less 1: 0 at a high, negative below it."""
    return values / values.cummax() - 1.0


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall from a high.

    Attributes
    ----------
    depth : float
        Negative or 0.
    peak, trough : Timestamp
    recovery : Timestamp or None
        First day at or above the peak's value again; None when not yet.
    """

    depth: float
    peak: pd.Timestamp
    trough: pd.Timestamp
    recovery: pd.Timestamp | None


def max_drawdown(values: pd.Series) -> Drawdown | None:
    """Return the deepest drawdown with its dates; None where the series never fell."""
    dates = pd.DatetimeIndex(values.index)
    below = drawdown_series(values).to_numpy()
    level = values.to_numpy()
    trough = int(below.argmin())
    if below[trough] >= 0.0:
        return None
    peak = int(level[: trough + 1].argmax())
    back = np.flatnonzero(level[trough:] >= level[peak])
    return Drawdown(
        depth=float(below[trough]),
        peak=dates[peak],
        trough=dates[trough],
        recovery=dates[trough + int(back[0])] if back.size else None,
    )


def period_values(values: pd.Series, frequency: Frequency) -> pd.Series:
    """Return the last value of each day, ISO week or month, with the opening value in front.

    Examples
    --------
    >>> dates = pd.to_datetime(["2014-09-30", "2014-10-08", "2014-10-31", "2014-11-03"])
    >>> period_values(pd.Series([1.0, 2.0, 3.0, 4.0], index=dates), "month").tolist()
    [1.0, 3.0, 4.0]
    """
    if frequency == "day":
        return values
    index = pd.DatetimeIndex(values.index)
    if frequency == "month":
        group = (index.year * 12 + index.month).to_numpy()
    else:
        calendar = index.isocalendar()
        group = (calendar["year"] * 100 + calendar["week"]).to_numpy()
    later = values.iloc[1:]
    last = later[~pd.Index(group[1:]).duplicated(keep="last")]
    result: pd.Series = pd.concat([values.iloc[:1], last])
    return result


def win_rate(values: pd.Series, frequency: Frequency) -> float | None:
    """Return the share of days, weeks or months with a positive return."""
    returns = period_values(values, frequency).pct_change().dropna()
    return float((returns > 0).mean()) if len(returns) else None


@dataclass(frozen=True)
class Regression:
    """Simple regression of the fund's returns on the index's.

    Attributes
    ----------
    beta, standard_error, correlation : float
        Ordinary least squares with intercept; the error assumes equal variances.
    correlation_low, correlation_high : float
        95% interval of the correlation by Fisher's transformation.
    observations : int
    """

    beta: float
    standard_error: float
    correlation: float
    correlation_low: float
    correlation_high: float
    observations: int


def regression(values: pd.Series, index: pd.Series, frequency: Frequency) -> Regression | None:
    """Return beta and correlation to the index at a frequency; None below five observations."""
    both = pd.concat([values, index], axis=1).dropna()
    if len(both) < 2:
        return None
    y = period_values(both.iloc[:, 0], frequency).pct_change().iloc[1:].to_numpy()
    x = period_values(both.iloc[:, 1], frequency).pct_change().iloc[1:].to_numpy()
    n = len(y)
    if n < 5 or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return None
    dx, dy = x - x.mean(), y - y.mean()
    beta = float(dx @ dy / (dx @ dx))
    residual = dy - beta * dx
    error = float(np.sqrt(residual @ residual / (n - 2) / (dx @ dx)))
    correlation = float(np.clip(dx @ dy / np.sqrt((dx @ dx) * (dy @ dy)), -1.0, 1.0))
    half = 1.959964 / np.sqrt(n - 3)
    z = np.arctanh(np.clip(correlation, -1 + 1e-15, 1 - 1e-15))
    return Regression(
        beta, error, correlation, float(np.tanh(z - half)), float(np.tanh(z + half)), n
    )
