"""How a vendor's table is described: our columns, the vendor's names for them, and the units.

>>> number("volume", "vol", factor=100)
Field(name='volume', found=('vol',), kind='number', factor=100, needed=True)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.rules import IndexProduct

__all__ = [
    "MEANINGS",
    "Field",
    "Kind",
    "VendorTable",
    "code",
    "date",
    "flag",
    "kind_of",
    "number",
    "text",
]

Kind = Literal["stock", "index", "contract", "security", "date", "number", "text", "flag"]
_INDEX_PRODUCTS = tuple(IndexProduct.every())  # CFFEX's index futures; the others are left out


@dataclass(frozen=True)
class Field:
    """One of our columns and where a vendor keeps it.

    Attributes
    ----------
    name
        Our name.
    found
        The vendor's names, also those of older versions; the first that is there is read.
    kind
        How it is read; "security" is a stock, an index or a contract.
    factor
        What the vendor's number is multiplied with to be in our unit.
    needed
        Whether the table is refused without it.
    """

    name: str
    found: tuple[str, ...]
    kind: Kind
    factor: float = 1.0
    needed: bool = True


@dataclass(frozen=True)
class VendorTable:
    """One interface of a vendor.

    Attributes
    ----------
    files
        Names of the table's file or folder; several that are there are read as one table.
    fields
        Its columns that are used.
    key
        Our columns that no two rows share.
    named
        Our column that stands in the file's name (or its folder's) where the file has no such
        column.
    adjusted
        Whether prices may be adjusted: then the rows get a column `adjust` ("", "qfq", "hfq") from
        the file's name, unless the table itself says it.
    """

    files: tuple[str, ...]
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    named: str = ""
    adjusted: bool = False


def code(kind: Literal["stock", "index", "contract", "security"], *found: str) -> Field:
    """Return the field of a code: `code`, `index_code` in tables of members, or `contract`."""
    name = {"index": "index_code", "contract": "contract"}.get(kind, "code")
    return Field(name, found, kind)


def date(name: str, *found: str, needed: bool = True) -> Field:
    """Return the field of a date."""
    return Field(name, found or (name,), "date", needed=needed)


def number(name: str, *found: str, factor: float = 1.0, needed: bool = True) -> Field:
    """Return the field of a number that is multiplied with `factor`."""
    return Field(name, found or (name,), "number", factor, needed)


def text(name: str, *found: str, needed: bool = True) -> Field:
    """Return the field of a text."""
    return Field(name, found or (name,), "text", needed=needed)


def flag(name: str, *found: str, needed: bool = True) -> Field:
    """Return the field of a flag."""
    return Field(name, found or (name,), "flag", needed=needed)


def _stock(word: Code) -> str:
    """Return a stock's code; other securities keep their text, to be left out and counted."""
    try:
        return word.stock()
    except DataError:
        if word.is_foreign:
            return word.text.strip()
        raise


def _index(word: Code) -> str:
    """Return an index's code; other things keep their text, to be left out and counted."""
    try:
        return word.index()
    except DataError:
        if word.is_foreign:
            return word.text.strip()
        raise


def _is_security(word: Code) -> bool:
    """Whether a word is a stock, a fund or an index with its exchange."""
    try:
        word.index()
    except DataError:
        return False
    return not word.text.strip().isdecimal()


def _contract(word: Code) -> str | None:
    """Return an index futures contract; None for continuous series and other securities."""
    try:
        contract = word.contract()
    except DataError:
        if word.is_foreign or _is_security(word):
            return None
        raise
    return contract if contract and contract[:-4] in _INDEX_PRODUCTS else None


def _security(word: Code) -> str | None:
    """Return a stock's or an index's code, or a contract."""
    text = word.text.strip()
    if text[:1].isalpha() and re.match(r"[A-Z]{1,3}[0-9]{3,4}(\.|$)", text, re.IGNORECASE):
        return _contract(word)
    return _stock(word)


MEANINGS: dict[str, Callable[[Code], str | None]] = {
    "stock": _stock,
    "index": _index,
    "contract": _contract,
    "security": _security,
}


def kind_of(word: str) -> str:
    """Return what a code is: stock, index, contract or other."""
    code = Code(word)
    if code.is_stock:
        return "stock"
    if code.is_index:
        return "index"
    return "contract" if word[:2] in _INDEX_PRODUCTS and len(word) == 6 else "other"
