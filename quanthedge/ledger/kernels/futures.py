"""Steps 7 and 8 of docs/ledger.md and the futures part of step 2, compiled.

``short`` [C] are the lots sold short. Of a day's trading, ``carried`` [C] are the lots held over
from yesterday that settle at the close, ``traded`` [C] the signed lots traded at the fill that do,
and ``opened`` [C] the lots opened today.
"""

from typing import Any

import numpy as np

from quanthedge.compiled import njit
from quanthedge.hedge.kernels.lots import joint_lots
from quanthedge.hedge.policies.kernels import due
from quanthedge.ledger.inputs import FutureBook, HedgeBook, LedgerInputs
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
from quanthedge.typing import Floats, Ints

__all__ = ["hedge", "margin_required", "morning_treasury", "settle_futures"]

Log = list[Any]  # of float64 tuples


@njit(cache=True)
def refuse(
    refusals: Log, t: int, kind: int, i: int, side: int, wanted: float, done: float, reason: int
) -> None:
    """Record an order that was not done in full."""
    refusals.append(
        (float(t), float(kind), float(i), float(side), float(wanted), float(done), float(reason))
    )


@njit(cache=True)
def margin_of(t1: int, c: int, futures: FutureBook, lots: float) -> float:
    """Margin of lots of a contract at the settlement of the day in row t1 (day t1 - 1), yuan."""
    multiplier = futures.multiplier[futures.product[c]]
    return futures.margin_rate[t1, c] * multiplier * futures.settlement[t1, c] * lots


@njit(cache=True)
def margin_required(t1: int, short: Floats, futures: FutureBook) -> float:
    """Margin of all lots at the settlement of the day in row t1 (day t1 - 1), yuan."""
    total = 0.0
    for c in range(short.size):
        if short[c] > 0.0:
            total += margin_of(t1, c, futures, short[c])
    return total


@njit(cache=True)
def to_futures_account(amount: float, scalars: Floats) -> float:
    """Move money between the accounts (below 0: back to the stocks). Returns what was moved."""
    scalars[FUTURES_CASH] += amount
    scalars[STOCK_CASH] -= amount
    return amount


@njit(cache=True)
def morning_treasury(
    t: int, rebalance: int, inputs: LedgerInputs, scalars: Floats, short: Floats
) -> float:
    """Step 2: futures account to its target, loan. Returns the withdrawable stock cash.

    ``rebalance`` is the row of the targets traded today, -1 on other days.
    """
    settings = inputs.settings
    withdrawable = scalars[STOCK_CASH]
    cash = scalars[FUTURES_CASH]
    moved = 0.0
    if short.any():
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


@njit(cache=True)
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


@njit(cache=True)
def estimate_book(
    t: int, inputs: LedgerInputs, shares: Floats, held: Ints, n_held: int, book_return: Floats,
    beta: Floats,
) -> float:  # fmt: skip
    """Write the book's beta to each product's index into ``beta`` [P]; returns its value."""
    hedge, bars = inputs.hedge, inputs.bars
    beta[:] = 0.0
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


@njit(cache=True)
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


@njit(cache=True)
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
def lots_wanted(
    t: int, book: float, beta: Floats, lot: Floats, equity: float, hedge: HedgeBook, wanted: Floats
) -> None:
    """Write the lots that hedge the book into ``wanted`` [P]; products without a lot value keep."""
    exposure = hedge.ratio * beta * book
    if hedge.aversion == 0.0:
        into_range(exposure, lot, book, hedge.range_low, hedge.range_high)
        for p in range(lot.size):
            if not np.isnan(lot[p]):
                wanted[p] = max(0.0, np.floor(exposure[p] / lot[p] + 0.5))
        return
    active = np.flatnonzero(~np.isnan(lot))
    n = active.size
    if n == 0:
        return
    covariance = np.empty((n, n))
    for k in range(n):
        for m in range(n):
            covariance[k, m] = hedge.covariance[t, active[k], active[m]]
    lots = joint_lots(
        exposure[active], covariance, hedge.aversion / max(1.0, equity), hedge.carry[t][active],
        lot[active], hedge.range_low * book, hedge.range_high * book, np.full(n, np.inf),
    )  # fmt: skip
    for k in range(n):
        wanted[active[k]] = lots[k]


@njit(cache=True)
def policy_review(
    t: int, book: float, lot: Floats, held_lots: Floats, last_level: Floats, hedge: HedgeBook,
    wanted: Floats,
) -> bool:  # fmt: skip
    """Ask the policy for each product; a landing short of the target changes ``wanted``."""
    review = False
    for p in range(lot.size):
        if np.isnan(lot[p]):
            continue
        target = -wanted[p] * lot[p] / book
        current = -held_lots[p] * lot[p] / book
        asked, landing = due(
            hedge.policy, t, target, current, hedge.index_level[t, p], last_level[p]
        )
        if asked:
            review = True
            if landing != target:
                wanted[p] = max(0.0, np.floor(-landing * book / lot[p] + 0.5))
    return review


@njit(cache=True)
def trade_future(
    t: int, c: int, quantity: float, price: float, fee: float, impact: float, reason: int,
    inputs: LedgerInputs, scalars: Floats, short: Floats, row: Floats, trades: Log,
) -> None:  # fmt: skip
    """Book futures bought (> 0) or sold (< 0): costs and record; the gain comes with settling."""
    futures = inputs.futures
    amount = abs(quantity) * futures.multiplier[futures.product[c]] * price
    scalars[FUTURES_CASH] -= fee + impact
    short[c] -= quantity
    row[FUTURES_FEE_] += fee
    row[IMPACT_] += impact
    trades.append(
        (
            float(t), float(FUTURE), float(c), float(quantity), price, amount,
            0.0, 0.0, 0.0, 0.0, fee, impact, float(reason), 0.0,
        )
    )  # fmt: skip


@njit(cache=True)
def trade_at_fill(
    t: int, c: int, quantity: float, reason: int, inputs: LedgerInputs, scalars: Floats,
    short: Floats, row: Floats, trades: Log,
) -> None:  # fmt: skip
    """Trade lots at the day's fill price."""
    futures = inputs.futures
    p = futures.product[c]
    price = futures.fill_price[t, c]
    amount = abs(quantity) * futures.multiplier[p] * price
    fee = futures.fee_rate[t, p] * amount + futures.order_fee_yuan[t, p]
    impact = inputs.settings.futures_slippage * amount
    trade_future(t, c, quantity, price, fee, impact, reason, inputs, scalars, short, row, trades)


@njit(cache=True)
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


@njit(cache=True)
def leave_old_contracts(
    t: int, p: int, c: int, keep: float, inputs: LedgerInputs, scalars: Floats, short: Floats,
    carried: Floats, row: Floats, trades: Log, refusals: Log,
) -> tuple[float, float]:  # fmt: skip
    """Buy back the product's lots outside contract c but for ``keep``, settled at once.

    Returns the old lots that are left, and those bought back.
    """
    futures = inputs.futures
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
            refuse(refusals, t, FUTURE, o, BUY, back, 0.0, why)
            scalars[UNFINISHED] = 1.0
            continue
        trade_at_fill(t, o, back, ROLL, inputs, scalars, short, row, trades)
        # What is bought back settles at once: its gain may carry the margin of the new lots.
        variation = -back * futures.multiplier[p] * (price - futures.settlement[t, o])
        row[FUTURES_PNL_] += variation
        scalars[FUTURES_CASH] += variation
        carried[o] -= back
        bought += back
    return old - bought, bought


@njit(cache=True)
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


@njit(cache=True)
def trade_product(
    t: int, p: int, n: float, withdrawable: float, inputs: LedgerInputs, scalars: Floats,
    short: Floats, carried: Floats, traded: Floats, opened: Floats, row: Floats, trades: Log,
    refusals: Log,
) -> float:  # fmt: skip
    """Bring a product to n lots of its contract of the day. Returns the withdrawable cash."""
    futures, settings = inputs.futures, inputs.settings
    c = futures.hold[t, p]
    held = short[c]
    if np.isnan(futures.fill_price[t, c]):
        if n != held:
            side = SELL if n > held else BUY
            refuse(refusals, t, FUTURE, c, side, abs(n - held), 0.0, NO_PRICE)
            scalars[UNFINISHED] = 1.0
        return withdrawable
    x, why = n, MARGIN
    if n > held:
        room, bound = opening_room(t, c, held, futures)
        if held + room < n:
            x, why = held + room, bound
    keep = max(0.0, n - x)
    left, bought = leave_old_contracts(
        t, p, c, keep, inputs, scalars, short, carried, row, trades, refusals
    )
    if x < held:
        if futures.no_buy[t, c]:
            refuse(refusals, t, FUTURE, c, BUY, held - x, 0.0, LIMIT_UP)
            scalars[UNFINISHED] = 1.0
        else:
            trade_at_fill(t, c, held - x, HEDGE, inputs, scalars, short, row, trades)
            traded[c] += held - x
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
            refuse(refusals, t, FUTURE, c, SELL, n - stuck - held, x - held, why)
            if why != MARGIN:
                scalars[UNFINISHED] = 1.0
        if x > held:
            reason = ROLL if bought > 0.0 else HEDGE
            trade_at_fill(t, c, held - x, reason, inputs, scalars, short, row, trades)
            traded[c] += held - x
            opened[c] += x - held
    return withdrawable


@njit(cache=True)
def hedge(
    t: int, forced: bool, withdrawable: float, equity: float, inputs: LedgerInputs,
    scalars: Floats, shares: Floats, held: Ints, n_held: int, book_return: Floats, short: Floats,
    last_level: Floats, carried: Floats, traded: Floats, opened: Floats, row: Floats, trades: Log,
    refusals: Log,
) -> float:  # fmt: skip
    """Step 7. Returns the withdrawable cash; ``carried``, ``traded``, ``opened`` are written."""
    futures, book = inputs.futures, inputs.hedge
    products = futures.multiplier.size
    beta, lot, wanted = np.zeros(products), np.empty(products), np.zeros(products)
    held_lots = np.zeros(products)
    for c in range(short.size):
        held_lots[futures.product[c]] += short[c]
        carried[c] = short[c]
        traded[c] = 0.0
        opened[c] = 0.0
    value = estimate_book(t, inputs, shares, held, n_held, book_return, beta)
    row[BETA_] = beta.sum() if value > 0.0 else np.nan
    lot_values(t, futures, lot)
    if value > 0.0:
        lots_wanted(t, value, beta, lot, equity, book, wanted)
    review = forced or scalars[MARGIN_CUT] > 0.0 or scalars[UNFINISHED] > 0.0 or value <= 0.0
    scalars[MARGIN_CUT] = max(0.0, scalars[MARGIN_CUT] - 1.0)
    scalars[UNFINISHED] = 0.0
    for p in range(products):
        review = review or (held_lots[p] == 0.0 and wanted[p] > 0.0 and not np.isnan(lot[p]))
    if not review:
        review = policy_review(t, value, lot, held_lots, last_level, book, wanted)
    for p in range(products):
        if review:
            last_level[p] = book.index_level[t, p]
        else:
            wanted[p] = held_lots[p]
    for p in range(products):
        if not np.isnan(lot[p]):
            withdrawable = trade_product(
                t, p, wanted[p], withdrawable, inputs, scalars, short, carried, traded, opened,
                row, trades, refusals,
            )  # fmt: skip
    return withdrawable


@njit(cache=True)
def cut_lots(
    t: int, inputs: LedgerInputs, scalars: Floats, short: Floats, opened: Floats, row: Floats,
    trades: Log,
) -> None:  # fmt: skip
    """Buy back at the settlement price, lot by lot, until the account meets the rest's margin."""
    futures, slippage = inputs.futures, inputs.settings.futures_slippage
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
        if largest < 0 or scalars[FUTURES_CASH] - costs >= need - SMALLEST_DEBT:
            break
        kept[largest] -= 1.0
    for c in range(contracts):
        cut = short[c] - kept[c]
        if cut > 0.0:
            price = futures.settlement[t + 1, c]
            impact = slippage * cut * futures.multiplier[futures.product[c]] * price
            trade_future(
                t, c, cut, price, fees[c], impact, MARGIN_CUT_TRADE, inputs, scalars, short, row,
                trades,
            )  # fmt: skip


@njit(cache=True)
def settle_futures(
    t: int, withdrawable: float, inputs: LedgerInputs, scalars: Floats, short: Floats,
    carried: Floats, traded: Floats, opened: Floats, row: Floats, trades: Log,
) -> float:  # fmt: skip
    """Step 8: variation margin, delivery, margin check. Returns withdrawable; NaN = no price."""
    futures, settings = inputs.futures, inputs.settings
    for c in range(short.size):
        if carried[c] == 0.0 and traded[c] == 0.0:
            continue
        multiplier = futures.multiplier[futures.product[c]]
        settlement = futures.settlement[t + 1, c]
        if np.isnan(settlement):
            return np.nan
        variation = 0.0
        if carried[c] != 0.0:
            variation -= carried[c] * multiplier * (settlement - futures.settlement[t, c])
        if traded[c] != 0.0:
            variation += traded[c] * multiplier * (settlement - futures.fill_price[t, c])
        scalars[FUTURES_CASH] += variation
        row[FUTURES_PNL_] += variation
        if short[c] > 0.0 and t >= futures.last_day[c]:
            amount = short[c] * multiplier * settlement
            fee = futures.delivery_fee_rate[t, futures.product[c]] * amount
            trade_future(
                t, c, short[c], settlement, fee, 0.0, DELIVERY, inputs, scalars, short, row, trades
            )
            scalars[UNFINISHED] = 1.0
    required = margin_required(t + 1, short, futures)
    if scalars[FUTURES_CASH] < required:
        target = settings.target_multiple * required
        moved = max(0.0, min(withdrawable, target - scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
    if scalars[FUTURES_CASH] < required - SMALLEST_DEBT and short.any():
        cut_lots(t, inputs, scalars, short, opened, row, trades)
        scalars[MARGIN_CUT] = 2.0
    cash = scalars[FUTURES_CASH] + scalars[STOCK_CASH]
    scalars[RAISE_CASH] = 0.0
    if cash < settings.call_multiple * required:
        scalars[RAISE_CASH] = settings.target_multiple * required - cash
    if scalars[OWED] > 0.0:
        spare = max(0.0, scalars[FUTURES_CASH] - settings.target_multiple * required)
        lacking = scalars[OWED] - scalars[STOCK_CASH] - spare
        scalars[RAISE_CASH] = max(scalars[RAISE_CASH], lacking)
    if not short.any() and scalars[FUTURES_CASH] < 0.0:
        moved = max(0.0, min(withdrawable, -scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
        scalars[RAISE_CASH] = max(scalars[RAISE_CASH], -scalars[FUTURES_CASH])
    return withdrawable
