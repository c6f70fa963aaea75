"""What a desk allows a book to differ from its benchmark, and to trade."""

from collections.abc import Mapping

from pydantic import ConfigDict, Field, field_validator

from quanthedge.plain import Plain

__all__ = ["OTHER", "Bounds"]

OTHER = "other"  # every style that has no bound of its own


class Bounds(Plain):
    """Bounds of an index-relative book; each may be left out.

    Also the base of what takes them among parameters of its own.

    Examples
    --------
    >>> Bounds(style={"size": 0.15, "other": 0.3}).style["size"]
    0.15
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    active_weight: float | None = Field(
        default=0.01, gt=0, le=1, description="Largest distance of a stock's weight to the index's."
    )
    industry: float | None = Field(
        default=0.02, ge=0, le=1, description="Largest distance of an industry's, beyond its tilt."
    )
    style: Mapping[str, float] = Field(
        default_factory=dict,
        description="Largest active exposure to styles of the risk model, in their deviations; "
        "'other' is for those that are not named.",
    )
    turnover_one_way: float | None = Field(
        default=0.30, gt=0, le=2, description="Half of what is bought and sold on a rebalance."
    )
    least_weight: float = Field(
        default=0.0, ge=0, lt=1, description="A stock is held with at least this weight, or not."
    )
    most_names: int | None = Field(default=None, ge=1, description="Stocks that may be held.")

    @field_validator("style")
    @classmethod
    def _not_negative(cls, style: Mapping[str, float]) -> Mapping[str, float]:
        for name, bound in style.items():
            if not 0 <= bound < float("inf"):
                raise ValueError(f"style {name}: bound {bound}; accepted: 0 or more")
        return style
