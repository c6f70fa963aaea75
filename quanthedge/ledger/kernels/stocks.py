"""Steps 4 to 6 of docs/ledger.md: sales, forced sales and purchases of stocks, compiled."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import StockMarket
from quanthedge.ledger.kernels.actions import add_lot, take_lots, tax_of_sale
from quanthedge.ledger.kernels.orders import (
    next_smaller,
    round_lot,
    round_sale,
    round_sale_up,
    untouched_cash,
)
from quanthedge.ledger.kernels.prices import (
    StockDay,
    number_of,
    reference_price,
    refusal,
    stock_costs,
    stock_day,
    total_of,
    volume_cap,
)
from quanthedge.ledger.kernels.sheet import HELD, ORDERED, Sheet, Work, note_trade, refuse
from quanthedge.ledger.layout import (
    AFTER_FILL,
    BOUGHT_,
    BUY,
    CASH,
    CASH_CUT,
    COMMISSION_,
    DIVIDEND_TAX_,
    DONE,
    EXCHANGE_,
    FILL_VWAP,
    IMPACT_,
    NOT_LISTED,
    OTHER_LEG,
    PROCEEDS,
    SAME_AUCTION,
    SELL,
    SOLD_,
    STAMP_,
    STOCK,
    STOCK_CASH,
    TRANSFER_,
)
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats

Costs = tuple[float, float, float, float, float, float]  # commission to impact


@njit(cache=True, allocates=False)
def read_day(t: int, i: int, fill: int, market: StockMarket) -> StockDay:
    """Read a stock's day for an order at a fill."""
    return stock_day(
        t, i, fill, market.bars, market.stocks,
        number_of(market.volatility, t, i, np.nan), number_of(market.auction, t, i, np.inf),
    )  # fmt: skip


@njit(cache=True, allocates=False)
def room_of(i: int, one: StockDay, market: StockMarket, work: Work) -> tuple[float, int]:
    """Shares that the market takes, less those of other sleeves, and what caps them."""
    cap, limit = volume_cap(one, market.settings.participation)
    return cap - work.elsewhere[i], limit


@njit(cache=True, allocates=False)
def book_trade(
    t: int,
    i: int,
    quantity: float,
    side: int,
    one: StockDay,
    costs: Costs,
    tax: float,
    reason: int,
    state: LedgerState,
    sheet: Sheet,
) -> float:
    """Book one stock order: shares, cash, costs, trade record. Returns the net money received."""
    row, amount = sheet.row, quantity * one.price
    total = total_of(costs) + tax
    state.shares[i] += side * quantity
    net = -side * amount - total
    state.scalars[STOCK_CASH] += net
    row[COMMISSION_] += costs[0]
    row[STAMP_] += costs[1]
    row[TRANSFER_] += costs[2]
    row[EXCHANGE_] += costs[3]
    row[IMPACT_] += costs[5]
    row[DIVIDEND_TAX_] += tax
    row[BOUGHT_ if side == BUY else SOLD_] += amount
    note_trade(sheet.logs, t, STOCK, i, side * quantity, one.price, amount, costs, reason, tax)
    return net


@njit(cache=True, allocates=False)
def _sell_one(
    t: int,
    i: int,
    order: float,
    capped: bool,
    reason: int,
    one: StockDay,
    market: StockMarket,
    state: LedgerState,
    work: Work,
    sheet: Sheet,
) -> tuple[float, float, float]:
    """Sell what can be sold of one order. Returns shares sold, money received, price gain."""
    settings, locked = market.settings, state.carried.locked[i]
    why = refusal(SELL, one)
    quantity = order if why == DONE else 0.0
    if why == DONE and quantity > state.shares[i] - locked:
        quantity = state.shares[i] - locked
        why = NOT_LISTED
    if quantity > 0.0 and capped:
        cap, limit = room_of(i, one, market, work)
        if cap + 1e-6 < quantity:
            quantity = round_lot(cap, one.lot, one.step)
            why = limit
    money = 0.0
    gain = 0.0
    if quantity > 0.0:
        costs = stock_costs(quantity, SELL, one, settings)
        takes = total_of(costs) + tax_of_sale(t, i, quantity, market.tax, state.carried)
        if takes > quantity * one.price + state.scalars[STOCK_CASH]:
            quantity = 0.0
            why = CASH
        else:
            gain = quantity * (one.price - one.reference)
            tax = take_lots(t, i, quantity, market.tax, state.carried)
            money = book_trade(t, i, quantity, SELL, one, costs, tax, reason, state, sheet)
    if quantity < order:
        refuse(sheet.logs, t, STOCK, i, SELL, order, quantity, why)
    return quantity, money, gain


@njit(cache=True, allocates=False)
def sell(
    t: int, reason: int, market: StockMarket, state: LedgerState, work: Work, sheet: Sheet
) -> tuple[float, float]:
    """Step 4. Returns the money received and the price gain against the reference."""
    shares, pending, fill = state.shares, state.pending, market.settings.fill
    received = 0.0
    gain = 0.0
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        if not (pending[i] < shares[i] and shares[i] > 0.0):
            continue
        one = read_day(t, i, fill, market)
        order = round_sale(shares[i] - pending[i], shares[i], one.lot, one.step)
        if order > 0.0:
            _, money, price_gain = _sell_one(
                t, i, order, True, reason, one, market, state, work, sheet
            )
            received += money
            gain += price_gain
    return received, gain


@njit(cache=True, allocates=False)
def value_at_reference(t: int, market: StockMarket, shares: Floats, work: Work) -> float:
    """Value of a sleeve's stocks at the day's reference prices, yuan."""
    value = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] > 0.0:
            value += shares[i] * reference_price(t, i, market.bars)
    return value


@njit(cache=True, allocates=False)
def forced_sales(
    t: int, missing: float, market: StockMarket, state: LedgerState, work: Work, sheet: Sheet
) -> tuple[float, float]:
    """Step 5: sell every stock pro rata. Returns the money received and the price gain."""
    shares, pending, fill = state.shares, state.pending, market.settings.fill
    value = value_at_reference(t, market, shares, work)
    fraction = min(1.0, missing / value) if value > 0.0 else 0.0
    received = 0.0
    gain = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] <= 0.0:
            continue
        one = read_day(t, i, fill, market)
        order = round_sale_up(fraction * shares[i], shares[i], one.lot, one.step)
        done, money, price_gain = _sell_one(
            t, i, order, False, CASH_CUT, one, market, state, work, sheet
        )
        received += money
        gain += price_gain
        if done > 0.0 and pending[i] > shares[i]:
            pending[i] = np.nan
    return received, gain


@njit(cache=True, allocates=False)
def note_possible(
    t: int, k: int, order: float, side: int, one: StockDay, market: StockMarket, work: Work,
    sheet: Sheet,
) -> bool:  # fmt: skip
    """Write an order at its place in the list and what the market takes of it; False: refused."""
    i = work.ordered[k]
    why = refusal(side, one)
    if why != DONE:
        refuse(sheet.logs, t, STOCK, i, side, order, 0.0, why)
        return False
    cap, _ = room_of(i, one, market, work)
    work.order[k] = order
    work.quantity[k] = round_lot(cap, one.lot, one.step) if cap < order else order
    return True


@njit(cache=True, allocates=False)
def _purchases_possible(
    t: int, market: StockMarket, state: LedgerState, work: Work, sheet: Sheet
) -> None:
    """Write the day's orders to buy, and what of them the market allows, by place in the list."""
    shares, pending, settings = state.shares, state.pending, market.settings
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        work.order[k] = 0.0
        work.quantity[k] = 0.0
        work.done[k] = 0.0
        if not (pending[i] > shares[i] and shares[i] >= 0.0):
            continue
        one = read_day(t, i, settings.fill, market)
        order = round_lot(pending[i] - shares[i], one.lot, one.step)
        if order > 0.0:
            note_possible(t, k, order, BUY, one, market, work, sheet)


@njit(cache=True, allocates=False)
def _wait_for_contracts(t: int, room: float, market: StockMarket, work: Work) -> None:
    """Cut what is to be bought, pro rata, to ``room`` yuan at reference prices."""
    value = 0.0
    for k in range(work.n[ORDERED]):
        if work.quantity[k] > 0.0:
            value += work.quantity[k] * reference_price(t, work.ordered[k], market.bars)
    cut_pro_rata(room, value, market, work)


@njit(cache=True, allocates=False)
def cut_pro_rata(room: float, value: float, market: StockMarket, work: Work) -> None:
    """Cut the day's orders that the market takes, worth ``value`` yuan, to ``room`` yuan."""
    for k in range(work.n[ORDERED] if value > room else 0):
        i, stocks = work.ordered[k], market.stocks
        work.quantity[k] = round_lot(room / value * work.quantity[k], stocks.lot[i], stocks.step[i])


@njit(cache=True, allocates=False)
def _rest_to_buy(rest: float, first_fill: int, one: StockDay) -> float:
    """Return what of a purchase is still to be bought, 0 where the later price does not allow it.

    The day's first price is asked for by :func:`_purchases_possible`.
    """
    if rest > 0.0 and one.fill != first_fill:
        return round_lot(rest, one.lot, one.step) if refusal(BUY, one) == DONE else 0.0
    return rest


@njit(cache=True, allocates=False)
def _leave_an_order(bought: float, wanted: float, lot: int, step: int) -> float:
    """Return the part bought first, less where the rest would be below the least order."""
    if 0.0 < wanted - bought < lot:
        return round_lot(wanted - lot, lot, step)
    return bought


@njit(cache=True, allocates=False)
def _scale_to_money(t: int, left: float, fill: int, market: StockMarket, work: Work) -> float:
    """Write the rests to be bought at a fill; return the part of them that the money pays, 0..1."""
    needed = 0.0
    for k in range(work.n[ORDERED]):
        work.rest[k] = 0.0
        if work.quantity[k] > work.done[k]:
            one = read_day(t, work.ordered[k], fill, market)
            rest = _rest_to_buy(work.quantity[k] - work.done[k], market.settings.fill, one)
            work.rest[k] = rest
            if rest > 0.0:
                costs = stock_costs(rest, BUY, one, market.settings)
                needed += _what_it_takes(rest * one.price, costs)
    return left / needed if needed > left else 1.0


@njit(cache=True, allocates=False)
def _what_it_takes(amount: float, costs: Costs) -> float:
    """Yuan that a purchase takes out of the account."""
    return amount + costs[0] + costs[1] + costs[2] + costs[3] + costs[5]


@njit(cache=True, allocates=False)
def _buy_with(
    t: int,
    left: float,
    fill: int,
    reason: int,
    more_later: bool,
    market: StockMarket,
    state: LedgerState,
    work: Work,
    sheet: Sheet,
) -> tuple[float, float]:
    """Buy at one price of the day with ``left`` yuan. Returns money paid and price gain.

    ``work.quantity`` is what the market allows, ``work.done`` what is bought of it and is written.
    """
    left = max(0.0, left)
    factor = _scale_to_money(t, left, fill, market, work)
    paid = 0.0
    gain = 0.0
    for k in range(work.n[ORDERED]):
        i, rest = work.ordered[k], work.rest[k]
        if rest == 0.0:
            continue
        one = read_day(t, i, fill, market)
        bought = round_lot(factor * rest, one.lot, one.step) if factor < 1.0 else rest
        if more_later:
            bought = _leave_an_order(bought, rest, one.lot, one.step)
        costs = stock_costs(bought, BUY, one, market.settings)
        while bought > 0.0 and not _what_it_takes(bought * one.price, costs) <= left:
            bought = next_smaller(bought, one.lot, one.step)
            costs = stock_costs(bought, BUY, one, market.settings)
        if bought > 0.0:
            gain += bought * (one.reference - one.price)
            add_lot(t, i, bought, market.tax, state.carried)
            net = book_trade(t, i, bought, BUY, one, costs, 0.0, reason, state, sheet)
            paid -= net
            left += net
            work.done[k] += bought
    return paid, gain


@njit(cache=True, allocates=False)
def _purchase_refusal(t: int, k: int, later: bool, market: StockMarket, work: Work) -> int:
    """Why less than the order was bought: volume, the other leg, the later price, or the money."""
    i = work.ordered[k]
    if work.quantity[k] - work.done[k] == 0.0:
        one = read_day(t, i, market.settings.fill, market)
        cap, limit = room_of(i, one, market, work)
        most = round_lot(min(cap, work.order[k]), one.lot, one.step)
        return OTHER_LEG if work.quantity[k] < most else limit
    if later:
        why = refusal(BUY, read_day(t, i, FILL_VWAP, market))
        if why != DONE:
            return why
    return CASH


@njit(cache=True, allocates=False)
def buy(
    t: int,
    reason: int,
    kept: float,
    morning_cash: float,
    room: float,
    market: StockMarket,
    state: LedgerState,
    work: Work,
    sheet: Sheet,
) -> tuple[float, float, float]:
    """Step 6. Returns price gain, and money paid: without the sales of the day, and with them.

    ``room`` is what may be bought beside contracts that wait, yuan; infinite where none does.
    """
    settings, scalars = market.settings, state.scalars
    _purchases_possible(t, market, state, work, sheet)
    if room < np.inf:
        _wait_for_contracts(t, room, market, work)
    untouched = untouched_cash(kept, settings, scalars)
    later = settings.sale_proceeds == AFTER_FILL and scalars[STOCK_CASH] > morning_cash
    settled = 0.0
    gain = 0.0
    if settings.sale_proceeds != SAME_AUCTION:
        left = min(morning_cash, scalars[STOCK_CASH]) - untouched
        settled, gain = _buy_with(t, left, settings.fill, reason, later, market, state, work, sheet)
    paid = 0.0
    if later or settings.sale_proceeds == SAME_AUCTION:
        paid, more = _buy_with(
            t, scalars[STOCK_CASH] - untouched, FILL_VWAP if later else settings.fill,
            PROCEEDS if later else reason, False, market, state, work, sheet,
        )  # fmt: skip
        gain += more
    for k in range(work.n[ORDERED]):
        if work.done[k] < work.order[k]:
            why = _purchase_refusal(t, k, later, market, work)
            refuse(sheet.logs, t, STOCK, work.ordered[k], BUY, work.order[k], work.done[k], why)
    return gain, settled, paid
