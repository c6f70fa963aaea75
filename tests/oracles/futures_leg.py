"""Slow plain reference of the futures leg: steps 2, 7 and 8 of docs/ledger.md.

Written from the page on plain lists; `x` are the inputs, `s` the state and `day` the day's sheet of
:mod:`tests.oracles.ledger`. Prices and rates of day t stand in row t + 1 where the page has a row
-1.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from quanthedge.hedge.kernels.lots import joint_lots  # has an exhaustive reference of its own
from tests.oracles.policy import answer

NONE = -1


@dataclass
class FuturesDay:
    """What the futures did on a day."""

    held_over: dict[int, int] = field(default_factory=dict)  # signed, to be settled at the close
    at_fill: list[tuple[int, int, float]] = field(default_factory=list)  # contract, signed, price
    opened: dict[int, int] = field(default_factory=dict)  # without sign


SHORT, LONG = -1, 1
OPENS = {SHORT: "sell", LONG: "buy"}  # the way in which lots of a side are opened ..
CLOSES = {SHORT: "buy", LONG: "sell"}  # .. and closed
AT_LIMIT = {"buy": "limit_up", "sell": "limit_down"}


def held_contracts(s):
    """Contracts of which lots are held, long or short."""
    return [c for c, lots in enumerate(s.lots) if lots]


def lots_of(x, s, p):
    """Signed lots of a product."""
    return sum(s.lots[c] for c in held_contracts(s) if x.product[c] == p)


class AllLots(list):
    """The lots of several sleeves by contract, without sign, and of each as they are."""

    def __init__(self, sleeves):
        super().__init__(sum(abs(n) for n in some) for some in zip(*sleeves, strict=True))
        self.sleeves = sleeves


def netted(x, t):
    """Whether margin is asked for the larger side only at the close of day t."""
    return x.larger_side is not None and x.larger_side[t + 1]


def asked_of(x, t, short, long):
    """Margin asked for what the two sides ask for by themselves."""
    return max(short, long) if netted(x, t) else short + long


def requirement(x, t, held):
    """Margin of lots, long or short, at the close of day t."""
    sides = {SHORT: 0.0, LONG: 0.0}
    for some in held.sleeves if isinstance(held, AllLots) else [held]:
        for c, lots in enumerate(some):
            if lots:
                rate, price = x.margin_rate[t + 1][c], x.settlement[t + 1][c]
                side = LONG if lots > 0 else SHORT
                sides[side] += rate * x.multiplier[x.product[c]] * price * abs(lots)
    return asked_of(x, t, sides[SHORT], sides[LONG])


def part_carried(x, t, money, there, asked):
    """Largest part of new lots, at most 1, whose margin with that there is is no more than money.

    ``there`` and ``asked``: of the short and of the long side.
    """
    if not netted(x, t):
        left = max(0.0, money - sum(there))
        return min(1.0, left / sum(asked)) if sum(asked) > 0 else 1.0
    if max(there) > money:
        return 0.0
    return min([1.0, *((money - a) / b for a, b in zip(there, asked, strict=True) if b > 0)])


def move_to_futures(s, day, amount):
    """Move yuan from the stock account to the futures account (negative: back)."""
    s.stock_cash -= amount
    s.futures_cash += amount
    day.withdrawable -= amount


# --- step 2 --------------------------------------------------------------------------------------


def treasury(x, s, day):
    """Bring the futures account to its target; draw or repay the loan."""
    day.withdrawable = s.stock_cash - s.pledged
    if not held_contracts(s):
        move_to_futures(s, day, min(max(0.0, day.withdrawable), -s.futures_cash))
    else:
        required = requirement(x, day.t - 1, s.lots)
        if s.futures_cash < x.call_multiple * required:
            missing = x.target_multiple * required - s.futures_cash
            move_to_futures(s, day, max(0.0, min(day.withdrawable, missing)))
        elif s.futures_cash > x.release_multiple * required:
            move_to_futures(s, day, x.target_multiple * required - s.futures_cash)
        elif s.owed > day.withdrawable:
            spare = max(0.0, s.futures_cash - x.target_multiple * required)
            move_to_futures(s, day, -min(spare, s.owed - day.withdrawable))
    wanted = [chosen for trade_day, chosen in x.targets if trade_day == day.t]
    if wanted:
        s.loan_target = x.borrowed * max(0.0, day.planned_equity) if wanted[0] else 0.0
        if s.loan < s.loan_target:
            lend(s, day, s.loan_target - s.loan)
    if s.loan > s.loan_target:
        lend(s, day, -max(0.0, min(day.withdrawable, s.loan - s.loan_target)))


def lend(s, day, amount):
    """Draw on the loan (negative: repay it)."""
    s.loan += amount
    s.stock_cash += amount
    day.withdrawable += amount


# --- step 7 --------------------------------------------------------------------------------------


def book_betas(x, s, day, book, own_beta, holdings):
    """Beta of the book to each product's index; None without a book."""
    if book == 0:
        return None
    products = range(len(x.multiplier))
    default = [x.default_beta if p == 0 else 0.0 for p in products]
    if x.beta_method == "bottom_up":
        result = []
        for p in products:
            total = 0.0
            for i, shares in enumerate(holdings):
                if shares:
                    b = x.beta[day.t][i][p]
                    total += shares * day.reference[i] * (default[p] if math.isnan(b) else b)
            result.append(total / book)
        return result
    if x.beta_method == "top_down":
        return [own_beta(x, s, day.t)]
    if x.beta_method == "given":
        given = x.book_ratio[day.t]
        return [default[p] if math.isnan(given[p]) else given[p] for p in products]
    return default


def lot_values(x, t):
    """Value of a lot of each product that is not left as it is today, by product."""
    result = {}
    for p, multiplier in enumerate(x.multiplier):
        c = x.hold[t][p]
        if c == NONE:
            continue
        price = x.settlement[t][c]
        if math.isnan(price):
            price = x.fill_price[t][c]
        if not math.isnan(price):
            result[p] = multiplier * price
    return result


def wanted_lots(x, day, book, betas, lot):
    """Whole signed lots that hedge the book, by product."""
    if book == 0:
        return dict.fromkeys(lot, 0)
    exposure = {p: x.hedge_ratio * betas[p] * book for p in lot}
    if x.both_sides:
        return {p: nearest(-e / lot[p]) for p, e in exposure.items()}
    return {p: -n for p, n in short_lots(x, day, book, exposure, lot).items()}


def nearest(lots):
    """Whole lots nearest to a signed number, halves away from 0."""
    return int(math.copysign(math.floor(abs(lots) + 0.5), lots))


def short_lots(x, day, book, exposure, lot):
    """Whole lots to be sold short, by product, where nothing may be held long."""
    low, high = x.range if x.range else (math.nan, math.nan)
    if not lot:
        return {}
    if x.aversion > 0:
        order = sorted(lot)
        pick = np.ix_(order, order)
        lots = joint_lots(
            np.array([exposure[p] for p in order]),
            np.array(x.covariance[day.t])[pick],
            x.aversion / max(1.0, day.planned_equity),
            np.array([x.carry[day.t][p] for p in order]),
            np.array([lot[p] for p in order]),
            low * book,
            high * book,
            np.full(len(order), np.inf),
        )
        return {p: int(n) for p, n in zip(order, lots, strict=True)}
    short = {p: max(0.0, e) for p, e in exposure.items()}
    total = sum(short.values())
    if x.range and total < low * book:
        if total == 0:
            short[min(short)] = low * book
        else:
            short = {p: v * (low * book / total) for p, v in short.items()}
    elif x.range and total > high * book:
        short = {p: v * (high * book / total) for p, v in short.items()}
    return {p: max(0, math.floor(v / lot[p] + 0.5)) for p, v in short.items()}


def hedge(x, s, day, result, own_beta, holdings, moved):
    """Hold the wanted lots of each product's contract of the day for a book, held or expected."""
    t = day.t
    day.futures = FuturesDay(held_over={c: s.lots[c] for c in held_contracts(s)})
    book = sum(n * day.reference[i] for i, n in enumerate(holdings) if n)
    betas = book_betas(x, s, day, book, own_beta, holdings)
    if betas:
        day.book_beta = sum(betas)
    lot = lot_values(x, t)
    wanted = wanted_lots(x, day, book, betas, lot)
    forced = (
        day.is_rebalance
        or moved
        or s.days_after_cut > 0
        or s.unfinished
        or book == 0
        or any(n != 0 and lots_of(x, s, p) == 0 for p, n in wanted.items())
    )
    s.days_after_cut = max(0, s.days_after_cut - 1)
    s.unfinished = False
    review = forced or ask_policy(x, s, day, book, lot, wanted)
    if review:
        s.last_level = list(x.index_level[t])
    else:
        wanted = {p: lots_of(x, s, p) for p in lot}
    for p in sorted(lot):
        trade_product(x, s, day, result, p, wanted[p])


def ask_policy(x, s, day, book, lot, wanted):
    """Whether the policy is due for a product; what it lands on is written into `wanted`."""
    review = False
    for p in lot:
        target = wanted[p] * lot[p] / book
        current = lots_of(x, s, p) * lot[p] / book
        level, last = x.index_level[day.t][p], s.last_level[p]
        move = level / last - 1.0
        move = 0.0 if math.isnan(move) else move
        due, landing = answer(x.policy, x.dates, day.t, target, current, move)
        if due:
            review = True
            if landing != target:
                wanted[p] = nearest(landing * book / lot[p])
                if not x.both_sides:
                    wanted[p] = min(0, wanted[p])
    return review


def trade_product(x, s, day, result, p, target):
    """Bring one product to signed lots of its contract of the day, old contracts first."""
    t, c = day.t, x.hold[day.t][p]
    if math.isnan(x.fill_price[t][c]):
        if target != s.lots[c]:
            way = "buy" if target > s.lots[c] else "sell"
            no(s, day, result, c, way, abs(target - s.lots[c]), 0, "no_price", again=True)
        return
    side = LONG if target > 0 else SHORT
    for o in held_contracts(s):
        if x.product[o] == p and s.lots[o] * side < 0:
            close_at_once(x, s, day, result, o, abs(s.lots[o]), "hedge")
    if s.lots[c] * side < 0:  # it could not be closed
        return
    n, held = abs(target), abs(s.lots[c])
    x_lots, why = n, ""
    if n > held:
        x_lots, why = opening_bound(x, s, day, c, n, side)
    keep = max(0, n - x_lots)
    left, closed = leave_old(x, s, day, result, p, c, keep, side)
    if x_lots < held:
        way, lots = CLOSES[side], held - x_lots
        if at_limit(x, t, c, way):
            no(s, day, result, c, way, lots, 0, AT_LIMIT[way], again=True)
        else:
            price = trade(x, s, day, result, c, -side * lots, "hedge")
            day.futures.at_fill.append((c, -side * lots, price))
    elif n > held:
        lots = (x_lots, n - left, n - max(0, left - keep))
        open_lots(x, s, day, result, p, c, lots, why, closed, side)


def at_limit(x, t, c, way):
    """Whether the contract cannot be bought, or sold, at its limit."""
    return x.no_buy[t][c] if way == "buy" else x.no_sale[t][c]


def rooms_of_limits(x, s, day, c, side):
    """Lots that the account's limits let be opened: of positions, and of openings of a day."""
    t, p = day.t, x.product[c]
    elsewhere = sum(max(0, side * other.lots[c]) for other, _ in day.others)
    opened = sum(
        lots for _, one in day.others for o, lots in one.futures.opened.items() if x.product[o] == p
    )
    return [
        (max(0.0, x.position_limit[t][p] - elsewhere - abs(s.lots[c])), "position_limit"),
        (max(0.0, x.opening_limit[t][p] - opened), "open_limit"),
    ]


def opening_bound(x, s, day, c, n, side):
    """Lots of c that the account's limits allow, and the reason for fewer than n."""
    held, way = abs(s.lots[c]), OPENS[side]
    rooms = [
        (0.0 if at_limit(x, day.t, c, way) else math.inf, AT_LIMIT[way]),
        *rooms_of_limits(x, s, day, c, side),
    ]
    least = min(room for room, _ in rooms)
    if held + least >= n:
        return n, ""
    return held + int(least), next(reason for room, reason in rooms if room == least)


def close_at_once(x, s, day, result, o, lots, reason):
    """Close lots held over and settle them at the fill; return how many were."""
    t, side = day.t, LONG if s.lots[o] > 0 else SHORT
    way, price = CLOSES[side], x.fill_price[t][o]
    if math.isnan(price) or at_limit(x, t, o, way):
        why = "no_price" if math.isnan(price) else AT_LIMIT[way]
        no(s, day, result, o, way, lots, 0, why, again=True)
        return 0
    trade(x, s, day, result, o, -side * lots, reason)
    gain = side * lots * x.multiplier[x.product[o]] * (price - x.settlement[t][o])
    s.futures_cash += gain
    day.futures_pnl += gain
    day.futures.held_over[o] -= side * lots
    return lots


def leave_old(x, s, day, result, p, c, keep, side):
    """Close the side's old lots but for `keep`, nearest first; return those left, and closed."""
    old = [o for o in held_contracts(s) if x.product[o] == p and o != c and s.lots[o] * side > 0]
    left = sum(abs(s.lots[o]) for o in old)
    to_close, closed = max(0, left - keep), 0
    for o in old:
        back = min(to_close, abs(s.lots[o]))
        if back == 0:
            continue
        to_close -= back
        closed += close_at_once(x, s, day, result, o, back, "roll")
    return left - closed, closed


def open_lots(x, s, day, result, p, c, bounds, why, closed, side):
    """Open lots of c as limits, old lots and money allow; the last bound is wanted."""
    t, held = day.t, abs(s.lots[c])
    by_limits, beside_old, wanted = bounds
    lots = max(held, min(by_limits, beside_old))
    per_lot = x.margin_rate[t + 1][c] * x.multiplier[p] * x.fill_price[t][c]
    there = margin_elsewhere(x, s, day, c)
    own, other = there if side == SHORT else there[::-1]
    if not netted(x, t):
        own, other = own + other, 0.0
    money = s.futures_cash + day.withdrawable
    carried = max(held, math.floor(max(0.0, money - own) / per_lot)) if other <= money else held
    if carried < lots:
        lots, why = carried, "margin"
    if lots > held:
        target = x.target_multiple * max(per_lot * lots + own, other)
        move_to_futures(s, day, min(day.withdrawable, max(0.0, target - s.futures_cash)))
    if lots < wanted:
        way = OPENS[side]
        no(s, day, result, c, way, wanted - held, lots - held, why, again=why != "margin")
    if lots > held:
        quantity = side * (lots - held)
        price = trade(x, s, day, result, c, quantity, "roll" if closed else "hedge")
        day.futures.at_fill.append((c, quantity, price))
        day.futures.opened[c] = lots - held


def margin_elsewhere(x, s, day, c):
    """Margin of all lots of the account but those of the sleeve in c, at the last prices known.

    Of the short and of the long side.
    """
    t, sides = day.t, {SHORT: 0.0, LONG: 0.0}
    for o in range(len(s.lots)):
        held = [other.lots[o] for other, _ in day.others] + ([s.lots[o]] if o != c else [])
        for side in sides:
            lots = sum(max(0, side * n) for n in held)
            if lots:
                price = x.settlement[t][o]
                price = x.fill_price[t][o] if math.isnan(price) else price
                rate = x.margin_rate[t + 1][o]
                sides[side] += rate * x.multiplier[x.product[o]] * price * lots
    return sides[SHORT], sides[LONG]


def no(s, day, result, c, side, wanted, done, reason, again):
    """Note what could not be traded, and whether it is tried again tomorrow."""
    day.refuse(result, c, side, wanted, done, reason)
    s.unfinished = s.unfinished or again


def trade(x, s, day, result, c, quantity, reason):
    """Trade signed lots at the fill price, which is returned."""
    t, p, price = day.t, x.product[c], x.fill_price[day.t][c]
    amount = abs(quantity) * x.multiplier[p] * price
    fee = x.fee_rate[t][p] * amount + x.order_fee[t][p]
    book(x, s, day, result, c, quantity, price, amount, fee, x.futures_slippage * amount, reason)
    return price


def book(x, s, day, result, c, quantity, price, amount, fee, impact, reason):
    """Enter a futures trade."""
    day.futures_trade(result, c, quantity, price, amount, fee, impact, reason)
    s.futures_cash -= fee + impact
    s.lots[c] += quantity
    assert x.both_sides or s.lots[c] <= 0


# --- step 8 --------------------------------------------------------------------------------------


def settle(x, s, day, result):
    """Pay the variation margin, deliver, and check the margin."""
    pay(x, s, day, result)
    check_margin(x, s, day, result)


def pay(x, s, day, result):
    """Pay the variation margin, and deliver."""
    t = day.t
    for c in range(len(s.lots)):
        gain = 0.0
        multiplier = x.multiplier[x.product[c]]
        if day.futures.held_over.get(c):
            move = x.settlement[t + 1][c] - x.settlement[t][c]
            gain += day.futures.held_over[c] * multiplier * move
        for traded, quantity, price in day.futures.at_fill:
            if traded == c:
                gain += quantity * multiplier * (x.settlement[t + 1][c] - price)
        s.futures_cash += gain
        day.futures_pnl += gain
        if s.lots[c] and t >= x.last_day[c]:
            price = x.settlement[t + 1][c]
            amount = abs(s.lots[c]) * multiplier * price
            fee = x.delivery_rate[t][x.product[c]] * amount
            book(x, s, day, result, c, -s.lots[c], price, amount, fee, 0.0, "delivery")
            s.unfinished = True


def check_margin(x, s, day, result):
    """Call money from the stock account; where it does not come, cut lots; raise cash in time."""
    required = requirement(x, day.t, s.lots)
    if s.futures_cash < required:
        missing = x.target_multiple * required - s.futures_cash
        move_to_futures(s, day, max(0.0, min(day.withdrawable, missing)))
    if held_contracts(s) and s.futures_cash < required - 1e-6:
        cut(x, s, day, result)
        s.days_after_cut = 2
    both = s.stock_cash + s.futures_cash
    s.raise_cash = 0.0
    if both < x.call_multiple * required:
        s.raise_cash = x.target_multiple * required - s.stock_cash - s.futures_cash
    if s.owed > 0:
        spare = max(0.0, s.futures_cash - x.target_multiple * required)
        s.raise_cash = max(s.raise_cash, s.owed - s.stock_cash - spare)
    if not held_contracts(s) and s.futures_cash < 0:
        move_to_futures(s, day, max(0.0, min(day.withdrawable, -s.futures_cash)))
        s.raise_cash = max(s.raise_cash, -s.futures_cash)


def cut(x, s, day, result):
    """Take lot after lot from the contract with the largest requirement."""
    t = day.t
    kept = [abs(lots) for lots in s.lots]

    def signed():
        return [n if lots > 0 else -n for n, lots in zip(kept, s.lots, strict=True)]

    def own(c):
        return requirement(x, t, [n if k == c else 0 for k, n in enumerate(kept)])

    def costs_of(c):
        lots = abs(s.lots[c]) - kept[c]
        if lots == 0:
            return 0.0, 0.0
        p = x.product[c]
        value = x.multiplier[p] * x.settlement[t + 1][c]
        today = min(lots, day.futures.opened.get(c, 0))
        fee = x.close_today_rate[t][p] * today * value
        fee += x.fee_rate[t][p] * (lots - today) * value + x.order_fee[t][p]
        return fee, x.futures_slippage * lots * value

    while any(kept):
        costs = sum(sum(costs_of(c)) for c in range(len(kept)))
        if s.futures_cash - costs >= requirement(x, t, signed()) - 1e-6:
            break
        largest = max(own(c) for c in range(len(kept)))
        kept[next(c for c in range(len(kept)) if own(c) == largest)] -= 1
    cuts = [(c, abs(s.lots[c]) - kept[c], costs_of(c)) for c in range(len(kept))]
    for c, lots, (fee, impact) in cuts:
        if lots:
            price = x.settlement[t + 1][c]
            amount = lots * x.multiplier[x.product[c]] * price
            way = 1 if s.lots[c] < 0 else -1
            book(x, s, day, result, c, way * lots, price, amount, fee, impact, "margin_cut")
