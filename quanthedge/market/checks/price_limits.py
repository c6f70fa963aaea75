"""The widest daily price limit a stock could have had: for finding suspicious moves only.

The rule book answers what the limit was; this bound errs on the wide side and needs no names.
"""

from typing import Any

import numpy as np

__all__ = ["beyond_limit", "widest_limit"]

Array = np.ndarray[Any, Any]
ORDINARY, SPECIAL_TREATMENT, REGISTRATION, BEIJING = 0.10, 0.05, 0.20, 0.30
# board (leading digits) and the day from which it has the registration boards' 20% limit
REGISTRATION_BOARDS = (("688", "2019-07-22"), ("689", "2019-07-22"), ("30", "2020-08-24"))


def widest_limit(codes: Array, stock: Array, date: Array, special: Array) -> Array:
    """Return the widest limit of each row as a fraction [rows]."""
    beijing = np.char.endswith(codes, ".BJ")
    limit = np.where(special, SPECIAL_TREATMENT, ORDINARY)
    for board, since in REGISTRATION_BOARDS:
        on_board = np.char.startswith(codes, board)[stock]
        limit[on_board & (date >= np.datetime64(since))] = REGISTRATION
    limit[beijing[stock]] = BEIJING
    return limit


def beyond_limit(
    codes: Array,
    stock: Array,
    date: Array,
    pre_close: Array,
    close: Array,
    special: Array,
    same: Array,
) -> Array:
    """Return which closes lie more than a cent beyond the limit prices, bool [rows].

    Parameters
    ----------
    codes
        Stocks [N].
    stock, date, pre_close, close, special
        Position in `codes`, date, prices in yuan and the ST flag of each row [rows].
    same
        Whether the row before is the same stock's: first rows have no limit.
    """
    if len(codes) == 0:
        return np.zeros(len(stock), dtype=bool)
    limit = widest_limit(codes, stock, date, special)
    allowed = np.floor(pre_close * limit * 100 + 0.5) / 100 + 0.0101
    beyond: Array = same & (np.abs(close - pre_close) > allowed)
    free = beyond & (limit >= REGISTRATION)  # the first five days of these boards have no limit
    for row in np.flatnonzero(free):
        beyond[row] = row >= 5 and stock[row - 5] == stock[row]
    return beyond
