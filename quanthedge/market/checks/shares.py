"""Share counts that step and step back: a slip of the source, no change of the capital.

Shares come by issues, bonuses and buy-backs and do not go again in the same number within weeks. A
count that leaves its level and returns to it, without an ex-date on either step, is a slip.
"""

from typing import Any

import numpy as np

from quanthedge.market.blocks import Block
from quanthedge.market.checks.rows import Rows

__all__ = ["check_share_steps"]

Array = np.ndarray[Any, Any]
STEP = 0.05  # smaller steps are roundings and revisions
_BACK = 1e-3  # so near to the level before is back
LONGEST = 20  # bars
_EX_STEP = 1e-3  # a step of adj_factor that is an ex-date


def check_share_steps(rows: Rows, block: Block, same: Array) -> None:
    """Report the bars of a slip; `same` are the rows whose row before is the same stock's."""
    factor = rows.numbers("adj_factor")
    stock = block.stock
    for name in ("total_shares", "float_shares"):
        value = rows.numbers(name)
        known = np.isfinite(value) & (value > 0)
        step = np.ones(len(value))
        np.divide(value[1:], value[:-1], out=step[1:], where=known[1:] & known[:-1])
        leaves = np.flatnonzero(same & (np.abs(np.log(step)) > STEP))
        bad = np.zeros(len(value), dtype=bool)
        for row in leaves.tolist():
            if bad[row - 1] or _ex_date(factor, row):
                continue
            after = np.flatnonzero(stock[row : row + LONGEST + 1] == stock[row]) + row
            back = after[np.abs(value[after] / value[row - 1] - 1) < _BACK]
            if len(back) and not _ex_date(factor, int(back[0])):
                bad[row : back[0]] = True
        rows.flag(
            "warning", f"{name} slips", bad,
            f"have {name} that left their level without an ex-date and came back to it (a slip of "
            "the source); they are used as they stand: market values, universes by size and "
            "turnover rates of these days are off",
            show=(name,), cure="fix the source",
        )  # fmt: skip


def _ex_date(factor: Array, row: int) -> bool:
    return bool(abs(factor[row] / factor[row - 1] - 1) > _EX_STEP)
