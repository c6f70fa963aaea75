"""Slow reference of a fund with clients, day by day, from docs/fund.md (section "Exactly").

It is given what the fund earned before its own fees; all else it works out again in plain decimals:
running fees, classes, performance fees, orders at the door, gates, lock-ups, dividends.
"""

from calendar import isleap
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext

from tests.oracles.fund_methods import BOOKS, ZERO, D, rounded

MOVES = ("subscription", "redemption", "distribution", "reinvested")


@dataclass
class Account:
    """What happened and what everything was worth."""

    classes: list = field(default_factory=list)  # day, class, units, assets, value, cumulative
    people: list = field(default_factory=list)  # day, investor, class, units, value, fee
    events: list = field(default_factory=list)  # day, who, class, event, units, cash, fee, door
    ties: set = field(default_factory=set)  # days whose unit values three cents would turn
    open_ties: set = field(default_factory=set)  # the same of the values at the open
    fund: list = field(default_factory=list)  # day, published, before accrual, fee, fee at open


def number(value):
    return D(str(value))


def fund_account(terms, clients, capital, dates, days, growth, levels, fee_days, opening):
    """Return the account of a fund.

    ``days`` are calendar days since the last close, ``growth`` what a yuan of the last close and
    the morning's flows has become before fund fees, ``levels`` where the hurdle
    stands, ``opening`` on which closes orders are done.
    """
    with localcontext() as context:
        context.prec = 50
        fund = _Fund(terms, clients, capital, dates)
        for t in range(len(dates)):
            fund.earn(t, int(days[t]), D(float(growth[t])), D(float(levels[t])))
            fund.close(t, bool(fee_days[t]), bool(opening[t]))
        return fund.account


class _Fund:
    def __init__(self, terms, clients, capital, dates):
        self.terms, self.clients, self.dates = terms, clients, dates
        self.books = {name: BOOKS[clients.method.kind](terms, clients.method.kind) for name in "AC"}
        self.account = Account()
        self.dated = {}  # lots by (investor, class): [day index, units]
        self.waiting, self.published = [], []
        self.before_accrual = self.accrued = self.accrued_at_open = ZERO
        self.paid = {"A": ZERO, "C": ZERO}
        self.gone = False
        self.flow = {"A": ZERO, "C": ZERO}
        own, left = clients.founders_class, rounded(number(capital), 2)
        for k, (who, part) in enumerate(clients.founders.items()):
            last = k == len(clients.founders) - 1
            cash = left if last else rounded(number(capital) * number(part), 2)
            left -= cash
            units = self.books[own].buy(who, cash)
            self.dated[who, own] = [[0, units]]
            self.note(0, who, own, "founder", units, cash)
        self.assets = {"A": ZERO, "C": ZERO} | {own: number(capital)}
        self.equity = number(capital)
        self.highest = self.books[own].value()
        self.orders = self.by_day()

    def note(self, t, who, share_class, event, units=ZERO, cash=ZERO, fee=ZERO, door=ZERO):
        row = (t, who, share_class, event, units, cash, fee, door)
        self.account.events.append(row)

    def by_day(self):
        return sorted(enumerate(self.clients.flows), key=lambda pair: pair[0])

    def years(self, t, days):
        """Days up to that of t over the days of their years, one by one."""
        last = date.fromisoformat(str(self.dates[t])[:10])
        found = (last - timedelta(days=k) for k in range(days))
        return sum((D(1) / (366 if isleap(day.year) else 365) for day in found), ZERO)

    def earn(self, t, days, growth, level):
        """Take the morning's flows and the day's earnings, and accrue the running fees."""
        terms, year = self.terms, self.years(t, days)
        before = {name: self.assets[name] + self.flow[name] for name in "AC"}
        total = sum(before.values(), ZERO)
        common = self.equity * year * number(terms.management_fee_per_year)
        common += self.equity * year * number(terms.custody_fee_per_year)
        common += year * number(terms.audit_fee_yuan_per_year)
        service = max(ZERO, before["C"]) * year * number(terms.service_fee_per_year)
        left = total * growth - common
        self.assets = {name: before[name] / total * left for name in "AC"}
        self.assets["C"] -= service
        self.equity = left - service
        self.accrued_at_open = self.fee_at_open(t, before)
        self.flow = {"A": ZERO, "C": ZERO}
        for name, book in self.books.items():
            book.level = level
            if book.units:
                book.grow(self.assets[name])

    def fee_at_open(self, t, assets):
        """The fee that had accrued at the open, on the units and assets of after the flows."""
        if not any(one[0] == t - 1 and one[3] in MOVES for one in self.account.events):
            return self.accrued
        for name, book in self.books.items():
            book.tie = False
            if book.units:
                book.grow(assets[name])
        found = sum(self.fee_if_all_left(name) for name in "AC")
        if any(book.tie for book in self.books.values()):
            self.account.open_ties.add(t)
        return found

    def fee_if_all_left(self, name):
        """Fee of a class by virtual liquidation: what all would pay if they left now."""
        book = self.books[name]
        people = [who for who, other in self.dated if other == name and book.held(who)]
        return sum((book.worth(who)[1] for who in people), ZERO)

    def close(self, t, fee_day, opening):
        for book in self.books.values():
            book.tie = False
        self._close(t, fee_day, opening)
        if any(book.tie for book in self.books.values()):
            self.account.ties.add(t)

    def _close(self, t, fee_day, opening):
        if fee_day:
            self.charge(t)
        self.value_all(t)
        for plan in self.clients.distributions:
            if str(plan.date) == str(self.dates[t]):
                self.distribute(t, plan)
        if opening:
            due = [f for _, f in self.orders if str(f.date) <= str(self.dates[t])]
            self.orders = [(k, f) for k, f in self.orders if f not in due]
            new = self.subscribe(t, [f for f in due if f.subscribe_yuan is not None])
            self.redeem(t, [f for f in due if f.subscribe_yuan is None], new)
        for name in "AC":  # what rounding leaves of a class that all have left is the other's
            other = "C" if name == "A" else "A"
            if not self.books[name].units and self.assets[name] + self.flow[name]:
                rest = self.assets[name] + self.flow[name]
                self.flow[name] -= rest
                self.flow[other] += rest

    def charge(self, t):
        for name, book in self.books.items():
            if not book.units:
                continue
            keys = [key for key in self.dated if key[1] == name]
            before = {key: book.held(key[0]) for key in keys}
            for who, fee, change in book.charge():
                self.assets[name] -= fee
                self.equity -= fee
                self.note(t, who, name, "performance_fee", change, ZERO, fee)
            for key in keys:
                self.follow(key, book, before[key])

    def follow(self, key, book, before):
        """Dated units follow their lots; where series have rolled up, in proportion."""
        now = book.dated(key[0])
        if len(now) == len(self.dated[key]):
            for lot, units in zip(self.dated[key], now, strict=True):
                lot[1] = units
        elif before:
            for lot in self.dated[key]:
                lot[1] = rounded(lot[1] * book.held(key[0]) / before, 6)

    def value_all(self, t):
        main = "A" if self.books["A"].units else "C"
        fees = {name: self.fee_if_all_left(name) for name in "AC"}
        book = self.books[main]
        self.accrued, self.before_accrual = sum(fees.values(), ZERO), book.value()
        kept = self.before_accrual
        if book.units:
            kept = book.seen((self.assets[main] - fees[main]) / book.units, 4, book.units)
        self.published.append(kept)
        self.account.fund.append((t, kept, self.before_accrual, self.accrued, self.accrued_at_open))
        for name, book in self.books.items():
            if not book.units:
                continue
            value = book.value()
            self.account.classes.append(
                (t, name, book.units, self.assets[name], value, value + self.paid[name])
            )
            for who, other in self.dated:
                if other == name and book.held(who):
                    self.account.people.append((t, who, name, book.held(who), *book.worth(who)))

    def distribute(self, t, plan):
        each = number(plan.yuan_per_unit)
        for name, book in self.books.items():
            if not book.units:
                continue
            self.paid[name] += each
            total = {}
            for who, cash, fee in book.dividend(each):
                had = total.get(who, (ZERO, ZERO))
                total[who] = had[0] + cash, had[1] + fee
            for who, (cash, fee) in total.items():
                self.flow[name] -= fee
                if who in plan.reinvesting:
                    units = book.buy(who, rounded(cash, 2))
                    self.dated[who, name].append([t, units])
                    self.note(t, who, name, "reinvested", units, cash, fee)
                else:
                    self.flow[name] -= cash
                    self.note(t, who, name, "distribution", ZERO, -cash, fee)

    def subscribe(self, t, flows):
        new = ZERO
        for book in self.books.values():
            book.opens = not book.units  # whatever rounding left in a class that everybody left
        for flow in flows:
            name, paid = flow.share_class, rounded(number(flow.subscribe_yuan), 2)
            steps = self.clients.subscription_fee if name == "A" else ()
            net = rounded(paid / (1 + self.step(steps, paid)), 2)
            units = self.books[name].buy(flow.investor, net)
            self.dated.setdefault((flow.investor, name), []).append([t, units])
            self.flow[name] += net
            new += units
            self.note(t, flow.investor, name, "subscription", units, paid, ZERO, paid - net)
        for book in self.books.values():
            book.opens = False
        return new

    @staticmethod
    def step(steps, amount):
        for one in steps:
            if amount < D(one.below):
                return number(one.rate)
        return ZERO

    def redeem(self, t, flows, new):
        """First those that wait, then the orders of the day, then those who leave."""
        orders = self.waiting + [
            (f.investor, f.share_class, f.redeem_units, f.redeem_fraction) for f in flows
        ]
        self.waiting = []
        orders += self.leaving(t)
        wanted = []
        for who, name, fixed, fraction in orders:
            earlier = sum((n for one, other, n in wanted if (one, other) == (who, name)), ZERO)
            units = self.may_leave(t, who, name, fixed, fraction, earlier)
            if units > 0:
                wanted.append((who, name, units))
        total = sum((book.units for book in self.books.values()), ZERO) - new
        asked = sum((units for _, _, units in wanted), ZERO)
        gate = self.clients.gate
        room = None if gate is None else number(gate) * total + new
        for who, name, units in wanted:
            now = units
            if room is not None and asked > room:
                now = rounded(units * room / asked, 2)
                self.waiting.append((who, name, units - now, None))
                self.note(t, who, name, "deferred", units - now)
            if now > 0:
                self.leave(t, who, name, now)

    def may_leave(self, t, who, name, units, fraction, earlier):
        book = self.books[name]
        held = book.held(who) - earlier
        waited = isinstance(units, Decimal)  # a fee may have cut units in the meantime
        units = rounded(held * number(fraction), 2) if units is None else number(units)
        if waited and held <= 0:  # an earlier order of the day took the holding whole
            self.note(t, who, name, "refused", units)
            return ZERO
        units = min(units, held) if waited else units
        free = held
        if self.clients.lock_up_days:
            old = [
                n
                for day, n in self.dated.get((who, name), ())
                if self.age(day, t) >= self.clients.lock_up_days
            ]
            free = min(held, max(ZERO, rounded(sum(old, ZERO) - earlier, 2)))
        if units > free:
            self.note(t, who, name, "refused", units - free)
            units = free
        if 0 < units < held and free == held:
            rest = self.worth_left(book, who, earlier + units)
            if rest < number(self.clients.minimum_yuan):
                units = held
        return units

    def worth_left(self, book, who, units):
        """What the newest units are worth, all but ``units``, before the performance fee."""
        if isinstance(book, BOOKS["series"]):
            left, total = units, ZERO
            for one in book.lots:
                held = one["units"].get(who, ZERO)
                taken = min(left, held)
                left -= taken
                total += one["assets"] * (held - taken) / book.total(one)
            return total
        each = book.value()
        if isinstance(book, BOOKS["equalisation"]):
            return sum(
                ((book.gross - book.accrued + book.given(lot)) * n)
                for lot, n in self.newest(book, who, units)
            )
        return (book.held(who) - units) * each

    @staticmethod
    def newest(book, who, units):
        gone = {id(lot): part for lot, part in book.taken(who, units)}
        return [
            (lot, lot["units"] - gone.get(id(lot), ZERO)) for lot in book.lots if lot["who"] == who
        ]

    def age(self, day, t):
        return int((self.dates[t] - self.dates[day]).astype(int))

    def leaving(self, t):
        rule = self.clients.leavers
        if rule is None or t == 0:
            return []
        seen = self.published[:t]
        high = max(self.highest, *seen)
        if seen[-1] > high * (1 - number(rule.drawdown)):
            self.gone = self.gone and seen[-1] < high
            return []
        if self.gone:
            return []
        self.gone = True
        return [
            (who, name, None, rule.fraction)
            for who, name in self.dated
            if who not in rule.staying and self.books[name].held(who) > 0
        ]

    def leave(self, t, who, name, units):
        cash, fee = self.books[name].leave(who, units)
        worth, left, door, rest = cash + fee, units, ZERO, []
        for day, held in self.dated[who, name]:
            taken = min(left, held)
            left -= taken
            rate = self.step(self.clients.redemption_fee, D(self.age(day, t)))
            door += taken * worth / units * rate
            if held > taken:
                rest.append([day, held - taken])
        self.dated[who, name] = rest
        door = min(cash, rounded(door, 2))
        kept = rounded(door * number(self.clients.redemption_fee_kept), 2)
        self.flow[name] -= worth - kept
        self.note(t, who, name, "redemption", -units, door - cash, fee, door)
