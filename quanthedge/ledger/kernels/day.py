"""The ledger of docs/ledger.md as one compiled pass over days.

Plain arrays in named tuples (:mod:`quanthedge.ledger.inputs`) in, one row of money a day and
lists of
trades and refusals out. ``run_days`` advances a state from one day to another; running 0..T at
once or in pieces
gives the same bits, because everything that lasts over a close lives in the state arrays.
"""

from typing import Any

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, Carried, LedgerInputs, Settings, StockBook
from quanthedge.ledger.kernels.actions import (
    action_of_day,
    add_lot,
    drop_lots,
    list_shares,
    lock_shares,
    note_dividend,
    scale_lots,
    take_lots,
)
from quanthedge.ledger.kernels.fees import performance_fee_cents, unit_value_ticks
from quanthedge.ledger.kernels.futures import (
    hedge,
    margin_required,
    morning_treasury,
    refuse,
    settle_futures,
)
from quanthedge.ledger.layout import (
    ACCRUED,
    ACCRUED_,
    AFTER_FILL,
    AUCTION,
    AUDIT_,
    BEFORE_ACCRUAL_,
    BOUGHT_,
    BROKEN_IDENTITY,
    BUY,
    CASH,
    CASH_CUT,
    COMMISSION_,
    CONTRACT_,
    CUSTODY_,
    DAYS_LEFT,
    DELISTING,
    DISTRIBUTIONS_,
    DIVIDEND_TAX_,
    DIVIDENDS_,
    DONE,
    EQUITY,
    EQUITY_,
    EXCHANGE_,
    FILL_CLOSE,
    FILL_OPEN,
    FILL_VWAP,
    FLOW,
    FUTURES_CASH,
    FUTURES_CASH_,
    FUTURES_FEE_,
    FUTURES_PNL_,
    HALF_TICK,
    HELD_PNL_,
    HWM_,
    IMPACT_,
    INSOLVENT,
    INTEREST_,
    LIMIT_DOWN,
    LIMIT_UNKNOWN,
    LIMIT_UP,
    LOAN,
    LOAN_,
    LOAN_INTEREST_,
    LOT,
    LOTS_,
    MANAGEMENT_,
    MARGIN_,
    MARK_TICKS,
    NAMES_,
    NEGATIVE_CASH,
    NEGATIVE_SHARES,
    NEXT_DAY,
    NEXT_REBALANCE,
    NO_PRICE,
    NO_SETTLEMENT,
    NOT_LISTED,
    NOTIONAL_,
    OK,
    OPEN_ACCRUED_,
    OWED,
    OWED_,
    OWED_DUE,
    PAYABLE,
    PAYABLE_,
    PERFORMANCE_,
    PROCEEDS,
    RAISE_CASH,
    REBALANCE,
    RECEIVABLE,
    RECEIVABLE_,
    REDEMPTIONS_,
    RETRY,
    REVALUATION,
    REVALUATION_,
    RIGHTS,
    SAME_AUCTION,
    SELL,
    SERVICE_,
    SERVICE_BASE,
    SOLD_,
    STAMP_,
    STATUS,
    STATUS_DAY,
    STOCK,
    STOCK_CASH,
    STOCK_CASH_,
    STOCK_PNL_,
    STOCK_VALUE,
    STOCK_VALUE_,
    SUBSCRIPTIONS_,
    SUSPENDED,
    TRANSFER_,
    UNFINISHED,
    UNIT_VALUE_,
    UNITS,
    UNITS_,
    UNPAID_MARGIN,
    VOLUME,
)
from quanthedge.rules import limit_prices, order_costs
from quanthedge.typing import Floats, Ints

Log = list[Any]  # of float64 tuples


@njit(cache=True)
def round_lot(
    quantity: float,
    lot: int,
    step: int,
) -> float:
    """Largest quantity not above the wanted one that may be bought: 0 or lot + k * step."""
    # A product of weight, equity and price that falls a hair short of a lot is that lot.
    near = quantity + 1e-6
    if near < lot:
        return 0.0
    return lot + np.floor((near - lot) / step) * step


@njit(cache=True)
def round_sale(
    quantity: float,
    shares: float,
    lot: int,
    step: int,
) -> float:
    """Largest quantity not above the wanted one that may be sold: all of the shares, or as bought.

    A part of a holding is sold in the quantities in which it is bought; what is less than the least
    order is sold whole.
    """
    return shares if quantity + 1e-6 >= shares else round_lot(quantity, lot, step)


@njit(cache=True)
def round_sale_up(
    quantity: float,
    shares: float,
    lot: int,
    step: int,
) -> float:
    """Smallest quantity not below the wanted one that may be sold, at most all of the shares."""
    if quantity <= lot:
        return min(shares, float(lot))
    return min(shares, lot + np.ceil((quantity - lot) / step) * step)


@njit(cache=True)
def fill_price(
    t: int,
    i: int,
    fill: int,
    bars: Bars,
) -> float:
    """Price at which an order of the day is done; NaN when the stock did not trade."""
    if fill == FILL_OPEN:
        return bars.open[t, i]
    if fill == FILL_CLOSE:
        return bars.close[t, i]
    if not bars.volume[t, i] > 0.0:
        return np.nan
    return bars.amount[t, i] / bars.volume[t, i]


limit_prices_of_one = njit(cache=True)(limit_prices)
costs_of_one = njit(cache=True)(order_costs)


@njit(cache=True)
def day_limits(
    t: int,
    i: int,
    bars: Bars,
    stocks: StockBook,
) -> tuple[float, float]:
    """Upper and lower limit price of the day; +-inf = free, NaN = not known."""
    kind = bars.limit_class[t, i]
    up, down = stocks.limit_up[t, kind], stocks.limit_down[t, kind]
    return limit_prices_of_one(bars.pre_close[t, i], up, down, stocks.inward[i])


@njit(cache=True)
def refusal(
    t: int,
    i: int,
    side: int,
    price: float,
    fill: int,
    bars: Bars,
    stocks: StockBook,
) -> int:
    """Why the stock cannot be traded on that side today, or DONE."""
    if np.isnan(bars.close[t, i]):
        return SUSPENDED
    if np.isnan(price):
        return NO_PRICE
    high, low = day_limits(t, i, bars, stocks)
    if np.isnan(low if side == SELL else high):
        return LIMIT_UNKNOWN
    if side == SELL:
        seen = bars.high[t, i] if fill == FILL_VWAP else price
        return LIMIT_DOWN if seen <= low + HALF_TICK else DONE
    seen = bars.low[t, i] if fill == FILL_VWAP else price
    return LIMIT_UP if seen >= high - HALF_TICK else DONE


@njit(cache=True)
def size_impact(
    amount: float,
    day_amount: float,
    day_value: float,
    volatility: float,
    coefficient: float,
) -> float:
    """Square-root impact of an order, yuan, by its share of the day's turnover.

    ``day_amount`` is the stock's turnover of the day; where it is not above 0, ``day_value``, its
    volume at the fill price, stands in, and after that the order itself.
    """
    if np.isnan(volatility) or not amount > 0.0:
        return 0.0
    turnover = day_amount if day_amount > 0.0 else day_value
    if not turnover > 0.0:
        turnover = amount
    return coefficient * volatility * np.sqrt(amount / turnover) * amount


@njit(cache=True)
def volume_cap(
    t: int,
    i: int,
    price: float,
    inputs: LedgerInputs,
) -> tuple[float, int]:
    """Most shares of one order that the market takes today (inf = no cap), and what limits it."""
    cap = np.inf
    if inputs.settings.participation > 0.0:
        cap = inputs.settings.participation * inputs.bars.volume[t, i]
    if inputs.auction.size > 0:
        usual = inputs.auction[t, i] / price
        if not usual >= cap:
            return usual if usual > 0.0 else 0.0, AUCTION
    return cap, VOLUME


@njit(cache=True)
def stock_costs(
    t: int,
    i: int,
    quantity: float,
    amount: float,
    side: int,
    size: float,
    stocks: StockBook,
    settings: Settings,
) -> tuple[float, float, float, float, float]:
    """Commission, stamp duty, transfer fee, exchange fee and impact of one stock order, yuan."""
    e = stocks.exchange[i]
    commission, duty, transfer, exchange = costs_of_one(
        amount, quantity, settings.commission_rate, settings.commission_min_yuan,
        stocks.stamp_duty_buy[t] if side == BUY else stocks.stamp_duty_sell[t],
        stocks.transfer_rate[t, e], stocks.transfer_par_rate[t, e], stocks.transfer_min_yuan[t, e],
        0.0 if settings.exchange_fees_included else stocks.exchange_rate[t, e],
    )  # fmt: skip
    return commission, duty, transfer, exchange, settings.slippage * amount + size


@njit(cache=True)
def trade_stock(
    t: int,
    i: int,
    quantity: float,
    price: float,
    side: int,
    size: float,
    reason: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    carried: Carried,
    row: Floats,
    trades: Log,
) -> float:
    """Book one stock order: shares, cash, costs, trade record. Returns the net money received."""
    amount = quantity * price
    costs = stock_costs(t, i, quantity, amount, side, size, inputs.stocks, inputs.settings)
    tax = 0.0
    if side == BUY:
        add_lot(t, i, quantity, inputs.tax, carried)
    else:
        tax = take_lots(t, i, quantity, inputs.tax, carried)
    total = costs[0] + costs[1] + costs[2] + costs[3] + costs[4] + tax
    shares[i] += side * quantity
    net = -side * amount - total
    scalars[STOCK_CASH] += net
    row[COMMISSION_] += costs[0]
    row[STAMP_] += costs[1]
    row[TRANSFER_] += costs[2]
    row[EXCHANGE_] += costs[3]
    row[IMPACT_] += costs[4]
    row[DIVIDEND_TAX_] += tax
    row[BOUGHT_ if side == BUY else SOLD_] += amount
    trades.append(
        (
            float(t), float(STOCK), float(i), side * quantity, price, amount,
            costs[0], costs[1], costs[2], costs[3], 0.0, costs[4], float(reason), tax,
        )
    )  # fmt: skip
    return net


@njit(cache=True)
def list_held(
    shares: Floats,
    held: Ints,
) -> int:
    """Write the indices of the stocks held into ``held`` [N], ascending; returns their number."""
    n = 0
    for i in range(shares.size):
        if shares[i] > 0.0:
            held[n] = i
            n += 1
    return n


@njit(cache=True)
def pay_action(
    t: int,
    i: int,
    a: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    carried: Carried,
    row: Floats,
    trades: Log,
    refusals: Log,
) -> float:
    """Dividend, bonus and rights of action a on a holding. Returns its change in value."""
    bars, actions, tax = inputs.bars, inputs.actions, inputs.tax
    old, mark = shares[i], bars.mark[t, i]
    reference = reference_price(t, i, bars)
    gross = old * actions.cash[a]
    withheld = old * tax.at_payment[a]
    note_dividend(a, i, tax, carried)
    grown = old * (1.0 + actions.bonus[a])
    whole = np.floor(grown + 1e-6)
    fraction = max(0.0, grown - whole) * reference
    scale_lots(i, whole / old, carried)
    taken = 0.0
    if actions.rights[a] > 0.0 and inputs.settings.subscribe_rights:
        wanted = np.floor(old * actions.rights[a] + 1e-6)
        price = actions.rights_price[a]
        taken = min(wanted, np.floor(max(0.0, scalars[STOCK_CASH]) / price))
        if taken < wanted:
            refuse(refusals, t, STOCK, i, BUY, wanted, taken, CASH)
        if taken > 0.0:
            scalars[STOCK_CASH] -= taken * price
            row[BOUGHT_] += taken * price
            add_lot(t, i, taken, tax, carried)
            trades.append(
                (
                    float(t), float(STOCK), float(i), taken, price, taken * price,
                    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, float(RIGHTS), 0.0,
                )
            )  # fmt: skip
    scalars[STOCK_CASH] += fraction
    if actions.pay_day[a] <= t:
        scalars[STOCK_CASH] += gross - withheld
    else:
        carried.due[actions.pay_day[a]] += gross - withheld
        scalars[RECEIVABLE] += gross - withheld
    row[DIVIDENDS_] += gross + fraction
    row[DIVIDEND_TAX_] += withheld
    shares[i] = whole + taken
    carried.locked[i] = min(carried.locked[i], whole)
    lock_shares(t, i, a, whole - old + taken, actions, carried)
    return shares[i] * reference - old * mark - taken * actions.rights_price[a]


@njit(cache=True)
def corporate_actions(
    t: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    carried: Carried,
    held: Ints,
    n_held: int,
    row: Floats,
    trades: Log,
    refusals: Log,
) -> float:
    """Step 1. Returns the price gain of delisted holdings (a loss when the recovery is below 1)."""
    bars, actions = inputs.bars, inputs.actions
    gain = 0.0
    list_shares(t, actions, carried)
    if carried.due[t] != 0.0:
        scalars[STOCK_CASH] += carried.due[t]
        scalars[RECEIVABLE] = 0.0  # summed anew: no residue of rounding stays behind
        for d in range(t + 1, carried.due.size):
            scalars[RECEIVABLE] += carried.due[d]
    for k in range(n_held):
        i = held[k]
        if not shares[i] > 0.0:  # rounded away by an earlier event
            continue
        if t >= bars.delist[i]:
            price = inputs.settings.recovery * bars.mark[t, i]
            gain += shares[i] * (price - bars.mark[t, i])
            scalars[STOCK_CASH] += shares[i] * price
            row[SOLD_] += shares[i] * price
            trades.append(
                (
                    float(t), float(STOCK), float(i), -shares[i], price, shares[i] * price,
                    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, float(DELISTING), 0.0,
                )
            )  # fmt: skip
            shares[i] = 0.0
            drop_lots(i, carried)
            continue
        a = action_of_day(t, i, actions.pointer, actions.stock)
        if a >= 0:
            gain += pay_action(
                t, i, a, inputs, scalars, shares, carried, row, trades, refusals
            )  # fmt: skip
        elif bars.adj_factor[t + 1, i] != bars.adj_factor[t, i]:
            growth = bars.adj_factor[t + 1, i] / bars.adj_factor[t, i]
            grown = shares[i] * growth
            whole = np.floor(grown + 1e-6)
            paid = max(0.0, grown - whole) * bars.mark[t, i] / growth
            # The reference price is rounded nowhere, so the holding's value does not move here.
            gain += whole * bars.mark[t, i] / growth - shares[i] * bars.mark[t, i]
            scalars[STOCK_CASH] += paid
            row[DIVIDENDS_] += paid
            scale_lots(i, whole / shares[i], carried)
            shares[i] = whole
            carried.locked[i] = min(carried.locked[i], whole)
    for i in range(pending.size):
        if np.isnan(pending[i]):
            continue
        if t >= bars.delist[i]:
            pending[i] = np.nan
            continue
        a = action_of_day(t, i, actions.pointer, actions.stock)
        growth = bars.adj_factor[t + 1, i] / bars.adj_factor[t, i]
        if a >= 0:
            growth = 1.0 + actions.bonus[a]
            if inputs.settings.subscribe_rights:
                growth += actions.rights[a]
        if growth != 1.0:
            pending[i] = np.floor(pending[i] * growth + 0.5)
    return gain


@njit(cache=True)
def reference_price(
    t: int,
    i: int,
    bars: Bars,
) -> float:
    """Last mark on the basis of day t's shares: the price of decisions before the fill."""
    if t >= bars.delist[i]:
        return np.nan
    return bars.mark[t, i] * bars.adj_factor[t, i] / bars.adj_factor[t + 1, i]


@njit(cache=True)
def plan_rebalance(
    t: int,
    r: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    refusals: Log,
) -> None:
    """Step 3 on a rebalance day: write the wanted holdings into ``pending``."""
    stocks, bars, targets = inputs.stocks, inputs.bars, inputs.targets
    for i in range(shares.size):
        pending[i] = 0.0 if shares[i] > 0.0 else np.nan
    for k in range(targets.pointer[r], targets.pointer[r + 1]):
        i = targets.stocks[k]
        reference = reference_price(t, i, bars)
        if not reference > 0.0:
            refuse(refusals, t, STOCK, i, BUY, 0.0, 0.0, NO_PRICE)
            pending[i] = np.nan
            continue
        desired = targets.weights[k] * scalars[EQUITY] / reference
        if desired >= shares[i]:
            buy = round_lot(desired - shares[i], stocks.lot[i], stocks.step[i])
            pending[i] = shares[i] + buy if buy > 0.0 else np.nan
            if buy == 0.0 and shares[i] == 0.0:
                refuse(refusals, t, STOCK, i, BUY, np.floor(desired), 0.0, LOT)
        else:
            sale = round_sale(shares[i] - desired, shares[i], stocks.lot[i], stocks.step[i])
            pending[i] = shares[i] - sale if sale > 0.0 else np.nan
    scalars[DAYS_LEFT] = inputs.settings.retry_days


@njit(cache=True)
def take_flows(
    t: int,
    inputs: LedgerInputs,
    scalars: Floats,
    row: Floats,
) -> float:
    """Step 0: book the flows of the morning, pay what is due. Returns the flow over equity."""
    fund = inputs.fund
    net = fund.subscribed[t] - fund.redeemed[t] - fund.distributed[t]
    scalars[STOCK_CASH] += fund.subscribed[t]
    scalars[OWED] += fund.redeemed[t] + fund.distributed[t]
    scalars[OWED_DUE] += fund.paid_out[t]
    scalars[UNITS] += fund.units_change[t]
    scalars[SERVICE_BASE] += fund.service_change[t]
    row[SUBSCRIPTIONS_] = fund.subscribed[t]
    row[REDEMPTIONS_] = fund.redeemed[t]
    row[DISTRIBUTIONS_] = fund.distributed[t]
    flow = max(-1.0, net / scalars[EQUITY]) if net != 0.0 else 0.0
    scalars[EQUITY] = max(0.0, scalars[EQUITY] + net)
    if scalars[OWED_DUE] > 0.0:
        paid = max(0.0, min(scalars[STOCK_CASH], scalars[OWED_DUE]))
        scalars[STOCK_CASH] -= paid
        scalars[OWED_DUE] -= paid
        scalars[OWED] -= paid
    return flow


@njit(cache=True)
def plan_flow(
    t: int,
    flow: float,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
) -> None:
    """Step 3 on the morning of a flow: the book, open orders included, grows or shrinks by it."""
    stocks = inputs.stocks
    still_open = scalars[DAYS_LEFT] > 0.0
    for i in range(shares.size):
        if not still_open:
            pending[i] = np.nan
        wanted = shares[i] if np.isnan(pending[i]) else pending[i]
        if wanted == 0.0 or not reference_price(t, i, inputs.bars) > 0.0:
            continue
        desired = wanted * (1.0 + flow)
        if desired >= shares[i]:
            more = round_lot(desired - shares[i], stocks.lot[i], stocks.step[i])
            pending[i] = shares[i] + more if more > 0.0 else np.nan
        else:
            sale = round_sale(shares[i] - desired, shares[i], stocks.lot[i], stocks.step[i])
            pending[i] = shares[i] - sale if sale > 0.0 else np.nan
    scalars[DAYS_LEFT] = inputs.settings.retry_days


@njit(cache=True)
def sell_one(
    t: int,
    i: int,
    order: float,
    capped: bool,
    reason: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    carried: Carried,
    row: Floats,
    trades: Log,
    refusals: Log,
) -> tuple[float, float, float]:
    """Sell what can be sold of one order. Returns shares sold, money received, price gain."""
    bars, stocks, settings = inputs.bars, inputs.stocks, inputs.settings
    price = fill_price(t, i, settings.fill, bars)
    why = refusal(t, i, SELL, price, settings.fill, bars, stocks)
    quantity = order if why == DONE else 0.0
    if why == DONE and quantity > shares[i] - carried.locked[i]:
        quantity = shares[i] - carried.locked[i]
        why = NOT_LISTED
    if quantity > 0.0 and capped:
        cap, limit = volume_cap(t, i, price, inputs)
        if cap + 1e-6 < quantity:
            quantity = round_lot(cap, stocks.lot[i], stocks.step[i])
            why = limit
    size = 0.0
    if quantity > 0.0:
        if settings.impact_coefficient > 0.0:
            size = size_impact(
                quantity * price, bars.amount[t, i], bars.volume[t, i] * price,
                inputs.volatility[t, i], settings.impact_coefficient,
            )  # fmt: skip
        costs = stock_costs(t, i, quantity, quantity * price, SELL, size, stocks, settings)
        total = costs[0] + costs[1] + costs[2] + costs[3] + costs[4]
        if quantity * price - total + scalars[STOCK_CASH] < 0.0:
            quantity = 0.0
            why = CASH
    money = 0.0
    gain = 0.0
    if quantity > 0.0:
        gain = quantity * (price - reference_price(t, i, bars))
        money = trade_stock(
            t, i, quantity, price, SELL, size, reason, inputs, scalars, shares, carried, row, trades
        )
    if quantity < order:
        refuse(refusals, t, STOCK, i, SELL, order, quantity, why)
    return quantity, money, gain


@njit(cache=True)
def forced_sales(
    t: int,
    missing: float,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    carried: Carried,
    held: Ints,
    n_held: int,
    row: Floats,
    trades: Log,
    refusals: Log,
) -> tuple[float, float]:
    """Step 5: sell every stock pro rata. Returns the money received and the price gain."""
    value = 0.0
    for k in range(n_held):
        if shares[held[k]] > 0.0:
            value += shares[held[k]] * reference_price(t, held[k], inputs.bars)
    fraction = min(1.0, missing / value) if value > 0.0 else 0.0
    received = 0.0
    gain = 0.0
    for k in range(n_held):
        i = held[k]
        if shares[i] <= 0.0:
            continue
        order = round_sale_up(
            fraction * shares[i], shares[i], inputs.stocks.lot[i], inputs.stocks.step[i]
        )
        done, money, price_gain = sell_one(
            t, i, order, False, CASH_CUT, inputs, scalars, shares, carried, row, trades, refusals
        )
        received += money
        gain += price_gain
        if done > 0.0 and pending[i] > shares[i]:
            pending[i] = np.nan
    return received, gain


@njit(cache=True)
def sell(
    t: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    carried: Carried,
    held: Ints,
    n_held: int,
    reason: int,
    row: Floats,
    trades: Log,
    refusals: Log,
) -> tuple[float, float]:
    """Step 4. Returns the money received and the price gain against the reference."""
    received = 0.0
    gain = 0.0
    for k in range(n_held):
        i = held[k]
        order = 0.0
        if pending[i] < shares[i]:
            order = round_sale(
                shares[i] - pending[i], shares[i], inputs.stocks.lot[i], inputs.stocks.step[i]
            )
        if order > 0.0:
            _, money, price_gain = sell_one(
                t, i, order, True, reason, inputs, scalars, shares, carried, row, trades, refusals
            )
            received += money
            gain += price_gain
    return received, gain


@njit(cache=True)
def cost_of_buying(
    t: int,
    i: int,
    quantity: float,
    price: float,
    inputs: LedgerInputs,
) -> tuple[float, float]:
    """Return what a purchase takes out of the account, and its impact of size, yuan."""
    bars, settings = inputs.bars, inputs.settings
    amount = quantity * price
    size = 0.0
    if settings.impact_coefficient > 0.0:
        size = size_impact(
            amount, bars.amount[t, i], bars.volume[t, i] * price,
            inputs.volatility[t, i], settings.impact_coefficient,
        )  # fmt: skip
    costs = stock_costs(t, i, quantity, amount, BUY, size, inputs.stocks, settings)
    return amount + costs[0] + costs[1] + costs[2] + costs[3] + costs[4], size


@njit(cache=True)
def purchases_possible(
    t: int,
    inputs: LedgerInputs,
    shares: Floats,
    pending: Floats,
    order: Floats,
    quantity: Floats,
    refusals: Log,
) -> None:
    """Write the day's orders to buy, and what of them the market allows, both [N]."""
    bars, stocks, settings = inputs.bars, inputs.stocks, inputs.settings
    for i in range(shares.size):
        order[i] = 0.0
        quantity[i] = 0.0
        if not pending[i] > shares[i]:
            continue
        order[i] = round_lot(pending[i] - shares[i], stocks.lot[i], stocks.step[i])
        if order[i] == 0.0:
            continue
        price = fill_price(t, i, settings.fill, bars)
        why = refusal(t, i, BUY, price, settings.fill, bars, stocks)
        if why != DONE:
            refuse(refusals, t, STOCK, i, BUY, order[i], 0.0, why)
            order[i] = 0.0
            continue
        quantity[i] = order[i]
        cap, _ = volume_cap(t, i, price, inputs)
        if cap < order[i]:
            quantity[i] = round_lot(cap, stocks.lot[i], stocks.step[i])


@njit(cache=True)
def rest_to_buy(
    t: int,
    i: int,
    fill: int,
    quantity: Floats,
    done: Floats,
    inputs: LedgerInputs,
) -> float:
    """Return what of a purchase is still to be bought, 0 where the later price does not allow it.

    The day's first price is asked for by :func:`purchases_possible`.
    """
    bars, stocks = inputs.bars, inputs.stocks
    rest = quantity[i] - done[i]
    if rest > 0.0 and fill != inputs.settings.fill:
        rest = round_lot(rest, stocks.lot[i], stocks.step[i])
        price = fill_price(t, i, fill, bars)
        if refusal(t, i, BUY, price, fill, bars, stocks) != DONE:
            return 0.0
    return rest


@njit(cache=True)
def leave_an_order(
    bought: float,
    wanted: float,
    lot: int,
    step: int,
) -> float:
    """Return the part bought first, less where the rest would be below the least order."""
    if 0.0 < wanted - bought < lot:
        return round_lot(wanted - lot, lot, step)
    return bought


@njit(cache=True)
def buy_with(
    t: int,
    left: float,
    fill: int,
    reason: int,
    more_later: bool,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    carried: Carried,
    quantity: Floats,
    done: Floats,
    row: Floats,
    trades: Log,
) -> tuple[float, float]:
    """Buy at one price of the day with ``left`` yuan. Returns money paid and price gain.

    ``quantity`` [N] is what the market allows, ``done`` [N] what is bought of it and is written.
    """
    bars, stocks = inputs.bars, inputs.stocks
    needed = 0.0
    for i in range(shares.size):
        if not quantity[i] > done[i]:  # asked for here: a call with all inputs is dear
            continue
        rest = rest_to_buy(t, i, fill, quantity, done, inputs)
        if rest > 0.0:
            needed += cost_of_buying(t, i, rest, fill_price(t, i, fill, bars), inputs)[0]
    left = max(0.0, left)
    factor = left / needed if needed > left else 1.0
    paid = 0.0
    gain = 0.0
    for i in range(shares.size):
        if not quantity[i] > done[i]:
            continue
        rest = rest_to_buy(t, i, fill, quantity, done, inputs)
        if rest == 0.0:
            continue
        lot, step = stocks.lot[i], stocks.step[i]
        price = fill_price(t, i, fill, bars)
        bought = round_lot(factor * rest, lot, step) if factor < 1.0 else rest
        if more_later:
            bought = leave_an_order(bought, rest, lot, step)
        size = 0.0
        while bought > 0.0:
            cost, size = cost_of_buying(t, i, bought, price, inputs)
            if cost <= left:
                break
            bought = bought - step if bought > lot else 0.0
        if bought > 0.0:
            gain += bought * (reference_price(t, i, bars) - price)
            net = trade_stock(
                t, i, bought, price, BUY, size, reason, inputs, scalars, shares, carried, row,
                trades,
            )  # fmt: skip
            paid -= net
            left += net
            done[i] += bought
    return paid, gain


@njit(cache=True)
def purchase_refusal(
    t: int,
    i: int,
    later: bool,
    quantity: Floats,
    done: Floats,
    inputs: LedgerInputs,
) -> int:
    """Why less than the order was bought: the cap on volume, the later price, or the money."""
    bars, stocks = inputs.bars, inputs.stocks
    rest = quantity[i] - done[i]
    if rest == 0.0:
        return volume_cap(t, i, fill_price(t, i, inputs.settings.fill, bars), inputs)[1]
    if later:
        price = fill_price(t, i, FILL_VWAP, bars)
        why = refusal(t, i, BUY, price, FILL_VWAP, bars, stocks)
        if why != DONE:
            return why
    return CASH


@njit(cache=True)
def buy(
    t: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    carried: Carried,
    reason: int,
    kept: float,
    morning_cash: float,
    scratch: Floats,
    row: Floats,
    trades: Log,
    refusals: Log,
) -> tuple[float, float, float]:
    """Step 6; ``scratch`` [3, N] is written. Returns price gain, and money paid.

    The money is what was paid without the sales of the day, and what was paid with them.
    """
    settings = inputs.settings
    order, quantity, done = scratch[0], scratch[1], scratch[2]
    done[:] = 0.0
    purchases_possible(t, inputs, shares, pending, order, quantity, refusals)
    untouched = max(kept, scalars[OWED], settings.cash_reserve * scalars[EQUITY])
    later = settings.sale_proceeds == AFTER_FILL and scalars[STOCK_CASH] > morning_cash
    settled = 0.0
    gain = 0.0
    if settings.sale_proceeds != SAME_AUCTION:
        left = min(morning_cash, scalars[STOCK_CASH]) - untouched
        settled, gain = buy_with(
            t, left, settings.fill, reason, later, inputs, scalars, shares, carried, quantity, done,
            row, trades,
        )  # fmt: skip
    paid = 0.0
    if later or settings.sale_proceeds == SAME_AUCTION:
        paid, more = buy_with(
            t, scalars[STOCK_CASH] - untouched, FILL_VWAP if later else settings.fill,
            PROCEEDS if later else reason, False, inputs, scalars, shares, carried, quantity, done,
            row, trades,
        )  # fmt: skip
        gain += more
    for i in range(shares.size):
        if done[i] < order[i]:
            why = purchase_refusal(t, i, later, quantity, done, inputs)
            refuse(refusals, t, STOCK, i, BUY, order[i], done[i], why)
    return gain, settled, paid


@njit(cache=True)
def expect_book(
    t: int,
    ordered: bool,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    expected: Floats,
) -> bool:
    """Write the shares expected after the day's orders, [N]: step 7 before the stocks are filled.

    Sales are taken as done, purchases as far as the money goes at reference prices. Returns whether
    any order changes the book. Nothing of the day's bars is read.
    """
    stocks, settings = inputs.stocks, inputs.settings
    cash = scalars[STOCK_CASH]
    sold = 0.0
    needed = 0.0
    changed = False
    for i in range(shares.size):
        expected[i] = shares[i]
        if not ordered or np.isnan(pending[i]) or pending[i] == shares[i]:
            continue
        if t > 0 and np.isnan(inputs.bars.close[t - 1, i]):
            continue  # suspended at the last close: nothing is expected of it
        lot, step, reference = stocks.lot[i], stocks.step[i], reference_price(t, i, inputs.bars)
        if pending[i] < shares[i]:
            order = round_sale(shares[i] - pending[i], shares[i], lot, step)
            expected[i] = shares[i] - order
            sold += order * reference
        else:
            order = round_lot(pending[i] - shares[i], lot, step)
            needed += order * reference
        changed = changed or order > 0.0
    missing = scalars[RAISE_CASH]
    kept = cash + missing if missing > 0.0 else 0.0
    if missing > sold:
        changed = expect_forced_sales(t, missing - sold, inputs, shares, expected) or changed
        sold = missing
    untouched = max(kept, scalars[OWED], settings.cash_reserve * scalars[EQUITY])
    left = cash - untouched if settings.sale_proceeds == NEXT_DAY else cash + sold - untouched
    part = min(1.0, max(0.0, left) / needed) if needed > 0.0 else 0.0
    for i in range(shares.size):
        traded = t == 0 or not np.isnan(inputs.bars.close[t - 1, i])
        if ordered and traded and pending[i] > shares[i] and expected[i] == shares[i]:
            order = round_lot(pending[i] - shares[i], stocks.lot[i], stocks.step[i])
            expected[i] += part * order
    return changed


@njit(cache=True)
def expect_forced_sales(
    t: int,
    missing: float,
    inputs: LedgerInputs,
    shares: Floats,
    expected: Floats,
) -> bool:
    """Take the missing money out of the expected holdings, pro rata. Returns whether any is."""
    value = 0.0
    for i in range(shares.size):
        if expected[i] > 0.0:
            value += expected[i] * reference_price(t, i, inputs.bars)
    if value <= 0.0:
        return False
    fraction = min(1.0, missing / value)
    for i in range(shares.size):
        expected[i] -= fraction * expected[i]
    return True


@njit(cache=True)
def revalue(
    t: int,
    inputs: LedgerInputs,
    equity: float,
    shares: Floats,
    held: Ints,
    n_held: int,
    carried: Carried,
    restated: Log,
) -> float:
    """Return what holdings that do not trade are stated above (below: less than 0) their marks.

    Adjustments count together, once they reach the materiality of ``equity``; a holding whose
    adjustment has begun keeps it until the stock is traded again.
    """
    book = inputs.valuation
    if book.ratio.size == 0:
        return 0.0
    total = 0.0
    for i in range(shares.size):  # what was sold whole is not among the held
        if np.isnan(book.ratio[t + 1, i]) or not shares[i] > 0.0:
            carried.restated[i] = False
    for k in range(n_held):
        i = held[k]
        ratio = book.ratio[t + 1, i]
        if np.isnan(ratio) or not shares[i] > 0.0:
            continue
        total += shares[i] * inputs.bars.mark[t + 1, i] * (ratio - 1.0)
        if book.always.size > 0 and book.always[t + 1, i]:
            carried.restated[i] = True
    material = total != 0.0 and abs(total) >= book.materiality * equity
    stated = 0.0
    for k in range(n_held):
        i = held[k]
        ratio = book.ratio[t + 1, i]
        if np.isnan(ratio) or not shares[i] > 0.0:
            continue
        if material:
            carried.restated[i] = True
        if carried.restated[i]:
            stated += shares[i] * inputs.bars.mark[t + 1, i] * (ratio - 1.0)
            restated.append((float(t), float(i), shares[i], ratio))
    return stated


@njit(cache=True)
def assets(scalars: Floats) -> float:
    """Return what the fund owns less what it owes, stocks at their last closes, yuan."""
    owned = scalars[STOCK_VALUE] + scalars[STOCK_CASH] + scalars[FUTURES_CASH]
    return owned + scalars[RECEIVABLE] - scalars[PAYABLE] - scalars[LOAN] - scalars[OWED]


@njit(cache=True)
def charge_fees(
    t: int,
    interest: tuple[float, float],
    net_assets_before: float,
    loan_before: float,
    withdrawable: float,
    inputs: LedgerInputs,
    scalars: Floats,
    row: Floats,
) -> float:
    """Step 9: interest, accrued and paid fees. Returns the equity, stocks at their last closes."""
    fund = inputs.fund
    scalars[STOCK_CASH] += interest[0]
    scalars[FUTURES_CASH] += interest[1]
    row[INTEREST_] = interest[0] + interest[1]
    payable_before = scalars[PAYABLE]
    year_fraction = inputs.fee_years[t]
    row[MANAGEMENT_] = fund.management_per_year * net_assets_before * year_fraction
    row[CUSTODY_] = fund.custody_per_year * net_assets_before * year_fraction
    row[AUDIT_] = fund.audit_yuan_per_year * year_fraction
    row[SERVICE_] = fund.service_per_year * max(0.0, scalars[SERVICE_BASE]) * year_fraction
    scalars[PAYABLE] += row[MANAGEMENT_] + row[CUSTODY_] + row[SERVICE_] + row[AUDIT_]
    row[LOAN_INTEREST_] = loan_before * inputs.settings.borrowing_rate * inputs.days[t] / 365.0
    scalars[LOAN] += row[LOAN_INTEREST_]
    if fund.month_first[t]:
        paid = max(0.0, min(payable_before, withdrawable))
        scalars[STOCK_CASH] -= paid
        scalars[PAYABLE] -= paid
    return assets(scalars)


@njit(cache=True)
def state_value(
    t: int,
    equity: float,
    revaluation: float,
    inputs: LedgerInputs,
    scalars: Floats,
    row: Floats,
) -> float:
    """Step 10: stated value, performance fee, unit value. Returns the equity after the fee."""
    fund = inputs.fund
    before = scalars[EQUITY] + scalars[REVALUATION]  # after the morning's flows
    scalars[REVALUATION] = revaluation
    stated = equity + revaluation
    if scalars[SERVICE_BASE] > 0.0 and before > 0.0:
        # all classes earn alike; the service fee is taken from those that bear it
        growth = (stated + row[SERVICE_]) / before
        scalars[SERVICE_BASE] = scalars[SERVICE_BASE] * growth - row[SERVICE_]
    row[OPEN_ACCRUED_] = scalars[ACCRUED]
    units = np.int64(np.floor(scalars[UNITS] * 100.0 + 0.5))
    cents = np.int64(np.floor(stated * 100.0 + 0.5))
    if cents > 0:
        ticks = unit_value_ticks(cents, units)
        mark = np.int64(scalars[MARK_TICKS])
        due = performance_fee_cents(ticks, mark, units, fund.performance_rate)
        after = unit_value_ticks(cents - due, units)
        row[ACCRUED_] = due / 100.0
        if fund.fee_day[t] and ticks > mark:
            row[PERFORMANCE_] = due / 100.0
            row[ACCRUED_] = 0.0
            scalars[PAYABLE] += due / 100.0
            equity -= due / 100.0
            scalars[MARK_TICKS] = max(mark, after if fund.post_fee else ticks)
            ticks = after
        row[BEFORE_ACCRUAL_] = ticks / 10000.0
        row[UNIT_VALUE_] = after / 10000.0
    scalars[ACCRUED] = row[ACCRUED_]
    row[HWM_] = scalars[MARK_TICKS] / 10000.0
    row[REVALUATION_] = revaluation
    row[EQUITY_] = equity + revaluation
    return equity


@njit(cache=True)
def broken_promise(
    equity: float,
    change: float,
    row: Floats,
    scalars: Floats,
    shares: Floats,
    held: Ints,
    n_held: int,
    short: Floats,
    required: float,
) -> int:
    """Step 11: which promise the day broke, or OK."""
    parts = (
        row[STOCK_PNL_] + row[DIVIDENDS_] + row[FUTURES_PNL_] + row[INTEREST_]
        - row[COMMISSION_] - row[STAMP_] - row[TRANSFER_] - row[EXCHANGE_] - row[FUTURES_FEE_]
        - row[IMPACT_] - row[DIVIDEND_TAX_] - row[LOAN_INTEREST_]
        - row[MANAGEMENT_] - row[CUSTODY_] - row[SERVICE_] - row[AUDIT_] - row[PERFORMANCE_]
        + row[SUBSCRIPTIONS_] - row[REDEMPTIONS_] - row[DISTRIBUTIONS_]
    )  # fmt: skip
    if not abs(change - parts) <= 1e-9 * max(abs(equity), 1.0):
        return BROKEN_IDENTITY
    for k in range(n_held):
        if shares[held[k]] < 0.0:
            return NEGATIVE_SHARES
    if equity <= 0.0 or row[EQUITY_] <= 0.0:
        return INSOLVENT
    if scalars[STOCK_CASH] < -1e-6:
        return NEGATIVE_CASH
    if short.any() and scalars[FUTURES_CASH] < required - 1e-6:
        return UNPAID_MARGIN
    return OK


@njit(cache=True)
def list_contracts(
    t: int, inputs: LedgerInputs, short: Floats, row: Floats, contracts: Log
) -> None:
    """Record the lots of the close, and the day's columns of them."""
    futures = inputs.futures
    row[CONTRACT_] = -1.0
    most = 0.0
    for c in range(short.size):
        if short[c] > 0.0:
            multiplier = futures.multiplier[futures.product[c]]
            value = short[c] * multiplier * futures.settlement[t + 1, c]
            row[NOTIONAL_] += value
            row[LOTS_] -= short[c]
            contracts.append((float(t), float(c), short[c]))
            if value > most:
                row[CONTRACT_], most = float(c), value


@njit(cache=True)
def run_days(
    first: int,
    stop: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    carried: Carried,
    book_return: Floats,
    short: Floats,
    last_level: Floats,
    ledger: Floats,
    trades: Log,
    refusals: Log,
    positions: Log,
    contracts: Log,
    restated: Log,
) -> None:
    """Advance the state from the open of day ``first`` to the close of day ``stop - 1``.

    Parameters
    ----------
    first, stop : int
        Day indices of the span.
    inputs : LedgerInputs
    scalars : float64 [N_SCALARS], shares : float64 [N], pending : float64 [N], carried : Carried
    book_return : float64 [T], short : float64 [C], last_level : float64 [P]
        The state: money, holdings in whole shares, wanted holdings (NaN = no order), dividends due
        and tax lots, own past returns, lots sold short, index levels of the last review.
    ledger : float64 [T, len(COLUMNS)]
        One row a day is written.
    trades, refusals, positions, contracts, restated : lists of float64 tuples of 14, 7, 3, 3 and 4
        Appended to: (day, kind, index, signed quantity, price, amount, commission, stamp duty,
        transfer fee, exchange fee, futures fee, impact, reason, dividend tax);
        (day, kind, index, side, wanted, done, reason); (day, stock, shares); (day, contract, lots);
        (day, stock, shares, stated value over mark).
    """
    n_stocks = shares.size
    bars, targets = inputs.bars, inputs.targets
    held = np.empty(n_stocks, np.int64)
    scratch = np.empty((3, n_stocks))
    expected, expected_held = np.empty(n_stocks), np.empty(n_stocks, np.int64)
    carried_lots, traded, opened = np.empty(short.size), np.empty(short.size), np.empty(short.size)
    n_held = list_held(shares, held)
    for t in range(first, stop):
        row = ledger[t]
        row[:] = 0.0
        equity_before = scalars[EQUITY]
        net_assets_before = equity_before + scalars[REVALUATION]
        value_before = scalars[STOCK_VALUE]
        loan_before = scalars[LOAN]
        trades_before = len(trades)
        interest = (
            max(0.0, scalars[STOCK_CASH]) * inputs.stock_rate[t] * inputs.days[t] / 365.0,
            max(0.0, scalars[FUTURES_CASH]) * inputs.futures_rate[t] * inputs.days[t] / 365.0,
        )
        flow = take_flows(t, inputs, scalars, row)
        gain = corporate_actions(
            t, inputs, scalars, shares, pending, carried, held, n_held, row, trades, refusals
        )  # fmt: skip
        held_gain = gain + row[DIVIDENDS_]
        for k in range(n_held):
            i = held[k]
            if shares[i] > 0.0:
                held_gain += shares[i] * (bars.mark[t + 1, i] - reference_price(t, i, bars))
        row[HELD_PNL_] = held_gain
        book_return[t] = held_gain / value_before if value_before > 0.0 else np.nan
        r = int(scalars[NEXT_REBALANCE])
        rebalanced = r < targets.trade_days.size and targets.trade_days[r] == t
        withdrawable = morning_treasury(t, r if rebalanced else -1, inputs, scalars, short)
        retrying = False
        if rebalanced:
            plan_rebalance(t, r, inputs, scalars, shares, pending, refusals)
            scalars[NEXT_REBALANCE] = r + 1
        elif flow != 0.0:
            plan_flow(t, flow, inputs, scalars, shares, pending)
            retrying = True
        elif scalars[DAYS_LEFT] > 0.0:
            scalars[DAYS_LEFT] -= 1.0
            retrying = True
        reason = REBALANCE if rebalanced else FLOW if flow != 0.0 else RETRY
        raise_cash = scalars[RAISE_CASH]
        after_stocks = inputs.futures.after_stocks[t]
        changed = False
        if not after_stocks:
            changed = expect_book(
                t, rebalanced or retrying, inputs, scalars, shares, pending, expected
            )
            withdrawable = hedge(
                t, rebalanced or changed or len(trades) > trades_before, withdrawable,
                scalars[EQUITY], inputs, scalars, expected, expected_held,
                list_held(expected, expected_held), book_return, short, last_level, carried_lots,
                traded, opened, row, trades, refusals,
            )  # fmt: skip
        stocks_before = len(trades)
        morning_cash = scalars[STOCK_CASH]
        kept = morning_cash + raise_cash if raise_cash > 0.0 else 0.0
        received = 0.0
        settled = 0.0
        paid = 0.0
        if rebalanced or retrying:
            received, price_gain = sell(
                t, inputs, scalars, shares, pending, carried, held, n_held, reason, row, trades,
                refusals,
            )  # fmt: skip
            gain += price_gain
        if raise_cash > 0.0 and raise_cash > received:
            money, price_gain = forced_sales(
                t, raise_cash - received, inputs, scalars, shares, pending, carried, held, n_held,
                row, trades, refusals,
            )  # fmt: skip
            received += money
            gain += price_gain
        if rebalanced or retrying:
            price_gain, settled, paid = buy(
                t, inputs, scalars, shares, pending, carried, reason, kept, morning_cash, scratch,
                row, trades, refusals,
            )  # fmt: skip
            gain += price_gain
            still_open = False
            for i in range(n_stocks):
                if pending[i] == shares[i]:
                    pending[i] = np.nan
                elif not np.isnan(pending[i]):
                    still_open = True
            if not still_open:
                scalars[DAYS_LEFT] = 0.0
        moved = len(trades) > trades_before
        if moved:
            n_held = list_held(shares, held)
        spent = settled + max(0.0, paid - received)
        withdrawable = max(0.0, min(scalars[STOCK_CASH], withdrawable - spent))

        if after_stocks:
            withdrawable = hedge(
                t, rebalanced or moved, withdrawable, scalars[EQUITY], inputs, scalars, shares,
                held, n_held, book_return, short, last_level, carried_lots, traded, opened, row,
                trades, refusals,
            )  # fmt: skip
        elif changed or len(trades) > stocks_before:
            scalars[UNFINISHED] = 1.0  # what was done is known tomorrow
        withdrawable = settle_futures(
            t, withdrawable, inputs, scalars, short, carried_lots, traded, opened, row, trades
        )
        if np.isnan(withdrawable):
            scalars[STATUS], scalars[STATUS_DAY] = NO_SETTLEMENT, t
            return
        value = 0.0
        names = 0
        for k in range(n_held):
            i = held[k]
            if shares[i] > 0.0:
                names += 1
            value += shares[i] * bars.mark[t + 1, i]
            gain += shares[i] * (bars.mark[t + 1, i] - reference_price(t, i, bars))
        scalars[STOCK_VALUE] = value
        row[STOCK_PNL_] = gain
        equity = charge_fees(
            t, interest, net_assets_before, loan_before, withdrawable, inputs, scalars, row
        )
        revaluation = revalue(t, inputs, equity, shares, held, n_held, carried, restated)
        equity = state_value(t, equity, revaluation, inputs, scalars, row)
        scalars[EQUITY] = equity

        required = margin_required(t + 1, short, inputs.futures)
        row[STOCK_VALUE_] = value
        row[STOCK_CASH_] = scalars[STOCK_CASH]
        row[FUTURES_CASH_] = scalars[FUTURES_CASH]
        row[RECEIVABLE_] = scalars[RECEIVABLE]
        row[PAYABLE_] = scalars[PAYABLE]
        row[LOAN_] = scalars[LOAN]
        row[OWED_] = scalars[OWED]
        row[UNITS_] = scalars[UNITS]
        list_contracts(t, inputs, short, row, contracts)
        row[MARGIN_] = required
        row[NAMES_] = names
        status = broken_promise(
            equity, equity - equity_before, row, scalars, shares, held, n_held, short, required
        )
        if inputs.record_day[t]:
            for k in range(n_held):
                if shares[held[k]] > 0.0:
                    positions.append((float(t), float(held[k]), shares[held[k]]))
        if status != OK:
            scalars[STATUS], scalars[STATUS_DAY] = status, t
            return


@njit(cache=True)
def as_rows(log: Log, columns: int) -> Floats:
    """Tuples after the first, as rows."""
    rows = np.empty((len(log) - 1, columns))
    for n in range(len(log) - 1):
        for m in range(columns):
            rows[n, m] = log[n + 1][m]
    return rows


@njit(cache=True)
def run_span(
    first: int,
    stop: int,
    inputs: LedgerInputs,
    scalars: Floats,
    shares: Floats,
    pending: Floats,
    carried: Carried,
    book_return: Floats,
    short: Floats,
    last_level: Floats,
    ledger: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Run :func:`run_days`; return trades, refusals, positions, contracts and restated as rows."""
    trades = [(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)]
    refusals = [(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)]
    positions = [(0.0, 0.0, 0.0)]
    contracts = [(0.0, 0.0, 0.0)]
    restated = [(0.0, 0.0, 0.0, 0.0)]
    run_days(
        first, stop, inputs, scalars, shares, pending, carried, book_return, short, last_level,
        ledger, trades, refusals, positions, contracts, restated,
    )  # fmt: skip
    return (
        as_rows(trades, 14), as_rows(refusals, 7), as_rows(positions, 3), as_rows(contracts, 3),
        as_rows(restated, 4),
    )  # fmt: skip
