"""Slow plain reference of several sleeves in one ledger: the section on sleeves of docs/ledger.md.

Each sleeve has the state, the day and the steps of :mod:`tests.oracles.ledger`; what is the fund's
(money, units, fees) is one and the same object behind all of them.
"""

import math
from dataclasses import dataclass, field
from types import SimpleNamespace

from tests.oracles import borrowing, futures_leg, ledger
from tests.oracles.futures_leg import held_contracts

OWN_STATE = (
    "shares", "lots", "last_level", "unfinished", "stock_value", "pending", "days_left",
    "days_after_cut", "book_returns", "receivable", "lots_bought", "not_listed", "restated",
    "wanted_lots", "lot_days_left", "cash", "terms", "lent", "leg_ratio",
)  # fmt: skip
SHARED_DAY = (
    "withdrawable", "kept", "flow", "planned_equity", "net_flow", "interest", "management_fee",
    "custody_fee", "service_fee", "audit_fee", "loan_interest", "performance_fee",
    "accrued_performance_fee", "unit_value", "unit_value_before_accrual",
)  # fmt: skip


class Mixed:
    """An object of which some attributes are those of another."""

    def __init__(self, own, shared, names):
        object.__setattr__(self, "_parts", (own, shared, frozenset(names)))

    def _of(self, name):
        own, shared, names = self._parts
        return own if name in names else shared

    def __getattr__(self, name):
        return getattr(self._of(name), name)

    def __setattr__(self, name, value):
        setattr(self._of(name), name, value)


@dataclass
class Stated:
    """Contracts that a sleeve states: by trade day, pairs of contract and signed part of equity."""

    targets: list = field(default_factory=list)
    together: bool = False  # with the sleeve's stocks


@dataclass
class Result(ledger.ReferenceResult):
    """With the sleeve of every trade and refusal, and what each sleeve has earned by the close."""

    trade_sleeves: list = field(default_factory=list)
    earned: list = field(default_factory=list)  # [T][S]
    explained: list = field(default_factory=list)  # [T][S] lines of money of the day


def own_state(x, terms):
    """What a sleeve has before the first day."""
    s = ledger.State(
        [0] * len(x.delist), 0.0, 0.0, 0.0,
        lots=[0] * len(x.product), last_level=[math.nan] * len(x.multiplier),
    )  # fmt: skip
    s.wanted_lots, s.lot_days_left, s.cash, s.leg_ratio = {}, -1, 0.0, 0.0
    s.terms, s.lent = terms, 0.0
    return s


def run_sleeves(inputs, stated=None, lending=None):
    """Run a ledger of several sleeves: inputs that differ in targets and hedge only.

    ``stated`` [S] says for each sleeve which contracts it states; None: it hedges its stocks.
    ``lending`` [S] are the terms on which it borrows; None: it borrows nothing.
    """
    xs = [one.plain() for one in inputs]
    x, stated = xs[0], stated or [None] * len(xs)
    fund = ledger.State([], x.capital_yuan, x.capital_yuan, x.capital_yuan)
    lending = lending or [None] * len(xs)
    pairs = zip(xs, lending, strict=True)
    states = [Mixed(own_state(one, terms), fund, OWN_STATE) for one, terms in pairs]
    result = Result()
    for t in range(len(x.days)):
        if not run_day(t, xs, fund, states, stated, result):
            break
    return result


def cash_of(fund):
    return fund.stock_cash + fund.futures_cash


def turn(xs, fund, states, days, step):
    """Let one sleeve after the other do a step; its cash is what that does to both accounts."""
    for one, s, day in zip(xs, states, days, strict=True):
        before = cash_of(fund)
        step(one, s, day)
        s.cash += cash_of(fund) - before


def run_day(t, xs, fund, states, stated, result):
    """Run a day; False where the fund is over."""
    x = xs[0]
    common = ledger.begin_day(x, fund, t)
    common.lots_reason = ""  # of each sleeve
    common.opening_stock_value = sum(s.stock_value for s in states)
    common.opening_stock_cash -= sum(s.lent for s in states)  # proceeds earn nothing
    opening = [s.stock_value + s.cash + sum(s.receivable.values()) for s in states]
    days = [
        Mixed(ledger.begin_day(one, s, t), common, set(vars(common)) - set(SHARED_DAY))
        for one, s in zip(xs, states, strict=True)
    ]
    for k, day in enumerate(days):
        day.others = [pair for n, pair in enumerate(zip(states, days, strict=True)) if n != k]
    first_trade = len(result.trades)
    who = []

    def step(do):
        for k, (one, s, day) in enumerate(zip(xs, states, days, strict=True)):
            before, begun = cash_of(fund), len(result.trades)
            do(k, one, s, day)
            s.cash += cash_of(fund) - before
            who.extend([k] * (len(result.trades) - begun))

    ledger.flows_of_units(x, fund, common)
    owe = borrowing.owe
    step(lambda k, one, s, day: ledger.corporate_actions_and_delisting(one, s, day, result, owe))
    fund.pledged = sum(
        borrowing.pledge(s, t, borrowing.value_at(s, day.reference))
        for s, day in zip(states, days, strict=True)
    )
    futures_leg.treasury(x, Mixed(gross_lots(states), fund, ("lots",)), common)
    uncovered = 0.0
    if fund.pledged > 0:
        uncovered = max(0.0, -common.withdrawable)
        common.withdrawable = max(0.0, common.withdrawable)
    step(lambda k, one, s, day: want(one, s, day, result, stated[k], common))
    if not x.after_stocks[t]:
        step(lambda k, one, s, day: contracts_before(one, s, day, result, stated[k]))
    trade_stocks(x, fund, states, days, common, result, step, stated, uncovered)
    if x.after_stocks[t]:
        step(lambda k, one, s, day: contracts_after(one, s, day, result, stated[k]))
    else:
        for k, (s, day) in enumerate(zip(states, days, strict=True)):
            if (day.planned or day.filled) and (stated[k] is None or stated[k].together):
                s.unfinished = True
    step(lambda k, one, s, day: futures_leg.pay(one, s, day, result))
    margin(x, fund, states, days, common, result, step)
    step(lambda k, one, s, day: mark(one, s, day))
    fund.pledged = sum(borrowing.pledge(s, t, s.lent) for s in states)
    fund.stock_value = sum(s.stock_value for s in states)
    fund.receivable = {0: sum(sum(s.receivable.values()) for s in states)}
    ledger.after_the_close(x, fund, common)
    revalue(x, fund, states, t, result)
    before = common.planned_equity + common.opening_revaluation
    if fund.service_base > 0 and before > 0:
        growth = (ledger.stated_of(fund) + common.service_fee) / before
        fund.service_base = fund.service_base * growth - common.service_fee
    ledger.strike_unit_value(x, fund, common)
    result.trade_sleeves += who
    trades = list(zip(result.trades[first_trade:], who, strict=True))
    explained = [lines_of(k, day, trades) for k, day in enumerate(days)]
    result.explained.append(explained)
    result.earned.append([s.stock_value + s.cash + sum(s.receivable.values()) for s in states])
    for k in range(len(states)):
        change = result.earned[-1][k] - opening[k]
        assert abs(change - explained[k]) <= 1e-9 * max(1.0, abs(fund.equity)), (t, k)
    result.ledger.append(fund_row(x, fund, states, days, common, trades))
    if fund.equity <= 0 or ledger.stated_of(fund) <= 0:
        result.status, result.insolvent_day = "insolvent", t
        return False
    return True


def gross_lots(states):
    """The lots of all sleeves by contract, without sign: what margin is asked on."""
    return SimpleNamespace(lots=futures_leg.AllLots([s.lots for s in states]))


def want(x, s, day, result, stated, common):
    """Step 3, with the contracts of a sleeve that states them."""
    if stated is not None:
        want_lots(x, s, day, result, stated)
    if s.terms:
        borrowing.want(x, s, day, result)
    else:
        ledger.what_is_wanted(x, s, day, result)


def price_before(x, t, c):
    """Price of a contract before the day's trading."""
    price = x.settlement[t][c]
    return x.fill_price[t][c] if math.isnan(price) else price


def want_lots(x, s, day, result, stated):
    """Turn stated parts of the equity into whole lots; legs of a product count as its first."""
    t = day.t
    for trade_day, targets in stated.targets:
        if trade_day != t:
            continue
        day.lots_reason, s.lot_days_left = "rebalance", x.retry_days
        if stated.together:
            note_ratio(s, dict(x.targets)[t], targets)
        s.wanted_lots = {c: 0 for c, lots in enumerate(s.lots) if lots}
        first, before = {}, None
        for c, part in targets:
            p = x.product[c]
            if math.isnan(part):  # stays as it is
                s.wanted_lots.pop(c, None)
                continue
            if before != p:
                before, first[p] = p, x.multiplier[p] * price_before(x, t, c)
            if math.isnan(first[p]) or math.isnan(price_before(x, t, c)):
                day.refuse(result, c, "buy" if part > 0 else "sell", 0, 0, "no_price")
                continue
            s.wanted_lots[c] = futures_leg.nearest(part * day.planned_equity / first[p])
        return
    if day.net_flow != 0:
        day.lots_reason, s.lot_days_left = "flow", x.retry_days
        flow = max(-1.0, day.net_flow / day.opening_equity)
        for c, lots in enumerate(s.lots):
            there = s.wanted_lots.get(c, lots)
            if there:
                s.wanted_lots[c] = futures_leg.nearest(there * (1 + flow))
    else:
        day.lots_reason = "retry"
        s.lot_days_left = max(-1, s.lot_days_left - 1)


def contracts_before(x, s, day, result, stated):
    """Trade contracts before the stocks are filled."""
    if stated is not None:
        worth, moved = math.inf, False
        if waits(s, stated):
            ordered = day.reason or s.raise_cash > 0
            shares = expected_shares(x, s, day) if ordered else s.shares
            worth = s.leg_ratio * stock_value(day, shares)  # both below 0 of borrowed stocks
            moved = stocks_may_have_moved(s, day) or (ordered and day.planned)
        trade_stated(x, s, day, result, worth, moved)
        if stated.together:
            day.stocks_allowed = stocks_allowed(x, s, day, 0.0)
        strike(s, waits(s, stated))
    else:
        ledger.hedge_the_plan(x, s, day, result)


def expected_shares(x, s, day):
    """Return what the sleeve is expected to hold after the day's orders, borrowed stocks too."""
    if not s.terms:
        return ledger.expected_shares(x, s, day)
    borrowing.own_sales(x, s, day)
    orders = dict(day.orders)
    borrowing.own_purchases(x, s, day)
    day.orders |= orders
    return borrowing.expected_shares(x, s, day, ledger.expected_shares(x, s, day))


def contracts_after(x, s, day, result, stated):
    """Trade contracts after the stocks were filled."""
    if stated is not None:
        worth, moved = math.inf, False
        if waits(s, stated):
            worth, moved = s.leg_ratio * stock_value(day, s.shares), stocks_may_have_moved(s, day)
        trade_stated(x, s, day, result, worth, moved)
        strike(s, waits(s, stated))
    else:
        futures_leg.hedge(x, s, day, result, ledger.own_beta, s.shares, day.stocks_moved)


def why_locked(x, t, c, way):
    """Why a contract cannot be traded one way at all, or an empty text."""
    if math.isnan(x.fill_price[t][c]):
        return "no_price"
    return futures_leg.AT_LIMIT[way] if futures_leg.at_limit(x, t, c, way) else ""


# --- legs in stocks and contracts that go together ------------------------------------------------


def waits(s, stated):
    """Whether the sleeve's stocks and contracts wait for each other."""
    return stated.together and s.leg_ratio != 0


def way(s):
    """Sign of the stocks that contracts wait for: below 0 where they are borrowed."""
    return -1 if s.leg_ratio < 0 else 1


def note_ratio(s, weights, contracts):
    """Value sold for a yuan of stocks: as it was where nothing is named, none beside a NaN.

    Below 0 where both legs are turned, stocks sold and contracts bought.
    """
    if not contracts and not sum(weight for _, weight in weights):
        return
    stocks = sum(weight for _, weight in weights)
    sold = -sum(part for _, part in contracts)
    s.leg_ratio = sold / abs(stocks) if sold * stocks > 0 else 0.0


def stock_value(day, shares):
    """Value of shares before the day's trading."""
    return sum(n * day.reference[i] for i, n in enumerate(shares) if n)


def stocks_may_have_moved(s, day):
    """Whether stocks were traded today, or yesterday after the contracts; asked once."""
    moved = day.stocks_moved or s.unfinished
    s.unfinished = False
    return moved


def value_of_lots(x, t, c):
    """Value of a lot before the day's trading."""
    return x.multiplier[x.product[c]] * price_before(x, t, c)


def sold_value(x, s, day):
    """Value of the lots against the stocks, less that of others: mostly those sold short."""
    return -way(s) * sum(lots * value_of_lots(x, day.t, c) for c, lots in enumerate(s.lots) if lots)


def to_open(s):
    """Lots to be opened, signed, by contract; none where others are in the way."""
    return {
        c: wanted - s.lots[c]
        for c, wanted in sorted(s.wanted_lots.items())
        if wanted * s.lots[c] >= 0 and abs(wanted) > abs(s.lots[c])
    }


def to_go(s):
    """Lots to be closed, signed as they are held, by contract."""
    going = {}
    for c, wanted in sorted(s.wanted_lots.items()):
        lots = s.lots[c]
        if lots and wanted * lots <= 0:
            going[c] = lots
        elif abs(lots) > abs(wanted):
            going[c] = lots - wanted
    return going


def opened_value(x, s, day, part):
    """Value that a part of the lots to be opened sets against the stocks."""
    opened = {c: math.copysign(math.floor(part * abs(n) + 1e-9), n) for c, n in to_open(s).items()}
    return -way(s) * sum(n * value_of_lots(x, day.t, c) for c, n in opened.items() if n)


def part_of_stocks(x, s, day, worth, there):
    """Part of the lots to be opened that brings those there nearest to the worth of the stocks."""
    whole = opened_value(x, s, day, 1.0)
    if math.isnan(whole) or whole <= 0:
        return math.inf
    most = max(abs(n) for n in to_open(s).values())
    return max(0.0, (worth - there) / whole + 0.5 / most)


def stocks_allowed(x, s, day, part):
    """Value of stocks that lots held, and a part of those to be opened, let the sleeve hold."""
    whole = opened_value(x, s, day, 1.0)
    if s.leg_ratio == 0 or whole <= 0 or part >= 1:
        return math.inf
    there = sold_value(x, s, day) + opened_value(x, s, day, part)
    if not there > 0:
        return 0.0
    half = 0.0 if math.isnan(whole) else whole / max(abs(n) for n in to_open(s).values()) / 2
    return (there + half) / abs(s.leg_ratio)


def part_known_before(x, s, day, fund):
    """Part of the lots to be opened that limits and both accounts' money allow before the fills."""
    t, more = day.t, to_open(s)
    part = 1.0
    for c, n in more.items():
        side = 1 if n > 0 else -1
        part = min(part, limit_rooms(x, s, day, c, side)[0][0] / abs(n))
    if way(s) > 0:
        bought = sum(n * day.reference[i] for i, n in day.orders.items() if n > 0)
    else:  # collateral
        short = borrowing.ordered_short(x, s, day)
        bought = sum(n * day.reference[i] for i, n in short.items()) * s.terms.collateral[t + 1]
    short, long = margins_of(x, t, more, lambda c: value_of_lots(x, t, c))
    if math.isnan(short + long + bought):
        return 0.0
    asked = (bought + short, long + (bought if futures_leg.netted(x, t) else 0.0))
    untouched = borrowing.untouched(x, s, day)
    money = fund.stock_cash - untouched + fund.futures_cash
    there = futures_leg.margin_elsewhere(x, s, day, None)
    return min(part, futures_leg.part_carried(x, t, money, there, asked))


def margins_of(x, t, more, value):
    """Margin that signed lots ask for, short and long; ``value`` of a lot by contract."""
    sides = [0.0, 0.0]
    for c, n in more.items():
        sides[1 if n > 0 else 0] += x.margin_rate[t + 1][c] * value(c) * abs(n)
    return sides


def room_beside_contracts(x, s, day, fund, stated):
    """Yuan of stocks that may be bought, or sold short, beside contracts that wait."""
    if stated is None or not waits(s, stated):
        return math.inf
    if x.after_stocks[day.t]:
        day.stocks_allowed = stocks_allowed(x, s, day, part_known_before(x, s, day, fund))
    return max(0.0, day.stocks_allowed - way(s) * stock_value(day, s.shares))


def lots_that_stay(x, s, day, worth):
    """Lots to go that stay for stocks that have not gone, or others that cannot come."""
    going = to_go(s)
    value = -way(s) * sum(n * value_of_lots(x, day.t, c) for c, n in going.items())
    if worth == math.inf or not value > 0:
        return dict.fromkeys(going, 0)
    there = sold_value(x, s, day) - value
    part = min(part_of_limits(x, s, day, to_open(s))[0], part_of_stocks(x, s, day, worth, there))
    missing = worth - there - opened_value(x, s, day, part)
    kept = min(1.0, max(0.0, missing / value))
    return {c: math.floor(kept * abs(n) + 1e-9) for c, n in going.items()}


def trade_stated(x, s, day, result, worth, moved):
    """Close what is to go, all legs or none; then open one part of every leg."""
    t = day.t
    day.futures = futures_leg.FuturesDay(held_over={c: s.lots[c] for c in held_contracts(s)})
    going = {c: abs(n) for c, n in to_go(s).items()}
    ways = {c: "sell" if s.lots[c] > 0 else "buy" for c in going}
    locked = any(why_locked(x, t, c, ways[c]) for c in going)
    ends = any(t + 1 >= x.last_day[c] for c in going)
    stay = lots_that_stay(x, s, day, worth)
    for c, back in going.items():
        if locked and not ends:
            day.refuse(result, c, ways[c], back, 0, why_locked(x, t, c, ways[c]) or "other_leg")
            continue
        if stay[c]:
            day.refuse(result, c, ways[c], back, back - stay[c], "other_leg")
        if back > stay[c]:
            futures_leg.close_at_once(x, s, day, result, c, back - stay[c], day.lots_reason)
    if moved and worth < math.inf:
        close_excess(x, s, day, result, worth)
    if s.lot_days_left >= 0:
        open_stated(x, s, day, result, worth)


def close_excess(x, s, day, result, worth):
    """Close whole lots that are to stay beyond what the stocks are worth."""
    staying = [c for c in held_contracts(s) if c not in to_go(s)]
    value = -way(s) * sum(s.lots[c] * value_of_lots(x, day.t, c) for c in staying)
    excess = sold_value(x, s, day) - worth
    if excess > 0 and value > 0:
        for c in staying:
            back = math.floor(min(1.0, excess / value) * abs(s.lots[c]) + 1e-9)
            if back:
                futures_leg.close_at_once(x, s, day, result, c, back, day.lots_reason)


def strike(s, waiting):
    """Forget orders that are done or late; those of legs that wait stand till they are late."""
    for c in list(s.wanted_lots):
        late = s.lot_days_left <= 0 and c not in to_go(s)
        if late or (s.wanted_lots[c] == s.lots[c] and not waiting):
            del s.wanted_lots[c]


def part_of_limits(x, s, day, more):
    """Part of the lots to be opened that limits allow, the bound and its contract."""
    part, why, leg = 1.0, "", None
    for c, lots in more.items():
        room, bound = room_to_open(x, s, day, c, 1 if lots > 0 else -1)
        if room < part * abs(lots):
            part, why, leg = room / abs(lots), bound, c
    return part, why, leg


def open_stated(x, s, day, result, worth):
    """Open the part of all legs that limits, stocks and money allow."""
    t, signed = day.t, to_open(s)
    more = {c: abs(n) for c, n in signed.items()}
    part, why, leg = part_of_limits(x, s, day, signed)
    if worth < math.inf:
        by_stocks = part_of_stocks(x, s, day, worth, sold_value(x, s, day))
        if by_stocks < part:
            part, why, leg = by_stocks, "other_leg", None
    if part > 0 and more:
        asked = margins_of(x, t, signed, lambda c: x.multiplier[x.product[c]] * x.fill_price[t][c])
        there = futures_leg.margin_elsewhere(x, s, day, None)
        money = s.futures_cash + day.withdrawable
        most = futures_leg.part_carried(x, t, money, there, [part * one for one in asked])
        if most < 1:
            part, why, leg = part * most, "margin", None
        both = [a + part * b for a, b in zip(there, asked, strict=True)]
        target = x.target_multiple * futures_leg.asked_of(x, t, *both)
        futures_leg.move_to_futures(
            s, day, min(day.withdrawable, max(0.0, target - s.futures_cash))
        )
    for c, lots in more.items():
        side, opened = (1 if s.wanted_lots[c] > 0 else -1), math.floor(part * lots + 1e-9)
        if opened < lots:
            day.refuse(
                result, c, "buy" if side > 0 else "sell", lots, opened,
                why if leg in (None, c) else "other_leg",
            )  # fmt: skip
        if opened:
            price = futures_leg.trade(x, s, day, result, c, side * opened, day.lots_reason)
            day.futures.at_fill.append((c, side * opened, price))
            day.futures.opened[c] = opened


def room_to_open(x, s, day, c, side):
    """Lots that may be opened of a contract, and the bound."""
    t, way = day.t, "buy" if side > 0 else "sell"
    locked = why_locked(x, t, c, way)
    rooms = [(0.0 if locked else math.inf, locked), *limit_rooms(x, s, day, c, side)]
    return min(rooms, key=lambda one: one[0])


def limit_rooms(x, s, day, c, side):
    """Lots that the account's limits let be opened, the least first."""
    return sorted(futures_leg.rooms_of_limits(x, s, day, c, side), key=lambda one: one[0])


def trade_stocks(x, fund, states, days, common, result, step, stated, uncovered):
    """Steps 4 to 6: all sell, then what is missing is raised, then they buy in their order."""
    before, pledged = fund.stock_cash, fund.pledged

    def note(k, begun):
        for trade in result.trades[begun:]:
            for other, _ in enumerate(days):
                if other != k or states[k].terms:
                    seen = days[other].elsewhere
                    seen[trade.index] = seen.get(trade.index, 0) + abs(trade.quantity)

    def noting(do):
        def one_sleeve(k, one, s, day):
            begun = len(result.trades)
            do(k, one, s, day)
            note(k, begun)

        return one_sleeve

    def sales(k, one, s, day):
        if s.terms:
            borrowing.own_sales(one, s, day)
        ledger.sales(one, s, day, result)

    step(noting(sales))
    if fund.raise_cash > 0:
        common.kept = before + fund.raise_cash
        rest = fund.raise_cash - sum(day.received for day in days)
        values = [
            sum(n * day.reference[i] for i, n in enumerate(s.shares) if n > 0)
            for s, day in zip(states, days, strict=True)
        ]
        if rest > 0 and sum(values) > 0:
            step(
                noting(
                    lambda k, one, s, day: ledger.raise_from_stocks(
                        one, s, day, result, rest * values[k] / sum(values)
                    )
                )
            )
    borrowed = []
    if uncovered > 0:
        values = [borrowing.value_at(s, day.reference) for s, day in zip(states, days, strict=True)]
        free = sum(
            borrowing.pledge(s, common.t, value) - value
            for s, value in zip(states, values, strict=True)
            if value
        )
        part = min(1.0, uncovered / free) if free > 0 else 1.0
        step(
            noting(
                lambda k, one, s, day: borrowed.append(
                    borrowing.return_for_collateral(
                        one,
                        s,
                        day,
                        result,
                        part,
                        stated[k] is not None and waits(s, stated[k]) and way(s) < 0,
                    )
                )
            )
        )
    spent = []

    def buy(k, one, s, day):
        morning = lambda: before - sum(spent) + sum(borrowed)  # noqa: E731
        if s.terms:
            begun = len(result.trades)
            borrowed.append(borrowing.returns(one, s, day, result, morning()))
            note(k, begun)
            borrowing.own_purchases(one, s, day)
        day.cash_before_trades = morning()
        begun = len(result.trades)
        room = room_beside_contracts(one, s, day, fund, stated[k])
        day.leg_room = room if way(s) > 0 else math.inf
        ledger.buys(one, s, day, result)
        spent.append(day.settled)
        if s.terms:
            beside = room if way(s) < 0 else math.inf
            borrowed.append(borrowing.short_sales(one, s, day, result, morning(), beside))
        note(k, begun)

    step(buy)
    later = sum(day.paid - day.settled for day in days)
    received = sum(day.received for day in days)
    out = sum(spent) + max(0.0, later - received)
    free = common.withdrawable + sum(borrowed) + pledged - fund.pledged
    common.withdrawable = max(0.0, min(fund.stock_cash - fund.pledged, free - out))


def mark(x, s, day):
    """Step 8 for the stocks of a sleeve."""
    ledger.mark_stocks(x, s, day)
    if s.terms:
        borrowing.pay_fee(x, s, day)


def margin(x, fund, states, days, common, result, step):
    """Step 8 for the margin of all lots together."""
    t, all_lots = common.t, Mixed(gross_lots(states), fund, ("lots",))
    required = futures_leg.requirement(x, t, all_lots.lots)
    if fund.futures_cash < required:
        missing = x.target_multiple * required - fund.futures_cash
        futures_leg.move_to_futures(fund, common, max(0.0, min(common.withdrawable, missing)))
    if any(all_lots.lots) and fund.futures_cash < required - 1e-6:
        kept = lots_kept(x, t, fund, states, days)
        step(lambda k, one, s, day: cut_to(one, s, day, result, kept[k]))
        for s in states:
            s.days_after_cut = 2
    both = fund.stock_cash - fund.pledged + fund.futures_cash
    fund.raise_cash = 0.0
    if both < x.call_multiple * required:
        fund.raise_cash = x.target_multiple * required - both
    if fund.owed > 0:
        spare = max(0.0, fund.futures_cash - x.target_multiple * required)
        lacking = fund.owed - (fund.stock_cash - fund.pledged) - spare
        fund.raise_cash = max(fund.raise_cash, lacking)
    if not any(any(s.lots) for s in states) and fund.futures_cash < 0:
        moved = max(0.0, min(common.withdrawable, -fund.futures_cash))
        futures_leg.move_to_futures(fund, common, moved)
        fund.raise_cash = max(fund.raise_cash, -fund.futures_cash)
    common.required = futures_leg.requirement(x, t, gross_lots(states).lots)


def cost_of_cut(x, s, day, c, lots):
    """Fee and slippage of lots closed at the settlement price, those opened today first."""
    t, p = day.t, x.product[c]
    value = x.multiplier[p] * x.settlement[t + 1][c]
    today = min(lots, day.futures.opened.get(c, 0))
    fee = x.close_today_rate[t][p] * today * value
    fee += x.fee_rate[t][p] * (lots - today) * value + x.order_fee[t][p]
    return fee, x.futures_slippage * lots * value


def lots_kept(x, t, fund, states, days):
    """Take lot after lot from the contract of a sleeve with the largest requirement."""
    kept = [[abs(n) for n in s.lots] for s in states]

    def own(k, c):
        one = [n if o == c else 0 for o, n in enumerate(kept[k])]
        return futures_leg.requirement(x, t, one)

    places = [(k, c) for k in range(len(states)) for c in range(len(kept[k]))]
    while any(any(some) for some in kept):
        costs = 0.0
        for k, c in places:
            cut = abs(states[k].lots[c]) - kept[k][c]
            if cut:
                costs += sum(cost_of_cut(x, states[k], days[k], c, cut))
        signed = [
            [n if lots > 0 else -n for n, lots in zip(some, s.lots, strict=True)]
            for some, s in zip(kept, states, strict=True)
        ]
        need = futures_leg.requirement(x, t, futures_leg.AllLots(signed))
        if fund.futures_cash - costs >= need - 1e-6:
            break
        k, c = max(places, key=lambda place: own(*place))
        kept[k][c] -= 1
    return kept


def cut_to(x, s, day, result, kept):
    """Close a sleeve's lots at the settlement price."""
    for c in range(len(kept)):
        lots = abs(s.lots[c]) - kept[c]
        if lots:
            fee, impact = cost_of_cut(x, s, day, c, lots)
            price = x.settlement[day.t + 1][c]
            amount = lots * x.multiplier[x.product[c]] * price
            way = 1 if s.lots[c] < 0 else -1
            futures_leg.book(
                x, s, day, result, c, way * lots, price, amount, fee, impact, "margin_cut"
            )


def revalue(x, fund, states, t, result):
    """Sum the adjustments of all sleeves' holdings; they count together."""
    fund.revaluation = 0.0
    if x.ratio is None:
        return
    ratio, price = x.ratio[t + 1], x.mark[t + 1]
    found = [
        {
            i: shares * price[i] * (ratio[i] - 1)
            for i, shares in enumerate(s.shares)
            if shares != 0 and not math.isnan(ratio[i])
        }
        for s in states
    ]
    total = sum(sum(one.values()) for one in found)
    material = total != 0 and abs(total) >= x.materiality * fund.equity
    for s, one in zip(states, found, strict=True):
        s.restated &= set(one)
        if x.always is not None:
            s.restated |= {i for i in one if x.always[t + 1][i]}
        if material:
            s.restated = set(one)
        fund.revaluation += sum(one[i] for i in sorted(s.restated))
        result.restated += [(t, i, s.shares[i], ratio[i]) for i in sorted(s.restated)]


def lines_of(k, day, trades):
    """What the lines of money of a sleeve's day add up to."""
    own = [trade for trade, who in trades if who == k]
    costs = sum(trade.costs for trade in own)
    gained = day.stock_pnl + day.dividends + day.futures_pnl
    return gained - costs - day.dividend_tax - day.lending_fee


def fund_row(x, fund, states, days, common, trades):
    """The fund's row: what is compared with the kernel's."""
    total = lambda name: sum(getattr(day, name) for day in days)  # noqa: E731
    costs = {
        name: sum(getattr(trade, name) for trade, _ in trades)
        for name in ledger.TRADE_COSTS
        if name != "dividend_tax"
    }
    return {
        "equity": ledger.stated_of(fund), "revaluation": fund.revaluation,
        "stock_value": fund.stock_value, "stock_cash": fund.stock_cash,
        "futures_cash": fund.futures_cash, "dividends_receivable": fund.receivable[0],
        "fees_payable": fund.fees_payable, "redemptions_payable": fund.owed,
        "lots": sum(sum(s.lots) for s in states),
        "names": len({i for s in states for i, n in enumerate(s.shares) if n}),
        "units": fund.units, "unit_value": common.unit_value,
        "stock_pnl": total("stock_pnl"), "held_pnl": total("held_pnl"),
        "dividends": total("dividends"), "futures_pnl": total("futures_pnl"),
        "dividend_tax": total("dividend_tax"), "interest": common.interest,
        "margin_required": common.required, "management_fee": common.management_fee,
        "performance_fee": common.performance_fee, **costs,
        "stocks_borrowed": sum(s.lent for s in states), "cash_pledged": fund.pledged,
        "lending_fee": total("lending_fee"),
    }  # fmt: skip
