"""Steps 7 and 8 of docs/ledger.md and the futures part of step 2, compiled.

``state.short`` [C] are the lots sold short; what a day does to them stands in
:class:`quanthedge.ledger.kernels.sheet.FuturesDay`.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.hedge.kernels.lots import joint_lots
from quanthedge.hedge.policies.kernels import due
from quanthedge.ledger.inputs import Bars, FutureBook, HedgeBook, LedgerInputs, Settings
from quanthedge.ledger.kernels.sheet import FuturesDay, Sheet, note_trade, refuse
from quanthedge.ledger.layout import (
    BETA_,
    BOTTOM_UP,
    BUY,
    DELIVERY,
    EQUITY,
    FUTURE,
    FUTURES_CASH,
    FUTURES_FEE_,
    FUTURES_PNL_,
    GIVEN,
    HEDGE,
    IMPACT_,
    LIMIT_DOWN,
    LIMIT_UP,
    LOAN,
    LOAN_TARGET,
    MARGIN,
    MARGIN_CUT,
    MARGIN_CUT_TRADE,
    NO_PRICE,
    OPEN_LIMIT,
    OWED,
    POSITION_LIMIT,
    RAISE_CASH,
    ROLL,
    SELL,
    SMALLEST_DEBT,
    STOCK_CASH,
    TOP_DOWN,
    UNFINISHED,
)
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats, Ints

__all__ = ["any_lots", "hedge", "margin_required", "morning_treasury", "settle_futures"]


@njit(cache=True, allocates=False)
def any_lots(short: Floats) -> bool:
    """Whether any contract is held."""
    for c in range(short.size):
        if short[c] != 0.0:
            return True
    return False


@njit(cache=True, allocates=False)
def margin_of(t1: int, c: int, futures: FutureBook, lots: float) -> float:
    """Margin of lots of a contract at the settlement of the day in row t1 (day t1 - 1), yuan."""
    multiplier = futures.multiplier[futures.product[c]]
    return futures.margin_rate[t1, c] * multiplier * futures.settlement[t1, c] * lots


@njit(cache=True, allocates=False)
def margin_required(t1: int, short: Floats, futures: FutureBook) -> float:
    """Margin of all lots at the settlement of the day in row t1 (day t1 - 1), yuan."""
    total = 0.0
    for c in range(short.size):
        if short[c] > 0.0:
            total += margin_of(t1, c, futures, short[c])
    return total


@njit(cache=True, allocates=False)
def to_futures_account(amount: float, scalars: Floats) -> float:
    """Move money between the accounts (below 0: back to the stocks). Returns what was moved."""
    scalars[FUTURES_CASH] += amount
    scalars[STOCK_CASH] -= amount
    return amount


@njit(cache=True, allocates=False)
def morning_treasury(t: int, rebalance: int, inputs: LedgerInputs, state: LedgerState) -> float:
    """Step 2: futures account to its target, loan. Returns the withdrawable stock cash.

    ``rebalance`` is the row of the targets traded today, -1 on other days.
    """
    settings, scalars, short = inputs.settings, state.scalars, state.short
    withdrawable = scalars[STOCK_CASH]
    cash = scalars[FUTURES_CASH]
    moved = 0.0
    if any_lots(short):
        required = margin_required(t, short, inputs.futures)
        if cash < settings.call_multiple * required:
            moved = max(0.0, min(withdrawable, settings.target_multiple * required - cash))
        elif cash > settings.release_multiple * required:
            moved = settings.target_multiple * required - cash
        elif scalars[OWED] > withdrawable:
            spare = max(0.0, cash - settings.target_multiple * required)
            moved = -min(spare, scalars[OWED] - withdrawable)
    elif cash > 0.0:
        moved = -cash
    else:
        moved = max(0.0, min(withdrawable, -cash))
    withdrawable -= to_futures_account(moved, scalars)
    if rebalance >= 0:
        pointer = inputs.targets.pointer
        scalars[LOAN_TARGET] = 0.0
        if pointer[rebalance + 1] > pointer[rebalance]:
            scalars[LOAN_TARGET] = settings.borrowed * max(0.0, scalars[EQUITY])
        drawn = max(0.0, scalars[LOAN_TARGET] - scalars[LOAN])
        scalars[LOAN] += drawn
        scalars[STOCK_CASH] += drawn
        withdrawable += drawn
    if scalars[LOAN] > scalars[LOAN_TARGET]:
        repaid = max(0.0, min(withdrawable, scalars[LOAN] - scalars[LOAN_TARGET]))
        scalars[LOAN] -= repaid
        scalars[STOCK_CASH] -= repaid
        withdrawable -= repaid
    return withdrawable


@njit(cache=True, allocates=False)
def own_return_beta(t: int, book_return: Floats, book: HedgeBook) -> float:
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
    t: int, bars: Bars, hedge: HedgeBook, shares: Floats, held: Ints, n_held: int,
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
        if hedge.method == BOTTOM_UP:
            for p in range(beta.size):
                b = hedge.beta[t, i, p]
                default = hedge.default_beta if p == 0 else 0.0
                beta[p] += amount * (default if np.isnan(b) else b)
    if value <= 0.0:
        return value
    if hedge.method == BOTTOM_UP:
        for p in range(beta.size):
            beta[p] /= value
    elif hedge.method == TOP_DOWN:
        beta[0] = own_return_beta(t, book_return, hedge)
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
def into_range(exposure: Floats, lot: Floats, book: float, low: float, high: float) -> None:
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
def joint_lots_wanted(
    t: int, book: float, equity: float, exposure: Floats, day: FuturesDay, hedge: HedgeBook
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
        day.wanted[active[k]] = lots[k]


@njit(cache=True, allocates=False)
def lots_wanted(t: int, book: float, equity: float, day: FuturesDay, hedge: HedgeBook) -> None:
    """Write the lots that hedge the book into ``day.wanted``; products without a lot value keep.

    ``day.beta`` is used up: it becomes the exposure to be hedged, yuan.
    """
    exposure, lot = day.beta, day.lot
    for p in range(lot.size):
        exposure[p] = hedge.ratio * exposure[p] * book
    if hedge.aversion != 0.0:
        joint_lots_wanted(t, book, equity, exposure, day, hedge)
        return
    into_range(exposure, lot, book, hedge.range_low, hedge.range_high)
    for p in range(lot.size):
        if not np.isnan(lot[p]):
            day.wanted[p] = max(0.0, np.floor(exposure[p] / lot[p] + 0.5))


@njit(cache=True, allocates=False)
def policy_review(
    t: int, book: float, day: FuturesDay, last_level: Floats, hedge: HedgeBook
) -> bool:
    """Ask the policy for each product; a landing short of the target changes ``wanted``."""
    lot, wanted = day.lot, day.wanted
    review = False
    for p in range(lot.size):
        if np.isnan(lot[p]):
            continue
        target = -wanted[p] * lot[p] / book
        current = -day.held[p] * lot[p] / book
        asked, landing = due(
            hedge.policy, t, target, current, hedge.index_level[t, p], last_level[p]
        )
        if asked:
            review = True
            if landing != target:
                wanted[p] = max(0.0, np.floor(-landing * book / lot[p] + 0.5))
    return review


@njit(cache=True, allocates=False)
def trade_future(
    t: int, c: int, quantity: float, price: float, fee: float, impact: float, reason: int,
    futures: FutureBook, state: LedgerState, sheet: Sheet,
) -> None:  # fmt: skip
    """Book futures bought (> 0) or sold (< 0): costs and record; the gain comes with settling."""
    amount = abs(quantity) * futures.multiplier[futures.product[c]] * price
    state.scalars[FUTURES_CASH] -= fee + impact
    state.short[c] -= quantity
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
    trade_future(t, c, quantity, price, fee, impact, reason, futures, state, sheet)


@njit(cache=True, allocates=False)
def opening_room(t: int, c: int, held: float, futures: FutureBook) -> tuple[float, int]:
    """Lots of a contract that may be opened today, and the reason that sets the bound."""
    p = futures.product[c]
    room, why = np.inf, LIMIT_DOWN
    if futures.no_sale[t, c]:
        room = 0.0
    by_position = max(0.0, futures.position_limit[t, p] - held)
    if by_position < room:
        room, why = by_position, POSITION_LIMIT
    if futures.opening_limit[t, p] < room:
        room, why = futures.opening_limit[t, p], OPEN_LIMIT
    return room, why


@njit(cache=True, allocates=False)
def leave_old_contracts(
    t: int, p: int, c: int, keep: float, slippage: float, futures: FutureBook,
    state: LedgerState, over: Floats, sheet: Sheet,
) -> tuple[float, float]:  # fmt: skip
    """Buy back the product's lots outside contract c but for ``keep``, settled at once.

    Returns the old lots that are left, and those bought back.
    """
    short, scalars = state.short, state.scalars
    old = 0.0
    for o in range(short.size):
        if futures.product[o] == p and o != c:
            old += short[o]
    excess = old - keep
    bought = 0.0
    for o in range(short.size):
        if futures.product[o] != p or o == c or short[o] == 0.0 or excess <= 0.0:
            continue
        back = min(excess, short[o])
        excess -= back
        price = futures.fill_price[t, o]
        if np.isnan(price) or futures.no_buy[t, o]:
            why = NO_PRICE if np.isnan(price) else LIMIT_UP
            refuse(sheet.logs, t, FUTURE, o, BUY, back, 0.0, why)
            scalars[UNFINISHED] = 1.0
            continue
        trade_at_fill(t, o, back, ROLL, slippage, futures, state, sheet)
        # What is bought back settles at once: its gain may carry the margin of the new lots.
        variation = -back * futures.multiplier[p] * (price - futures.settlement[t, o])
        sheet.row[FUTURES_PNL_] += variation
        scalars[FUTURES_CASH] += variation
        over[o] -= back
        bought += back
    return old - bought, bought


@njit(cache=True, allocates=False)
def margin_elsewhere(t: int, c: int, short: Floats, futures: FutureBook) -> float:
    """Margin of the lots in all other contracts, at the last prices known, yuan."""
    total = 0.0
    for o in range(short.size):
        if o == c or short[o] == 0.0:
            continue
        price = futures.settlement[t, o]
        if np.isnan(price):
            price = futures.fill_price[t, o]
        multiplier = futures.multiplier[futures.product[o]]
        total += futures.margin_rate[t + 1, o] * multiplier * price * short[o]
    return total


@njit(cache=True, allocates=False)
def trade_product(
    t: int, p: int, n: float, withdrawable: float, settings: Settings, futures: FutureBook,
    state: LedgerState, day: FuturesDay, sheet: Sheet,
) -> float:  # fmt: skip
    """Bring a product to n lots of its contract of the day. Returns the withdrawable cash."""
    short, scalars, logs, slippage = (
        state.short,
        state.scalars,
        sheet.logs,
        settings.futures_slippage,
    )
    c = futures.hold[t, p]
    held = short[c]
    if np.isnan(futures.fill_price[t, c]):
        if n != held:
            side = SELL if n > held else BUY
            refuse(logs, t, FUTURE, c, side, abs(n - held), 0.0, NO_PRICE)
            scalars[UNFINISHED] = 1.0
        return withdrawable
    x, why = n, MARGIN
    if n > held:
        room, bound = opening_room(t, c, held, futures)
        if held + room < n:
            x, why = held + room, bound
    keep = max(0.0, n - x)
    left, bought = leave_old_contracts(t, p, c, keep, slippage, futures, state, day.over, sheet)
    if x < held:
        if futures.no_buy[t, c]:
            refuse(logs, t, FUTURE, c, BUY, held - x, 0.0, LIMIT_UP)
            scalars[UNFINISHED] = 1.0
        else:
            trade_at_fill(t, c, held - x, HEDGE, slippage, futures, state, sheet)
            day.traded[c] += held - x
    elif n > held:
        x = max(held, min(x, n - left))
        per_lot = futures.margin_rate[t + 1, c] * futures.multiplier[p] * futures.fill_price[t, c]
        elsewhere = margin_elsewhere(t, c, short, futures)
        money = max(0.0, scalars[FUTURES_CASH] + withdrawable - elsewhere)
        affordable = max(held, np.floor(money / per_lot))
        if affordable < x:
            x, why = affordable, MARGIN
        if x > held:
            target = settings.target_multiple * (per_lot * x + elsewhere)
            moved = min(withdrawable, max(0.0, target - scalars[FUTURES_CASH]))
            withdrawable -= to_futures_account(moved, scalars)
        stuck = max(0.0, left - keep)
        if x < n - stuck:
            refuse(logs, t, FUTURE, c, SELL, n - stuck - held, x - held, why)
            if why != MARGIN:
                scalars[UNFINISHED] = 1.0
        if x > held:
            reason = ROLL if bought > 0.0 else HEDGE
            trade_at_fill(t, c, held - x, reason, slippage, futures, state, sheet)
            day.traded[c] += held - x
            day.opened[c] += x - held
    return withdrawable


@njit(cache=True, allocates=False)
def begin_day(futures: FutureBook, short: Floats, day: FuturesDay) -> None:
    """Note what is held over from yesterday, by contract and by product."""
    for p in range(day.held.size):
        day.held[p] = 0.0
        day.wanted[p] = 0.0
    for c in range(short.size):
        day.held[futures.product[c]] += short[c]
        day.over[c] = short[c]
        day.traded[c] = 0.0
        day.opened[c] = 0.0


@njit(cache=True, allocates=False)
def opens_a_product(day: FuturesDay) -> bool:
    """Whether a product of which lots are wanted has none."""
    for p in range(day.lot.size):
        if day.held[p] == 0.0 and day.wanted[p] > 0.0 and not np.isnan(day.lot[p]):
            return True
    return False


@njit(cache=True, allocates=False)
def review_lots(
    t: int, forced: bool, value: float, book: HedgeBook, state: LedgerState, day: FuturesDay
) -> None:
    """Keep the lots wanted where the day reviews them, else take those held."""
    scalars = state.scalars
    review = forced or scalars[MARGIN_CUT] > 0.0 or scalars[UNFINISHED] > 0.0 or value <= 0.0
    scalars[MARGIN_CUT] = max(0.0, scalars[MARGIN_CUT] - 1.0)
    scalars[UNFINISHED] = 0.0
    review = review or opens_a_product(day)
    if not review:
        review = policy_review(t, value, day, state.last_level, book)
    for p in range(day.lot.size):
        if review:
            state.last_level[p] = book.index_level[t, p]
        else:
            day.wanted[p] = day.held[p]


@njit(cache=True, allocates=False)
def hedge(
    t: int, forced: bool, withdrawable: float, inputs: LedgerInputs, shares: Floats, held: Ints,
    n_held: int, state: LedgerState, day: FuturesDay, sheet: Sheet,
) -> float:  # fmt: skip
    """Step 7 for a book of ``shares`` [N]. Returns the withdrawable cash; ``day`` is written."""
    futures, book, equity = inputs.futures, inputs.hedge, state.scalars[EQUITY]
    begin_day(futures, state.short, day)
    value = estimate_book(t, inputs.bars, book, shares, held, n_held, state.book_return, day.beta)
    beta = 0.0
    for p in range(day.beta.size):
        beta += day.beta[p]
    sheet.row[BETA_] = beta if value > 0.0 else np.nan
    lot_values(t, futures, day.lot)
    if value > 0.0:
        lots_wanted(t, value, equity, day, book)
    review_lots(t, forced, value, book, state, day)
    for p in range(day.lot.size):
        if np.isnan(day.lot[p]):
            continue
        there = state.short[futures.hold[t, p]]
        if there != day.wanted[p] or there != day.held[p]:  # else nothing is to be done
            withdrawable = trade_product(
                t, p, day.wanted[p], withdrawable, inputs.settings, futures, state, day, sheet
            )
    return withdrawable


@njit(cache=True)
def cut_lots(
    t: int, slippage: float, futures: FutureBook, state: LedgerState, opened: Floats, sheet: Sheet
) -> None:
    """Buy back at the settlement price, lot by lot, until the account meets the rest's margin."""
    short, cash = state.short, state.scalars[FUTURES_CASH]
    contracts = short.size
    kept = short.copy()
    fees = np.zeros(contracts)
    while True:
        costs = 0.0
        need = 0.0
        largest = -1
        most = 0.0
        for c in range(contracts):
            if kept[c] > 0.0:
                own = margin_of(t + 1, c, futures, kept[c])
                need += own
                if own > most:
                    largest, most = c, own
            cut = short[c] - kept[c]
            if cut > 0.0:
                p = futures.product[c]
                lot = futures.multiplier[p] * futures.settlement[t + 1, c]
                today = min(cut, opened[c])
                fees[c] = futures.close_today_rate[t, p] * today * lot
                fees[c] += futures.fee_rate[t, p] * (cut - today) * lot
                fees[c] += futures.order_fee_yuan[t, p]
                costs += fees[c] + slippage * cut * lot
        if largest < 0 or cash - costs >= need - SMALLEST_DEBT:
            break
        kept[largest] -= 1.0
    for c in range(contracts):
        cut = short[c] - kept[c]
        if cut > 0.0:
            price = futures.settlement[t + 1, c]
            impact = slippage * cut * futures.multiplier[futures.product[c]] * price
            trade_future(t, c, cut, price, fees[c], impact, MARGIN_CUT_TRADE, futures, state, sheet)


@njit(cache=True, allocates=False)
def settle_futures(
    t: int, withdrawable: float, inputs: LedgerInputs, state: LedgerState, day: FuturesDay,
    sheet: Sheet,
) -> float:  # fmt: skip
    """Step 8: variation margin, delivery, margin check. Returns withdrawable; NaN = no price."""
    futures, settings = inputs.futures, inputs.settings
    if not pay_variation(t, futures, state, day, sheet):
        return np.nan
    scalars = state.scalars
    required = margin_required(t + 1, state.short, futures)
    if scalars[FUTURES_CASH] < required:
        target = settings.target_multiple * required
        moved = max(0.0, min(withdrawable, target - scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
    if scalars[FUTURES_CASH] < required - SMALLEST_DEBT and any_lots(state.short):
        cut_lots(t, settings.futures_slippage, futures, state, day.opened, sheet)
        scalars[MARGIN_CUT] = 2.0
    ask_for_cash(required, settings, scalars)
    if not any_lots(state.short) and scalars[FUTURES_CASH] < 0.0:
        moved = max(0.0, min(withdrawable, -scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
        scalars[RAISE_CASH] = max(scalars[RAISE_CASH], -scalars[FUTURES_CASH])
    return withdrawable


@njit(cache=True, allocates=False)
def pay_variation(
    t: int, futures: FutureBook, state: LedgerState, day: FuturesDay, sheet: Sheet
) -> bool:
    """Settle every contract and deliver on its last day; False where one has no settlement."""
    short = state.short
    for c in range(short.size):
        if day.over[c] == 0.0 and day.traded[c] == 0.0:
            continue
        multiplier = futures.multiplier[futures.product[c]]
        settlement = futures.settlement[t + 1, c]
        if np.isnan(settlement):
            return False
        variation = 0.0
        if day.over[c] != 0.0:
            variation -= day.over[c] * multiplier * (settlement - futures.settlement[t, c])
        if day.traded[c] != 0.0:
            variation += day.traded[c] * multiplier * (settlement - futures.fill_price[t, c])
        state.scalars[FUTURES_CASH] += variation
        sheet.row[FUTURES_PNL_] += variation
        if short[c] > 0.0 and t >= futures.last_day[c]:
            amount = short[c] * multiplier * settlement
            fee = futures.delivery_fee_rate[t, futures.product[c]] * amount
            trade_future(t, c, short[c], settlement, fee, 0.0, DELIVERY, futures, state, sheet)
            state.scalars[UNFINISHED] = 1.0
    return True


@njit(cache=True, allocates=False)
def ask_for_cash(required: float, settings: Settings, scalars: Floats) -> None:
    """Set what is to be raised out of the stocks tomorrow: margin, and what investors are owed."""
    cash = scalars[FUTURES_CASH] + scalars[STOCK_CASH]
    scalars[RAISE_CASH] = 0.0
    if cash < settings.call_multiple * required:
        scalars[RAISE_CASH] = settings.target_multiple * required - cash
    if scalars[OWED] > 0.0:
        spare = max(0.0, scalars[FUTURES_CASH] - settings.target_multiple * required)
        lacking = scalars[OWED] - scalars[STOCK_CASH] - spare
        scalars[RAISE_CASH] = max(scalars[RAISE_CASH], lacking)
