"""One company under two codes: pairs of stocks whose bars are equal on many days.

Vendors that follow a change of code back-fill the new code with the old one's history and keep the
old one as well, at times from another table with other roundings of the volume. Two companies have
the same open, high, low, close and first two digits of the volume on one day by chance now and
then, on five days never.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.blocks import Axes, Block
from quanthedge.market.checks.findings import Collector

__all__ = ["Double", "Doubles"]

Array = np.ndarray[Any, Any]
_LEAST_DAYS = 5
_SURE_SHARE = 0.99  # of the common days: below it the two are not the same throughout
COLUMNS = ("open", "high", "low", "close", "volume")
_ODD = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio's bits, which spread a product's high half
_CURE = (
    "one company under two codes counts twice in every cross-section; import again, which joins "
    "them (docs/importing.md)"
)


@dataclass(frozen=True)
class Double:
    """Two codes with equal bars.

    Attributes
    ----------
    codes
        The two codes in order.
    equal, common
        Days with equal bars, and days on which both traded.
    span
        First and last day with equal bars.
    last
        Last day of each.
    alone
        Days on which only that one traded, by code.
    """

    codes: tuple[str, str]
    equal: int
    common: int
    span: tuple[np.datetime64, np.datetime64]
    last: tuple[np.datetime64, np.datetime64]
    alone: tuple[int, int]

    @property
    def sure(self) -> bool:
        """Whether the bars are equal wherever both have one."""
        return self.equal >= _SURE_SHARE * self.common

    def __str__(self) -> str:
        one, two = self.codes
        return (
            f"{one} and {two} on {self.equal:,} of {self.common:,} common days, {self.span[0]} to "
            f"{self.span[1]}"
        )


class Doubles:
    """Feed it blocks with `add`, then call `finish` once.

    Parameters
    ----------
    axes
        Calendar and codes.
    collector
        Receives the finding, and the pairs in `doubles`.
    """

    def __init__(self, axes: Axes, collector: Collector) -> None:
        self._axes = axes
        self._collector = collector
        self._marks = np.zeros((len(axes.calendar), len(axes.codes)), dtype=np.uint32)

    def add(self, block: Block) -> None:
        """Keep a mark of 32 bits for each bar: equal bars have equal marks."""
        mark = np.zeros(len(block.stock), dtype=np.uint64)
        for name in COLUMNS:
            values = block.numbers(name)
            bits = ((_two_digits(values) if name == "volume" else values) + 0.0).view(np.uint64)
            mark = (mark ^ bits) * _ODD
            mark ^= mark >> np.uint64(29)
        there = (block.stock >= 0) & (block.day >= 0)
        short = (mark >> np.uint64(32)).astype(np.uint32) | np.uint32(1)  # 0 is no bar
        self._marks[block.day[there], block.stock[there]] = short[there]

    def finish(self) -> None:
        """Report the pairs, those with the most equal days first."""
        found = [self._double(*pair) for pair in self._pairs()]
        found = sorted((one for one in found if one.equal >= _LEAST_DAYS), key=lambda d: -d.equal)
        self._collector.doubles += found
        if found:
            what = "of stocks have equal bars on many days (one company under two codes?)"
            examples = [str(one) for one in found[: Collector.EXAMPLES]]
            self._collector.add(
                "warning", "stock_daily", "one company twice", len(found), what, examples,
                cure=_CURE, unit="pair",
            )  # fmt: skip

    def _pairs(self) -> list[tuple[int, int]]:
        """Return the pairs of stocks that have equal marks on enough days."""
        counts: dict[tuple[int, int], int] = {}
        for day in self._marks:
            ordered = np.sort(day)
            twice = ordered[1:][(ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)]
            for mark in np.unique(twice):
                stocks = np.flatnonzero(day == mark)
                for pair in zip(stocks[:-1].tolist(), stocks[1:].tolist(), strict=True):
                    counts[pair] = counts.get(pair, 0) + 1
        return [pair for pair, days in counts.items() if days >= _LEAST_DAYS]

    def _double(self, one: int, two: int) -> Double:
        first, second = self._marks[:, one], self._marks[:, two]
        equal = np.flatnonzero((first == second) & (first != 0))
        calendar, codes = self._axes.calendar, self._axes.codes
        order = [(codes[one], first), (codes[two], second)]
        order.sort(key=lambda side: str(side[0]))
        return Double(
            codes=(str(order[0][0]), str(order[1][0])),
            equal=len(equal),
            common=int(((first != 0) & (second != 0)).sum()),
            span=(calendar[equal[0]], calendar[equal[-1]]),
            last=(_last(calendar, order[0][1]), _last(calendar, order[1][1])),
            alone=(
                int(((order[0][1] != 0) & (order[1][1] == 0)).sum()),
                int(((order[1][1] != 0) & (order[0][1] == 0)).sum()),
            ),
        )


def _two_digits(values: Array) -> Array:
    """Return numbers rounded to two digits; what is not above 0 is left as it is."""
    sound = np.isfinite(values) & (values > 0)
    unit = 10.0 ** (np.floor(np.log10(np.where(sound, values, 1.0))) - 1)
    return np.where(sound, np.rint(values / unit) * unit, values)


def _last(calendar: Array, marks: Array) -> np.datetime64:
    return np.datetime64(calendar[np.flatnonzero(marks)[-1]], "D")
