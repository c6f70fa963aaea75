"""Exposure by what the hedge costs: no book, or less of it, while the futures stand far below.

A short future earns the index's fall and pays the closing of the discount at which it was sold:
over the days left the discount net of the dividends that the stocks receive meanwhile is the cost
of the hedge, known when it is sold.
"""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.layers.allocation import Allocation, Standing
from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["CarryGate", "CarryScaled"]


class CarryGate(Allocation):
    """No book while the hedge costs more than a level, all of it otherwise.

    The cost is the discount of the future that is held, net of the dividends expected until its
    delivery, a fraction of the index a year.
    """

    kind: Literal["carry_gate"] = "carry_gate"
    worst_annual_discount: float = Field(
        default=0.10, gt=0, le=5, description="Discount a year above which nothing is held."
    )
    asks: ClassVar[tuple[str, ...]] = ("discount",)

    @property
    def level(self) -> float:
        """The worst discount that is borne."""
        return self.worst_annual_discount

    def exposures(self, market: Market, rows: Ints, standing: Standing) -> Floats:
        """Return 0 where the discount is worse than the level, 1 elsewhere; NaN without one."""
        discount = standing.discount()
        whole = np.where(discount > self.worst_annual_discount, 0.0, 1.0)
        return np.where(np.isfinite(discount), whole, np.nan)


class CarryScaled(Allocation):
    """The more of the book, the more the stocks are expected to earn above what the hedge costs.

    With n = expected alpha less the cost of changing stocks less the cost of the hedge, a year:
    nothing at ``hurdle`` or below, all at ``whole_at`` or above, in proportion between.
    """

    kind: Literal["carry_scaled"] = "carry_scaled"
    hurdle: float = Field(
        default=0.0, ge=-1, le=5, description="Net return a year at which nothing is held."
    )
    whole_at: float = Field(
        default=0.05, ge=-1, le=5, description="Net return a year from which all is held."
    )
    asks: ClassVar[tuple[str, ...]] = ("discount", "expected_alpha", "hedge_cost")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.whole_at <= self.hurdle:
            raise ValueError(f"whole_at {self.whole_at}: accepted: above the hurdle {self.hurdle}")
        return self

    @property
    def level(self) -> float:
        """The hurdle."""
        return self.hurdle

    def exposures(self, market: Market, rows: Ints, standing: Standing) -> Floats:
        """Return the place of the net expectation between the two levels, cut to [0, 1]."""
        net = standing.expected_alpha() - standing.hedge_cost()
        return np.clip((net - self.hurdle) / (self.whole_at - self.hurdle), 0.0, 1.0)
