"""Slow plain reference of borrowed stocks: the section on them of docs/ledger.md.

A sleeve that borrows owes the shares that it counts below 0. Terms are those of a day: row t + 1.
"""

import math
from dataclasses import dataclass, field

from tests.oracles import ledger
from tests.oracles.futures_leg import nearest
from tests.oracles.ledger import refuse, round_lot, round_sale, round_sale_up


@dataclass
class Terms:
    """Of one sleeve, [T + 1]; NaN before anything is lent."""

    fee: list = field(default_factory=list)
    available: list = field(default_factory=list)
    collateral: list = field(default_factory=list)


def owed(s):
    """Return the shares owed by stock."""
    return {i: -n for i, n in enumerate(s.shares) if n < 0}


def value_at(s, prices):
    """Return what the shares owed are worth."""
    return sum(n * prices[i] for i, n in owed(s).items())


def pledge(s, t, value):
    """Return the cash kept for shares of a value."""
    return (1 + s.terms.collateral[t + 1]) * value if value else 0.0


# --- step 1 --------------------------------------------------------------------------------------


def pay(s, amount):
    """Pay a lender; what the account has not becomes a debt, which the sleeve has to bear."""
    debt = amount - min(amount, max(0.0, s.stock_cash))
    s.stock_cash -= amount - debt
    s.fees_payable += debt
    s.cash -= debt


def owe(x, s, day, result, i):
    """Give the lender what a holder of the shares would have of the day."""
    t, n, mark, reference = day.t, -s.shares[i], x.mark[day.t][i], day.reference[i]
    before, price_after = n * mark, reference
    paid = 0.0
    if t >= x.delist[i]:
        price = x.recovery * mark
        result.trades.append(
            ledger.Trade(t, "stock", i, n, price, n * price, reason="delisting")
        )  # fmt: skip
        pay(s, n * price)
        s.shares[i], after = 0, n * price
        day.stocks_moved = True
    elif (t, i) in x.actions:
        action = x.actions[t, i]
        whole = math.floor(n * (1 + action.bonus) + 1e-6)
        paid = n * action.cash + max(0.0, n * (1 + action.bonus) - whole) * reference
        if action.rights:
            paid += n * action.rights * max(0.0, reference - action.rights_price)
        s.shares[i], after = -whole, whole * price_after
    else:
        g = ledger.growth(x, t, i)
        whole = math.floor(n * g + 1e-6)
        paid = max(0.0, n * g - whole) * reference
        s.shares[i], after = -whole, whole * price_after
    pay(s, paid)
    day.dividends -= paid
    day.stock_pnl += before - after
    day.held_pnl += before - after - paid


# --- step 3 --------------------------------------------------------------------------------------


def wanted_shares(x, i, desired, shares):
    """Return the shares wanted, by whole orders away from those there are; None: no order."""
    if desired < 0 < shares:
        return -round_lot(x, i, -desired)
    if desired < 0:
        if desired < shares:
            order = -round_lot(x, i, shares - desired)
        else:
            order = round_sale(x, i, desired - shares, -shares)
    elif shares < 0:
        return round_lot(x, i, desired)
    else:
        return ledger.wanted_shares(x, i, desired, shares)
    return shares + order if order else None


def want(x, s, day, result):
    """Write the shares wanted of every stock."""
    targets = next((chosen for when, chosen in x.targets if when == day.t), None)
    if targets is not None:
        day.is_rebalance, day.reason, s.days_left = True, "rebalance", x.retry_days
        s.pending = {i: 0 for i, n in enumerate(s.shares) if n}
        for i, weight in targets:
            s.pending.pop(i, None)
            if math.isnan(day.reference[i]):
                refuse(result, day, "stock", i, "buy", 0, 0, "no_price")
                continue
            desired = weight * day.planned_equity / day.reference[i]
            found = wanted_shares(x, i, desired, s.shares[i])
            if found is not None:
                s.pending[i] = found
            elif s.shares[i] == 0:
                side = "sell" if desired < 0 else "buy"
                refuse(result, day, "stock", i, side, math.floor(abs(desired)), 0, "lot")
    elif day.net_flow != 0:
        ledger.follow_flow(x, s, day, wanted_shares)
    elif s.days_left > 0:
        s.days_left -= 1
        day.reason = "retry"


def own_sales(x, s, day):
    """Write the day's orders of step 4: what is held and is to go."""
    day.orders = {}
    for i, wanted in s.pending.items():
        if day.reason and s.shares[i] > 0 and wanted < s.shares[i]:
            order = round_sale(x, i, s.shares[i] - wanted, s.shares[i])
            if order:
                day.orders[i] = -order


def own_purchases(x, s, day):
    """Write the day's orders of step 6 that borrow nothing and return nothing."""
    day.orders = {}
    for i, wanted in s.pending.items():
        if day.reason and 0 <= s.shares[i] < wanted:
            order = round_lot(x, i, wanted - s.shares[i])
            if order:
                day.orders[i] = order


# --- steps 5 and 6 -------------------------------------------------------------------------------


def book(x, s, day, result, trade):
    """Move the shares and the money of an order in borrowed stocks; return the money."""
    i = trade.index
    result.trades.append(trade)
    s.shares[i] += trade.quantity
    net = (-1 if trade.quantity > 0 else 1) * trade.amount - trade.costs
    s.stock_cash += net
    day.stock_pnl += trade.quantity * (x.mark[day.t + 1][i] - trade.price)
    day.stocks_moved = day.filled = True
    if s.pending.get(i) == s.shares[i]:
        del s.pending[i]
    return net


def give_back(x, s, day, result, i, quantity, reason):
    """Buy shares and return them; return the money, below 0."""
    s.pledged -= pledge(s, day.t, quantity * day.reference[i])
    return book(x, s, day, result, ledger.stock_trade(x, day.t, i, quantity, reason))


def takes(x, t, i, quantity):
    """Return what buying takes out of the account."""
    trade = ledger.stock_trade(x, t, i, quantity, "")
    return trade.amount + trade.costs


def return_for_collateral(x, s, day, result, fraction, lots_follow):
    """Return a part of what is owed, by whole orders of one stock after the other."""
    money, before, missing = 0.0, len(result.trades), 0.0
    for i, n in sorted(owed(s).items()):
        missing += fraction * n * day.reference[i]  # less what was asked for of those before
        if not missing / day.reference[i] > 1e-6:
            continue
        order = round_sale_up(x, i, missing / day.reference[i], n)
        missing -= order * day.reference[i]
        cause = ledger.buy_refusal(x, day.t, i)
        if not cause and takes(x, day.t, i, order) > s.stock_cash:
            cause = "cash"
        if cause:
            refuse(result, day, "stock", i, "buy", order, 0, cause)
            continue
        money += give_back(x, s, day, result, i, order, "cash_cut")
        if s.pending.get(i, 0) < s.shares[i]:
            del s.pending[i]
    if len(result.trades) > before and not day.is_rebalance and not lots_follow:
        close_lots_beyond(x, s, day)
    return money


def close_lots_beyond(x, s, day):
    """Want contracts held long to be worth no more than the stocks that are still owed."""
    worth = {
        c: n * x.multiplier[x.product[c]] * x.settlement[day.t][c]
        for c, n in enumerate(s.lots)
        if n
    }
    owed_value, value = value_at(s, day.reference), sum(worth.values())
    if not value > owed_value:
        return
    for c in worth:
        left = nearest(s.lots[c] * owed_value / value)
        if s.lots[c] > left >= 0 and s.wanted_lots.get(c, left) >= left:
            s.wanted_lots[c] = left


def returns(x, s, day, result, morning):
    """Return what the orders want returned."""
    money, t = 0.0, day.t
    for i in sorted(s.pending):
        n, wanted = -s.shares[i], s.pending[i]
        if not (day.reason and n > 0 and wanted > -n):
            continue
        order = round_sale(x, i, min(0, wanted) + n, n)
        if not order:
            continue
        done, cause = order, ledger.buy_refusal(x, t, i)
        if cause:
            done = 0
        else:
            most, limit = ledger.most_shares(x, day, i)
            if most + 1e-6 < done:
                done, cause = round_lot(x, i, most), limit
        left = s.stock_cash
        if x.sale_proceeds != "same_auction":
            left = min(left, morning + money)
        if done and takes(x, t, i, done) > left:
            cause = "cash"
            done = round_lot(x, i, done * max(0.0, left) / takes(x, t, i, done))
            while done and takes(x, t, i, done) > left:
                done = done - x.step[i] if done > x.lot[i] else 0
        if done:
            money += give_back(x, s, day, result, i, done, day.reason)
        if done < order:
            refuse(result, day, "stock", i, "buy", order, done, cause)
    return money


def ordered_short(x, s, day):
    """Return the orders to sell short, by stock."""
    orders = {}
    for i in sorted(s.pending):
        if day.reason and s.shares[i] <= 0 and s.pending[i] < s.shares[i]:
            order = round_lot(x, i, s.shares[i] - s.pending[i])
            if order:
                orders[i] = order
    return orders


def expected_shares(x, s, day, shares):
    """Return the shares of ``shares`` and of the day's orders in what is borrowed."""
    t, expected = day.t, list(shares)
    orders = s.pending if day.reason else ()
    known = {i for i in orders if t == 0 or not math.isnan(x.close[t - 1][i])}
    for i in known:
        if s.shares[i] < 0 and s.pending[i] > s.shares[i]:
            back = min(0, s.pending[i]) - s.shares[i]
            expected[i] += round_sale(x, i, back, -s.shares[i])
            day.planned = True
    orders = {i: n for i, n in ordered_short(x, s, day).items() if i in known}
    value = sum(n * day.reference[i] for i, n in orders.items())
    day.planned = day.planned or bool(orders)
    lent, part = s.terms.available[t + 1], s.terms.collateral[t + 1]
    room = 0.0 if math.isnan(lent) else max(0.0, lent - value_at(s, day.reference))
    if room and part:
        free = s.pledged + max(s.owed, x.cash_reserve * day.planned_equity)
        room = min(room, max(0.0, s.stock_cash - free) / part)
    for i, n in orders.items():
        expected[i] -= n * min(1.0, room / value)
    return expected


def short_sales(x, s, day, result, morning, beside):
    """Sell borrowed stocks as far as they are lent, contracts wait and the collateral is there."""
    t, orders, possible, limits = day.t, {}, {}, {}
    for i, order in ordered_short(x, s, day).items():
        cause = ledger.sale_refusal(x, t, i)
        if cause:
            refuse(result, day, "stock", i, "sell", order, 0, cause)
            continue
        most, limits[i] = ledger.most_shares(x, day, i)
        orders[i] = order
        possible[i] = round_lot(x, i, most) if most + 1e-6 < order else order
    taken = dict(possible)
    value = sum(n * day.reference[i] for i, n in possible.items())
    if value > beside:
        possible = {i: round_lot(x, i, beside / value * n) for i, n in possible.items()}
    all_of = [ledger.stock_trade(x, t, i, -n, "") for i, n in possible.items() if n]
    amount, costs = sum(one.amount for one in all_of), sum(one.costs for one in all_of)
    lent, part = s.terms.available[t + 1], s.terms.collateral[t + 1]
    if math.isnan(lent):
        lent = part = 0.0
    room = max(0.0, lent - value_at(s, day.reference))
    cash = s.stock_cash if x.sale_proceeds == "same_auction" else min(s.stock_cash, morning)
    money = max(0.0, cash - untouched(x, s, day))
    of_lent = room / amount if amount > room else 1.0
    asked = part * amount + costs
    of_money = money / asked if asked > money else 1.0
    bound = "not_lendable" if of_lent <= of_money else "cash"
    got = 0.0
    for i, order in orders.items():
        n = round_lot(x, i, min(of_lent, of_money) * possible[i])
        while n > 0:
            trade = ledger.stock_trade(x, t, i, -n, day.reason)
            if trade.amount <= room and part * trade.amount + trade.costs <= money:
                break
            n = n - x.step[i] if n > x.lot[i] else 0
        if n > 0:
            room -= trade.amount
            money -= part * trade.amount + trade.costs
            got += book(x, s, day, result, trade)
            s.pledged += pledge(s, t, trade.amount)
        if n < order:
            cause = bound if n < possible[i] else "other_leg" if n < taken[i] else limits[i]
            refuse(result, day, "stock", i, "sell", order, n, cause)
    return got


def untouched(x, s, day):
    """Return the cash that nothing may take."""
    return max(day.kept, s.pledged + max(s.owed, x.cash_reserve * day.planned_equity))


# --- the close -----------------------------------------------------------------------------------


def pay_fee(x, s, day):
    """Charge the fee since the last close on what was owed at it; note what is owed now."""
    t = day.t
    day.lending_fee = s.lent * s.terms.fee[t] * x.days[t] / 365 if s.lent else 0.0
    s.fees_payable += day.lending_fee
    s.cash -= day.lending_fee
    s.lent = value_at(s, x.mark[t + 1])
