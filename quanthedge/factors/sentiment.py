"""Market sentiment: how a stock has moved, by day and by night, and how nervously."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.factors.base import Rows, as_rows, positive
from quanthedge.factors.windows import WINDOW, WindowFactor, over_window, panels_of
from quanthedge.market import LimitPanel, Market
from quanthedge.operators import (
    rolling_mean,
    rolling_skew,
    rolling_std,
    rolling_sum,
    rolling_top_mean,
)
from quanthedge.rules import TRADING_DAYS_A_YEAR, limit_prices
from quanthedge.typing import Floats

__all__ = [
    "Intraday",
    "LimitHits",
    "LongReversal",
    "MaxReturn",
    "Momentum",
    "Overnight",
    "Reversal",
    "Skewness",
    "Volatility",
]

_HALF_A_CENT = 0.005  # prices move by a cent
_TWO_CENTS = 0.02  # more than any rounding of a limit: who stays below it cannot be at it


class Reversal(WindowFactor):
    """Total return of the last days: what fell tends to recover.

    Notes
    -----
    Formula: adjusted close[t] / adjusted close[t - window] - 1, dividends included.
    Undefined: not listed ``window`` days before, or too few traded days since (``min_traded``).
    Suspension: the last close stands on either end.
    Look-ahead: day t uses closes of days up to t.
    """

    kind: Literal["reversal"] = "reversal"
    window: int = Field(default=20, ge=1, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the total return over the window, dividends included, [R, N]."""
        return self.total_return(market, as_rows(market, rows), self.window, 0)


class _PastReturn(WindowFactor):
    """A total return that ends some days ago."""

    window: int = Field(
        default=TRADING_DAYS_A_YEAR,
        ge=2,
        le=2000,
        description="Trading days back to the start of the return.",
    )
    skip: int = Field(
        default=20, ge=0, le=500, description="Trading days back to its end; less than window."
    )

    @model_validator(mode="after")
    def _skip_within_window(self) -> Self:
        if self.skip >= self.window:
            raise ValueError(f"skip {self.skip} must be less than window {self.window}")
        return self

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the total return from ``window`` to ``skip`` days ago, [R, N]."""
        return self.total_return(market, as_rows(market, rows), self.window, self.skip)


class Momentum(_PastReturn):
    """Total return of the last year without its last month.

    Notes
    -----
    Formula: adjusted close[t - skip] / adjusted close[t - window] - 1, dividends included.
    Undefined: not listed ``window`` days before, or too few traded days between (``min_traded``).
    Suspension: the last close stands on either end.
    Look-ahead: day t uses closes of days up to t - skip.
    """

    kind: Literal["momentum"] = "momentum"
    window: int = Field(
        default=TRADING_DAYS_A_YEAR,
        ge=2,
        le=1000,
        description="Trading days back to the start of the return.",
    )
    skip: int = Field(
        default=20, ge=0, le=250, description="Trading days back to its end; less than window."
    )


class LongReversal(_PastReturn):
    """Total return of the last three years without the last one: long losers tend to recover.

    Notes
    -----
    Formula: adjusted close[t - skip] / adjusted close[t - window] - 1, dividends included.
    Undefined: not listed ``window`` days before, or too few traded days between (``min_traded``).
    Suspension: the last close stands on either end.
    Look-ahead: day t uses closes of days up to t - skip.
    """

    kind: Literal["long_reversal"] = "long_reversal"
    window: int = Field(
        default=3 * TRADING_DAYS_A_YEAR,
        ge=2,
        le=2000,
        description="Trading days back to the start of the return.",
    )
    skip: int = Field(
        default=TRADING_DAYS_A_YEAR,
        ge=0,
        le=1000,
        description="Trading days back to its end; less than window.",
    )


class Volatility(WindowFactor):
    """Standard deviation of daily returns.

    Notes
    -----
    Formula: sample standard deviation (n - 1) of close / pre_close - 1 over the window's traded
    days, a fraction per day.
    Undefined: too few traded days (``min_traded``), or fewer than two.
    Suspension: days without trading are left out, not counted as a return of 0.
    New listings: the first day's return counts from the issue price, and raises the deviation while
    it is in the window; a universe's filter ``listed`` keeps such stocks out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["volatility"] = "volatility"
    window: int = Field(default=60, ge=5, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the sample standard deviation of daily returns over the window, [R, N]."""
        return _of_returns(self, market, rows, rolling_std)


class Skewness(WindowFactor):
    """Skewness of daily returns: lottery tickets are bought too dear.

    Notes
    -----
    Formula: n / ((n - 1)(n - 2)) x sum of ((return - mean) / deviation)^3 over the window's traded
    days, with close / pre_close - 1 and the sample standard deviation.
    Undefined: too few traded days (``min_traded``), fewer than three, or all returns the same.
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["skewness"] = "skewness"
    window: int = Field(default=60, ge=5, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the skewness of daily returns over the window, [R, N]."""
        return _of_returns(self, market, rows, rolling_skew)


class MaxReturn(WindowFactor):
    """Mean of the largest daily returns: what jumped is remembered and bought too dear.

    Notes
    -----
    Formula: mean of the ``count`` largest close / pre_close - 1 among the window's traded days.
    Undefined: too few traded days (``min_traded``), or fewer than ``count``.
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["max_return"] = "max_return"
    window: int = Field(default=20, ge=2, le=500, description=WINDOW)
    count: int = Field(default=5, ge=1, le=50, description="Largest days that count.")

    @model_validator(mode="after")
    def _count_within_window(self) -> Self:
        if self.count > self.window:
            raise ValueError(f"count {self.count} must be at most window {self.window}")
        return self

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of the largest daily returns of the window, [R, N]."""
        return _of_returns(self, market, rows, rolling_top_mean, self.count)


def _of_returns(
    factor: Volatility | Skewness | MaxReturn,
    market: Market,
    rows: Rows,
    operator: object,
    *more: int,
) -> Floats:
    """Return a statistic of the daily returns of a factor's window, [R, N]."""
    returns = panels_of(market, "simple_return")
    found: Floats = over_window(
        operator,  # type: ignore[arg-type]
        returns,
        as_rows(market, rows),
        factor.window,
        *more,
        min_share=factor.min_traded,
    )
    return found


class Intraday(WindowFactor):
    """Mean return from open to close: what is bought during the day falls back.

    Notes
    -----
    Formula: mean over the window's traded days of close / open - 1.
    Undefined: too few traded days (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses opens and closes of days up to t.
    """

    kind: Literal["intraday"] = "intraday"
    window: int = Field(default=20, ge=1, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of close / open - 1, [R, N]."""
        return _mean_step(self, market, rows, "close", "open")


class Overnight(WindowFactor):
    """Mean return from close to the next open: where the patient buy, it goes on.

    Notes
    -----
    Formula: mean over the window's traded days of open / pre_close - 1; pre_close is the exchange's
    previous close, so that dividends are no loss.
    Undefined: too few traded days (``min_traded``).
    Suspension: days without trading are left out; the night before trading resumes is as long as
    the suspension.
    Look-ahead: day t uses opens of days up to t.
    """

    kind: Literal["overnight"] = "overnight"
    window: int = Field(default=20, ge=1, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of open / pre_close - 1, [R, N]."""
        return _mean_step(self, market, rows, "open", "pre_close")


def _mean_step(
    factor: Intraday | Overnight, market: Market, rows: Rows, late: str, early: str
) -> Floats:
    panels = panels_of(market, late, early)

    def steps(span: slice) -> Floats:
        end, begin = panels(span)
        return end / positive(begin) - 1.0

    found: Floats = over_window(
        rolling_mean, steps, as_rows(market, rows), factor.window, min_share=factor.min_traded
    )
    return found


class LimitHits(WindowFactor):
    """Days on which a stock closed at its upper limit: the crowd's favourites.

    Notes
    -----
    Formula: number of the window's days with a close at the highest price allowed, by the limits
    of the board, the status and the day in the rule book.
    Undefined: too few traded days (``min_traded``). A day without a limit is no hit.
    Suspension: days without trading are no hits.
    Look-ahead: day t uses closes and limits of days up to t.
    """

    kind: Literal["limit_hits"] = "limit_hits"
    window: int = Field(default=20, ge=1, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return on how many days the close was the highest price allowed, [R, N]."""
        panels = panels_of(market, "close", "pre_close")

        def hits(span: slice) -> Floats:
            close, before = panels(span)
            if not close.size:
                return close
            limits = LimitPanel.of(market, span.start, span.stop - 1)
            narrowest = np.nanmin(limits.up, initial=np.inf)
            row, stock = np.nonzero(close >= before * (1.0 + narrowest) - _TWO_CENTS)
            place = limits.place[row, stock]
            highest, _ = limit_prices(
                before[row, stock],
                limits.up[row, place],
                limits.down[row, place],
                limits.inward[stock],
            )
            hit = np.zeros(close.shape, dtype=np.bool_)  # also where the limit is not known
            hit[row, stock] = close[row, stock] >= highest - _HALF_A_CENT
            return np.where(np.isnan(close), np.nan, hit)

        found: Floats = over_window(
            rolling_sum, hits, as_rows(market, rows), self.window, min_share=self.min_traded
        )
        return found
