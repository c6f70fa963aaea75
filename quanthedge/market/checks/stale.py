"""Stale prices: bars that a vendor repeated where it had none.

A bar equal to the one before in every price and in its volume is no coincidence. Equal closes are
common among low prices (a tick is then a large move), so that only long runs are named.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.blocks import Axes, Block
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.rows import Rows
from quanthedge.market.schema import TABLES

__all__ = ["StaleBars", "check_stale_tables"]

Array = np.ndarray[Any, Any]
_SAME_CLOSE_DAYS = 10  # two weeks
_SAME_BAR_DAYS = 5  # one week
_LOW_PRICE = 2.0  # yuan; below it a tick is 0.5% and more, and equal bars are no sign
PRICES = ("open", "high", "low", "close")
_REPEATED = "repeat the prices and the volume of the day before (stale?)"


class StaleBars:
    """Feed it blocks of stock bars with `add`, then call `finish` once."""

    def __init__(self, axes: Axes, collector: Collector) -> None:
        self._axes = axes
        self._collector = collector
        self._runs: dict[str, list[tuple[int, str]]] = {"close": [], "bar": []}

    def add(self, block: Block, rows: Rows, same: Array) -> None:
        """Look at a block; `same` are the rows whose row before is sound and the same stock's."""
        equal = {name: _as_before(block.numbers(name)) & same for name in (*PRICES, "volume")}
        bar = equal["open"] & equal["high"] & equal["low"] & equal["close"]
        rows.flag("warning", "repeated bar", bar & equal["volume"], _REPEATED, show=("close",))
        bar &= block.numbers("close") >= _LOW_PRICE
        for name, held, least in (
            ("close", equal["close"], _SAME_CLOSE_DAYS),
            ("bar", bar, _SAME_BAR_DAYS),
        ):
            begin, days = _runs(held)
            for row, length in zip(begin[days >= least], days[days >= least], strict=True):
                code = self._axes.codes[block.stock[row]]
                date, close = block.numbers("date")[row], block.numbers("close")[row]
                text = f"{code} {length} days from {date}, close {close:.10g}"
                self._runs[name].append((int(length), text))

    def finish(self) -> None:
        """Report the long runs, the longest first."""
        for name, what in (
            ("close", f"with the same close on {_SAME_CLOSE_DAYS} or more traded days"),
            ("bar", f"with the same open, high, low and close on {_SAME_BAR_DAYS} or more days"),
        ):
            runs = sorted(self._runs[name], key=lambda run: -run[0])
            if runs:
                examples = [text for _, text in runs[: Collector.EXAMPLES]]
                self._collector.add(
                    "warning", "stock_daily", f"same {name}", len(runs), what, examples,
                    unit="stretch",
                )  # fmt: skip


def check_stale_tables(tables: Mapping[str, pa.Table], collector: Collector) -> None:
    """Look for repeated bars of indices and futures contracts (tables sorted by their keys)."""
    for name, owner, columns in (
        ("index_daily", "code", (*PRICES, "volume", "amount")),
        ("futures_daily", "contract", (*PRICES, "settle", "volume", "open_interest")),
    ):
        if name not in tables or tables[name].num_rows == 0:
            continue
        rows = Rows(tables[name], TABLES[name], collector)
        repeated = _as_before(rows.texts(owner))
        known = np.zeros(len(repeated), dtype=np.int64)
        for column in columns:
            values = rows.numbers(column)
            repeated &= _as_before(values)
            known += ~np.isnan(values)
        if name == "futures_daily":  # without a trade nothing has to move
            repeated &= ~(rows.numbers("volume") == 0)
        before = np.append(np.zeros(1, dtype=bool), repeated[:-1])
        stale = repeated & ((known > 1) | before)  # a close alone may be equal by chance
        what = "repeat all that is known of the day before (stale?)"
        rows.flag("warning", "repeated bar", stale, what, show=("close",))


def _as_before(values: Array) -> Array:
    """Return where a value equals the one of the row before; two undefined ones are equal."""
    equal = np.zeros(len(values), dtype=bool)
    equal[1:] = values[1:] == values[:-1]
    if values.dtype.kind == "f":
        equal[1:] |= np.isnan(values[1:]) & np.isnan(values[:-1])
    return equal


def _runs(equal: Array) -> tuple[Array, Array]:
    """Return the first row and the length of each run of rows equal to the one before."""
    begin = np.flatnonzero(~equal)
    return begin, np.diff(np.append(begin, len(equal)))
