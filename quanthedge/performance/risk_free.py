"""The one risk-free rate of a run, from what its strategy asks for."""

import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.rules import deposit_rate

__all__ = ["risk_free_rate"]


def risk_free_rate(choice: float | str, days: pd.Index) -> float:
    """Return the rate of a run, a fraction a year, simple.

    Parameters
    ----------
    choice : float or "deposit"
        A rate, or the demand deposit rate of the People's Bank of China, the mean over the days.
    days : DatetimeIndex
        Trading days of the run.

    Raises
    ------
    StrategyError
        When the choice is another word.

    Examples
    --------
    >>> risk_free_rate("deposit", pd.to_datetime(["2014-09-17", "2014-09-18"]))
    0.0035
    >>> risk_free_rate(0.03, pd.to_datetime([]))
    0.03
    """
    if choice == "deposit":
        return float(deposit_rate(pd.DatetimeIndex(days)).mean()) if len(days) else 0.0
    try:
        return float(choice)
    except ValueError as error:
        raise StrategyError(
            f"risk_free {choice!r}; accepted: a fraction a year, as 0.03, or deposit"
        ) from error
