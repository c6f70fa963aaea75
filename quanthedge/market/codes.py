"""All spellings of codes, one meaning: stocks, indices and futures contracts.

>>> [Code(text).stock() for text in ("SH600000", "600000.XSHG", "sh.600000", "1")]
['600000.SH', '600000.SH', '600000.SH', '000001.SZ']
>>> [Code(text).index() for text in ("000300.XSHG", "sz399006", "000300")]
['000300.SH', '399006.SZ', '000300.SH']
>>> [Code(text).contract() for text in ("CFFEX.IF.2406", "IF2406.CFX", "IF8888.CCFX")]
['IF2406', 'IF2406', None]
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from quanthedge.errors import DataError, RuleError
from quanthedge.rules import Board

__all__ = ["Code"]

_SPELLINGS = "600000.SH, SH600000, sh600000, sh.600000, 600000.XSHG, 600000.SSE, SSE.STK.600000"
_INDEX_SPELLINGS = "000300.SH, 399006.SZ, 899050.BJ, sh000300, sh.000300, 000300.XSHG, 000300.CSI"
_CONTRACT_SPELLINGS = "IF2406, IF2406.CFX, CFFEX.IF.2406"
_EXCHANGES = {
    "SH": "SH", "SS": "SH", "XSHG": "SH", "SSE": "SH", "SHSE": "SH",
    "SZ": "SZ", "XSHE": "SZ", "SZSE": "SZ",
    "BJ": "BJ", "BJSE": "BJ", "BSE": "BJ", "XBSE": "BJ",
    "CSI": "SH", "CNI": "SZ",
}  # fmt: skip
_WORDS = "|".join(sorted(_EXCHANGES, key=len, reverse=True))
_FORMS = (
    re.compile(rf"(?P<number>[0-9]{{6}})[.\-_](?P<exchange>{_WORDS})", re.IGNORECASE),
    re.compile(rf"(?P<exchange>{_WORDS})[.\-_]?(?P<number>[0-9]{{6}})", re.IGNORECASE),
    re.compile(
        rf"(?P<exchange>{_WORDS})\.(?:STK|IDX|INDEX|STOCK)\.(?P<number>[0-9]{{6}})", re.IGNORECASE
    ),
)
_BARE = re.compile(r"0|[1-9][0-9]{0,5}|[0-9]{6}")  # 00700 is Hong Kong's: no zero was taken away
# What is an index is told by its exchange: 000xxx are indices in Shanghai and stocks in Shenzhen.
_INDEX = re.compile(
    r"(?:000[0-9]{3}|9[2-9][0-9]{4})\.SH|(?:39[0-9]{4}|9[78][0-9]{4})\.SZ|899[0-9]{3}\.BJ"
)
_SHENZHEN_INDICES = ("39", "97", "98")
# CSI's indices that Shenzhen publishes under a number of its own: 399905 is 000905.
_TWIN_NUMBERS = (852, *range(903, 923), *range(925, 938), *range(944, 959), *range(960, 965))
_TWINS = {"399300.SZ": "000300.SH"} | {f"399{n}.SZ": f"000{n}.SH" for n in _TWIN_NUMBERS}
_CONTRACT = re.compile(
    r"(?:CFFEX\.)?(?P<product>[A-Z]{1,2})\.?(?P<month>[0-9]{4})(?:\.(?:CFX|CFFEX|CCFX|CFE))?",
    re.IGNORECASE,
)
_SERIES = "88|888|889|8888|9999|99|00|01|02|03|L|L[0-9]|M|HOT|2ND|0|T|TT"
_CONTINUOUS = re.compile(
    r"(?:CFFEX\.)?(?P<product>[A-Z]{1,2})"
    rf"(?:\.?(?:{_SERIES})|)"
    r"(?:\.(?:CFX|CFFEX|CCFX|CFE|HOT))?",
    re.IGNORECASE,
)
_CONTINUOUS_MONTHS = ("8888", "9999", "0000")
# Codes of other markets and of other things: well-formed, and none of ours.
_DOMESTIC = "SH|SZ|BJ|SS|XSHG|XSHE|XBSE|BJSE|SSE|SZSE|SHSE|BSE|CFX|CFE|CFFEX|CCFX"
_COMMODITY = "SHF|SHFE|DCE|ZCE|CZC|CZCE|INE|GFE|GFEX|XSGE|XDCE|XZCE|XINE|XGFE"
_ELSEWHERE = (
    "SI|CSI|CI|CNI|MI|TI|OF|HI|HK|XHKG|HKEX|GI|WI|IB|SG|EI|US|N|O|OQ|UW|NB|TW|T|L|DF|SW|CNX|ZICN"
    "|NQ|OC|NEEQ|XNEE|FXCM|DC|KP|CS|NHF|INDX|GBM"  # New Third Board, currencies, vendors' indices
)
_LETTERS = "(?:[A-Z]{1,2})"
_MONTHS = "(?:[0-9]{1,2}(?:0[1-9]|1[0-2]))"
_OPTION = "(?:-?(?:MS-?)?[CPM]-?[0-9]+(?:[CPM]?[0-9]+)?)"
_FOREIGN = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:(?=[^.]*[0-9])(?=[^.]*[A-Z])[A-Z0-9\-]{{2,20}}|[0-9]{{8}})\.(?:{_DOMESTIC})",
        rf"[A-Z0-9^][A-Z0-9\-&]{{0,19}}\.(?:{_COMMODITY}|{_ELSEWHERE})",
        rf"(?:(?:{_DOMESTIC}|{_COMMODITY})[._])?{_LETTERS}[._]?{_MONTHS}{_OPTION}?F?",
        rf"(?:(?:{_COMMODITY})[._]){_LETTERS}[0-9A-Z.]{{0,6}}",
        r"[A-Z0-9][A-Z0-9.()+]{1,15}\.(?:SGE|SGEX)",  # gold: Au99.99.SGE, Au(T+D).SGE
        rf"(?:CFFEX\.)?[A-Z]{{1,2}}(?:\.?(?:{_SERIES}))?\.(?:CFX|CFFEX|CCFX|CFE|HOT)",
        rf"[A-Z]{{1,2}}(?=[0-9.])\.?(?:{_SERIES})",  # continuous futures: IF99, IF.CFX
        r"[0-9]{6}|0[0-9]{4}",  # funds and bonds; Hong Kong
        r"[0-9]{8}|[0-9]{6}[CP][0-9]{4}[A-Z][0-9]{5}",  # options on funds
        r"(?:H|N|S|T|C|CI|CN|CES|BK|GZ)[0-9]{3,6}(?:CNY[0-9]{2,3})?",
        r"(?:sh|sz|bj|csi)[._]?(?:[HNST][0-9]{5}|[0-9]{8})|hk[._]?[0-9]{4,5}",
        r"(?:hk|us|gb|int|b|rt_hk)[._$]{1,2}[A-Z0-9.]{1,8}",
        r"[.^$]?(?:HSI|HSCEI|HSCCI|HSTECH|HSCI|SPX|GSPC|INX|DJI|DJIA|IXIC|NDX|RUT|VIX|N225|NKY|FTSE"
        r"|GDAXI|DAX|FCHI|CAC|SX5E|KOSPI|KS11|TWII|STI|SENSEX|AS51|UDI|CRB|BDI|XIN9)",
    )
)
_SHANGHAI_FIRST, _SHENZHEN_FIRST, _BEIJING_FIRST = "69", "023", "48"


@dataclass(frozen=True, slots=True)
class Code:
    """A text that stands for a stock, an index or a futures contract in some spelling.

    Attributes
    ----------
    text
        As a source writes it.
    TWINS
        Codes of our form under which Shenzhen publishes an index of CSI, with the index's own.
    """

    text: str
    TWINS: ClassVar[dict[str, str]] = _TWINS

    def stock(self) -> str:
        """Return the stock's code as `600519.SH`.

        A bare number is placed by its first digits (6 Shanghai, 0 and 3 Shenzhen, 4, 8 and 92
        Beijing); leading zeros that a spreadsheet took away come back.

        Raises
        ------
        DataError
            The text is no code.
        """
        return _code(self.text, _bare_stock, f"{_SPELLINGS}, 600000")

    def index(self) -> str:
        """Return the index's code as `000300.SH`; a bare number is placed by its first digits.

        Raises
        ------
        DataError
            The text is no code.
        """
        return _code(self.text, _bare_index, f"{_INDEX_SPELLINGS}, 000300")

    def contract(self) -> str | None:
        """Return the futures contract as `IF1410`; None for a continuous series.

        Raises
        ------
        DataError
            The text is neither.
        """
        word = self.text.strip()
        match = _CONTRACT.fullmatch(word)
        if match and match["month"] not in _CONTINUOUS_MONTHS:
            if "01" <= match["month"][2:] <= "12":
                return match["product"].upper() + match["month"]
        elif match or _CONTINUOUS.fullmatch(word):
            return None
        raise DataError(f"contract {self.text[:40]!r}; accepted: {_CONTRACT_SPELLINGS}")

    @property
    def is_stock(self) -> bool:
        """Whether it is an A share in the form `600519.SH` (no index, fund, bond or B share)."""
        try:
            Board.of(self.text)
        except RuleError:
            return False
        return True

    @property
    def is_index(self) -> bool:
        """Whether it is an index of the exchanges, of CSI or of CNI in the form `000300.SH`.

        >>> codes = ("000300.SH", "000300.SZ", "899050.BJ", "510300.SH")
        >>> [Code(code).is_index for code in codes]
        [True, False, True, False]
        """
        return _INDEX.fullmatch(self.text) is not None

    @property
    def is_foreign(self) -> bool:
        """Whether it is of another market or of another kind of thing, and so is left out.

        Total-return and foreign indices, funds, bonds, options, commodity contracts, foreign
        shares. A text that is no code at all (a name, a remark) is not.

        >>> texts = ("H00300.CSI", "801010.SI", "SR405", "IO1402-C-2300", "HSI")
        >>> [Code(text).is_foreign for text in texts]
        [True, True, True, True, True]
        >>> Code("not a code").is_foreign, Code("600000.SH").is_foreign
        (False, False)
        """
        word = self.text.strip()
        if any(form.fullmatch(word) for form in _FORMS):
            return False
        return any(form.fullmatch(word) for form in _FOREIGN)

    @classmethod
    def column(
        cls, column: pa.ChunkedArray | pa.Array, meaning: "Callable[[Code], Any]"
    ) -> pa.Array:
        """Return a column of texts in our spelling, as text; each distinct text is read once.

        Parameters
        ----------
        column
            Text, or integers (bare numbers).
        meaning
            `Code.stock`, `Code.index`, `Code.contract` or what else reads a code; None becomes
            null.

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
            raise DataError(f"codes are {column.type}; accepted: text such as {_SPELLINGS}")
        if column.null_count:
            raise DataError(f"{column.null_count} rows have no code; accepted: {_SPELLINGS}")
        coded = column.dictionary_encode()
        words = [meaning(cls(word)) for word in coded.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(coded.indices)


def _code(text: str, bare: Callable[[str], str], accepted: str) -> str:
    word = text.strip()
    for form in _FORMS:
        match = form.fullmatch(word)
        if match:
            return f"{match['number']}.{_EXCHANGES[match['exchange'].upper()]}"
    if _BARE.fullmatch(word):
        return bare(word.zfill(6))
    raise DataError(f"code {text[:40]!r}; accepted: {accepted}")


def _bare_index(number: str) -> str:
    if number.startswith(_SHENZHEN_INDICES):
        return f"{number}.SZ"
    if number.startswith("899"):
        return f"{number}.BJ"
    return f"{number}.{'SI' if number.startswith(('80', '85')) else 'SH'}"  # SI: Shenwan's


def _bare_stock(number: str) -> str:
    if number.startswith("92") or number[0] in _BEIJING_FIRST:
        return f"{number}.BJ"
    if number[0] in _SHANGHAI_FIRST:
        return f"{number}.SH"
    if number[0] in _SHENZHEN_FIRST:
        return f"{number}.SZ"
    raise DataError(f"code '{number}' without an exchange; accepted: {_SPELLINGS}")
