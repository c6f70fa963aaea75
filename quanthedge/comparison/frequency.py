"""How often a product's values come, and its statistics at that frequency, on common dates.

Nothing is filled forward: the fund and the index are read on the dates on which the product has a
value, and a statistic is worked out at the frequency that the product has.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance import (
    MINIMUM_DAYS,
    NO_MOVE,
    Drawdowns,
    Pair,
    annual_return,
    period_return,
    period_returns,
    sharpe_ratio,
    volatility,
)
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = ["Frequency", "Placed", "figures", "place"]

Frequency = Literal["daily", "weekly", "monthly", "irregular"]
_PERIODS_A_YEAR = {"daily": float(TRADING_DAYS_A_YEAR), "weekly": 52.0, "monthly": 12.0}
# returns below which neither volatility nor Sharpe ratio is stated; of days as in the summary
_FEWEST_RETURNS = {"daily": MINIMUM_DAYS, "weekly": Pair.FEWEST, "monthly": Pair.FEWEST}
_ENOUGH = 0.9  # of the days, weeks or months between first and last value


class Placed(NamedTuple):
    """A product's own values on days of the run."""

    level: pd.Series  # 1 at the first; indexed by days of the run on which a value is known
    frequency: Frequency
    off_days: int  # values dated on days without trading, read with the last trading day before
    largest_step: float  # largest move between two values, either way


def place(title: str, series: pd.Series, days: pd.Index) -> Placed:
    """Return a product's values on the days of the run.

    Parameters
    ----------
    title : str
        For messages.
    series : Series
        Values by date, in any order.
    days : index [T]
        Days of the run, the opening day first.

    Raises
    ------
    DataError
        When a date comes twice, or fewer than two values lie within the run.

    Notes
    -----
    A value dated on a day without trading (a Friday that is a holiday) stands for the last trading
    day before, because nothing was traded between; the later of two values of one day is taken.
    """
    series = series.dropna().sort_index()
    if series.index.has_duplicates:
        twice = series.index[series.index.duplicated()][0]
        raise DataError(f"comparison: {title} has two values on {twice:%Y-%m-%d}")
    inside = series[(series.index >= days[0]) & (series.index <= days[-1])]
    at = days.searchsorted(inside.index, side="right") - 1
    off = int((days[at] != inside.index).sum()) if len(inside) else 0
    level = pd.Series(inside.to_numpy(dtype=np.float64), index=days[at])
    level = level[~level.index.duplicated(keep="last")]
    if len(level) < 2:
        raise DataError(
            f"comparison: {title} has {len(level)} values between {days[0]:%Y-%m-%d} and "
            f"{days[-1]:%Y-%m-%d}; at least two are needed"
        )
    steps = level.pct_change(fill_method=None).abs()
    return Placed(level / level.iloc[0], _frequency(level, days), off, float(steps.max()))


def _frequency(level: pd.Series, days: pd.Index) -> Frequency:
    """Return the finest frequency at which at least nine of ten periods have a value."""
    own = pd.DatetimeIndex(level.index)
    span = pd.DatetimeIndex(days[(days >= own[0]) & (days <= own[-1])])
    if len(own) >= _ENOUGH * len(span):
        return "daily"
    for every in ("weekly", "monthly"):
        if len(_periods(own, every)) >= _ENOUGH * len(_periods(span, every)):
            return every
    return "irregular"


def _periods(days: pd.DatetimeIndex, every: Literal["weekly", "monthly"]) -> pd.Index:
    if every == "monthly":
        return (days.year * 100 + days.month).unique()
    iso = days.isocalendar()
    return pd.Index(iso["year"] * 100 + iso["week"]).unique()


def figures(
    level: pd.Series,
    index: pd.Series,
    frequency: Frequency,
    *,
    risk_free: float,
    moves: bool = True,
) -> dict[str, object]:
    """Return the figures of one product from its own values.

    Parameters
    ----------
    level : Series
        On days of the run.
    index : Series
        The benchmark on all days of the run.
    frequency : str
        Of the returns that volatility, Sharpe and correlation are made of; "irregular" gives none
        of them.
    risk_free : float
        Fraction a year, simple; taken off in the Sharpe ratio.
    moves : bool
        False for a product that only accrues: no risk is shown because none is priced.

    Notes
    -----
    Volatility is the deviation of the returns of a period times the square root of 243, 52 or 12;
    drawdown and months see the product's own dates only. NaN: the annual return where fewer than 20
    trading days of the run lie between first and last value; volatility and Sharpe ratio below 20
    daily, 10 weekly or 10 monthly returns; the correlation below 10.
    """
    none = float("nan")
    first, last = index.index.get_indexer(level.index[[0, -1]])
    found: dict[str, object] = {
        "return": period_return(level),
        "annual_return": annual_return(level) if last - first >= MINIMUM_DAYS else none,
        "volatility": none,
        "sharpe": none,
        "max_drawdown": float(Drawdowns(level).depth.min()),
        "correlation": none,
        "correlation_low": none,
        "correlation_high": none,
        "frequency": frequency if moves else "",
        "observations": none,
    }
    monthly = period_returns(level, "monthly")
    known = len(monthly) > 0 and frequency != "irregular"
    found["worst_month"] = float(monthly.min()) if known else none
    found["losing_months"] = float((monthly < -NO_MOVE).mean()) if known else none
    if not moves or frequency == "irregular":
        return found
    returns = period_returns(level, frequency)
    beside = period_returns(index.loc[level.index], frequency)
    linked = Pair(returns, beside).correlation_bootstrap()
    enough, periods = len(returns) >= _FEWEST_RETURNS[frequency], _PERIODS_A_YEAR[frequency]
    return found | {
        "volatility": volatility(returns, periods) if enough else none,
        "sharpe": sharpe_ratio(returns, risk_free, periods) if enough else none,
        "correlation": linked.value,
        "correlation_low": linked.low,
        "correlation_high": linked.high,
        "observations": float(returns.notna().sum()),
    }
