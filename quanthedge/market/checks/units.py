"""Units of volume and amount: amount / (volume x price) is near 1 when shares and yuan are meant.

Vendors write volume in lots of 100 shares and amount in thousands, and not alike for every board
and year: each board and calendar year is looked at by itself, and so are each stock and each day,
which may come from files of their own. The ratio's decimal power tells which units were meant.
"""

from itertools import groupby
from typing import Any

import numpy as np

from quanthedge.errors import RuleError
from quanthedge.market.blocks import Block
from quanthedge.market.checks.findings import Collector
from quanthedge.rules import Board

__all__ = ["GROUPS", "UnitsCheck", "board_groups"]

Array = np.ndarray[Any, Any]
_LOWEST, _HIGHEST = 0.5, 2.0  # a day's VWAP lies within its range, which no limit lets grow so wide
_FAULT_SHARE = 0.2  # single rows may be wrong; a fifth of a group is a unit
_FEWEST = 5  # rows out of range before a group is judged
_JUMP_SLACK = 0.15  # in decimal powers, of a row's ratio from the power
_STEPS = 250  # bins per decimal power in which the median is found
_POWERS = 12
_FIRST_YEAR = 1990
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
_CURE = "volume must be in shares, amount in yuan; convert them before the import"


class UnitsCheck:
    """Feed it blocks with `add`, then call `finish` once.

    Parameters
    ----------
    codes, days
        Stocks [N] and trading days [T].
    collector
        Receives the error.
    """

    def __init__(self, codes: Array, days: Array, collector: Collector) -> None:
        self._group = board_groups(codes)
        self._collector = collector
        self._bins = np.zeros((len(GROUPS), 0, 2 * _POWERS * _STEPS), dtype=np.int64)
        self._outside = np.zeros((len(GROUPS), 0), dtype=np.int64)
        self._codes, self._days = codes, days
        self._rows = {name: np.zeros(len(axis), dtype=np.int64) for name, axis in self._axes()}
        self._off = {name: np.zeros(len(axis), dtype=np.int64) for name, axis in self._axes()}
        self._log = {name: np.zeros(len(axis)) for name, axis in self._axes()}
        self._span = np.full((2, len(codes)), -1, dtype=np.int64)

    def _axes(self) -> tuple[tuple[str, Array], tuple[str, Array]]:
        return ("stock", self._codes), ("day", self._days)

    def add(self, block: Block, ratio: Array) -> None:
        """Count the ratios amount / (volume x typical price) [rows]; NaN is left out."""
        known = np.flatnonzero((block.stock >= 0) & (ratio > 0) & np.isfinite(ratio))
        if len(known) == 0:
            return
        value = ratio[known]
        year = block.numbers("date")[known].astype("datetime64[Y]").astype(np.int64) + 1970
        year = np.maximum(year - _FIRST_YEAR, 0)
        self._grow(int(year.max()) + 1)
        place = self._group[block.stock[known]] * self._outside.shape[1] + year
        power = np.clip(np.log10(value), -_POWERS, _POWERS - 1e-6)
        cell = place * self._bins.shape[2] + np.floor((power + _POWERS) * _STEPS).astype(np.int64)
        self._bins += np.bincount(cell, minlength=self._bins.size).reshape(self._bins.shape)
        bad = place[(value < _LOWEST) | (value > _HIGHEST)]
        counts = np.bincount(bad, minlength=self._outside.size)
        self._outside += counts.reshape(self._outside.shape)
        self._jumps(block.stock[known], block.day[known], power)

    def _jumps(self, stock: Array, day: Array, power: Array) -> None:
        """Count by stock and by day the rows that are in another unit by whole decimal powers."""
        nearest = np.rint(power)
        off = (nearest != 0) & (np.abs(power - nearest) < _JUMP_SLACK)
        for name, place in (("stock", stock), ("day", day)):
            size = len(self._rows[name])
            there = place >= 0
            self._rows[name] += np.bincount(place[there], minlength=size)
            if off.any():
                there &= off
                self._off[name] += np.bincount(place[there], minlength=size)
                self._log[name] += np.bincount(place[there], nearest[there], minlength=size)
        for row in np.flatnonzero(off & (day >= 0)):
            first = self._span[0, stock[row]]
            self._span[0, stock[row]] = day[row] if first < 0 else min(first, day[row])
            self._span[1, stock[row]] = max(self._span[1, stock[row]], day[row])

    def _grow(self, years: int) -> None:
        more = years - self._outside.shape[1]
        if more > 0:
            self._bins = np.pad(self._bins, ((0, 0), (0, more), (0, 0)))
            self._outside = np.pad(self._outside, ((0, 0), (0, more)))

    def finish(self) -> bool:
        """Report the groups whose units are wrong; return whether there are any."""
        rows = self._bins.sum(axis=2)
        wrong = (self._outside > _FAULT_SHARE * rows) & (self._outside >= _FEWEST)
        if not wrong.any():
            return self._report_jumps()
        half = self._bins.cumsum(axis=2) * 2 >= rows[:, :, None]
        median = 10 ** ((half.argmax(axis=2) + 0.5) / _STEPS - _POWERS)
        named = [
            (_meaning(median[group, year]), group, _FIRST_YEAR + year)
            for group, year in np.argwhere(wrong).tolist()
        ]
        for meaning in dict.fromkeys(name for name, _, _ in named):
            cells = [(group, year) for name, group, year in named if name == meaning]
            typical = float(np.median([median[group, year - _FIRST_YEAR] for group, year in cells]))
            right = _listed([tuple(cell) for cell in np.argwhere((rows > 0) & ~wrong).tolist()],
                            offset=_FIRST_YEAR)  # fmt: skip
            ratio = float(f"{typical:.2g}")
            text = (
                f"amount / (volume x price) is {ratio:,g} (median) where 1 is right, in "
                f"{_listed(cells)}: {meaning}"
            )
            if right:
                text += f"; it is right in {right}"
            self._collector.add("error", "stock_daily", "units", 0, text, cure=_CURE)
        return True

    def _report_jumps(self) -> bool:
        """Report stocks and days whose rows change their unit; return whether there are any."""
        found = False
        for name, axis in self._axes():
            rows, off = self._rows[name], self._off[name]
            least = np.maximum(_FEWEST, 0 if name == "stock" else _FAULT_SHARE * rows)
            wrong = np.flatnonzero(off >= least)
            if len(wrong) == 0:
                continue
            found = True
            examples = [
                f"{axis[k]}{self._when(k) if name == 'stock' else ''}: {off[k]:,} of {rows[k]:,} "
                f"bars, about {10.0 ** (self._log[name][k] / off[k]):,.3g}"
                for k in wrong[np.argsort(-off[wrong], kind="stable")][: Collector.EXAMPLES]
            ]
            what = "have amount / (volume x price) at another decimal power than 1 in many bars"
            self._collector.add(
                "error", "stock_daily", f"unit jump by {name}", len(wrong), what, examples,
                cure=_CURE, unit=name,
            )  # fmt: skip
        return found

    def _when(self, stock: int) -> str:
        first, last = self._span[:, stock]
        return f" {self._days[first]} to {self._days[last]}" if first >= 0 else ""


def board_groups(codes: Array) -> Array:
    """Return the place in `GROUPS` of each code, int64 [N]."""
    return np.array([_group(str(code)) for code in codes], dtype=np.int64)


def _group(code: str) -> int:
    try:
        board = Board.of(code)
    except RuleError:
        return len(GROUPS) - 1
    return _GROUP_OF.get((board.name, board.exchange), len(GROUPS) - 1)


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
