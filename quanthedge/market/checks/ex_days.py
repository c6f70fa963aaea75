"""The identity of the ex-date: the exchange's previous close is what actions leave of a share."""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.actions import ex_price
from quanthedge.market.blocks import Axes, Block
from quanthedge.market.checks.rows import Rows

__all__ = ["ExDays"]

Array = np.ndarray[Any, Any]
_NUMBERS = ("cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")
_CENT = 0.0151  # rounding of the previous close, and of the amounts per share
_STEP = 0.002  # a step of the factor that is no rounding


class ExDays:
    """Feed it blocks of stock bars with `add`.

    Parameters
    ----------
    axes
        Calendar and codes.
    actions
        The table corporate_actions; None: nothing is looked at.

    Notes
    -----
    An action counts on the first bar on or after its ex-date. Bars on which several actions fall
    (a suspension spanned them) are not judged.
    """

    def __init__(self, axes: Axes, actions: pa.Table | None) -> None:
        self._days = len(axes.calendar) + 1
        self._told = actions is not None
        if actions is None:
            return
        stock = axes.positions(actions["code"]).astype(np.int64)
        day = np.searchsorted(axes.calendar, actions["ex_date"].to_numpy())
        known = np.flatnonzero(stock >= 0)
        key = stock[known] * self._days + day[known]
        order = np.argsort(key, kind="stable")
        self._key = key[order]
        self._numbers = {
            name: np.nan_to_num(actions[name].to_numpy())[known][order] for name in _NUMBERS
        }

    def add(self, block: Block, rows: Rows, same: Array) -> None:
        """Look at a block; `same` are the rows whose row before is sound and the same stock's."""
        if not self._told:
            return
        close, pre_close = block.numbers("close"), block.numbers("pre_close")
        keys = block.stock.astype(np.int64) * self._days + block.day
        first, last = np.searchsorted(self._key, [keys[0], keys[-1] + 1]) if len(keys) else (0, 0)
        place = np.searchsorted(keys, self._key[first:last])
        inside = place < len(keys)
        inside[inside] = block.stock[place[inside]] == self._key[first:last][inside] // self._days
        action, place = np.arange(first, last)[inside], place[inside]
        told = np.zeros(len(keys), dtype=bool)
        told[place] = True
        single = np.bincount(place, minlength=len(keys))[place] == 1
        action, place = action[single & same[place]], place[single & same[place]]
        reference = ex_price(close[place - 1], *(self._numbers[name][action] for name in _NUMBERS))
        off = np.abs(reference - pre_close[place]) > _CENT
        bad = np.zeros(len(keys), dtype=bool)
        bad[place[off]] = True
        rows.flag(
            "warning", "ex-date identity", bad,
            "have a pre_close that differs by more than a cent from what corporate_actions leave "
            "of the close before", show=("pre_close",),
        )  # fmt: skip
        step = np.zeros(len(keys))
        row = np.flatnonzero(same)
        step[row] = np.abs(close[row - 1] / pre_close[row] - 1)
        lonely = same & ~told & (step > _STEP) & (np.abs(pre_close - np.roll(close, 1)) > _CENT)
        rows.flag(
            "warning", "ex-date without a row", lonely,
            "have an ex-date (pre_close is not the close before) without a row in "
            "corporate_actions", show=("pre_close",),
        )  # fmt: skip
