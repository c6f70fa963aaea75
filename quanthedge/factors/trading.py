"""Trading: how much a stock changes hands, how steadily, and how price and volume go together."""

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.factors.base import Rows, as_rows, positive
from quanthedge.factors.sharing import shared
from quanthedge.factors.windows import WINDOW, WindowFactor, over_window, panels_of
from quanthedge.market import Market
from quanthedge.operators import rolling_corr, rolling_mean, rolling_std
from quanthedge.typing import Floats, Ints

__all__ = ["AbnormalTurnover", "Illiquidity", "PriceVolume", "Turnover", "TurnoverVariation"]


class _TurnoverFactor(WindowFactor):
    """A factor of daily turnover, shares traded over freely tradable shares."""

    def _statistic(
        self, market: Market, days: Ints, window: int, operator: Callable[..., Any]
    ) -> Floats:
        panels = panels_of(market, "volume", "float_shares")

        def turnover(span: slice) -> Floats:
            volume, shares = panels(span)
            below = positive(shares)
            return np.divide(volume, below, out=below)

        def found() -> Floats:
            return np.asarray(
                over_window(operator, turnover, days, window, min_share=self.min_traded)
            )

        what = ("turnover", operator, window, self.min_traded)
        return shared(market, days, what, found)


class Turnover(_TurnoverFactor):
    """Mean daily turnover: shares traded over freely tradable shares.

    Notes
    -----
    Formula: mean over the window's traded days of volume / float_shares.
    Undefined: too few traded days (``min_traded``).
    Suspension: days without trading are left out of the mean, not counted as 0, so that a stock
    does not look calm because it was halted.
    Look-ahead: day t uses volumes of days up to t.
    """

    kind: Literal["turnover"] = "turnover"
    window: int = Field(default=20, ge=2, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of volume / float shares over the window, [R, N]."""
        return self._statistic(market, as_rows(market, rows), self.window, rolling_mean)


class AbnormalTurnover(_TurnoverFactor):
    """Turnover of the last month beside that of the last year: attention that will pass.

    Notes
    -----
    Formula: mean of volume / float_shares over the last ``window`` days' traded ones, over that of
    the last ``long_window`` days.
    Undefined: too few traded days in either window (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses volumes of days up to t.
    """

    kind: Literal["abnormal_turnover"] = "abnormal_turnover"
    window: int = Field(default=20, ge=2, le=500, description=WINDOW)
    long_window: int = Field(
        default=250, ge=3, le=1000, description="Days it is compared with; more than window."
    )

    @model_validator(mode="after")
    def _longer(self) -> Self:
        if self.long_window <= self.window:
            raise ValueError(
                f"long_window {self.long_window} must be more than window {self.window}"
            )
        return self

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean turnover of the short window over that of the long one, [R, N]."""
        days = as_rows(market, rows)
        usual = self._statistic(market, days, self.long_window, rolling_mean)
        return self._statistic(market, days, self.window, rolling_mean) / positive(usual)


class TurnoverVariation(_TurnoverFactor):
    """How unsteadily a stock is traded: deviation of its daily turnover over the mean.

    Notes
    -----
    Formula: sample standard deviation (n - 1) of volume / float_shares over the window's traded
    days, over their mean.
    Undefined: too few traded days (``min_traded``), or fewer than two.
    Suspension: days without trading are left out.
    Look-ahead: day t uses volumes of days up to t.
    """

    kind: Literal["turnover_variation"] = "turnover_variation"
    window: int = Field(default=20, ge=5, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the coefficient of variation of turnover over the window, [R, N]."""
        days = as_rows(market, rows)
        mean = self._statistic(market, days, self.window, rolling_mean)
        return self._statistic(market, days, self.window, rolling_std) / positive(mean)


class PriceVolume(WindowFactor):
    """Correlation of price and volume: a rise on growing volume is bought too dear.

    Notes
    -----
    Formula: correlation over the window's traded days of ln(close x adj_factor) and
    volume / adj_factor, both of them free of splits.
    Undefined: too few traded days (``min_traded``), fewer than two, or one of the two constant.
    Suspension: days without trading are left out.
    Look-ahead: day t uses closes and volumes of days up to t.
    """

    kind: Literal["price_volume"] = "price_volume"
    window: int = Field(default=20, ge=5, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the correlation of log price and volume over the window, [R, N]."""
        panels = panels_of(market, "close", "volume", "adj_factor")

        def both(span: slice) -> tuple[Floats, Floats]:
            close, volume, factor = panels(span)
            return np.log(positive(close * factor)), volume / positive(factor)

        found: Floats = over_window(
            rolling_corr, both, as_rows(market, rows), self.window, min_share=self.min_traded
        )
        return found


class Illiquidity(WindowFactor):
    """Mean absolute return for each hundred million yuan traded.

    Notes
    -----
    Formula: mean over the window's traded days of |close / pre_close - 1| / (amount / 1e8).
    Undefined: too few traded days (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns and amounts of days up to t.
    """

    kind: Literal["illiquidity"] = "illiquidity"
    window: int = Field(default=20, ge=2, le=500, description=WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of |return| / (amount / 1e8), [R, N]."""
        panels = panels_of(market, "simple_return", "amount")

        def impact(span: slice) -> Floats:
            returns, amount = panels(span)
            return np.abs(returns) / (positive(amount) / 1e8)

        found: Floats = over_window(
            rolling_mean, impact, as_rows(market, rows), self.window, min_share=self.min_traded
        )
        return found
