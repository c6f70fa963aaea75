"""Step 3 of docs/ledger.md and the book that step 7 expects of the day's orders: stocks, compiled.

An order stands in ``pending`` [N] as the whole shares wanted, NaN where there is none. The stocks
that have one are listed in :class:`quanthedge.ledger.kernels.sheet.Work`, so that no day looks at
all stocks of the market.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, Settings, StockBook, StockMarket
from quanthedge.ledger.kernels.prices import reference_price
from quanthedge.ledger.kernels.sheet import HELD, ORDERED, Logs, Work, list_orders, refuse
from quanthedge.ledger.layout import (
    BUY,
    DAYS_LEFT,
    EQUITY,
    LOT,
    NEXT_DAY,
    NO_PRICE,
    OWED,
    PLEDGED,
    RAISE_CASH,
    SELL,
    STOCK,
    STOCK_CASH,
)
from quanthedge.ledger.sleeves import SleeveTargets
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats


@njit(cache=True, allocates=False)
def round_lot(quantity: float, lot: int, step: int) -> float:
    """Largest quantity not above the wanted one that may be bought: 0 or lot + k * step."""
    # A product of weight, equity and price that falls a hair short of a lot is that lot.
    near = quantity + 1e-6
    if near < lot:
        return 0.0
    return lot + np.floor((near - lot) / step) * step


@njit(cache=True, allocates=False)
def next_smaller(quantity: float, lot: int, step: int) -> float:
    """Largest quantity below an order's that may be bought, 0 below the least order."""
    return quantity - step if quantity > lot else 0.0


@njit(cache=True, allocates=False)
def round_sale(quantity: float, shares: float, lot: int, step: int) -> float:
    """Largest quantity not above the wanted one that may be sold: all of the shares, or as bought.

    A part of a holding is sold in the quantities in which it is bought; what is less than the least
    order is sold whole.
    """
    return shares if quantity + 1e-6 >= shares else round_lot(quantity, lot, step)


@njit(cache=True, allocates=False)
def round_sale_up(quantity: float, shares: float, lot: int, step: int) -> float:
    """Smallest quantity not below the wanted one that may be sold, at most all of the shares."""
    if quantity <= lot:
        return min(shares, float(lot))
    return min(shares, lot + np.ceil((quantity - lot) / step) * step)


@njit(cache=True, allocates=False)
def _order_for(desired: float, shares: float, lot: int, step: int) -> float:
    """Whole shares wanted, by lots away from those held; NaN where that is no order."""
    if desired >= shares:
        more = round_lot(desired - shares, lot, step)
        return shares + more if more > 0.0 else np.nan
    sale = round_sale(shares - desired, shares, lot, step)
    return shares - sale if sale > 0.0 else np.nan


@njit(cache=True, allocates=False)
def _signed_order_for(desired: float, shares: float, lot: int, step: int) -> float:
    """As :func:`_order_for` where borrowed stocks may be sold, which count below 0.

    What passes 0 is two orders: of what is held or owed, and by lots of the rest.
    """
    if desired < 0.0:
        if shares > 0.0:
            return 0.0 - round_lot(-desired, lot, step)
        if desired < shares:
            more = round_lot(shares - desired, lot, step)
            return shares - more if more > 0.0 else np.nan
        back = round_sale(desired - shares, -shares, lot, step)
        return shares + back if back > 0.0 else np.nan
    if shares < 0.0:
        return round_lot(desired, lot, step)
    return _order_for(desired, shares, lot, step)


@njit(cache=True, allocates=False)
def plan_rebalance(
    t: int,
    r: int,
    bars: Bars,
    stocks: StockBook,
    targets: SleeveTargets,
    settings: Settings,
    borrows: bool,
    state: LedgerState,
    work: Work,
    logs: Logs,
) -> None:
    """Step 3 on a rebalance day: write the wanted holdings of row r of the targets."""
    shares, pending, equity = state.shares, state.pending, state.scalars[EQUITY]
    for k in range(work.n[ORDERED]):
        pending[work.ordered[k]] = np.nan
    for k in range(work.n[HELD]):
        i = work.held[k]
        pending[i] = 0.0 if shares[i] != 0.0 else np.nan
    for k in range(targets.pointer[r], targets.pointer[r + 1]):
        i = targets.stocks[k]
        reference = reference_price(t, i, bars)
        if not reference > 0.0:
            refuse(logs, t, STOCK, i, BUY, 0.0, 0.0, NO_PRICE)
            pending[i] = np.nan
            continue
        desired = targets.weights[k] * equity / reference
        if borrows:
            pending[i] = _signed_order_for(desired, shares[i], stocks.lot[i], stocks.step[i])
            if desired < 0.0 and shares[i] == 0.0 and np.isnan(pending[i]):
                refuse(logs, t, STOCK, i, SELL, np.floor(-desired), 0.0, LOT)
        else:
            pending[i] = _order_for(desired, shares[i], stocks.lot[i], stocks.step[i])
        if desired >= shares[i] and shares[i] == 0.0 and np.isnan(pending[i]):
            refuse(logs, t, STOCK, i, BUY, np.floor(desired), 0.0, LOT)
    state.scalars[DAYS_LEFT] = settings.retry_days
    work.n[ORDERED] = list_orders(pending, work.ordered)


@njit(cache=True, allocates=False)
def plan_flow(
    t: int,
    flow: float,
    bars: Bars,
    stocks: StockBook,
    settings: Settings,
    borrows: bool,
    state: LedgerState,
    work: Work,
) -> None:
    """Step 3 on the morning of a flow: the book, open orders included, grows or shrinks by it."""
    shares, pending = state.shares, state.pending
    if not state.scalars[DAYS_LEFT] > 0.0:
        for k in range(work.n[ORDERED]):
            pending[work.ordered[k]] = np.nan
    for i in range(shares.size):
        wanted = shares[i] if np.isnan(pending[i]) else pending[i]
        if wanted == 0.0 or not reference_price(t, i, bars) > 0.0:
            continue
        desired, lot, step = wanted * (1.0 + flow), stocks.lot[i], stocks.step[i]
        if borrows:
            pending[i] = _signed_order_for(desired, shares[i], lot, step)
        else:
            pending[i] = _order_for(desired, shares[i], lot, step)
    state.scalars[DAYS_LEFT] = settings.retry_days
    work.n[ORDERED] = list_orders(pending, work.ordered)


@njit(cache=True, allocates=False)
def strike_out(state: LedgerState, work: Work) -> None:
    """Take the orders that are done off the list; without any left, the days of retrying end."""
    left = 0
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        if state.pending[i] == state.shares[i]:
            state.pending[i] = np.nan
        elif not np.isnan(state.pending[i]):
            work.ordered[left] = i
            left += 1
    work.n[ORDERED] = left
    if left == 0:
        state.scalars[DAYS_LEFT] = 0.0


@njit(cache=True, allocates=False)
def ordered_value(t: int, market: StockMarket, state: LedgerState, work: Work) -> float:
    """Yuan at reference prices of all that the day's orders are to buy; of nothing still owed."""
    shares, pending, stocks = state.shares, state.pending, market.stocks
    value = 0.0
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        if pending[i] > shares[i] >= 0.0:
            order = round_lot(pending[i] - shares[i], stocks.lot[i], stocks.step[i])
            value += order * reference_price(t, i, market.bars)
    return value


@njit(cache=True, allocates=False)
def untouched_cash(kept: float, settings: Settings, scalars: Floats) -> float:
    """Yuan of the stock account that no purchase may take."""
    free = max(scalars[OWED], settings.cash_reserve * scalars[EQUITY])
    return max(kept, free + scalars[PLEDGED])


@njit(cache=True, allocates=False)
def expect_book(
    t: int,
    ordered: bool,
    short_room: float,
    bars: Bars,
    stocks: StockBook,
    settings: Settings,
    state: LedgerState,
    work: Work,
) -> bool:
    """Write the shares expected after the day's orders: step 7 before the stocks are filled.

    Sales are taken as done, purchases as far as the money goes at reference prices. Of borrowed
    stocks returns are taken as done, short sales as far as ``short_room`` yuan go; of an order that
    passes 0, no more than up to it. Returns whether any order changes the book. Nothing of the
    day's bars is read.
    """
    scalars, shares, pending, expected = state.scalars, state.shares, state.pending, work.expected
    cash = scalars[STOCK_CASH]
    sold = 0.0
    needed = 0.0
    short = 0.0
    changed = False
    for i in range(shares.size):
        expected[i] = shares[i]
    orders = work.n[ORDERED] if ordered else 0
    for k in range(orders):
        i = work.ordered[k]
        if np.isnan(pending[i]) or pending[i] == shares[i]:
            continue
        if t > 0 and np.isnan(bars.close[t - 1, i]):
            continue  # suspended at the last close: nothing is expected of it
        lot, step, reference = stocks.lot[i], stocks.step[i], reference_price(t, i, bars)
        if pending[i] < shares[i] and shares[i] > 0.0:
            order = round_sale(shares[i] - pending[i], shares[i], lot, step)
            expected[i] = shares[i] - order
            sold += order * reference
        elif pending[i] < shares[i]:
            order = round_lot(shares[i] - pending[i], lot, step)
            short += order * reference
        elif shares[i] < 0.0:
            order = round_sale(min(0.0, pending[i]) - shares[i], -shares[i], lot, step)
            expected[i] = shares[i] + order
        else:
            order = round_lot(pending[i] - shares[i], lot, step)
            needed += order * reference
        changed = changed or order > 0.0
    missing = scalars[RAISE_CASH]
    kept = cash + missing if missing > 0.0 else 0.0
    if missing > sold:
        changed = _expect_forced_sales(t, missing - sold, bars, work) or changed
        sold = missing
    money = cash if settings.sale_proceeds == NEXT_DAY else cash + sold
    left = money - untouched_cash(kept, settings, scalars)
    part = min(1.0, max(0.0, left) / needed) if needed > 0.0 else 0.0
    of_short = min(1.0, short_room / short) if short > 0.0 else 0.0
    for k in range(orders):
        i = work.ordered[k]
        traded = t == 0 or not np.isnan(bars.close[t - 1, i])
        if traded and pending[i] < shares[i] <= 0.0:
            order = round_lot(shares[i] - pending[i], stocks.lot[i], stocks.step[i])
            expected[i] = shares[i] - of_short * order
        elif traded and pending[i] > shares[i] >= 0.0 and expected[i] == shares[i]:
            expected[i] += part * round_lot(pending[i] - shares[i], stocks.lot[i], stocks.step[i])
    return changed


@njit(cache=True, allocates=False)
def _expect_forced_sales(t: int, missing: float, bars: Bars, work: Work) -> bool:
    """Take the missing money out of the expected holdings, pro rata. Returns whether any is."""
    value = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        if work.expected[i] > 0.0:
            value += work.expected[i] * reference_price(t, i, bars)
    if value <= 0.0:
        return False
    fraction = min(1.0, missing / value)
    for k in range(work.n[HELD]):
        i = work.held[k]
        work.expected[i] -= fraction * max(0.0, work.expected[i])
    return True
