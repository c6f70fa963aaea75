"""Returns of the fund: per day, per week, per month, per year, and the statistics made of them.

Every statistic has one definition here. Returns are simple. A return over a span is annualised by
calendar days over 365; a spread of daily returns by 243 trading days a year, the usual number of
China's exchanges.

>>> import pandas as pd
>>> days = pd.to_datetime(["2014-12-31", "2015-01-05", "2015-12-31"])
>>> level = pd.Series([1.0, 1.05, 1.10], index=days)
>>> round(annual_return(level), 4)
0.1
"""

from typing import Literal

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names, net_flows
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = [
    "NO_MOVE",
    "annual_return",
    "daily_returns",
    "downside_deviation",
    "levels",
    "period_levels",
    "period_return",
    "period_returns",
    "profit_loss_ratio",
    "sharpe_ratio",
    "sortino_ratio",
    "volatility",
    "win_rate",
    "years",
]

_NO_VARIATION = 1e-12
NO_MOVE = 1e-12  # what chained returns leave of a level that has come back to where it was

Every = Literal["daily", "weekly", "monthly"]


def daily_returns(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the daily returns of the fund net and gross of its fees, and of the index.

    Parameters
    ----------
    ledger : DataFrame
        Indexed by date; the first row holds the opening balances. One of the user's own that has no
        columns of an accrued fee is that of a fund which accrues none.

    Returns
    -------
    DataFrame
        Columns net, gross, index; one row for each day after the first of the ledger.

    Notes
    -----
    net[t] = (equity[t] - accrued[t]) / (equity[t-1] + flows[t] - accrued at the open[t]) - 1, with
    flows = subscriptions - redemptions - distributions, which come in before the open, at the unit
    value of the last close, and accrued the performance fee that would be due if all left. gross[t]
    = (equity[t] + fees charged on t) / (equity[t-1] + flows[t]) - 1: before every fee.
    From unrounded equity, so that it may differ from the published unit value in the last decimal.
    NaN where a price of the index is missing.
    """
    equity = ledger["equity"].to_numpy(dtype=np.float64)
    inside = ledger.iloc[1:]
    flows = net_flows(inside)
    before = equity[:-1] + flows.to_numpy(dtype=np.float64)
    fees = _charged(inside)
    accrued = _accrued(inside, "accrued_performance_fee")
    opening = _accrued(inside, "accrued_fee_at_open")
    index = ledger["index_close"].to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "net": (equity[1:] - accrued) / (before - opening) - 1.0,
            "gross": (equity[1:] + fees) / before - 1.0,
            "index": index[1:] / index[:-1] - 1.0,
        },
        index=inside.index,
    )


def _charged(rows: pd.DataFrame) -> Floats:
    """Return the fees of each day, added up; one that is unknown counts for nothing."""
    total = np.zeros(len(rows))
    for name in line_names("fee"):
        total += np.nan_to_num(rows[name].to_numpy(dtype=np.float64), posinf=np.inf, neginf=-np.inf)
    return total


def _accrued(rows: pd.DataFrame, column: str) -> Floats:
    """Return a column of accrued fees, zeros where a ledger has none."""
    if column not in rows.columns:
        return np.zeros(len(rows))
    return rows[column].to_numpy(dtype=np.float64)


def levels(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the value of one yuan over time: net, gross and index, 1 on the first row.

    Notes
    -----
    net and gross chain :func:`daily_returns`; the index is close over first close.
    """
    returns, index = daily_returns(ledger), ledger["index_close"].to_numpy(dtype=np.float64)
    chained = {name: _chained(returns[name].to_numpy()) for name in ("net", "gross")}
    return pd.DataFrame({**chained, "index": index / index[0]}, index=ledger.index)


def _chained(returns: Floats) -> Floats:
    """Return the level after each return, 1 in front; an unknown one is NaN and moves nothing."""
    growth = 1.0 + returns
    lost = np.isnan(growth)
    growth[lost] = 1.0
    level = np.cumprod(growth)
    level[lost] = np.nan
    return np.concatenate([[1.0], level])


def period_levels(level: pd.Series, every: Every) -> pd.Series:
    """Return the level on the last trading day of each period, the first value kept in front.

    Parameters
    ----------
    level : Series
        Indexed by date; the first value is the opening one.
    every : "daily", "weekly" or "monthly"
        Weeks are ISO weeks (Monday to Sunday). A first or last period that the run covers only in
        part counts as a period: every day belongs to exactly one.
    """
    days = pd.DatetimeIndex(level.index)
    if every == "daily" or len(days) < 2:
        return level
    if every == "weekly":
        # days from a Monday on: the ISO week by its place on the calendar
        label = (days.to_numpy().astype("datetime64[D]").astype(np.int64) + 3) // 7
    else:
        label = np.asarray(days.year * 100 + days.month, dtype=np.int64)
    last = np.append(label[1:] != label[:-1], True)
    last[0] = True
    return level[last]


def period_returns(level: pd.Series, every: Every) -> pd.Series:
    """Return the returns from one period's end to the next; the index is the period's last day."""
    ends = period_levels(level, every)
    values = ends.to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # of a level that has come to nothing
        returns = values[1:] / values[:-1] - 1.0
    return pd.Series(returns, index=ends.index[1:], name=level.name)


def period_return(level: pd.Series) -> float:
    """Return last / first - 1."""
    return float(level.iloc[-1] / level.iloc[0] - 1.0)


def years(level: pd.Series | pd.DataFrame) -> float:
    """Return the calendar days from the first to the last row over 365."""
    return float((level.index[-1] - level.index[0]).days) / CALENDAR_DAYS_A_YEAR


def annual_return(level: pd.Series) -> float:
    """Return the geometric return a year: (last / first) ** (365 / calendar days) - 1.

    Notes
    -----
    NaN when the level is not positive at the end or the span is empty.
    """
    growth, span = float(level.iloc[-1] / level.iloc[0]), years(level)
    if not growth > 0.0 or span <= 0.0:
        return float("nan")
    exponent = np.log(growth) / span
    return float(np.expm1(exponent)) if exponent < 700.0 else float("nan")


def volatility(returns: pd.Series, periods: float = TRADING_DAYS_A_YEAR) -> float:
    """Return the standard deviation of daily returns (n - 1) times the square root of 243.

    Parameters
    ----------
    returns : Series
        Daily, or of other periods.
    periods : float
        How many of them make a year.

    Notes
    -----
    NaN with fewer than two returns.
    """
    values = _defined(returns)
    if len(values) < 2:
        return float("nan")
    return float(np.std(values, ddof=1) * np.sqrt(periods))


def sharpe_ratio(
    returns: pd.Series, risk_free: float = 0.0, periods: float = TRADING_DAYS_A_YEAR
) -> float:
    """Return (243 x mean daily return - risk-free rate) / volatility.

    Parameters
    ----------
    returns : Series
        Daily, or of other periods.
    risk_free : float
        Fraction a year, simple.
    periods : float
        How many returns make a year.

    Notes
    -----
    NaN with fewer than two returns or without any variation.

    References
    ----------
    Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management.
    """
    values = _defined(returns)
    spread = volatility(returns, periods)
    if not spread > _NO_VARIATION:
        return float("nan")
    return float((np.mean(values) * periods - risk_free) / spread)


def downside_deviation(returns: pd.Series, risk_free: float = 0.0) -> float:
    """Return sqrt(243 x mean(min(0, r - risk_free / 243) ** 2)), the mean over all days.

    Notes
    -----
    NaN with fewer than two returns; 0 without any return below the risk-free rate.

    >>> round(downside_deviation(pd.Series([0.02, -0.01, 0.0, 0.0])) / 243**0.5, 6)
    0.005
    """
    values = _defined(returns)
    if len(values) < 2:
        return float("nan")
    below = np.minimum(0.0, values - risk_free / TRADING_DAYS_A_YEAR)
    return float(np.sqrt(TRADING_DAYS_A_YEAR * np.mean(below**2)))


def sortino_ratio(returns: pd.Series, risk_free: float = 0.0) -> float:
    """Return (243 x mean daily return - risk-free rate) / downside deviation.

    Notes
    -----
    The downside deviation is :func:`downside_deviation`. NaN with fewer than two returns or without
    any loss.

    References
    ----------
    Sortino and van der Meer (1991), Downside Risk, Journal of Portfolio Management.
    """
    deviation = downside_deviation(returns, risk_free)
    if not deviation > _NO_VARIATION:
        return float("nan")
    return float((np.mean(_defined(returns)) * TRADING_DAYS_A_YEAR - risk_free) / deviation)


def win_rate(returns: pd.Series) -> float:
    """Return the share of periods with a return above zero; NaN without a period."""
    values = _defined(returns)
    return float(np.mean(values > NO_MOVE)) if len(values) else float("nan")


def profit_loss_ratio(returns: pd.Series) -> float:
    """Return the mean gain of winning periods over the mean loss of losing ones.

    Notes
    -----
    NaN when there is no winning or no losing period.
    """
    values = _defined(returns)
    gains, losses = values[values > NO_MOVE], values[values < -NO_MOVE]
    if not len(gains) or not len(losses):
        return float("nan")
    return float(np.mean(gains) / -np.mean(losses))


def _defined(returns: pd.Series) -> Floats:
    values: Floats = returns.dropna().to_numpy(dtype=np.float64)
    return values
