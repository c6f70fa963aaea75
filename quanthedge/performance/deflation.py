"""How likely a Sharpe ratio is skill, given its length, its shape and the trials behind it."""

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance.tails import kurtosis, skewness
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = [
    "SUPPOSED_TRIALS",
    "deflated_by_trials",
    "deflated_sharpe",
    "expected_highest_sharpe",
    "probabilistic_sharpe",
]

SUPPOSED_TRIALS = (1, 10, 50, 100, 1000)

_EULER = 0.5772156649015329


def probabilistic_sharpe(returns: pd.Series, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio lies above a benchmark.

    Parameters
    ----------
    returns : Series
        Daily.
    benchmark : float
        A Sharpe ratio of a day, not annualised.

    Notes
    -----
    Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier": with S the ratio of a
    day, g3 its skewness and g4 its kurtosis, the normal distribution at ``(S - benchmark) sqrt(n -
    1) / sqrt(1 - g3 S + (g4 - 1) / 4 S^2)``. NaN below three days or without variation.
    """
    values = returns.dropna()
    spread = float(values.std(ddof=1)) if len(values) > 2 else 0.0
    if not spread > 1e-12:
        return float("nan")
    ratio = float(values.mean()) / spread
    return _probability(ratio, benchmark, len(values), skewness(values), kurtosis(values) + 3.0)


def expected_highest_sharpe(trials: int, variance: float) -> float:
    """Return the highest Sharpe ratio to be expected of so many trials without any skill.

    ``sqrt(variance) ((1 - e) z(1 - 1 / N) + e z(1 - 1 / (N exp(1))))`` with e Euler's constant and
    z the normal quantile (Bailey and Lopez de Prado, 2014, "The deflated Sharpe ratio").

    >>> round(expected_highest_sharpe(100, 0.5 / 250), 4)
    0.1132
    """
    from scipy.special import ndtri

    if trials < 1 or variance < 0:
        raise DataError(
            f"deflated Sharpe: trials {trials}, variance {variance}; accepted: 1 or more, and 0 up"
        )
    if trials == 1:
        return 0.0
    first, second = ndtri(1.0 - 1.0 / trials), ndtri(1.0 - 1.0 / (trials * np.e))
    return float(np.sqrt(variance) * ((1.0 - _EULER) * first + _EULER * second))


def deflated_sharpe(returns: pd.Series, *, trials: int, sharpe_variance: float) -> float:
    """Return the probability that the best of several trials has a true Sharpe ratio above 0.

    Parameters
    ----------
    returns : Series
        Daily, of the trial that was chosen.
    trials : int
        Independent trials from which it was chosen.
    sharpe_variance : float
        Variance of the trials' Sharpe ratios, of a day.

    Raises
    ------
    DataError
        When trials or variance are out of range.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> f"{qh.deflated_sharpe(result.returns, trials=100, sharpe_variance=0.001):.2f}"
    '0.40'
    """
    return probabilistic_sharpe(returns, expected_highest_sharpe(trials, sharpe_variance))


def deflated_by_trials(
    returns: pd.Series, trials: tuple[int, ...] = SUPPOSED_TRIALS, *, least_days: int = 60
) -> pd.DataFrame:
    """Return the deflated Sharpe ratio for several numbers of trials, each of the same length.

    How many variants were tried before a run its reader may know, or the registry of trials
    (``record.trials``); by default some round numbers.

    Returns
    -------
    DataFrame
        Indexed by trials: highest (the Sharpe ratio, annualised, that the best of so many trials
        without skill is expected to show), probability (that the true ratio of these returns lies
        above 0 if they are the best of so many). NaN below ``least_days`` days.

    Notes
    -----
    The variance of the ratio of a day of a trial without skill is ``1 / (n - 1)``, that of the
    estimate itself at a true ratio of 0 (Lo, 2002, "The statistics of Sharpe ratios"). Trials that
    resemble each other count for fewer.
    """
    n = int(returns.notna().sum())
    rows = {}
    for count in trials:
        known = n >= max(3, least_days)
        highest = expected_highest_sharpe(count, 1.0 / (n - 1)) if known else float("nan")
        rows[count] = {
            "highest": highest * float(np.sqrt(TRADING_DAYS_A_YEAR)),
            "probability": probabilistic_sharpe(returns, highest) if known else float("nan"),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "trials"
    return table


def _probability(ratio: float, benchmark: float, n: int, g3: float, g4: float) -> float:
    from scipy.special import ndtr

    error = np.sqrt(max(1e-12, 1.0 - g3 * ratio + (g4 - 1.0) / 4.0 * ratio**2))
    return float(ndtr((ratio - benchmark) * np.sqrt(n - 1) / error))
