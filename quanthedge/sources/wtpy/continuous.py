"""From a continuous series of futures back to contracts, where the rules say which one it was.

A rule file and a series come from different hands, and a series that switches on another day than
the rules carries one contract's prices under another's name. So each stretch must prove itself: its
last close must be the one that the rules name for the contract at the next switch, and where the
contract has a file of its own the two must agree.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.checks import Collector
from quanthedge.rules import third_friday
from quanthedge.sources.wtpy.rules import Switch

__all__ = ["contracts_of_continuous"]

Array = np.ndarray[Any, Any]
_SAME_CLOSE = 0.01  # points
_NEVER = np.datetime64("9999-12-31", "D")


def contracts_of_continuous(
    name: str,
    rows: pa.Table,
    switches: Sequence[Switch],
    own: Mapping[str, pa.Table],
    collector: Collector,
) -> pa.Table:
    """Return the rows of a continuous series that are surely one contract's, with their contract.

    Parameters
    ----------
    name
        The series, ``CFFEX.IF.HOT``.
    rows
        Its bars in order of their dates.
    switches
        Its changes of contract in order.
    own
        Bars of contracts that have a file of their own: their days are taken from there.
    collector
        Told what was left out, and why.
    """
    dates = rows["date"].to_numpy().astype("datetime64[D]")
    taken: list[Array] = []
    names: list[str] = []
    doubtful: list[str] = []
    covered = 0
    for switch, after in pairwise([*switches, None]):
        assert switch is not None
        until = _NEVER if after is None else after.date
        stretch = np.flatnonzero((dates >= switch.date) & (dates < until))
        within = stretch[dates[stretch] <= _last_day(switch.contract)]
        covered += len(stretch if after is not None else within)
        reason = _doubt(rows, stretch, within, switch, after, own.get(switch.contract))
        if reason:
            doubtful.append(f"{switch.contract} from {switch.date}: {reason}")
            continue
        fresh = within[~np.isin(dates[within], _own_days(own.get(switch.contract)))]
        taken.append(fresh)
        names += [switch.contract] * len(fresh)
    kept = np.concatenate(taken) if taken else np.empty(0, dtype=np.int64)
    _report(name, rows.num_rows, covered, kept, doubtful, collector)
    table = rows.take(pa.array(kept, pa.int64()))
    return table.add_column(0, "contract", pa.array(names, pa.string()))


def _doubt(
    rows: pa.Table,
    stretch: Array,
    within: Array,
    switch: Switch,
    after: Switch | None,
    own: pa.Table | None,
) -> str:
    """Return why a stretch may be another contract's; empty when nothing speaks against it."""
    if len(stretch) == 0:
        return ""
    close = rows["close"].to_numpy()
    if after is not None:
        if len(within) < len(stretch):
            return "the rules keep it beyond its last trading day"
        if after.before is not None and after.before != switch.contract:
            return f"the next switch is from {after.before}"
        if not abs(close[stretch[-1]] - after.last_close) <= _SAME_CLOSE:
            by_rules = "unknown" if np.isnan(after.last_close) else f"{after.last_close:g}"
            return f"its last close is {close[stretch[-1]]:g}, by the rules {by_rules}"
    if own is not None:
        theirs = dict(zip(own["date"].to_pylist(), own["close"].to_pylist(), strict=True))
        days = rows["date"].take(pa.array(within)).to_pylist()
        for day, value in zip(days, close[within].tolist(), strict=True):
            if day in theirs and not abs(theirs[day] - value) <= _SAME_CLOSE:
                return f"its close on {day} is {value:g}, in the contract's file {theirs[day]:g}"
    return ""


def _own_days(own: pa.Table | None) -> Array:
    return np.empty(0, "datetime64[D]") if own is None else own["date"].to_numpy()


def _last_day(contract: str) -> np.datetime64:
    return third_friday(2000 + int(contract[-4:-2]), int(contract[-2:]))


def _report(
    name: str, rows: int, covered: int, kept: Array, doubtful: list[str], collector: Collector
) -> None:
    if doubtful:
        what = f"of {name} left out: series and rules do not fit"
        collector.add("warning", "futures_daily", "stretches", len(doubtful), what, doubtful,
                      unit="stretch")  # fmt: skip
    if rows - covered:
        what = f"of {name} before the first rule, or after the last contract's last day, left out"
        collector.add("info", "futures_daily", "no rule", rows - covered, what, unit="bar")
    if len(kept):
        what = (
            f"{len(kept):,} bars of {name} are given to contracts by the rule file; that the "
            "series switches on the rules' days is checked at the end of each stretch but the last"
        )
        collector.assume("futures_daily", what)
