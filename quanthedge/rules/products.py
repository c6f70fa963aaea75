"""The index futures of the rule book: which index each follows, yuan a point, tick, first day.

They are the rows of ``data/fut_contracts.csv``; nothing else in the package says it again.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quanthedge.errors import RuleError
from quanthedge.rules.tables import Row, read_table

__all__ = ["IndexProduct", "index_of"]

_CONTRACT = re.compile(r"([A-Z]+)\d{4}")


@dataclass(frozen=True)
class IndexProduct:
    """A product of index futures.

    Attributes
    ----------
    product
        As contracts begin: IF, IH, IC, IM.
    index_code
        Code of the index, as in the dataset: ``000300.SH``.
    multiplier
        Yuan a point.
    tick
        Smallest change of price, points.
    listed
        First trading day.
    """

    product: str
    index_code: str
    multiplier: float
    tick: float
    listed: np.datetime64

    @classmethod
    def every(cls, *, folder: Path | None = None) -> "dict[str, IndexProduct]":
        """Return every product of index futures by name, in the order of the table.

        Parameters
        ----------
        folder
            Tables of the user's own that replace packaged ones of the same name.

        Examples
        --------
        >>> [(name, one.index_code) for name, one in IndexProduct.every().items()][:2]
        [('IF', '000300.SH'), ('IH', '000016.SH')]
        """
        return {
            row.cells["product"]: cls._of_row(row) for row in read_table("fut_contracts", folder)
        }

    @classmethod
    def of(cls, product: str, *, folder: Path | None = None) -> "IndexProduct":
        """Return a product of index futures by its name.

        Raises
        ------
        RuleError
            There is no such product.

        Examples
        --------
        >>> IndexProduct.of("IC").index_code
        '000905.SH'
        """
        known = cls.every(folder=folder)
        if product not in known:
            raise RuleError(f"fut_contracts: no product {product!r}; known: {', '.join(known)}")
        return known[product]

    @classmethod
    def of_contract(cls, contract: str, *, folder: Path | None = None) -> "IndexProduct | None":
        """Return the product of a contract by its name; None for what is no index future.

        >>> IndexProduct.of_contract("IF1410").product
        'IF'
        >>> IndexProduct.of_contract("600519.SH"), IndexProduct.of_contract("TF1412")
        (None, None)
        """
        named = _CONTRACT.fullmatch(contract)
        if named is None:
            return None
        rows = read_table("fut_contracts", folder)
        return next((cls._of_row(one) for one in rows if one.cells["product"] == named[1]), None)

    @classmethod
    def _of_row(cls, row: Row) -> "IndexProduct":
        """Return a row as a product; CSI's indices are disseminated by Shanghai, hence ``.SH``."""
        index = row.cells["index_code"]
        return cls(
            product=row.cells["product"],
            index_code=index if "." in index else f"{index}.SH",
            multiplier=row.number("multiplier_cny_per_point"),
            tick=row.number("tick_points"),
            listed=np.datetime64(row.cells["listing_date"], "D"),
        )


def index_of(product: str, *, folder: Path | None = None) -> str:
    """Return the code of the index that a product of index futures follows.

    Raises
    ------
    RuleError
        There is no such product.

    Examples
    --------
    >>> index_of("IC")
    '000905.SH'
    """
    return IndexProduct.of(product, folder=folder).index_code
