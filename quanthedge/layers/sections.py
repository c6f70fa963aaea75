"""The section [layers] of a strategy.

[layers.allocation]
kind = "carry_gate"
worst_annual_discount = 0.10

[layers.industry]
kind = "score"
bound = 0.03
"""

from pydantic import ConfigDict, Field

from quanthedge.layers.allocation import Allocation, NoAllocation
from quanthedge.layers.industry import Industry, NoTilt
from quanthedge.plain import Plain

__all__ = ["Layers"]


class Layers(Plain):
    """What stands above the choice of stocks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allocation: Allocation = Field(default_factory=NoAllocation)
    industry: Industry = Field(
        default_factory=NoTilt,
        description="How far industries may weigh otherwise than in the index.",
    )

    @property
    def gated(self) -> bool:
        """Whether an allocation may hold less than the whole book."""
        return self.allocation.kind != "none"
