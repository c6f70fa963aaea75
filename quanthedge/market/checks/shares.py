"""Share counts that step and step back, or by a decimal power: no change of the capital.

Shares come by issues, bonuses and buy-backs and do not go again in the same number within weeks. A
count that leaves its level and returns to it, without an ex-date on either step, is a slip. One
that becomes exactly ten, a hundred or ten thousand times what it was, and stays, is another unit.
"""

from typing import Any, cast

import numpy as np

from quanthedge.market.blocks import Block
from quanthedge.market.checks.findings import Collector, Level
from quanthedge.market.checks.levels import decimal_steps, steps_of
from quanthedge.market.checks.rows import Rows

__all__ = ["TurnoverRates", "check_share_steps"]

Array = np.ndarray[Any, Any]
_COUNTS = ("total_shares", "float_shares")
_LEAST_RATE = 1e-5  # of the shares a day: the largest banks trade fifteen times as much
_FEWEST = 5  # bars before a stock is judged
_STEP = 0.05  # smaller steps are roundings and revisions
_EXACT = 5e-4  # in decimal powers: an issue is never so near to tenfold by chance
_BACK = 1e-3  # so near to the level before is back
_LONGEST = 20  # bars
_EX_STEP = 1e-3  # a step of adj_factor that is an ex-date


def check_share_steps(rows: Rows, block: Block, same: Array) -> None:
    """Report the bars of a slip; `same` are the rows whose row before is the same stock's."""
    factor = rows.numbers("adj_factor")
    stock = block.stock
    for name in _COUNTS:
        value = rows.numbers(name)
        known = np.isfinite(value) & (value > 0)
        step = np.ones(len(value))
        np.divide(value[1:], value[:-1], out=step[1:], where=known[1:] & known[:-1])
        leaves = np.flatnonzero(same & (np.abs(np.log(step)) > _STEP))
        bad = np.zeros(len(value), dtype=bool)
        for row in leaves.tolist():
            if bad[row - 1] or _ex_date(factor, row):
                continue
            after = np.flatnonzero(stock[row : row + _LONGEST + 1] == stock[row]) + row
            back = after[np.abs(value[after] / value[row - 1] - 1) < _BACK]
            if len(back) and not _ex_date(factor, int(back[0])):
                bad[row : back[0]] = True
        _units(rows, name, steps_of(value, same), bad, factor)
        rows.flag(
            "warning", f"{name} slips", bad,
            f"have {name} that left their level without an ex-date and came back to it (a slip of "
            "the source); they are used as they stand: market values, universes by size and "
            "turnover rates of these days are off",
            show=(name,), cure="fix the source",
        )  # fmt: skip


def _units(rows: Rows, name: str, power: Array, slips: Array, factor: Array) -> None:
    """Report steps by a decimal power without an ex-date that are no slip of some days."""
    ours = decimal_steps(power, _EXACT)
    for row in np.flatnonzero(ours).tolist():
        ours[row] = not (slips[row] or slips[row - 1] or _ex_date(factor, row))
    large = np.rint(np.abs(power)) > 1
    for level, bad in (("error", ours & large), ("warning", ours & ~large)):
        rows.flag(
            cast(Level, level), f"{name} unit", bad,
            f"have {name} that are exactly ten, a hundred or more times those of the bar before, "
            "or such a part, without an ex-date: the unit changes there",
            show=(name,), cure="shares are counted one by one on all days; fix the source",
        )  # fmt: skip


class TurnoverRates:
    """Volume against the shares there are: feed it blocks with `add`, then call `finish` once.

    Parameters
    ----------
    codes
        Stocks [N].
    collector
        Receives the warning about stocks of which next to nothing is ever traded.
    """

    def __init__(self, codes: Array, collector: Collector) -> None:
        self._codes, self._collector = codes, collector
        self._bars = {name: np.zeros(len(codes)) for name in _COUNTS}
        self._sum = {name: np.zeros(len(codes)) for name in _COUNTS}

    def add(self, rows: Rows, block: Block) -> None:
        """Report bars of which more shares were traded than there are; keep each stock's rate."""
        volume, held = rows.numbers("volume"), rows.numbers("float_shares")
        held = np.where(np.isfinite(held), held, rows.numbers("total_shares"))
        rows.flag(
            "warning", "volume > shares", volume > held * (1 + 1e-9),
            "have a volume above the shares that can be traded: shares or volume are in another "
            "unit",
            show=("volume", "total_shares", "float_shares"), cure="fix the source",
        )  # fmt: skip
        for name in _COUNTS:
            with np.errstate(all="ignore"):
                rate = np.log10(volume / rows.numbers(name))
            place = np.flatnonzero((block.stock >= 0) & np.isfinite(rate))
            stock, size = block.stock[place], len(self._codes)
            self._bars[name] += np.bincount(stock, minlength=size)
            self._sum[name] += np.bincount(stock, rate[place], minlength=size)

    def finish(self) -> None:
        """Report the stocks whose usual turnover is too small for the unit of their shares."""
        for name in _COUNTS:
            bars = self._bars[name]
            usual = self._sum[name] / np.maximum(bars, 1)
            low = np.flatnonzero((bars >= _FEWEST) & (usual < np.log10(_LEAST_RATE)))
            if len(low):
                what = (
                    f"with a usual volume below a hundred-thousandth of {name}: they are in "
                    "another unit, such as ten thousand times too many"
                )
                examples = [
                    f"{self._codes[k]} {10 ** usual[k]:.2g}" for k in low[: Collector.EXAMPLES]
                ]
                self._collector.add(
                    "warning", "stock_daily", f"{name} unit of all bars", len(low), what, examples,
                    cure="shares are counted one by one on all days; fix the source", unit="stock",
                )  # fmt: skip


def _ex_date(factor: Array, row: int) -> bool:
    return bool(abs(factor[row] / factor[row - 1] - 1) > _EX_STEP)
