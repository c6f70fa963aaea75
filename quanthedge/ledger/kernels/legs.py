"""Legs in stocks and in contracts that go together, compiled: docs/ledger.md, "Sleeves".

Both are put into yuan before the day's trading: stocks at their reference prices, lots at the last
settlement. ``LEG_RATIO`` of the state is the value sold short for each yuan of stocks that the
sleeve's last decision asked for, 0 where its legs do not wait; below 0 where it is the value bought
for each yuan of borrowed stocks. Then both legs are counted with the other sign, so that what
stands against each other is above 0 either way.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, FutureBook
from quanthedge.ledger.kernels.margin import price_before
from quanthedge.ledger.kernels.prices import reference_price
from quanthedge.ledger.layout import BUY, LEG_RATIO, SELL
from quanthedge.ledger.sleeves import SleeveTargets
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats, Ints

__all__ = [
    "against_stocks",
    "lot_value",
    "lots_to_go",
    "lots_to_open",
    "more_against",
    "note_ratio",
    "part_by_stocks",
    "side_of",
    "stocks_allowed",
    "value_before",
    "way_of_stocks",
]


@njit(cache=True, allocates=False)
def side_of(signed: float) -> int:
    """Side of signed lots."""
    return BUY if signed > 0.0 else SELL


@njit(cache=True, allocates=False)
def lot_value(t: int, c: int, futures: FutureBook) -> float:
    """Value of a lot before the day's trading, yuan; NaN where no price is known."""
    return futures.multiplier[futures.product[c]] * price_before(t, c, futures)


@njit(cache=True, allocates=False)
def lots_to_go(c: int, state: LedgerState) -> float:
    """Lots of a contract that are to be closed, without sign."""
    lots, wanted = state.lots[c], state.wanted_lots[c]
    if np.isnan(wanted) or lots == 0.0:
        return 0.0
    if wanted * lots <= 0.0:
        return abs(lots)
    return max(0.0, abs(lots) - abs(wanted))


@njit(cache=True, allocates=False)
def lots_to_open(c: int, state: LedgerState) -> float:
    """Lots of a contract that are to be opened, without sign; none while others are in the way."""
    lots, wanted = state.lots[c], state.wanted_lots[c]
    if np.isnan(wanted) or wanted * lots < 0.0:
        return 0.0
    return max(0.0, abs(wanted) - abs(lots))


@njit(cache=True, allocates=False)
def note_ratio(r: int, targets: SleeveTargets, state: LedgerState) -> None:
    """Write the ratio of the legs that row r of the targets asks for.

    A row that names nothing closes both legs: the ratio in which they were held stays.
    """
    stocks = 0.0
    for k in range(targets.pointer[r], targets.pointer[r + 1]):
        stocks += targets.weights[k]
    begin, end = targets.lot_pointer[r], targets.lot_pointer[r + 1]
    if stocks == 0.0 and begin == end:
        return
    sold = 0.0
    for k in range(begin, end):
        sold -= targets.exposures[k]  # NaN, a contract left as it is: nothing waits for it
    state.scalars[LEG_RATIO] = 0.0
    if sold * stocks > 0.0:
        state.scalars[LEG_RATIO] = sold / stocks if stocks > 0.0 else 0.0 - sold / stocks


@njit(cache=True, allocates=False)
def way_of_stocks(state: LedgerState) -> float:
    """Sign of the stocks that contracts wait for: below 0 where they are borrowed."""
    return -1.0 if state.scalars[LEG_RATIO] < 0.0 else 1.0


@njit(cache=True, allocates=False)
def value_before(t: int, bars: Bars, shares: Floats, held: Ints, n_held: int) -> float:
    """Value of stocks at the day's reference prices, yuan; of borrowed ones below 0."""
    value = 0.0
    for k in range(n_held):
        i = held[k]
        if shares[i] != 0.0:
            value += shares[i] * reference_price(t, i, bars)
    return value


@njit(cache=True, allocates=False)
def against_stocks(t: int, futures: FutureBook, state: LedgerState) -> float:
    """Value of the lots that stand against the stocks less that of others, yuan."""
    lots = state.lots
    value = 0.0
    for c in range(lots.size):
        if lots[c] != 0.0:
            value -= lots[c] * lot_value(t, c, futures)
    return way_of_stocks(state) * value


@njit(cache=True, allocates=False)
def more_against(
    t: int, part: float, futures: FutureBook, state: LedgerState
) -> tuple[float, float]:
    """Value that a part of the lots to be opened sets against the stocks, and their largest number.

    A part of 1 or less is that of whole lots.
    """
    value = 0.0
    most = 0.0
    for c in range(state.lots.size):
        more = lots_to_open(c, state)
        most = max(most, more)
        opened = np.floor(part * more + 1e-9)
        if opened > 0.0:
            value -= side_of(state.wanted_lots[c]) * opened * lot_value(t, c, futures)
    return way_of_stocks(state) * value, most


@njit(cache=True, allocates=False)
def part_by_stocks(
    t: int, worth: float, there: float, futures: FutureBook, state: LedgerState
) -> float:
    """Part of the lots to be opened that brings those ``there`` to the worth, to the nearest lot.

    ``worth`` is what the stocks carry, ``there`` what stands against them, yuan.
    """
    value, most = more_against(t, 1.0, futures, state)
    if not value > 0.0:
        return np.inf
    return max(0.0, (worth - there) / value + 0.5 / most)


@njit(cache=True, allocates=False)
def stocks_allowed(t: int, part: float, futures: FutureBook, state: LedgerState) -> float:
    """Value of stocks that lots held, and a part of those to be opened, let a sleeve hold or owe.

    Yuan; infinite where the contracts keep nothing waiting.
    """
    ratio = abs(state.scalars[LEG_RATIO])
    whole, most = more_against(t, 1.0, futures, state)
    if not ratio > 0.0 or whole <= 0.0 or part >= 1.0:
        return np.inf
    there = against_stocks(t, futures, state) + more_against(t, part, futures, state)[0]
    half = 0.0 if np.isnan(whole) else 0.5 * whole / most  # NaN: a contract without a price
    return (there + half) / ratio if there > 0.0 else 0.0
