"""Returns beside an index: geometric excess, tracking error, information ratio, relations."""

import numpy as np
import pandas as pd

from quanthedge.performance.relation import Estimate, beta, correlation
from quanthedge.performance.resampling import bootstrap_relation
from quanthedge.performance.returns import (
    TRADING_DAYS_A_YEAR,
    Every,
    period_returns,
    years,
)

__all__ = [
    "beta_hac",
    "geometric_excess",
    "information_ratio",
    "relations",
    "rolling_correlation",
    "tracking_error",
]

PERIODS: tuple[Every, ...] = ("daily", "weekly", "monthly")


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


def rolling_correlation(
    returns: pd.Series, index_returns: pd.Series, window: int = 60
) -> pd.Series:
    """Return the Pearson correlation over the last ``window`` days, NaN until it is full."""
    spread = index_returns.rolling(window).std()
    found = returns.rolling(window).corr(index_returns)
    return found.where(spread > 1e-12)


def beta_hac(returns: pd.Series, index_returns: pd.Series) -> Estimate:
    """Return the least-squares beta with an error that allows for autocorrelation.

    Notes
    -----
    Newey and West (1987) with Bartlett weights and ``floor(4 (n / 100) ** (2 / 9))`` lags, small
    sample corrected, 95% interval of Student's t with n - 2 degrees of freedom (statsmodels).
    """
    both = pd.DataFrame({"y": returns, "x": index_returns}).dropna()
    plain = beta(returns, index_returns)
    n = len(both)
    if n < 10 or not np.isfinite(plain.value):
        return plain if n < 4 else Estimate(plain.value, *(float("nan"),) * 3, n)
    from statsmodels.regression.linear_model import OLS

    lags = int(np.floor(4.0 * (n / 100.0) ** (2.0 / 9.0)))
    design = np.column_stack([np.ones(n), both["x"].to_numpy()])
    fitted = OLS(both["y"].to_numpy(), design).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    low, high = fitted.conf_int()[1]
    return Estimate(float(fitted.params[1]), float(fitted.bse[1]), float(low), float(high), n)


def relations(
    level: pd.Series, indices: dict[str, pd.Series], *, paths: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Return beta and correlation to several indices by day, week and month, with intervals.

    Parameters
    ----------
    level : Series
        Of the fund, net, 1 at the start.
    indices : dict of Series
        Closes by name, on the same days.
    paths, seed : int
        Of the block bootstrap.

    Returns
    -------
    DataFrame
        Indexed by index and frequency: beta, beta_low, beta_high (Newey-West), correlation,
        correlation_low, correlation_high (block bootstrap, 2.5% and 97.5%), observations. NaN where
        there are fewer than ten observations.
    """
    rows = {}
    for name, close in indices.items():
        for every in PERIODS:
            own, other = period_returns(level, every), period_returns(close, every)
            slope, link = beta_hac(own, other), correlation(own, other)
            low, high = bootstrap_relation(own, other, paths=paths, seed=seed)
            rows[name, every] = {
                "beta": slope.value,
                "beta_low": slope.low,
                "beta_high": slope.high,
                "correlation": link.value,
                "correlation_low": low,
                "correlation_high": high,
                "observations": link.observations,
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["index", "frequency"])
    return table
