"""Exposure by what was lost, or by what may be lost.

References
----------
Grossman, S. J. and Zhou, Z. (1993), "Optimal investment strategies for controlling drawdowns",
Mathematical Finance 3(3).
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.layers.allocation import Allocation, Standing
from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["DrawdownControl", "RiskBudget"]


class DrawdownControl(Allocation):
    """What is invested is proportional to what is left above a floor below the highest value.

    With W the unit value of the same fund without an allocation, M its highest so far and the
    floor (1 - largest) M, Grossman and Zhou invest a constant times W - (1 - largest) M. The
    constant is such that the whole book stands at a new high:

        g = (1 - (1 - largest) / (1 - drawdown)) / largest
          = (largest - drawdown) / (largest (1 - drawdown)),   0 from the floor down

    The fund on paper goes on below the floor, so that the book comes back when it recovers.
    """

    kind: Literal["drawdown"] = "drawdown"
    largest: float = Field(
        default=0.20, gt=0, lt=1, description="Drawdown on paper at which nothing is held."
    )
    asks: ClassVar[tuple[str, ...]] = ("drawdown",)

    @property
    def level(self) -> float:
        """The drawdown at which nothing is held."""
        return self.largest

    def exposures(self, market: Market, rows: Ints, standing: Standing) -> Floats:
        """Return what is left above the floor, a fraction of what it is at a new high."""
        drawdown = standing.drawdown()
        left = np.maximum(1.0 - drawdown, 1e-12)  # of the highest value
        return np.clip((self.largest - drawdown) / (self.largest * left), 0.0, 1.0)


class RiskBudget(Allocation):
    """As much of the book as is expected to move by a volatility, at most all of it."""

    kind: Literal["risk_budget"] = "risk_budget"
    target_volatility: float = Field(
        default=0.05, gt=0, le=2, description="A year, of the stocks and their hedge, of equity."
    )
    asks: ClassVar[tuple[str, ...]] = ("forecast_volatility",)

    @property
    def level(self) -> float:
        """The volatility that the book may have."""
        return self.target_volatility

    def exposures(self, market: Market, rows: Ints, standing: Standing) -> Floats:
        """Return the target over the forecast, at most 1; NaN without a forecast."""
        forecast = standing.forecast_volatility()
        found = np.minimum(1.0, self.target_volatility / np.maximum(forecast, 1e-12))
        return np.where(np.isfinite(forecast), found, np.nan)
