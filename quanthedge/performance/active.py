"""Returns beside an index: geometric excess, tracking error, information ratio, relations."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quanthedge.performance.resampling import SEED
from quanthedge.performance.returns import Every, period_returns, years
from quanthedge.performance.robust import beta_hac, correlation_bootstrap
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = [
    "excess_level",
    "geometric_excess",
    "information_ratio",
    "relations",
    "tracking_error",
]

_PERIODS: tuple[Every, ...] = ("daily", "weekly", "monthly")


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


def relations(
    level: pd.Series, indices: Mapping[str, pd.Series], *, paths: int = 1000, seed: int = SEED
) -> pd.DataFrame:
    """Return beta and correlation to several indices by day, week and month, with intervals.

    Parameters
    ----------
    level : Series
        Of the fund, net, 1 at the start.
    indices : mapping of Series
        Closes by name, on the same days.
    paths, seed : int
        Of the block bootstrap.

    Returns
    -------
    DataFrame
        Indexed by index and frequency: beta, beta_low, beta_high (Newey-West), correlation,
        correlation_low, correlation_high (studentised block bootstrap), observations. NaN where
        there are fewer than ten observations.
    """
    rows = {}
    for name, close in indices.items():
        for every in _PERIODS:
            own, other = period_returns(level, every), period_returns(close, every)
            slope = beta_hac(own, other)
            link = correlation_bootstrap(own, other, paths=paths, seed=seed)
            rows[name, every] = {
                "beta": slope.value,
                "beta_low": slope.low,
                "beta_high": slope.high,
                "correlation": link.value,
                "correlation_low": link.low,
                "correlation_high": link.high,
                "observations": link.observations,
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["index", "frequency"])
    return table
