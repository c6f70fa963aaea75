"""Returns beside an index: geometric excess, tracking error, information ratio."""

import numpy as np
import pandas as pd

from quanthedge.performance.returns import years
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = [
    "excess_level",
    "geometric_excess",
    "information_ratio",
    "tracking_error",
]


def excess_level(level: pd.Series, index: pd.Series) -> pd.Series:
    """Return the fund's value over the index's, 1 at the start: what geometric excess grows by."""
    ratio: pd.Series = level / index
    return ratio / float(ratio.iloc[0])


def geometric_excess(level: pd.Series, index: pd.Series, *, annual: bool = False) -> float:
    """Return ``(1 + return) / (1 + index return) - 1`` over the span, or the same a year.

    A year: to the power of 365 over the calendar days of the span.
    """
    ratio = float(level.iloc[-1] / level.iloc[0]) / float(index.iloc[-1] / index.iloc[0])
    if not annual:
        return ratio - 1.0
    span = years(level)
    if ratio <= 0.0 or span <= 0.0:
        return float("nan")
    return float(np.power(ratio, 1.0 / span)) - 1.0


def tracking_error(returns: pd.Series, index_returns: pd.Series) -> float:
    """Return the standard deviation (n - 1) of daily return differences, times sqrt(243)."""
    away = (returns - index_returns).dropna()
    if len(away) < 2:
        return float("nan")
    return float(away.std(ddof=1) * np.sqrt(TRADING_DAYS_A_YEAR))


def information_ratio(returns: pd.Series, index_returns: pd.Series) -> float:
    """Return 243 times the mean of daily return differences over the tracking error."""
    away = (returns - index_returns).dropna()
    error = tracking_error(returns, index_returns)
    if not error > 1e-12:
        return float("nan")
    return float(away.mean()) * TRADING_DAYS_A_YEAR / error
