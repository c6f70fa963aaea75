"""Products that a strategy file names once, to be set beside the fund in every report."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from quanthedge.plain import Plain

__all__ = ["FixedIncomeProduct", "Product", "StatedProduct", "UnitValuesProduct"]


class _Named(Plain):
    """What every product has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="As shown in the comparison.")
    name_zh: str = Field(default="", description="As shown in the Chinese report.")
    source: str = Field(default="", description="Where its numbers stand.")
    source_zh: str = Field(default="", description="The same on the Chinese report.")


class FixedIncomeProduct(_Named):
    """A product with a stated yield: a trust, a wealth-management product, a term deposit."""

    kind: Literal["fixed_income"] = "fixed_income"
    rate: Annotated[float, Field(gt=-0.5, lt=1.0)] | Literal["one_year_deposit"] = Field(
        description="A year, compounded by calendar days; or the central bank's benchmark for "
        "deposits of one year on the day on which the run begins, renewed each year."
    )


class StatedProduct(_Named):
    """A fund of which only headline numbers are known."""

    kind: Literal["stated"] = "stated"
    return_per_year: float | None = Field(
        default=None, ge=-1.0, lt=10.0, description="Return a year, a fraction."
    )
    correlation: float | None = Field(
        default=None, ge=-1.0, le=1.0, description="Correlation with the benchmark."
    )
    volatility: float | None = Field(default=None, ge=0.0, description="Volatility a year.")
    max_drawdown: float | None = Field(
        default=None, ge=-1.0, le=0.0, description="Maximum drawdown, 0 or below."
    )
    start: date | None = Field(default=None, description="First day of the published numbers.")
    end: date | None = Field(default=None, description="Last day.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        given = (self.return_per_year, self.correlation, self.volatility, self.max_drawdown)
        if all(value is None for value in given):
            raise ValueError(
                f"product {self.name}: give at least one of return_per_year, correlation, "
                "volatility, max_drawdown"
            )
        if (self.start is None) != (self.end is None):
            raise ValueError(f"product {self.name}: give both start and end, or neither")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"product {self.name}: start {self.start} is not before {self.end}")
        return self


class UnitValuesProduct(_Named):
    """A product with a file of unit values; see :func:`read_unit_values`."""

    kind: Literal["unit_values"] = "unit_values"
    file: str = Field(
        min_length=1, description="CSV file; a relative path starts at the strategy's folder."
    )


Product = Annotated[
    FixedIncomeProduct | StatedProduct | UnitValuesProduct, Field(discriminator="kind")
]
