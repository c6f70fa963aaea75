"""Traded prices lie on a cent: rounding to it, and telling when a source's prices do not."""

from typing import Any

import numpy as np

from quanthedge.market.checks import Collector

__all__ = ["Cents"]

Array = np.ndarray[Any, Any]
_OFF = 0.003  # yuan; so far may a source's own rounding take a price from its cent
_FLOAT32_ERROR = 1.5e-7  # of a quotient of two float32, relative
_MOST_OFF = 0.01  # share of prices off a cent above which they are not the traded ones


class Cents:
    """Rounds prices half up to 0.01 yuan and counts those that were not near.

    Parameters
    ----------
    collector
        Told by `finish`: a warning when some prices are off, an error when more than 1% are.
    done
        What was done to the prices, after "prices".
    off
        Continues "prices do not lie near 0.01 yuan".
    cure
        What to do when they are too many.
    """

    def __init__(self, collector: Collector, done: str, off: str, cure: str) -> None:
        self._collector = collector
        self._done, self._what, self._cure = done, off, cure
        self._prices = 0
        self._off = 0
        self._examples: list[str] = []

    def rounded(self, code: str, dates: Array, field: str, price: Array) -> Array:
        """Return a stock's prices on the cent; undefined ones stay so."""
        with np.errstate(invalid="ignore", over="ignore"):
            rounded = np.floor(price * 100 + 0.5) / 100
            off = np.abs(rounded - price) > _OFF + _FLOAT32_ERROR * np.abs(price)
        self._prices += int(np.count_nonzero(~np.isnan(price)))
        if off.any():
            self._off += int(off.sum())
            for row in np.flatnonzero(off)[: Collector.EXAMPLES - len(self._examples)]:
                self._examples.append(f"{code} {dates[row]}, {field} {price[row]:.6g}")
        return np.asarray(rounded)

    def finish(self) -> None:
        """Report the counts."""
        add = self._collector.add
        add("info", "stock_daily", "rounded", self._prices, self._done, unit="price")
        what = f"do not lie near 0.01 yuan{self._what}"
        if self._off > _MOST_OFF * self._prices:
            add("error", "stock_daily", "off cent", self._off, what, self._examples,
                cure=self._cure, unit="price")  # fmt: skip
        elif self._off:
            add("warning", "stock_daily", "off cent", self._off, what, self._examples,
                cure="the nearest is taken", unit="price")  # fmt: skip
