"""Products that a strategy file names once, to be set beside the fund in every report."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import pandas as pd

from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.comparison.unit_values import read_unit_values
from quanthedge.comparison.wording import variant_name
from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.strategy import Product

__all__ = ["Products"]

_COLUMNS = ("product", "date", "value")


class Products(dict[str, Any]):
    """What a fund is set beside, as :func:`compare_funds` takes it, by shown name.

    Made of several groups; where two products have the same name, one of them would be left out.

    >>> Products({"trust": 1}, {"deposit": 2})
    {'trust': 1, 'deposit': 2}

    Raises
    ------
    DataError
        When a name comes twice.
    """

    def __init__(self, *groups: Mapping[str, Any]) -> None:
        super().__init__()
        for title, product in (pair for group in groups for pair in group.items()):
            if title in self:
                raise DataError(f"comparison: the name {title!r} comes twice")
            self[title] = product

    @classmethod
    def own(cls, run: Record, language: str = "en") -> Self:
        """Return what a run carries itself: its variants and the products of its strategy."""
        variants = {variant_name(name, language): one for name, one in run.variants.items()}
        return cls(variants, _named_products(run.strategy.comparison, run.unit_values, language))

    @staticmethod
    def unit_values(products: Iterable[Product]) -> pd.DataFrame:
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


def _named_products(
    entries: Iterable[Product], values: pd.DataFrame, language: str
) -> dict[str, Any]:
    """Return the products of a strategy as :func:`compare_funds` takes them, by shown name.

    Parameters
    ----------
    entries : iterable of Product
        ``comparison`` of a strategy.
    values : DataFrame
        What :meth:`Products.unit_values` gave when the strategy was run.
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
