"""Products that a strategy file names once, to be set beside the fund in every report."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.comparison.unit_values import read_unit_values
from quanthedge.comparison.wording import variant_name
from quanthedge.errors import DataError
from quanthedge.plain import Plain

__all__ = [
    "FixedIncomeProduct",
    "Product",
    "StatedProduct",
    "UnitValuesProduct",
    "named_products",
    "own_products",
    "product_values",
    "together",
]

_COLUMNS = ("product", "date", "value")


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
    return_per_year: float | None = Field(default=None, ge=-1.0, lt=10.0)
    correlation: float | None = Field(default=None, ge=-1.0, le=1.0)
    volatility: float | None = Field(default=None, ge=0.0)
    max_drawdown: float | None = Field(default=None, ge=-1.0, le=0.0)
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
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Product)


def product_values(products: Iterable[Product]) -> pd.DataFrame:
    """Return the unit values of all products that have a file: product, date, value.

    Raises
    ------
    DataError
        When a file cannot be read.
    """
    frames = [
        pd.DataFrame({"product": one.name, "date": series.index, "value": series.to_numpy()})
        for one in products
        if isinstance(one, UnitValuesProduct)
        for series in [read_unit_values(Path(one.file))]
    ]
    if not frames:
        empty = pd.DataFrame({name: [] for name in _COLUMNS})
        return empty.astype({"product": "str", "date": "datetime64[ms]", "value": "float64"})
    return pd.concat(frames, ignore_index=True)


def together(*groups: Mapping[str, Any]) -> dict[str, Any]:
    """Return several groups of products as one.

    Raises
    ------
    DataError
        When two products have the same name: one of them would be left out.
    """
    found: dict[str, Any] = {}
    for title, product in (pair for group in groups for pair in group.items()):
        if title in found:
            raise DataError(f"comparison: the name {title!r} comes twice")
        found[title] = product
    return found


def named_products(
    entries: Iterable[Mapping[str, Any]], values: pd.DataFrame, language: str
) -> dict[str, Any]:
    """Return the products of a strategy as :func:`compare_funds` takes them, by shown name.

    Parameters
    ----------
    entries : list of dict
        ``comparison`` of a strategy as plain data.
    values : DataFrame
        What :func:`product_values` gave when the strategy was run.
    language : str
        "zh" takes the Chinese name where there is one.

    Raises
    ------
    DataError
        When two products are shown by the same name.
    """
    found: dict[str, Any] = {}
    for one in map(_ADAPTER.validate_python, entries):
        title = (one.name_zh if language == "zh" else "") or one.name
        source = (one.source_zh if language == "zh" else "") or one.source
        if title in found:
            raise DataError(f"comparison: the name {title!r} comes twice")
        if isinstance(one, FixedIncomeProduct):
            found[title] = FixedIncome(one.rate, source)
        elif isinstance(one, StatedProduct):
            found[title] = Stated(
                one.return_per_year, one.correlation, one.volatility, one.max_drawdown,
                source, one.start, one.end,
            )  # fmt: skip
        else:
            own = values[values["product"] == one.name]
            days = pd.DatetimeIndex(own["date"], name="date")
            found[title] = pd.Series(own["value"].to_numpy(), index=days, name=one.name)
    return found


def own_products(run: Any, language: str = "en") -> dict[str, Any]:
    """Return what a run carries itself: its variants and the products of its strategy, by name.

    Parameters
    ----------
    run : Result
        Or anything with some of its ``variants``, ``strategy`` and ``unit_values``.
    """
    found: dict[str, Any] = {
        variant_name(name, language): one for name, one in getattr(run, "variants", {}).items()
    }
    entries = run.strategy.get("comparison") or []
    products = named_products(entries, run.unit_values, language) if entries else {}
    twice = found.keys() & products.keys()
    if twice:
        raise DataError(f"comparison: the name {min(twice)!r} comes twice")
    return found | products
