"""Boards and exchanges of A shares, as told by their codes."""

from typing import Final

from quanthedge.errors import RuleError

__all__ = ["BOARDS", "EXCHANGES", "board_of", "exchange_of", "places_of"]

BOARDS: Final = ("main", "chinext", "star", "bse")
EXCHANGES: Final = ("SSE", "SZSE", "BSE")
_SUFFIXES: Final = {".SH": 0, ".SZ": 1, ".BJ": 2}
_PREFIXES: Final = {
    "SSE": {"600": 0, "601": 0, "603": 0, "605": 0, "688": 2, "689": 2},
    "SZSE": {"000": 0, "001": 0, "002": 0, "003": 0, "300": 1, "301": 1, "302": 1},
    "BSE": {"43": 3, "83": 3, "87": 3, "920": 3},
}


def exchange_of(code: str) -> str:
    """Return the exchange of a stock code.

    >>> exchange_of("600519.SH")
    'SSE'
    """
    return EXCHANGES[places_of(code)[0]]


def board_of(code: str) -> str:
    """Return the board of a stock code: main, chinext, star or bse.

    Raises
    ------
    RuleError
        The code belongs to no board of A shares.

    Examples
    --------
    >>> board_of("600519.SH"), board_of("300750.SZ"), board_of("688981.SH"), board_of("920002.BJ")
    ('main', 'chinext', 'star', 'bse')
    """
    return BOARDS[places_of(code)[1]]


def places_of(code: str) -> tuple[int, int]:
    """Return the positions of exchange and board."""
    number, suffix = code[:-3], code[-3:]
    if suffix in _SUFFIXES and len(number) == 6 and number.isdecimal():
        exchange = _SUFFIXES[suffix]
        for prefix, board in _PREFIXES[EXCHANGES[exchange]].items():
            if number.startswith(prefix):
                return exchange, board
    raise RuleError(
        f"code {code!r} is on no A-share board; accepted: six digits and exchange, as in 600519.SH "
        "(600 601 603 605 688 689), 000001.SZ (000-003 300-302), 920002.BJ (43 83 87 920)"
    )
