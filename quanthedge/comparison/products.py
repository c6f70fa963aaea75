"""Products that a strategy file names once, to be set beside the fund in every report."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.comparison.unit_values import read_unit_values
from quanthedge.comparison.wording import variant_name
from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.strategy import Product

__all__ = ["own_products", "product_values", "together"]

_COLUMNS = ("product", "date", "value")


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
        if one.kind == "unit_values"
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


def _named_products(
    entries: Iterable[Product], values: pd.DataFrame, language: str
) -> dict[str, Any]:
    """Return the products of a strategy as :func:`compare_funds` takes them, by shown name.

    Parameters
    ----------
    entries : iterable of Product
        ``comparison`` of a strategy.
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
    for one in entries:
        title = (one.name_zh if language == "zh" else "") or one.name
        source = (one.source_zh if language == "zh" else "") or one.source
        if title in found:
            raise DataError(f"comparison: the name {title!r} comes twice")
        if one.kind == "fixed_income":
            found[title] = FixedIncome(one.rate, source)
        elif one.kind == "stated":
            found[title] = Stated(
                one.return_per_year, one.correlation, one.volatility, one.max_drawdown,
                source, one.start, one.end,
            )  # fmt: skip
        else:
            own = values[values["product"] == one.name]
            days = pd.DatetimeIndex(own["date"], name="date")
            found[title] = pd.Series(own["value"].to_numpy(), index=days, name=one.name)
    return found


def own_products(run: Record, language: str = "en") -> dict[str, Any]:
    """Return what a run carries itself: its variants and the products of its strategy, by name."""
    found: dict[str, Any] = {
        variant_name(name, language): one for name, one in run.variants.items()
    }
    products = _named_products(run.strategy.comparison, run.unit_values, language)
    twice = found.keys() & products.keys()
    if twice:
        raise DataError(f"comparison: the name {min(twice)!r} comes twice")
    return found | products
