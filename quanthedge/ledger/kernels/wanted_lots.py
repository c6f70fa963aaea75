"""Step 7 of docs/ledger.md up to the orders, compiled: beta of the book, lots wanted, review.

What is decided stands in ``wanted`` [P] of :class:`quanthedge.ledger.kernels.sheet.FuturesDay`, in
signed lots; :mod:`quanthedge.ledger.kernels.futures` trades them.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.hedge.kernels.lots import joint_lots
from quanthedge.hedge.policies.kernels import due
from quanthedge.ledger.inputs import Bars, FutureBook
from quanthedge.ledger.kernels.sheet import FuturesDay
from quanthedge.ledger.layout import BOTTOM_UP, GIVEN, MARGIN_CUT, STATED, TOP_DOWN, UNFINISHED
from quanthedge.ledger.sleeves import SleeveHedge
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats, Ints

__all__ = [
    "begin_day",
    "estimate_book",
    "lot_values",
    "nearest_lots",
    "review_lots",
    "write_lots_wanted",
]


@njit(cache=True, allocates=False)
def _own_return_beta(t: int, book_return: Floats, book: SleeveHedge) -> float:
    """OLS slope of the book's own returns on the index over the window ending at t - 1."""
    n = 0
    sx = sy = sxx = sxy = 0.0
    for s in range(max(0, t - book.window), t):
        x = book.index_return[s + 1]
        y = book_return[s]
        if np.isnan(x) or np.isnan(y):
            continue
        n += 1
        sx += x
        sy += y
        sxx += x * x
        sxy += x * y
    if n < book.min_observations or n < 2:
        return book.default_beta
    spread = sxx - sx * sx / n
    return (sxy - sx * sy / n) / spread if spread > 0.0 else book.default_beta


@njit(cache=True, allocates=False)
def estimate_book(
    t: int, bars: Bars, hedge: SleeveHedge, shares: Floats, held: Ints, n_held: int,
    book_return: Floats, beta: Floats,
) -> float:  # fmt: skip
    """Write the book's beta to each product's index into ``beta`` [P]; returns its value."""
    for p in range(beta.size):
        beta[p] = 0.0
    value = 0.0
    for k in range(n_held):
        i = held[k]
        amount = shares[i] * bars.mark[t, i] * bars.adj_factor[t, i] / bars.adj_factor[t + 1, i]
        value += amount
        if hedge.method == BOTTOM_UP or hedge.method == STATED:
            for p in range(beta.size):
                b = hedge.beta[t, i, p]
                default = hedge.default_beta if p == 0 else 0.0
                beta[p] += amount * (default if np.isnan(b) else b)
    if value == 0.0:  # below 0: borrowed stocks, sold
        return value
    if hedge.method == BOTTOM_UP or hedge.method == STATED:
        for p in range(beta.size):
            beta[p] /= value
    elif hedge.method == TOP_DOWN:
        beta[0] = _own_return_beta(t, book_return, hedge)
    elif hedge.method == GIVEN:
        for p in range(beta.size):
            b = hedge.book_ratio[t, p]
            default = hedge.default_beta if p == 0 else 0.0
            beta[p] = default if np.isnan(b) else b
    else:
        beta[0] = hedge.default_beta
    return value


@njit(cache=True, allocates=False)
def lot_values(t: int, futures: FutureBook, lot: Floats) -> None:
    """Write the value of a lot of each product's contract, [P]; NaN: left as it is today."""
    for p in range(lot.size):
        lot[p] = np.nan
        c = futures.hold[t, p]
        if c >= 0:
            price = futures.settlement[t, c]
            if np.isnan(price):
                price = futures.fill_price[t, c]
            lot[p] = futures.multiplier[p] * price


@njit(cache=True, allocates=False)
def _into_range(exposure: Floats, lot: Floats, book: float, low: float, high: float) -> None:
    """Scale short values of the products that can be traded into the range, in place."""
    total = 0.0
    first = -1
    for p in range(exposure.size):
        if not np.isnan(lot[p]):
            exposure[p] = max(0.0, exposure[p])
            total += exposure[p]
            first = p if first < 0 else first
    if first < 0:
        return
    factor = 1.0
    if total < low * book:
        if total <= 0.0:
            exposure[first] = low * book
            return
        factor = low * book / total
    elif total > high * book:
        factor = high * book / total
    if factor != 1.0:
        for p in range(exposure.size):
            exposure[p] *= factor


@njit(cache=True)
def _joint_lots_wanted(
    t: int, book: float, equity: float, exposure: Floats, day: FuturesDay, hedge: SleeveHedge
) -> None:
    """Write the whole lots of all products that are best together into ``day.wanted`` [P]."""
    lot = day.lot
    active = np.empty(lot.size, np.int64)
    n = 0
    for p in range(lot.size):
        if not np.isnan(lot[p]):
            active[n] = p
            n += 1
    if n == 0:
        return
    short, carry, value = np.empty(n), np.empty(n), np.empty(n)
    ceiling, covariance = np.empty(n), np.empty((n, n))
    for k in range(n):
        short[k], carry[k] = exposure[active[k]], hedge.carry[t, active[k]]
        value[k], ceiling[k] = lot[active[k]], np.inf
        for m in range(n):
            covariance[k, m] = hedge.covariance[t, active[k], active[m]]
    lots = joint_lots(
        short, covariance, hedge.aversion / max(1.0, equity), carry, value,
        hedge.range_low * book, hedge.range_high * book, ceiling,
    )  # fmt: skip
    for k in range(n):
        day.wanted[active[k]] = -lots[k]


@njit(cache=True, allocates=False)
def nearest_lots(value: float, lot: float, both_sides: bool) -> float:
    """Signed lots nearest to a signed value, halves away from 0; without both sides none above."""
    if value > 0.0:
        return np.floor(value / lot + 0.5) if both_sides else 0.0
    return -np.floor(-value / lot + 0.5)


@njit(cache=True, allocates=False)
def write_lots_wanted(
    t: int, book: float, equity: float, day: FuturesDay, hedge: SleeveHedge
) -> None:
    """Write the lots that hedge the book into ``day.wanted``; products without a lot value keep.

    ``day.beta`` is used up: it becomes the exposure to be hedged, yuan.
    """
    exposure, lot = day.beta, day.lot
    for p in range(lot.size):
        exposure[p] = hedge.ratio * exposure[p] * book
    if hedge.aversion != 0.0:
        _joint_lots_wanted(t, book, equity, exposure, day, hedge)
        return
    if not hedge.both_sides:
        _into_range(exposure, lot, book, hedge.range_low, hedge.range_high)
    for p in range(lot.size):
        if not np.isnan(lot[p]):
            day.wanted[p] = nearest_lots(-exposure[p], lot[p], hedge.both_sides)


@njit(cache=True, allocates=False)
def _policy_review(
    t: int, book: float, day: FuturesDay, last_level: Floats, hedge: SleeveHedge
) -> bool:
    """Ask the policy for each product; a landing short of the target changes ``wanted``."""
    lot, wanted = day.lot, day.wanted
    review = False
    for p in range(lot.size):
        if np.isnan(lot[p]):
            continue
        target = wanted[p] * lot[p] / book
        current = day.held[p] * lot[p] / book
        asked, landing = due(
            hedge.policy, t, target, current, hedge.index_level[t, p], last_level[p]
        )
        if asked:
            review = True
            if landing != target:
                wanted[p] = nearest_lots(landing * book, lot[p], hedge.both_sides)
    return review


@njit(cache=True, allocates=False)
def begin_day(futures: FutureBook, lots: Floats, day: FuturesDay) -> None:
    """Note what is held over from yesterday by product."""
    for p in range(day.held.size):
        day.held[p] = 0.0
        day.gross[p] = 0.0
        day.wanted[p] = 0.0
    for c in range(lots.size):
        day.held[futures.product[c]] += lots[c]
        day.gross[futures.product[c]] += abs(lots[c])


@njit(cache=True, allocates=False)
def _opens_a_product(day: FuturesDay) -> bool:
    """Whether a product of which lots are wanted has none."""
    for p in range(day.lot.size):
        if day.held[p] == 0.0 and day.wanted[p] != 0.0 and not np.isnan(day.lot[p]):
            return True
    return False


@njit(cache=True, allocates=False)
def review_lots(
    t: int, forced: bool, value: float, book: SleeveHedge, state: LedgerState, day: FuturesDay
) -> None:
    """Keep the lots wanted where the day reviews them, else take those held."""
    scalars = state.scalars
    review = forced or scalars[MARGIN_CUT] > 0.0 or scalars[UNFINISHED] > 0.0 or value <= 0.0
    scalars[MARGIN_CUT] = max(0.0, scalars[MARGIN_CUT] - 1.0)
    scalars[UNFINISHED] = 0.0
    review = review or _opens_a_product(day)
    if not review:
        review = _policy_review(t, value, day, state.last_level, book)
    for p in range(day.lot.size):
        if review:
            state.last_level[p] = book.index_level[t, p]
        else:
            day.wanted[p] = day.held[p]
