"""Beta, and what a stock does beside its index: market-model residuals.

The residual of a day is the stock's return less its beta times the index's return, with the beta
of the last ``beta_window`` days up to the day asked for (an intercept is estimated and not taken
out: over the window that the beta is fitted on, residuals less it would add up to nothing). It is
one market factor, not a model of industries and styles, whose residuals stand in quanthedge.risk.
A return over a suspension counts on the day after it, beside the index's return of that day.
"""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.factors.base import Rows, as_rows
from quanthedge.factors.windows import WINDOW, WindowFactor, over_window
from quanthedge.market import Market
from quanthedge.operators import Moments, rolling_beta, rolling_downside_beta, rolling_moments
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats, Ints

__all__ = [
    "DownsideBeta",
    "MarketBeta",
    "ResidualMomentum",
    "ResidualReversal",
    "SpecificVolatility",
]


class _IndexFactor(WindowFactor):
    """A factor of returns beside those of an index."""

    index: str = Field(default="000300.SH", description="Index that stands for the market.")

    def _both(self, market: Market) -> tuple[Floats, Floats]:
        close = np.asarray(market.index_close(self.index), dtype=np.float64)
        moved = np.full(close.shape, np.nan)
        moved[1:] = close[1:] / close[:-1] - 1.0
        return market.panel("simple_return"), moved

    def _over(
        self,
        operator: object,
        market: Market,
        days: Ints,
        window: int,
        half_life: float | None = None,
    ) -> object:
        returns, moved = self._both(market)
        options = {} if half_life is None else {"half_life": half_life}
        return over_window(
            operator,  # type: ignore[arg-type]
            lambda span: (np.asarray(returns[span]), moved[span]),
            days,
            window,
            min_share=self.min_traded,
            **options,
        )

    def _moments(
        self, market: Market, days: Ints, window: int, half_life: float | None = None
    ) -> Moments:
        found: Moments = self._over(rolling_moments, market, days, window, half_life)  # type: ignore[assignment]
        return found


class MarketBeta(_IndexFactor):
    """Beta to the index: what moves more with the market is bought too dear.

    Notes
    -----
    Formula: slope of daily returns (close / pre_close - 1) on the index's, with an intercept, over
    the window's days, each day weighing half of the day ``half_life`` days later.
    Undefined: too few days on which both are known (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["beta"] = "beta"
    window: int = Field(default=252, ge=10, le=1000, description=WINDOW)
    half_life: float = Field(default=63, ge=5, le=1000, description="Days; weights of the days.")

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the slope on the index's returns, [R, N]."""
        days = as_rows(market, rows)
        found: Floats = self._over(rolling_beta, market, days, self.window, self.half_life)  # type: ignore[assignment]
        return found


class DownsideBeta(_IndexFactor):
    """Beta on the days on which the index does worse than usual.

    Notes
    -----
    Formula: slope of daily returns on the index's over those of the window's days on which the
    index's return is below its mean of the window.
    Undefined: too few days of the window on which both are known (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["downside_beta"] = "downside_beta"
    window: int = Field(default=252, ge=10, le=1000, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the slope on the index's returns below their mean, [R, N]."""
        days = as_rows(market, rows)
        found: Floats = self._over(rolling_downside_beta, market, days, self.window)  # type: ignore[assignment]
        return found


class _ResidualFactor(_IndexFactor):
    """A factor of residuals of the market model."""

    beta_window: int = Field(
        default=252, ge=10, le=1000, description="Days of the beta, equal weights."
    )

    def _beta(self, market: Market, days: Ints) -> Floats:
        found: Floats = self._over(rolling_beta, market, days, self.beta_window)  # type: ignore[assignment]
        return found


def _mean(moments: Moments, beta: Floats) -> Floats:
    return np.asarray(moments.mean_x - beta * moments.mean_y)


def _spread(moments: Moments, beta: Floats) -> Floats:
    """Return the standard deviation of return - beta x index, NaN where there is none."""
    square = moments.var_x - 2.0 * beta * moments.cov + beta * beta * moments.var_y
    return np.sqrt(np.where(square > 0, square, np.nan))


class ResidualReversal(_ResidualFactor):
    """What a stock did beside the market in the last month tends to come back.

    Notes
    -----
    Formula: sum over the window's days of return - beta x index return, beta over the last
    ``beta_window`` days (market model, see the module).
    Undefined: too few days on which both are known in either window (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["residual_reversal"] = "residual_reversal"
    window: int = Field(default=20, ge=2, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the sum of the residuals of the window, [R, N]."""
        days = as_rows(market, rows)
        moments = self._moments(market, days, self.window)
        return np.asarray(moments.count * _mean(moments, self._beta(market, days)))


class ResidualMomentum(_ResidualFactor):
    """What a stock did beside the market in the last year but its last month, over its deviation.

    Notes
    -----
    Formula: sum over the days from ``window`` to ``skip`` days ago of return - beta x index return,
    over the sample standard deviation of the same; beta over the last ``beta_window`` days up to
    today (market model, see the module).
    Undefined: too few days on which both are known in either window (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t; of those after t - skip the beta only.
    """

    kind: Literal["residual_momentum"] = "residual_momentum"
    window: int = Field(
        default=TRADING_DAYS_A_YEAR, ge=3, le=1000, description="Trading days back to the start."
    )
    skip: int = Field(
        default=20, ge=0, le=250, description="Trading days back to the end; 2 less than window."
    )

    @model_validator(mode="after")
    def _skip_within_window(self) -> Self:
        if self.skip > self.window - 2:
            raise ValueError(f"skip {self.skip} must be 2 or more less than window {self.window}")
        return self

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the sum of the residuals over their deviation, [R, N]."""
        days = as_rows(market, rows)
        late = np.maximum(days - self.skip, 0)
        moments = self._moments(market, late, self.window - self.skip)
        beta = self._beta(market, days)
        found = moments.count * _mean(moments, beta) / _spread(moments, beta)
        return np.where((days >= self.window - 1)[:, None], found, np.nan)


class SpecificVolatility(_ResidualFactor):
    """Standard deviation of what a stock does beside the market.

    Notes
    -----
    Formula: standard deviation over the window's days of return - beta x index return, each day
    weighing half of the day ``half_life`` days later, unbiased in its square; beta over the last
    ``beta_window`` days (market model, see the module). A fraction per day.
    Undefined: too few days on which both are known in either window (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["specific_volatility"] = "specific_volatility"
    window: int = Field(default=252, ge=5, le=1000, description=WINDOW)
    half_life: float = Field(default=42, ge=5, le=1000, description="Days; weights of the days.")

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the standard deviation of the residuals of the window, [R, N]."""
        days = as_rows(market, rows)
        moments = self._moments(market, days, self.window, self.half_life)
        return _spread(moments, self._beta(market, days))
