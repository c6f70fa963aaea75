"""Daily returns of the fund and its benchmark as quantstats takes them."""

from typing import NamedTuple

import pandas as pd

from quanthedge.performance import daily_returns
from quanthedge.record import Record

__all__ = ["QuantstatsShape", "to_quantstats"]


class QuantstatsShape(NamedTuple):
    """What functions of ``quantstats.stats`` and ``quantstats.reports`` take first.

    Attributes
    ----------
    returns, benchmark : Series [T]
        Simple daily returns, float64, by date without a time zone.
    """

    returns: pd.Series
    benchmark: pd.Series


def to_quantstats(record: Record, *, before_fees: bool = False) -> QuantstatsShape:
    """Return the fund's daily returns and those of its benchmark.

    Parameters
    ----------
    record : Record
    before_fees : bool
        Whether the returns are before every fee of the fund; otherwise after all that were charged
        or have accrued.

    Notes
    -----
    Those of :func:`quanthedge.performance.daily_returns`: flows of investors are in neither.
    quantstats takes 252 days a year where nothing else is asked for; with ``periods=243`` its
    Sharpe ratio, Sortino ratio and volatility are ours at a risk-free rate of 0. Its ``cagr`` goes
    by the number of days over ``periods``, ours by calendar days over 365. Its drawdown is ours.
    """
    daily = daily_returns(record.ledger)
    name = record.strategy.name
    return QuantstatsShape(
        pd.Series(daily["gross" if before_fees else "net"], name=name),
        pd.Series(daily["index"], name=record.market_info["benchmark"]),
    )
