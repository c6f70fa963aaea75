"""Is the alpha more than luck: its mean a year with an error that allows for autocorrelation."""

from typing import Final

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance.bridge import SOURCES, Bridge
from quanthedge.performance.measures import MINIMUM_DAYS
from quanthedge.performance.relation import Estimate
from quanthedge.performance.robust import NeweyWest
from quanthedge.record import Record
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = ["alpha_estimates", "mean_a_year"]

_FEWEST: Final = 60  # days below which no error is stated


def mean_a_year(returns: pd.Series) -> Estimate:
    """Return the mean of daily returns times 243, with its standard error and 95% interval.

    Notes
    -----
    Newey and West (1987) with Bartlett weights and ``floor(4 (n / 100) ** (2 / 9))`` lags, small
    sample corrected, and the critical value of
    :class:`quanthedge.performance.NeweyWest`. Days without a value are left out. Below
    60 days, or without variation, only the mean is given and the rest is NaN; below 20 days all is.

    >>> round(mean_a_year(pd.Series([0.01, -0.01] * 50)).value, 6)
    0.0
    """
    values = returns.dropna().to_numpy(dtype=np.float64)
    n, nan = len(values), float("nan")
    if n < MINIMUM_DAYS:
        return Estimate(nan, nan, nan, nan, n)
    mean = float(values.mean()) * TRADING_DAYS_A_YEAR
    if n < _FEWEST or float(values.std()) < 1e-12:
        return Estimate(mean, nan, nan, nan, n)
    rest, lags = values - values.mean(), NeweyWest(n).lags
    total = float(rest @ rest)
    for lag in range(1, lags + 1):
        total += 2.0 * (1.0 - lag / (lags + 1.0)) * float(rest[lag:] @ rest[:-lag])
    error = float(np.sqrt(total / n / (n - 1))) * TRADING_DAYS_A_YEAR
    half = NeweyWest(n).critical_value * error
    return Estimate(mean, error, mean - half, mean + half, n)


def alpha_estimates(result: Record) -> dict[str, Estimate]:
    """Return what stock picking and the fund as a whole earned a year, with errors.

    Returns
    -------
    dict
        ``alpha``: the line of the bridge; ``alpha_after_costs``: less every cost of trading, of
        futures too; ``before_fees``: all sources less all costs, before the fund's fees. Each is a
        mean of daily yuan over the equity that earned it, see :func:`mean_a_year`.

    Raises
    ------
    DataError
        When a close of the benchmark is missing.
    """
    daily = Bridge(result).yuan("day")
    base = result.ledger["equity"].shift(1).reindex(daily.index) + daily[
        list(line_names("flow"))
    ].sum(axis=1)
    costs = daily[list(line_names("cost"))].sum(axis=1)
    series = {
        "alpha": daily["alpha"],
        "alpha_after_costs": daily["alpha"] + costs,
        "before_fees": daily[list(SOURCES)].sum(axis=1) + costs,
    }
    return {name: mean_a_year(line / base) for name, line in series.items()}
