"""Who rules from day to day, and what a sleeve wants when another variant of it takes over."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.backtesting.plan import Prepared
from quanthedge.ledger import SleeveTargets

__all__ = ["Ruler", "ends_of", "sleeve_by_day"]


class Ruler(NamedTuple):
    """Who rules from a day of the span on: 0 is the first trading day."""

    first: int
    prepared: Prepared


def ends_of(rulers: Sequence[Ruler]) -> list[int]:
    """Return the day after the last of each."""
    return [*(one.first for one in rulers[1:]), rulers[0].prepared.dates.size - 1]


class _Decision(NamedTuple):
    """What a sleeve wants after a decision: stocks, and contracts among those of all rulers."""

    stocks: NDArray[Any]
    weights: NDArray[Any]
    contracts: NDArray[Any]
    exposures: NDArray[Any]


_NOTHING = _Decision(*(np.empty(0, dtype=kind) for kind in (np.int64, float, np.int64, float)))


def sleeve_by_day(rulers: Sequence[Ruler], names: Sequence[str], s: int) -> SleeveTargets:
    """Return the targets of sleeve s by who ruled on each day, contracts among ``names``.

    Where what a ruler stands at differs from what its predecessor stood at, the sleeve is traded to
    it on the ruler's first day.
    """
    days: list[int] = []
    decided: list[_Decision] = []
    place = {name: c for c, name in enumerate(names)}
    held = _NOTHING
    for ruler, end in zip(rulers, ends_of(rulers), strict=True):
        book = ruler.prepared.inputs.targets.sleeve(s)
        moved = np.array([place[name] for name in ruler.prepared.leg.contracts], dtype=np.int64)
        own = np.flatnonzero((book.trade_days >= ruler.first) & (book.trade_days < end)).tolist()
        if ruler.first > 0 and not (own and book.trade_days[own[0]] == ruler.first):
            before = int(np.searchsorted(book.trade_days, ruler.first))
            standing = _decision(book, before - 1, moved) if before else _NOTHING
            if not _alike(standing, held):
                days.append(ruler.first)
                decided.append(standing)
        for r in own:
            days.append(int(book.trade_days[r]))
            decided.append(_decision(book, r, moved))
        held = decided[-1] if decided else _NOTHING
    whole = [_NOTHING, *decided]
    return SleeveTargets(
        np.array(days, dtype=np.int64),
        np.cumsum([one.stocks.size for one in whole]).astype(np.int64),
        np.concatenate([one.stocks for one in whole]),
        np.concatenate([one.weights for one in whole]),
        np.cumsum([one.contracts.size for one in whole]).astype(np.int64),
        np.concatenate([one.contracts for one in whole]),
        np.concatenate([one.exposures for one in whole]),
    )


def _decision(book: SleeveTargets, r: int, moved: NDArray[np.int64]) -> _Decision:
    some = slice(int(book.pointer[r]), int(book.pointer[r + 1]))
    legs = slice(int(book.lot_pointer[r]), int(book.lot_pointer[r + 1]))
    contracts = moved[book.contracts[legs]]
    order = np.argsort(contracts, kind="stable")
    return _Decision(
        book.stocks[some], book.weights[some], contracts[order], book.exposures[legs][order]
    )


def _alike(one: _Decision, other: _Decision) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(one, other, strict=True)
    )
