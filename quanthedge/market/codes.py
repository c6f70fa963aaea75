"""All spellings of codes, one meaning: stocks, indices and futures contracts.

>>> stock_code("SH600000"), stock_code("600000.XSHG"), stock_code("sh.600000"), stock_code("1")
('600000.SH', '600000.SH', '600000.SH', '000001.SZ')
>>> index_code("000300.XSHG"), index_code("sz399006"), index_code("000300")
('000300.SH', '399006.SZ', '000300.SH')
>>> contract_code("CFFEX.IF.2406"), contract_code("IF2406.CFX"), contract_code("IF8888.CCFX")
('IF2406', 'IF2406', None)
"""

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from quanthedge.errors import DataError, RuleError
from quanthedge.rules import board_of

__all__ = [
    "SPELLINGS",
    "contract_code",
    "index_code",
    "is_stock",
    "recode",
    "stock_code",
]

SPELLINGS = "600000.SH, SH600000, sh600000, sh.600000, 600000.XSHG, 600000.SSE, SSE.STK.600000"
_EXCHANGES = {
    "SH": "SH", "SS": "SH", "XSHG": "SH", "SSE": "SH", "SHSE": "SH",
    "SZ": "SZ", "XSHE": "SZ", "SZSE": "SZ",
    "BJ": "BJ", "BJSE": "BJ", "BSE": "BJ", "XBSE": "BJ",
    "CSI": "SH",
}  # fmt: skip
_WORDS = "|".join(sorted(_EXCHANGES, key=len, reverse=True))
_FORMS = (
    re.compile(rf"(?P<number>[0-9]{{6}})[.\-_](?P<exchange>{_WORDS})", re.IGNORECASE),
    re.compile(rf"(?P<exchange>{_WORDS})[.\-_]?(?P<number>[0-9]{{6}})", re.IGNORECASE),
    re.compile(
        rf"(?P<exchange>{_WORDS})\.(?:STK|IDX|INDEX|STOCK)\.(?P<number>[0-9]{{6}})", re.IGNORECASE
    ),
)
_BARE = re.compile(r"[0-9]{1,6}")
_CONTRACT = re.compile(
    r"(?:CFFEX\.)?(?P<product>[A-Z]{1,2})\.?(?P<month>[0-9]{4})(?:\.(?:CFX|CFFEX|CCFX|CFE))?",
    re.IGNORECASE,
)
_CONTINUOUS = re.compile(
    r"(?:CFFEX\.)?(?P<product>[A-Z]{1,2})"
    r"(?:\.?(?:88|888|889|8888|9999|99|00|01|02|03|L|L[0-9]|M|HOT|2ND|0|T|TT)|)"
    r"(?:\.(?:CFX|CFFEX|CCFX|CFE|HOT))?",
    re.IGNORECASE,
)
_CONTINUOUS_MONTHS = ("8888", "9999", "0000")
SHANGHAI_FIRST, SHENZHEN_FIRST, BEIJING_FIRST = "69", "023", "48"


def stock_code(text: str) -> str:
    """Return a stock's code as `600519.SH`.

    A bare number is placed by its first digits (6 Shanghai, 0 and 3 Shenzhen, 4, 8 and 92
    Beijing); leading zeros that a spreadsheet took away come back.

    Raises
    ------
    DataError
        The text is no code.
    """
    return _code(text, _bare_stock)


def index_code(text: str) -> str:
    """Return an index's code as `000300.SH`; a bare number is Shenzhen's when it begins with 399.

    Raises
    ------
    DataError
        The text is no code.
    """
    return _code(text, lambda number: f"{number}.{'SZ' if number.startswith('399') else 'SH'}")


def contract_code(text: str) -> str | None:
    """Return a futures contract as `IF1410`; None for a continuous series.

    Raises
    ------
    DataError
        The text is neither.
    """
    word = text.strip()
    match = _CONTRACT.fullmatch(word)
    if match and match["month"] not in _CONTINUOUS_MONTHS:
        if "01" <= match["month"][2:] <= "12":
            return match["product"].upper() + match["month"]
    elif match or _CONTINUOUS.fullmatch(word):
        return None
    raise DataError(f"contract {text[:40]!r}; accepted: IF2406, IF2406.CFX, CFFEX.IF.2406")


def is_stock(code: str) -> bool:
    """Whether a code of the form `600519.SH` is an A share (no index, fund, bond or B share)."""
    try:
        board_of(code)
    except RuleError:
        return False
    return True


def recode(column: pa.ChunkedArray | pa.Array, meaning: Callable[[str], Any]) -> pa.Array:
    """Return a column of texts in our spelling, as text; each distinct text is read once.

    Parameters
    ----------
    column
        Text, or integers (bare numbers).
    meaning
        `stock_code`, `index_code` or `contract_code`; None becomes null.

    Raises
    ------
    DataError
        A text is no code, or is empty.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_integer(column.type):
        column = column.cast(pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise DataError(f"codes are {column.type}; accepted: text such as {SPELLINGS}")
    if column.null_count:
        raise DataError(f"{column.null_count} rows have no code; accepted: {SPELLINGS}")
    coded = column.dictionary_encode()
    words = [meaning(word) for word in coded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(coded.indices)


def _code(text: str, bare: Callable[[str], str]) -> str:
    word = text.strip()
    for form in _FORMS:
        match = form.fullmatch(word)
        if match:
            return f"{match['number']}.{_EXCHANGES[match['exchange'].upper()]}"
    if _BARE.fullmatch(word):
        return bare(word.zfill(6))
    raise DataError(f"code {text[:40]!r}; accepted: {SPELLINGS}, 600000")


def _bare_stock(number: str) -> str:
    if number.startswith("92") or number[0] in BEIJING_FIRST:
        return f"{number}.BJ"
    if number[0] in SHANGHAI_FIRST:
        return f"{number}.SH"
    if number[0] in SHENZHEN_FIRST:
        return f"{number}.SZ"
    raise DataError(f"code '{number}' without an exchange; accepted: {SPELLINGS}")
