"""Boards and exchanges of A shares, as told by their codes."""

from dataclasses import dataclass
from typing import ClassVar, Final

from quanthedge.errors import RuleError

__all__ = ["Board"]

_SUFFIXES: Final = {".SH": "SSE", ".SZ": "SZSE", ".BJ": "BSE"}
_PREFIXES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "SSE": {"main": ("600", "601", "603", "605"), "star": ("688", "689")},
    "SZSE": {"main": ("000", "001", "002", "003"), "chinext": ("300", "301", "302")},
    "BSE": {"bse": ("43", "83", "87", "920")},
}


@dataclass(frozen=True, slots=True)
class Board:
    """The board that a stock is listed on, and its exchange.

    Attributes
    ----------
    name : str
        One of `NAMES`. Shanghai and Shenzhen each have a main board.
    exchange : str
        One of `EXCHANGES`.
    """

    NAMES: ClassVar = ("main", "chinext", "star", "bse")
    EXCHANGES: ClassVar = ("SSE", "SZSE", "BSE")

    name: str
    exchange: str

    @classmethod
    def of(cls, code: str) -> "Board":
        """Return the board of a stock code.

        Raises
        ------
        RuleError
            The code belongs to no board of A shares.

        Examples
        --------
        >>> [Board.of(code).name for code in ("600519.SH", "300750.SZ", "688981.SH", "920002.BJ")]
        ['main', 'chinext', 'star', 'bse']
        >>> Board.of("600519.SH").exchange
        'SSE'
        """
        number, suffix = code[:-3], code[-3:]
        if suffix in _SUFFIXES and len(number) == 6 and number.isdecimal():
            exchange = _SUFFIXES[suffix]
            for name, prefixes in _PREFIXES[exchange].items():
                if number.startswith(prefixes):
                    return cls(name, exchange)
        raise RuleError(
            f"code {code!r} is on no A-share board; accepted: six digits and exchange, as in "
            "600519.SH (600 601 603 605 688 689), 000001.SZ (000-003 300-302), 920002.BJ (43 83 87 "
            "920)"
        )

    @property
    def places(self) -> tuple[int, int]:
        """Return the positions in `EXCHANGES` and `NAMES`."""
        return self.EXCHANGES.index(self.exchange), self.NAMES.index(self.name)
