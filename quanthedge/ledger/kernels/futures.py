"""Orders of step 7, step 8 of docs/ledger.md and the futures part of step 2, compiled.

``state.lots`` [C] are the lots held: above 0 long, below 0 sold short. What a day does to them
stands in :class:`quanthedge.ledger.kernels.sheet.FuturesDay`. A product is brought to lots of one
``side`` (BUY: long, SELL: short): what is held on the other side goes first, then lots of the side
are counted without their sign.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, FutureBook, Settings
from quanthedge.ledger.kernels.margin import fee_of_cut, margin_elsewhere, to_futures_account
from quanthedge.ledger.kernels.sheet import FuturesDay, Sheet, note_trade, refuse
from quanthedge.ledger.kernels.wanted_lots import (
    begin_day,
    estimate_book,
    lot_values,
    review_lots,
    write_lots_wanted,
)
from quanthedge.ledger.layout import (
    BETA_,
    BUY,
    DELIVERY,
    DONE,
    EQUITY,
    FUTURE,
    FUTURES_CASH,
    FUTURES_FEE_,
    FUTURES_PNL_,
    HEDGE,
    IMPACT_,
    LIMIT_DOWN,
    LIMIT_UP,
    MARGIN,
    MARGIN_CUT_TRADE,
    NO_PRICE,
    OPEN_LIMIT,
    POSITION_LIMIT,
    ROLL,
    SELL,
    UNFINISHED,
)
from quanthedge.ledger.sleeves import SleeveHedge
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats, Ints

__all__ = [
    "close_now",
    "cut_lots",
    "hedge",
    "limit_room",
    "locked_limit",
    "opening_room",
    "pay_variation",
    "trade_at_fill",
]


@njit(cache=True, allocates=False)
def _trade_future(
    t: int, c: int, quantity: float, price: float, fee: float, impact: float, reason: int,
    futures: FutureBook, state: LedgerState, sheet: Sheet,
) -> None:  # fmt: skip
    """Book futures bought (> 0) or sold (< 0): costs and record; the gain comes with settling."""
    amount = abs(quantity) * futures.multiplier[futures.product[c]] * price
    state.scalars[FUTURES_CASH] -= fee + impact
    state.lots[c] += quantity
    sheet.row[FUTURES_FEE_] += fee
    sheet.row[IMPACT_] += impact
    costs = (0.0, 0.0, 0.0, 0.0, fee, impact)
    note_trade(sheet.logs, t, FUTURE, c, quantity, price, amount, costs, reason, 0.0)


@njit(cache=True, allocates=False)
def trade_at_fill(
    t: int, c: int, quantity: float, reason: int, slippage: float, futures: FutureBook,
    state: LedgerState, sheet: Sheet,
) -> None:  # fmt: skip
    """Trade lots at the day's fill price."""
    p = futures.product[c]
    price = futures.fill_price[t, c]
    amount = abs(quantity) * futures.multiplier[p] * price
    fee = futures.fee_rate[t, p] * amount + futures.order_fee_yuan[t, p]
    impact = slippage * amount
    _trade_future(t, c, quantity, price, fee, impact, reason, futures, state, sheet)


@njit(cache=True, allocates=False)
def locked_limit(t: int, c: int, side: int, futures: FutureBook) -> int:
    """Reason why no lot of a contract can be traded on a side at the fill, or DONE."""
    if np.isnan(futures.fill_price[t, c]):
        return NO_PRICE
    if side == BUY:
        return LIMIT_UP if futures.no_buy[t, c] else DONE
    return LIMIT_DOWN if futures.no_sale[t, c] else DONE


@njit(cache=True, allocates=False)
def opening_room(
    t: int, c: int, held: float, side: int, futures: FutureBook, day: FuturesDay
) -> tuple[float, int]:
    """Lots of a contract that may be opened today, and the reason that sets the bound.

    Limits are the account's: what other sleeves hold and have opened counts.
    """
    locked = locked_limit(t, c, side, futures)
    if locked != DONE:
        return 0.0, locked
    return limit_room(t, c, held, side, futures, day)


@njit(cache=True, allocates=False)
def limit_room(
    t: int, c: int, held: float, side: int, futures: FutureBook, day: FuturesDay
) -> tuple[float, int]:
    """Lots that the account's limits let be opened, whatever the fill, and the limit."""
    p = futures.product[c]
    elsewhere = day.others[c, 1 if side == BUY else 0]
    room, why = np.inf, LIMIT_DOWN
    by_position = max(0.0, futures.position_limit[t, p] - elsewhere - held)
    if by_position < room:
        room, why = by_position, POSITION_LIMIT
    by_opening = max(0.0, futures.opening_limit[t, p] - day.opened_by[p])
    if by_opening < room:
        room, why = by_opening, OPEN_LIMIT
    return room, why


@njit(cache=True, allocates=False)
def close_now(
    t: int, c: int, back: float, side: int, reason: int, slippage: float, futures: FutureBook,
    state: LedgerState, over: Floats, sheet: Sheet,
) -> bool:  # fmt: skip
    """Close lots of yesterday of one side at the fill, settled at once; False where refused."""
    why = locked_limit(t, c, -side, futures)
    if why != DONE:
        refuse(sheet.logs, t, FUTURE, c, -side, back, 0.0, why)
        state.scalars[UNFINISHED] = 1.0
        return False
    trade_at_fill(t, c, -side * back, reason, slippage, futures, state, sheet)
    # What is closed settles at once: its gain may carry the margin of the new lots.
    moved = futures.fill_price[t, c] - futures.settlement[t, c]
    variation = side * back * futures.multiplier[futures.product[c]] * moved
    sheet.row[FUTURES_PNL_] += variation
    state.scalars[FUTURES_CASH] += variation
    over[c] -= side * back
    return True


@njit(cache=True, allocates=False)
def _close_other_side(
    t: int, p: int, side: int, slippage: float, futures: FutureBook, state: LedgerState,
    over: Floats, sheet: Sheet,
) -> None:  # fmt: skip
    """Close the product's lots that are not of this side."""
    for o in range(state.lots.size):
        if futures.product[o] == p and side * state.lots[o] < 0.0:
            back = abs(state.lots[o])
            close_now(t, o, back, -side, HEDGE, slippage, futures, state, over, sheet)


@njit(cache=True, allocates=False)
def _leave_old_contracts(
    t: int, p: int, c: int, keep: float, side: int, slippage: float, futures: FutureBook,
    state: LedgerState, over: Floats, sheet: Sheet,
) -> tuple[float, float]:  # fmt: skip
    """Close the product's lots of a side outside contract c but for ``keep``, settled at once.

    Returns the old lots that are left, and those closed.
    """
    old = 0.0
    for o in range(state.lots.size):
        if futures.product[o] == p and o != c:
            old += max(0.0, side * state.lots[o])
    excess = old - keep
    closed = 0.0
    for o in range(state.lots.size):
        there = side * state.lots[o]
        if futures.product[o] != p or o == c or not there > 0.0 or excess <= 0.0:
            continue
        back = min(excess, there)
        excess -= back
        if close_now(t, o, back, side, ROLL, slippage, futures, state, over, sheet):
            closed += back
    return old - closed, closed


@njit(cache=True, allocates=False)
def _trade_product(
    t: int, p: int, target: float, withdrawable: float, settings: Settings, futures: FutureBook,
    state: LedgerState, day: FuturesDay, sheet: Sheet,
) -> float:  # fmt: skip
    """Bring a product to signed lots of its contract of the day. Returns the withdrawable cash."""
    lots, scalars, logs, slippage = state.lots, state.scalars, sheet.logs, settings.futures_slippage
    c = futures.hold[t, p]
    if np.isnan(futures.fill_price[t, c]):
        if target != lots[c]:
            way = BUY if target > lots[c] else SELL
            refuse(logs, t, FUTURE, c, way, abs(target - lots[c]), 0.0, NO_PRICE)
            scalars[UNFINISHED] = 1.0
        return withdrawable
    side = BUY if target > 0.0 else SELL
    _close_other_side(t, p, side, slippage, futures, state, day.over, sheet)
    held, n = side * lots[c], side * target
    if held < 0.0:  # what could not be closed is in the way
        return withdrawable
    x, why = n, MARGIN
    if n > held:
        room, bound = opening_room(t, c, held, side, futures, day)
        if held + room < n:
            x, why = held + room, bound
    keep = max(0.0, n - x)
    left, closed = _leave_old_contracts(
        t, p, c, keep, side, slippage, futures, state, day.over, sheet
    )
    if x < held:
        locked = locked_limit(t, c, -side, futures)
        if locked != DONE:
            refuse(logs, t, FUTURE, c, -side, held - x, 0.0, locked)
            scalars[UNFINISHED] = 1.0
        else:
            trade_at_fill(t, c, -side * (held - x), HEDGE, slippage, futures, state, sheet)
            day.traded[c] -= side * (held - x)
    elif n > held:
        x = max(held, min(x, n - left))
        per_lot = futures.margin_rate[t + 1, c] * futures.multiplier[p] * futures.fill_price[t, c]
        short, long = margin_elsewhere(t, c, lots, futures, day.others)
        netted = futures.larger_side[t + 1]
        elsewhere, beside = (long, short) if netted and side == BUY else (short, long)
        money = max(0.0, scalars[FUTURES_CASH] + withdrawable - elsewhere)
        affordable = max(held, np.floor(money / per_lot))
        if beside > scalars[FUTURES_CASH] + withdrawable:
            affordable = held
        if affordable < x:
            x, why = affordable, MARGIN
        if x > held:
            wanted = settings.target_multiple * max(per_lot * x + elsewhere, beside)
            moved = min(withdrawable, max(0.0, wanted - scalars[FUTURES_CASH]))
            withdrawable -= to_futures_account(moved, scalars)
        stuck = max(0.0, left - keep)
        if x < n - stuck:
            refuse(logs, t, FUTURE, c, side, n - stuck - held, x - held, why)
            if why != MARGIN:
                scalars[UNFINISHED] = 1.0
        if x > held:
            reason = ROLL if closed > 0.0 else HEDGE
            trade_at_fill(t, c, side * (x - held), reason, slippage, futures, state, sheet)
            day.traded[c] += side * (x - held)
            day.opened[c] += x - held
    return withdrawable


@njit(cache=True, allocates=False)
def hedge(
    t: int, forced: bool, withdrawable: float, bars: Bars, book: SleeveHedge, futures: FutureBook,
    settings: Settings, shares: Floats, held: Ints, n_held: int, state: LedgerState,
    day: FuturesDay, sheet: Sheet,
) -> float:  # fmt: skip
    """Step 7 for a book of ``shares`` [N]. Returns the withdrawable cash; ``day`` is written."""
    equity = state.scalars[EQUITY]
    begin_day(futures, state.lots, day)
    value = estimate_book(t, bars, book, shares, held, n_held, state.book_return, day.beta)
    beta = 0.0
    for p in range(day.beta.size):
        beta += day.beta[p]
    sheet.row[BETA_] = beta if value > 0.0 else np.nan
    lot_values(t, futures, day.lot)
    if value > 0.0:
        write_lots_wanted(t, value, equity, day, book)
    review_lots(t, forced, value, book, state, day)
    for p in range(day.lot.size):
        if np.isnan(day.lot[p]):
            continue
        there = state.lots[futures.hold[t, p]]
        if there != day.wanted[p] or abs(there) != day.gross[p]:  # else nothing is to be done
            withdrawable = _trade_product(
                t, p, day.wanted[p], withdrawable, settings, futures, state, day, sheet
            )
    return withdrawable


@njit(cache=True, allocates=False)
def cut_lots(
    t: int, kept: Floats, slippage: float, futures: FutureBook, state: LedgerState,
    opened: Floats, sheet: Sheet,
) -> None:  # fmt: skip
    """Close a sleeve's lots at the settlement price down to ``kept`` [C]."""
    lots = state.lots
    for c in range(lots.size):
        cut = abs(lots[c]) - kept[c]
        if cut > 0.0:
            price = futures.settlement[t + 1, c]
            fee = fee_of_cut(t, c, cut, opened[c], futures)
            impact = slippage * cut * futures.multiplier[futures.product[c]] * price
            way = cut if lots[c] < 0.0 else -cut
            _trade_future(t, c, way, price, fee, impact, MARGIN_CUT_TRADE, futures, state, sheet)


@njit(cache=True, allocates=False)
def pay_variation(
    t: int, futures: FutureBook, state: LedgerState, day: FuturesDay, sheet: Sheet
) -> bool:
    """Settle every contract and deliver on its last day; False where one has no settlement."""
    lots = state.lots
    for c in range(lots.size):
        if day.over[c] == 0.0 and day.traded[c] == 0.0:
            continue
        multiplier = futures.multiplier[futures.product[c]]
        settlement = futures.settlement[t + 1, c]
        if np.isnan(settlement):
            return False
        variation = 0.0
        if day.over[c] != 0.0:
            variation += day.over[c] * multiplier * (settlement - futures.settlement[t, c])
        if day.traded[c] != 0.0:
            variation += day.traded[c] * multiplier * (settlement - futures.fill_price[t, c])
        state.scalars[FUTURES_CASH] += variation
        sheet.row[FUTURES_PNL_] += variation
        if lots[c] != 0.0 and t >= futures.last_day[c]:
            amount = abs(lots[c]) * multiplier * settlement
            fee = futures.delivery_fee_rate[t, futures.product[c]] * amount
            _trade_future(t, c, -lots[c], settlement, fee, 0.0, DELIVERY, futures, state, sheet)
            state.scalars[UNFINISHED] = 1.0
    return True
