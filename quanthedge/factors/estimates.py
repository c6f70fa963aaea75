"""Estimates: what analysts expect a company to earn, and who follows it.

The consensus of a day is about the net profit of that day's calendar year: the last forecast of
each broker that is not older than ``memory`` calendar days. The market's table analyst_estimates
holds the forecasts one by one, each with the day on which it became public.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, market_value, positive, rows_before
from quanthedge.factors.consensus import Consensus, consensus
from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = [
    "CoverageChange",
    "Dispersion",
    "ForecastYield",
    "FundCoverageChange",
    "Revision",
]

_MEMORY = "Calendar days for which a forecast counts, unless its broker changes it before."
_LAG = "Trading days between the two days compared."


class _Estimates(Factor):
    """A factor of the consensus."""

    memory: int = Field(default=180, ge=1, le=1000, description=_MEMORY)

    def _consensus(self, market: Market, days: Ints, lag: int = 0) -> Consensus:
        """Return what was held ``lag`` days before about the year of each day."""
        years = market.dates[days].astype("datetime64[Y]").astype(np.int64) + 1970
        return consensus(market, np.maximum(days - lag, 0), years, self.memory)


class ForecastYield(_Estimates):
    """Net profit that analysts expect for the calendar year over market value.

    Notes
    -----
    Formula: mean forecast of the year's net profit / (close x total_shares).
    Undefined: no forecast in force, or no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: forecasts known by the close of t.
    """

    kind: Literal["forecast_ep"] = "forecast_ep"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the expected profit / market value, [R, N]."""
        days = as_rows(market, rows)
        return self._consensus(market, days).mean / market_value(market, days)


class Revision(_Estimates):
    """How analysts changed the year's expected profit, for each yuan of market value.

    Notes
    -----
    Formula: (mean forecast on t - mean forecast lag_days before, both of the net profit of the
    calendar year of t) / (close x total_shares). Market value stands below, not the old forecast,
    which may be near 0 or negative.
    Undefined: no forecast of that year in force on either day, less than lag_days of history, or no
    price or share count yet.
    Suspension: the last close stands.
    Look-ahead: forecasts known by the close of t.
    """

    kind: Literal["revision"] = "revision"
    lag_days: int = Field(default=60, ge=1, le=500, description=_LAG)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the change of the expected profit / market value, [R, N]."""
        days = as_rows(market, rows)
        now, then = self._consensus(market, days), self._consensus(market, days, self.lag_days)
        _, exists = rows_before(days, self.lag_days)
        change = (now.mean - then.mean) / market_value(market, days)
        return np.where(exists, change, np.nan)


class Dispersion(_Estimates):
    """How far analysts differ about the year's profit.

    Notes
    -----
    Formula: sample deviation of the forecasts in force / absolute value of their mean.
    Undefined: fewer than ``least`` forecasts in force, or their mean 0.
    Suspension: plays no part.
    Look-ahead: forecasts known by the close of t.
    """

    kind: Literal["dispersion"] = "dispersion"
    least: int = Field(default=3, ge=2, le=50, description="Forecasts that must be in force.")

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return deviation / absolute mean of the forecasts, [R, N]."""
        found = self._consensus(market, as_rows(market, rows))
        spread = found.deviation / positive(np.abs(found.mean))
        return np.where(found.count >= self.least, spread, np.nan)


class CoverageChange(_Estimates):
    """Change of the number of brokers that follow a company.

    Notes
    -----
    Formula: ln((1 + brokers with a forecast in force on t) / (1 + those lag_days before)), each of
    the calendar year of t. Stocks that nobody follows have 0, not undefined.
    Undefined: less than lag_days of history.
    Suspension: plays no part.
    Look-ahead: forecasts known by the close of t.
    """

    kind: Literal["coverage_change"] = "coverage_change"
    lag_days: int = Field(default=60, ge=1, le=500, description=_LAG)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the log growth of the number of brokers, [R, N]."""
        days = as_rows(market, rows)
        now, then = self._consensus(market, days), self._consensus(market, days, self.lag_days)
        _, exists = rows_before(days, self.lag_days)
        return np.where(exists, np.log1p(now.count) - np.log1p(then.count), np.nan)


class FundCoverageChange(Factor):
    """Change of the number of public funds that hold a stock, half a year apart.

    Notes
    -----
    Formula: ln((1 + funds holding it by the last whole list) / (1 + those by the list before)).
    Whole lists are those of June and December; the ten largest positions of March and September
    count other funds and are never compared with them. Where a market has no analysts' forecasts
    this is the nearest to a change of coverage.
    Undefined: fewer than two whole lists published. A stock that no fund holds has 0 funds.
    Suspension: plays no part.
    Look-ahead: lists count from the end of the legal window for their publication.
    """

    kind: Literal["fund_coverage_change"] = "fund_coverage_change"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the log growth of the number of funds, [R, N]."""
        days = as_rows(market, rows)
        now = market.fund_holdings("funds_holding", full=True)[days]
        then = market.fund_holdings("funds_holding", full=True, back=1)[days]
        return np.asarray(np.log1p(now) - np.log1p(then))
