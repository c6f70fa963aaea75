"""Orders of investors at a close: distributions, subscriptions, redemptions."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.fund.clients import tier_rate
from quanthedge.fund.desk import Moved, Office, Order, fee_basis, note
from quanthedge.fund.methods import Book, LotLine
from quanthedge.fund.values import exact, round_half_up

__all__ = ["distribute", "redeem_all", "subscribe_all"]


def distribute(office: Office, t: int, plan: Any, moved: Moved) -> None:
    """Pay a dividend on all units; those who reinvest get units at the ex-dividend value."""
    per_unit = exact(plan.yuan_per_unit)
    for name, book in office.books.items():
        if book.units == 0:
            continue
        if per_unit >= book.unit_value():
            raise StrategyError(
                f"clients: distribution of {per_unit} yuan a unit on {plan.date}: the unit value "
                f"is {book.unit_value()}"
            )
        leaves = Decimal(0)
        office.daily.paid.append((name, t, float(per_unit)))
        lines = book.lots()
        payouts = book.distribute(per_unit)
        if not any(one.cash + one.fee for one in payouts):
            raise StrategyError(
                f"clients: distribution of {per_unit} yuan a unit on {plan.date} pays nobody of "
                f"class {name} a cent; accepted: an amount that comes to a cent for a holder"
            )
        for paid in payouts:
            cash, fee = paid.cash, paid.fee
            leaves += fee
            basis = fee_basis([one for one in lines if one["investor"] == paid.investor])
            value, nothing = book.unit_value(), Decimal(0)
            # what does not buy a hundredth of a unit is paid in cash
            if paid.investor in plan.reinvesting and book.units_for(cash) > 0:
                got = book.subscribe(paid.investor, cash)
                office.bought[paid.investor, name].append((t, got))
                note(
                    office, t, paid.investor, name, "reinvested", got, value, cash, fee, basis=basis
                )
            else:
                leaves += cash
                note(
                    office, t, paid.investor, name, "distribution", nothing, value, -cash, fee,
                    basis=basis,
                )  # fmt: skip
        moved.distributed += float(leaves)
        moved.service -= float(leaves) if name == "C" else 0.0


def subscribe_all(office: Office, t: int, flows: list[Any], moved: Moved) -> None:
    """Sell units to those who subscribe; the seller takes the fee at the door of class A."""
    for flow in flows:
        book, name = office.books[flow.share_class], flow.share_class
        paid = round_half_up(Fraction(exact(flow.subscribe_yuan)), 2)
        rate = tier_rate(office.clients.subscription_fee, float(paid)) if name == "A" else 0.0
        # the fee is inside the amount paid: net = paid / (1 + rate), as funds in China reckon it
        net = round_half_up(Fraction(paid) / (1 + Fraction(exact(rate))), 2)
        if net <= 0 or book.units_for(net) <= 0:
            raise StrategyError(
                f"clients: {flow.investor} subscribes {flow.subscribe_yuan:g} yuan of class {name} "
                f"on {flow.date}: less than a cent, or than a hundredth of a unit"
            )
        units = book.subscribe(flow.investor, net)
        office.bought.setdefault((flow.investor, name), []).append((t, units))
        moved.subscribed += float(net)
        moved.new_units += units
        moved.service += float(net) if name == "C" else 0.0
        note(
            office, t, flow.investor, name, "subscription", units, book.unit_value(), paid,
            Decimal(0), paid - net,
        )  # fmt: skip


def redeem_all(office: Office, t: int, flows: list[Any], moved: Moved) -> None:
    """Do redemptions, first those that wait; beyond the gate they wait for the next opening day."""
    orders = office.waiting + [
        Order(
            flow.investor,
            flow.share_class,
            None if flow.redeem_units is None else _hundredths(flow),
            None if flow.redeem_fraction is None else exact(flow.redeem_fraction),
        )
        for flow in flows
    ]
    office.waiting = []
    orders += _leaving(office, t)
    wanted: list[tuple[Order, Decimal]] = []
    for order in orders:
        same = (order.investor, order.share_class)
        earlier = (n for one, n in wanted if (one.investor, one.share_class) == same)
        units = _units_wanted(office, t, order, sum(earlier, Decimal(0)))
        if units > 0:
            wanted.append((order, units))
    if not wanted:
        return
    accepted = _through_gate(office, t, wanted, moved.new_units)
    total = office.books["A"].units + office.books["C"].units
    if sum((units for _, units in accepted), Decimal(0)) >= total:
        raise StrategyError(
            f"clients: on {office.dates[t]} the last units would be redeemed; a fund that is wound "
            "up ends there: end the run before, or let an investor stay"
        )
    for order, units in accepted:
        if units > 0:
            _redeem(office, t, order, units, moved)


def _hundredths(flow: Any) -> Decimal:
    """Return the units of an order as units are counted, or raise when none is left."""
    units = round_half_up(Fraction(exact(flow.redeem_units)), 2)
    if units == 0:
        raise StrategyError(
            f"clients: {flow.investor} redeems {flow.redeem_units:g} units of class "
            f"{flow.share_class} on {flow.date}: less than a hundredth of a unit"
        )
    return units


def _units_wanted(office: Office, t: int, order: Order, earlier: Decimal) -> Decimal:
    """Return the units of an order that may leave today: lock-up and least holding applied.

    ``earlier`` are units that the investor's other orders of the day take already.
    """
    book = office.books[order.share_class]
    held = book.holding(order.investor) - earlier
    units = order.units
    if units is None:
        units = round_half_up(Fraction(held) * Fraction(order.fraction or Decimal(0)), 2)
    had = (order.investor, order.share_class) in office.bought
    if min(units, held) <= 0 and (order.waited or order.fraction is not None) and had:
        note(
            office, t, order.investor, order.share_class, "refused", order.units or Decimal(0),
            book.unit_value(), Decimal(0), reason="nothing left",
        )  # fmt: skip
        return Decimal(0)
    if units == 0:
        raise StrategyError(
            f"clients: {order.investor} redeems {order.fraction} of his units of class "
            f"{order.share_class} on {office.dates[t]} and has never held any"
        )
    if order.waited:
        units = min(units, held)
    if units > held:
        raise StrategyError(
            f"clients: {order.investor} redeems {units} units of class {order.share_class} on "
            f"{office.dates[t]} and holds {held}"
        )
    free = held
    if office.clients.lock_up_days:
        limit = office.dates[t] - np.timedelta64(office.clients.lock_up_days, "D")
        key = order.investor, order.share_class
        lots = office.bought.get(key, [])
        free = sum((n for day, n in lots if office.dates[day] <= limit), Decimal(0)) - earlier
        free = min(held, max(Decimal(0), round_half_up(Fraction(free), 2)))
    if units > free:
        note(
            office, t, order.investor, order.share_class, "refused", units - free,
            book.unit_value(), Decimal(0), reason="lock-up",
        )  # fmt: skip
        units = free
    rest = _value_left(book, order.investor, earlier + units)
    if 0 < units < held and rest < Fraction(exact(office.clients.minimum_yuan)) and free == held:
        units = held
    return units


def _through_gate(
    office: Office, t: int, wanted: list[tuple[Order, Decimal]], new_units: Decimal
) -> list[tuple[Order, Decimal]]:
    """Cut redemptions pro rata to the gate; what is cut waits.

    What is subscribed on the day makes room: the gate is for redemptions less subscriptions, of the
    units there were before both.
    """
    gate = office.clients.gate
    total = office.books["A"].units + office.books["C"].units - new_units
    asked = sum((units for _, units in wanted), Decimal(0))
    if gate is None or asked - new_units <= exact(gate) * total:
        return wanted
    factor = Fraction(exact(gate) * total + new_units) / Fraction(asked)
    found = []
    for order, units in wanted:
        now = round_half_up(Fraction(units) * factor, 2)
        found.append((order, now))
        rest = Order(order.investor, order.share_class, units - now, None, waited=True)
        office.waiting.append(rest)
        value = office.books[order.share_class].unit_value()
        note(
            office, t, order.investor, order.share_class, "deferred", units - now, value,
            Decimal(0), reason="gate",
        )  # fmt: skip
    return found


def _leaving(office: Office, t: int) -> list[Order]:
    """Return the orders of clients who saw the unit value of yesterday far below its highest."""
    rule = office.clients.leavers
    if rule is None or t == 0:
        return []
    seen = office.published[:t]
    high = max(office.peak, *seen)
    # in decimals: 1.235 is 5% below 1.3, and in binary it is not
    fallen = exact(seen[-1]) <= exact(high) * (1 - exact(rule.drawdown))
    if not fallen:
        office.left = office.left and seen[-1] < high
        return []
    if office.left:
        return []
    office.left = True
    return [
        Order(investor, name, None, exact(rule.fraction))
        for investor, name in office.bought
        if investor not in rule.staying and office.books[name].holding(investor) > 0
    ]


def _redeem(office: Office, t: int, order: Order, units: Decimal, moved: Moved) -> None:
    book, name = office.books[order.share_class], order.share_class
    value = book.unit_value()
    basis = fee_basis(_lines_of(book, order.investor), units)
    payout = book.redeem(order.investor, units)
    exit_fee = min(payout.cash, _exit_fee(office, t, order, units, payout.cash + payout.fee))
    share = Fraction(exact(office.clients.redemption_fee_kept))
    kept = round_half_up(Fraction(exit_fee) * share, 2)
    leaves = payout.cash + payout.fee - kept
    moved.redeemed += float(leaves)
    moved.service -= float(leaves) if name == "C" else 0.0
    note(
        office, t, order.investor, name, "redemption", -units, value, -(payout.cash - exit_fee),
        payout.fee, exit_fee, basis=basis,
    )  # fmt: skip


def _lines_of(book: Book, investor: str) -> list[LotLine]:
    return [line for line in book.lots() if line["investor"] == investor]


def _value_left(book: Book, investor: str, units: Decimal) -> Fraction:
    """Return what an investor's lots are worth once the oldest ``units`` have left."""
    left, total = units, Fraction(0)
    for line in _lines_of(book, investor):
        held = exact(str(line["units"]))
        if held > 0:
            taken = min(left, held)
            left -= taken
            total += Fraction(exact(str(line["value"]))) * Fraction(held - taken) / Fraction(held)
    return total


def _exit_fee(office: Office, t: int, order: Order, units: Decimal, worth: Decimal) -> Decimal:
    """Return the redemption fee by holding days of the oldest units, and take them off.

    It is a part of what they are worth before the performance fee, ``worth``.
    """
    key = order.investor, order.share_class
    left, fee, rest = units, Fraction(0), []
    value = Fraction(worth) / Fraction(units)
    for day, held in office.bought[key]:
        taken = min(left, held)
        left -= taken
        days = int((office.dates[t] - office.dates[day]).astype(np.int64))
        rate = tier_rate(office.clients.redemption_fee, days)
        fee += Fraction(taken) * value * Fraction(exact(rate))
        if held - taken > 0:
            rest.append((day, held - taken))
    office.bought[key] = rest
    return round_half_up(fee, 2)
