"""Units of volume and amount: amount / (volume x price) is near 1 when shares and yuan are meant.

Vendors write volume in lots of 100 shares and amount in thousands, and not alike for every board
and year: each board and calendar year is looked at by itself. The ratio's decimal power tells
which units were meant.
"""

from itertools import groupby
from typing import Any

import numpy as np

from quanthedge.errors import RuleError
from quanthedge.market.blocks import Block
from quanthedge.market.checks.findings import Collector
from quanthedge.rules.boards import BOARDS, EXCHANGES, places_of

__all__ = ["GROUPS", "UnitsCheck", "board_groups"]

Array = np.ndarray[Any, Any]
LOWEST, HIGHEST = 0.5, 2.0  # a day's VWAP lies within its range, which no limit lets grow so wide
FAULT_SHARE = 0.2  # single rows may be wrong; a fifth of a group is a unit
FEWEST = 5  # rows out of range before a group is judged
STEPS = 250  # bins per decimal power in which the median is found
POWERS = 12
FIRST_YEAR = 1990
GROUPS = ("main board Shanghai", "main board Shenzhen", "ChiNext", "STAR", "Beijing", "other codes")
_GROUP_OF = {("main", "SSE"): 0, ("main", "SZSE"): 1, ("chinext", "SZSE"): 2,
             ("star", "SSE"): 3, ("bse", "BSE"): 4}  # fmt: skip
MEANINGS = {
    2: "volume is in lots of 100 shares (hands)",
    -1: "volume is in lots of 100 shares (hands) and amount in thousand yuan",
    -2: "volume is 100 times too large (shares taken for lots), or volume is in lots of 100 shares "
    "(hands) and amount in ten thousand yuan",
    -3: "amount is in thousand yuan",
    -4: "amount is in ten thousand yuan, or volume in lots and amount in million yuan",
    -6: "amount is in million yuan, or volume in lots and amount in hundred million yuan",
    -8: "amount is in hundred million yuan",
    3: "volume is in thousand shares",
    4: "volume is in ten thousand shares",
    6: "volume is in million shares",
}
CURE = "volume must be in shares, amount in yuan; convert them before the import"


class UnitsCheck:
    """Feed it blocks with `add`, then call `finish` once.

    Parameters
    ----------
    codes
        Stocks [N].
    collector
        Receives the error.
    """

    def __init__(self, codes: Array, collector: Collector) -> None:
        self._group = board_groups(codes)
        self._collector = collector
        self._bins = np.zeros((len(GROUPS), 0, 2 * POWERS * STEPS), dtype=np.int64)
        self._outside = np.zeros((len(GROUPS), 0), dtype=np.int64)

    def add(self, block: Block, ratio: Array) -> None:
        """Count the ratios amount / (volume x typical price) [rows]; NaN is left out."""
        known = np.flatnonzero((block.stock >= 0) & (ratio > 0) & np.isfinite(ratio))
        if len(known) == 0:
            return
        value = ratio[known]
        year = block.numbers("date")[known].astype("datetime64[Y]").astype(np.int64) + 1970
        year = np.maximum(year - FIRST_YEAR, 0)
        self._grow(int(year.max()) + 1)
        place = self._group[block.stock[known]] * self._outside.shape[1] + year
        power = np.clip(np.log10(value), -POWERS, POWERS - 1e-6)
        cell = place * self._bins.shape[2] + np.floor((power + POWERS) * STEPS).astype(np.int64)
        self._bins += np.bincount(cell, minlength=self._bins.size).reshape(self._bins.shape)
        bad = place[(value < LOWEST) | (value > HIGHEST)]
        counts = np.bincount(bad, minlength=self._outside.size)
        self._outside += counts.reshape(self._outside.shape)

    def _grow(self, years: int) -> None:
        more = years - self._outside.shape[1]
        if more > 0:
            self._bins = np.pad(self._bins, ((0, 0), (0, more), (0, 0)))
            self._outside = np.pad(self._outside, ((0, 0), (0, more)))

    def finish(self) -> bool:
        """Report the groups whose units are wrong; return whether there are any."""
        rows = self._bins.sum(axis=2)
        wrong = (self._outside > FAULT_SHARE * rows) & (self._outside >= FEWEST)
        if not wrong.any():
            return False
        half = self._bins.cumsum(axis=2) * 2 >= rows[:, :, None]
        median = 10 ** ((half.argmax(axis=2) + 0.5) / STEPS - POWERS)
        named = [
            (_meaning(median[group, year]), group, FIRST_YEAR + year)
            for group, year in np.argwhere(wrong).tolist()
        ]
        for meaning in dict.fromkeys(name for name, _, _ in named):
            cells = [(group, year) for name, group, year in named if name == meaning]
            typical = float(np.median([median[group, year - FIRST_YEAR] for group, year in cells]))
            right = _listed([tuple(cell) for cell in np.argwhere((rows > 0) & ~wrong).tolist()],
                            offset=FIRST_YEAR)  # fmt: skip
            ratio = float(f"{typical:.2g}")
            text = (
                f"amount / (volume x price) is {ratio:,g} (median) where 1 is right, in "
                f"{_listed(cells)}: {meaning}"
            )
            if right:
                text += f"; it is right in {right}"
            self._collector.add("error", "stock_daily", "units", 0, text, cure=CURE)
        return True


def board_groups(codes: Array) -> Array:
    """Return the place in `GROUPS` of each code, int64 [N]."""
    return np.array([_group(str(code)) for code in codes], dtype=np.int64)


def _group(code: str) -> int:
    try:
        exchange, board = places_of(code)
    except RuleError:
        return len(GROUPS) - 1
    return _GROUP_OF.get((BOARDS[board], EXCHANGES[exchange]), len(GROUPS) - 1)


def _meaning(ratio: float) -> str:
    power = float(np.log10(ratio))
    nearest = round(power)
    if nearest == 0:
        return "the ratios scatter (prices adjusted, or volume and amount of different days?)"
    if abs(power - nearest) < 0.15 and nearest in MEANINGS:
        return MEANINGS[nearest]
    return "no unit in use explains this ratio"


def _listed(cells: list[Any], offset: int = 0) -> str:
    """Write (group, year) pairs as "ChiNext 2010-2014, STAR 2019"."""
    parts = []
    for group, pairs in groupby(cells, key=lambda cell: cell[0]):
        years = [year + offset for _, year in pairs]
        spans = [years[:1]]
        for year in years[1:]:
            if year == spans[-1][-1] + 1:
                spans[-1].append(year)
            else:
                spans.append([year])
        text = " ".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else f"{s[0]}" for s in spans)
        parts.append(f"{GROUPS[group]} {text}")
    return ", ".join(parts)
