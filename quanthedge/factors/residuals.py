"""Beta, and what a stock does beside its index: market-model residuals.

The residual of a day is the stock's return less its beta times the index's return, with the beta
of the last ``beta_window`` days up to the day asked for (an intercept is estimated and not taken
out: over the window that the beta is fitted on, residuals less it would add up to nothing). It is
one market factor, not a model of industries and styles, whose residuals stand in quanthedge.risk.
A return over a suspension counts on the day after it, beside the index's return of that day.
"""

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.factors.base import Rows, as_rows, positive
from quanthedge.factors.sharing import shared
from quanthedge.factors.windows import WINDOW, WindowFactor, over_window
from quanthedge.market import Market
from quanthedge.operators import (
    Residuals,
    rolling_beta,
    rolling_downside_beta,
    rolling_residuals,
)
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
        operator: Callable[..., Any],
        market: Market,
        days: Ints,
        window: int,
        *more: Floats,
        half_life: float | None = None,
    ) -> Any:
        """Return what an operator of returns, index (and more) finds in a window."""
        returns, moved = self._both(market)
        options = {} if half_life is None else {"half_life": half_life}
        return over_window(
            operator,
            lambda span: (np.asarray(returns[span]), moved[span], *more),
            days,
            window,
            min_share=self.min_traded,
            **options,
        )


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
        found: Floats = self._over(
            rolling_beta, market, days, self.window, half_life=self.half_life
        )
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
        found: Floats = self._over(rolling_downside_beta, market, days, self.window)
        return found


class _ResidualFactor(_IndexFactor):
    """A factor of residuals of the market model."""

    beta_window: int = Field(
        default=252, ge=10, le=1000, description="Days of the beta, equal weights."
    )

    def _residuals(
        self,
        market: Market,
        days: Ints,
        window: int,
        skip: int = 0,
        half_life: float | None = None,
    ) -> Residuals:
        """Return sum and deviation of the residuals from ``window`` to ``skip`` days ago."""
        beta = shared(
            market,
            days,
            ("beta", self.index, self.beta_window, self.min_traded),
            lambda: self._over(rolling_beta, market, days, self.beta_window),
        )
        beta = np.where((days >= window - 1)[:, None], beta, np.nan)
        late = np.maximum(days - skip, 0)
        found: Residuals = self._over(
            rolling_residuals, market, late, window - skip, beta, half_life=half_life
        )
        return found


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
        return np.asarray(self._residuals(market, as_rows(market, rows), self.window).total)


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
        found = self._residuals(market, as_rows(market, rows), self.window, self.skip)
        return np.asarray(found.total / positive(found.std))


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
        found = self._residuals(
            market, as_rows(market, rows), self.window, half_life=self.half_life
        )
        return np.asarray(found.std)
