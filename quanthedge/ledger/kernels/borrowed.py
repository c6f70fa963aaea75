"""Orders in borrowed stocks, steps 5 and 6 of docs/ledger.md: returned, and sold short; compiled.

Cash that is pledged stands in ``scalars[PLEDGED]``: at reference prices in the morning, more by
each sale, less by each return.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, FutureBook, Settings, StockMarket
from quanthedge.ledger.kernels.orders import (
    next_smaller,
    round_lot,
    round_sale,
    round_sale_up,
    untouched_cash,
)
from quanthedge.ledger.kernels.owed import may_borrow, pledge_of, value_owed
from quanthedge.ledger.kernels.prices import (
    StockDay,
    reference_price,
    refusal,
    stock_costs,
    total_of,
)
from quanthedge.ledger.kernels.sheet import HELD, ORDERED, Sheet, Work, refuse
from quanthedge.ledger.kernels.stocks import (
    book_trade,
    cut_pro_rata,
    note_possible,
    read_day,
    room_of,
)
from quanthedge.ledger.kernels.wanted_lots import nearest_lots
from quanthedge.ledger.layout import (
    BUY,
    CASH,
    CASH_CUT,
    DONE,
    NOT_LENDABLE,
    OTHER_LEG,
    PLEDGED,
    SAME_AUCTION,
    SELL,
    STOCK,
    STOCK_CASH,
)
from quanthedge.ledger.lending import LendingBook
from quanthedge.ledger.state import LedgerState

__all__ = [
    "close_lots_beyond",
    "return_for_collateral",
    "return_orders",
    "sell_short",
    "short_sale_room",
    "short_value",
]


@njit(cache=True, allocates=False)
def _return(
    s: int, t: int, i: int, quantity: float, reason: int, one: StockDay, market: StockMarket,
    lending: LendingBook, state: LedgerState, sheet: Sheet,
) -> tuple[float, float]:  # fmt: skip
    """Buy borrowed shares back. Returns the money received (below 0) and the price gain."""
    costs = stock_costs(quantity, BUY, one, market.settings)
    net = book_trade(t, i, quantity, BUY, one, costs, 0.0, reason, state, sheet)
    state.scalars[PLEDGED] -= pledge_of(s, t, quantity * one.reference, lending)
    return net, quantity * (one.reference - one.price)


@njit(cache=True, allocates=False)
def _what_it_takes(quantity: float, one: StockDay, market: StockMarket) -> float:
    """Yuan that buying shares takes out of the account."""
    return quantity * one.price + total_of(stock_costs(quantity, BUY, one, market.settings))


@njit(cache=True, allocates=False)
def return_for_collateral(
    s: int, t: int, fraction: float, market: StockMarket, lending: LendingBook,
    state: LedgerState, work: Work, sheet: Sheet,
) -> tuple[float, float]:  # fmt: skip
    """Step 5: buy back a part of what is borrowed, for want of cash to be pledged.

    Whole orders of one stock after the other, as many as bring their sum up to the part of all
    stocks so far: beyond the part of the whole by less than one order. Returns the money received
    (below 0) and the price gain.
    """
    shares, pending, fill = state.shares, state.pending, market.settings.fill
    received = 0.0
    gain = 0.0
    missing = 0.0  # yuan at reference prices, of the part of the stocks so far; below 0: too many
    for k in range(work.n[HELD]):
        i = work.held[k]
        if not shares[i] < 0.0:
            continue
        one = read_day(t, i, fill, market)
        owed = -shares[i]
        missing += fraction * owed * one.reference
        quantity = missing / one.reference
        if not quantity > 1e-6:
            continue
        order = round_sale_up(quantity, owed, one.lot, one.step)
        missing -= order * one.reference
        why = refusal(BUY, one)
        if why == DONE and _what_it_takes(order, one, market) > state.scalars[STOCK_CASH]:
            why = CASH
        if why != DONE:
            refuse(sheet.logs, t, STOCK, i, BUY, order, 0.0, why)
            continue
        money, more = _return(s, t, i, order, CASH_CUT, one, market, lending, state, sheet)
        received += money
        gain += more
        if pending[i] < shares[i]:
            pending[i] = np.nan
    return received, gain


@njit(cache=True, allocates=False)
def close_lots_beyond(t: int, owed: float, futures: FutureBook, state: LedgerState) -> None:
    """Let lots go, pro rata, whose value is above that of the stocks still owed, yuan.

    Contracts held long stand against stocks sold short; those that have no price stay.
    """
    lots, wanted = state.lots, state.wanted_lots
    value = 0.0
    for c in range(lots.size):
        if lots[c] != 0.0:
            value += lots[c] * futures.multiplier[futures.product[c]] * futures.settlement[t, c]
    if not value > owed:
        return
    for c in range(lots.size):
        left = nearest_lots(lots[c] * owed / value, 1.0, True)
        if lots[c] > left >= 0.0 and not wanted[c] < left:
            wanted[c] = left


@njit(cache=True, allocates=False)
def _paid_by(left: float, quantity: float, one: StockDay, market: StockMarket) -> float:
    """Shares of a return that so much money pays."""
    needed = _what_it_takes(quantity, one, market)
    if needed <= left:
        return quantity
    bought = round_lot(quantity * max(0.0, left) / needed, one.lot, one.step)
    while bought > 0.0 and not _what_it_takes(bought, one, market) <= left:
        bought = next_smaller(bought, one.lot, one.step)
    return bought


@njit(cache=True, allocates=False)
def return_orders(
    s: int, t: int, reason: int, morning_cash: float, market: StockMarket, lending: LendingBook,
    state: LedgerState, work: Work, sheet: Sheet,
) -> tuple[float, float]:  # fmt: skip
    """Step 6, first: buy back what the orders want returned, with any cash of the account.

    Returns the money received (below 0) and the price gain.
    """
    shares, pending, settings = state.shares, state.pending, market.settings
    received = 0.0
    gain = 0.0
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        if not (shares[i] < 0.0 and pending[i] > shares[i]):
            continue
        one = read_day(t, i, settings.fill, market)
        owed = -shares[i]
        order = round_sale(min(0.0, pending[i]) - shares[i], owed, one.lot, one.step)
        if order == 0.0:
            continue
        why = refusal(BUY, one)
        quantity = order if why == DONE else 0.0
        if quantity > 0.0:
            cap, limit = room_of(i, one, market, work)
            if cap + 1e-6 < quantity:
                quantity, why = round_lot(cap, one.lot, one.step), limit
        if quantity > 0.0:
            left = state.scalars[STOCK_CASH]
            if settings.sale_proceeds != SAME_AUCTION:
                left = min(left, morning_cash + received)
            paid = _paid_by(left, quantity, one, market)
            if paid < quantity:
                quantity, why = paid, CASH
        if quantity > 0.0:
            money, more = _return(s, t, i, quantity, reason, one, market, lending, state, sheet)
            received += money
            gain += more
        if quantity < order:
            refuse(sheet.logs, t, STOCK, i, BUY, order, quantity, why)
    return received, gain


@njit(cache=True, allocates=False)
def short_sale_room(
    s: int, t: int, bars: Bars, settings: Settings, lending: LendingBook, state: LedgerState,
    work: Work,
) -> float:  # fmt: skip
    """Yuan that a sleeve may sell short, as known before the fills: lent, and carried by cash."""
    if not may_borrow(s, lending) or np.isnan(lending.available[s, t + 1]):
        return 0.0
    available, collateral = lending.available[s, t + 1], lending.collateral[s, t + 1]
    room = max(0.0, available - value_owed(t, bars, state.shares, work))
    money = max(0.0, state.scalars[STOCK_CASH] - untouched_cash(0.0, settings, state.scalars))
    return min(room, money / collateral) if collateral > 0.0 else room


@njit(cache=True, allocates=False)
def short_value(t: int, market: StockMarket, state: LedgerState, work: Work) -> float:
    """Yuan at reference prices of all that the day's orders are to sell short."""
    shares, pending, stocks = state.shares, state.pending, market.stocks
    value = 0.0
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        if pending[i] < shares[i] <= 0.0:
            order = round_lot(shares[i] - pending[i], stocks.lot[i], stocks.step[i])
            value += order * reference_price(t, i, market.bars)
    return value


@njit(cache=True, allocates=False)
def _short_sales_possible(
    t: int, market: StockMarket, state: LedgerState, work: Work, sheet: Sheet
) -> float:
    """Write the day's orders to sell short and what the market takes, by place in the list.

    Returns the value of all of them at reference prices, yuan.
    """
    shares, pending, settings = state.shares, state.pending, market.settings
    value = 0.0
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        work.order[k] = 0.0
        work.quantity[k] = 0.0
        if not (pending[i] < shares[i] and shares[i] <= 0.0):
            continue
        one = read_day(t, i, settings.fill, market)
        order = round_lot(shares[i] - pending[i], one.lot, one.step)
        if order > 0.0 and note_possible(t, k, order, SELL, one, market, work, sheet):
            work.rest[k] = work.quantity[k]
            value += work.quantity[k] * one.reference
    return value


@njit(cache=True, allocates=False)
def _amount_of(t: int, market: StockMarket, work: Work) -> tuple[float, float]:
    """Return the amount of the short sales possible and what they cost, yuan."""
    settings = market.settings
    amount = 0.0
    costs = 0.0
    for k in range(work.n[ORDERED]):
        if work.quantity[k] > 0.0:
            one = read_day(t, work.ordered[k], settings.fill, market)
            amount += work.quantity[k] * one.price
            costs += total_of(stock_costs(work.quantity[k], SELL, one, settings))
    return amount, costs


@njit(cache=True, allocates=False)
def sell_short(
    s: int, t: int, reason: int, kept: float, morning_cash: float, beside: float,
    market: StockMarket, lending: LendingBook, state: LedgerState, work: Work, sheet: Sheet,
) -> tuple[float, float]:  # fmt: skip
    """Step 6, last: sell borrowed stocks as far as they are lent and the collateral is there.

    ``beside`` is what may be sold beside contracts that wait, yuan; infinite where none does.
    Returns the money received and the price gain.
    """
    scalars, settings = state.scalars, market.settings
    value = _short_sales_possible(t, market, state, work, sheet)
    cut_pro_rata(beside, value, market, work)
    amount, costs = _amount_of(t, market, work)
    available, collateral = lending.available[s, t + 1], lending.collateral[s, t + 1]
    room = max(0.0, available - value_owed(t, market.bars, state.shares, work))
    if np.isnan(available):  # the table has not begun
        room = collateral = 0.0
    cash = scalars[STOCK_CASH]
    if settings.sale_proceeds != SAME_AUCTION:
        cash = min(cash, morning_cash)
    money = max(0.0, cash - untouched_cash(kept, settings, scalars))
    of_lent = room / amount if amount > room else 1.0
    asked = collateral * amount + costs
    of_money = money / asked if asked > money else 1.0
    factor, bound = min(of_lent, of_money), NOT_LENDABLE if of_lent <= of_money else CASH
    received = 0.0
    gain = 0.0
    for k in range(work.n[ORDERED]):
        if work.order[k] == 0.0:
            continue
        i, possible = work.ordered[k], work.quantity[k]
        one = read_day(t, i, settings.fill, market)
        sold = round_lot(factor * possible, one.lot, one.step) if factor < 1.0 else possible
        parts = stock_costs(sold, SELL, one, settings)
        while sold > 0.0 and not (
            sold * one.price <= room and collateral * sold * one.price + total_of(parts) <= money
        ):
            sold = next_smaller(sold, one.lot, one.step)
            parts = stock_costs(sold, SELL, one, settings)
        if sold > 0.0:
            value = sold * one.price
            received += book_trade(t, i, sold, SELL, one, parts, 0.0, reason, state, sheet)
            scalars[PLEDGED] += pledge_of(s, t, value, lending)
            room -= value
            money -= collateral * value + total_of(parts)
            gain += sold * (one.price - one.reference)
        if sold < work.order[k]:
            why = bound if sold < possible else OTHER_LEG
            if sold == work.rest[k]:
                why = room_of(i, one, market, work)[1]
            refuse(sheet.logs, t, STOCK, i, SELL, work.order[k], sold, why)
    return received, gain
