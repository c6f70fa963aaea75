"""Put the columns of another daily table beside the bars, by code and date, or as of a date."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.checks import Collector
from quanthedge.sources.vendors.columns import kind_of
from quanthedge.sources.vendors.keys import code_ranks, stock_days

__all__ = ["as_of", "beside", "codes_kept", "rows_of"]

Array = np.ndarray[Any, Any]


def beside(
    bars: pa.Table, other: pa.Table, columns: Sequence[str]
) -> tuple[dict[str, Array], Array]:
    """Return columns of `other` on the rows of `bars`, and where there is none.

    Parameters
    ----------
    bars
        Columns code, date; any order.
    other
        Columns code, date and `columns` (numbers).

    Returns
    -------
    dict, Array
        float64 [rows of bars] by name, NaN where `other` has no row; and bool [rows] for that.
    """
    words = code_ranks(bars["code"])[1]
    wanted, there = stock_days(bars, words), stock_days(other, words)
    order = np.argsort(there, kind="stable")
    there = there[order]
    place = np.searchsorted(there, wanted)
    place = np.minimum(place, max(len(there) - 1, 0))
    missing = there[place] != wanted if len(there) else np.ones(len(wanted), dtype=bool)
    return {name: _taken(other, name, order, place, missing) for name in columns}, missing


def as_of(bars: pa.Table, steps: pa.Table, column: str) -> Array:
    """Return the last value of `steps` on or before each bar, NaN before the first one."""
    words = code_ranks(bars["code"])[1]
    wanted, there = stock_days(bars, words), stock_days(steps, words)
    order = np.argsort(there, kind="stable")
    there = there[order]
    place = np.searchsorted(there, wanted, side="right") - 1
    found = place >= 0
    place = np.maximum(place, 0)
    if len(there):
        found &= there[place] >> 17 == wanted >> 17  # the same code
    return _taken(steps, column, order, place, ~found)


def _taken(table: pa.Table, name: str, order: Array, place: Array, missing: Array) -> Array:
    if len(order) == 0:
        return np.full(len(place), np.nan)
    values = table[name].cast(pa.float64()).to_numpy()[order][place]
    return np.where(missing, np.nan, values)


def rows_of(table: pa.Table, kind: str, column: str = "code") -> pa.Table:
    """Return the rows whose code is of a kind: stock, index, contract, other."""
    ranks, words = code_ranks(table[column])
    wanted = np.array([word is not None and kind_of(word) == kind for word in words], dtype=bool)
    if wanted.all():
        return table
    return table.filter(pa.array(wanted[ranks] if len(ranks) else np.zeros(0, dtype=bool)))


def codes_kept(table: pa.Table, name: str, collector: Collector, *kinds: str) -> pa.Table:
    """Leave out what is no A share (nor of the other `kinds`), with count and examples."""
    ranks, words = code_ranks(table["code"])
    wanted = np.array(
        [word is not None and kind_of(word) in ("stock", *kinds) for word in words], dtype=bool
    )
    if wanted.all() or len(ranks) == 0:
        return table
    keep = wanted[ranks]
    others = [str(word) for word, kept in zip(words, wanted, strict=True) if not kept]
    what = f"of {len(others):,} securities that are no A shares left out"
    collector.add("info", name, "no A shares", int((~keep).sum()), what, others)
    return table.filter(pa.array(keep))
