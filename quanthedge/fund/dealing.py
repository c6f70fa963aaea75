"""Dealing with investors at a close: distributions, subscriptions, redemptions."""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.fund.clients import Distribution, Flow, tier_rate
from quanthedge.fund.fee_basis import Basis, fee_basis, lots_of
from quanthedge.fund.methods import Payout, Register
from quanthedge.fund.running import Moved, Order, RunningFund, note, total_units
from quanthedge.fund.values import cents, exact, oldest_first, round_half_up

__all__ = ["distribute", "redeem_all", "subscribe_all"]


def distribute(fund: RunningFund, t: int, plan: Distribution, moved: Moved) -> None:
    """Pay a dividend on all units; those who reinvest get units at the ex-dividend value."""
    per_unit = exact(plan.yuan_per_unit)
    for name, register in fund.registers.items():
        if register.units == 0:
            continue
        if per_unit >= register.unit_value():
            raise StrategyError(
                f"clients: distribution of {per_unit} yuan a unit on {plan.date}: the unit value "
                f"is {register.unit_value()}"
            )
        fund.daily.paid.append((name, t, float(per_unit)))
        lines = register.lots()
        payouts = register.distribute(per_unit)
        if not any(one.cash + one.fee for one in payouts):
            raise StrategyError(
                f"clients: distribution of {per_unit} yuan a unit on {plan.date} pays nobody of "
                f"class {name} a cent; accepted: an amount that comes to a cent for a holder"
            )
        leaves = Decimal(0)
        for paid in payouts:
            basis = fee_basis(lots_of(lines, paid.investor))
            leaves += _distributed(fund, t, name, paid, basis, plan.reinvesting)
        moved.distributed += float(leaves)
        moved.service -= float(leaves) if name == "C" else 0.0


def _distributed(
    fund: RunningFund, t: int, name: str, paid: Payout, basis: Basis, reinvesting: tuple[str, ...]
) -> Decimal:
    """Pay an investor's dividend, or let him reinvest it; returns what leaves the fund."""
    register, cash, fee = fund.registers[name], paid.cash, paid.fee
    value = register.unit_value()
    # what does not buy a hundredth of a unit is paid in cash
    if paid.investor in reinvesting and register.units_for(cash) > 0:
        got = register.subscribe(paid.investor, cash)
        fund.bought[paid.investor, name].append((t, got))
        note(fund, t, paid.investor, name, "reinvested", got, value, cash, fee, basis=basis)
        return fee
    nothing = Decimal(0)
    note(fund, t, paid.investor, name, "distribution", nothing, value, -cash, fee, basis=basis)
    return fee + cash


def subscribe_all(fund: RunningFund, t: int, flows: list[Flow], moved: Moved) -> None:
    """Sell units to those who subscribe; the seller takes the fee at the door of class A."""
    for flow in flows:
        register, name = fund.registers[flow.share_class], flow.share_class
        paid = cents(exact(flow.subscribe_yuan or 0))
        rate = tier_rate(fund.clients.subscription_fee, float(paid)) if name == "A" else 0.0
        # the fee is inside the amount paid: net = paid / (1 + rate), as funds in China reckon it
        net = cents(Fraction(paid) / (1 + Fraction(exact(rate))))
        if net <= 0 or register.units_for(net) <= 0:
            raise StrategyError(
                f"clients: {flow.investor} subscribes {flow.subscribe_yuan:g} yuan of class {name} "
                f"on {flow.date}: less than a cent, or than a hundredth of a unit"
            )
        units = register.subscribe(flow.investor, net)
        fund.bought.setdefault((flow.investor, name), []).append((t, units))
        moved.subscribed += float(net)
        moved.new_units += units
        moved.service += float(net) if name == "C" else 0.0
        value = register.unit_value()
        note(fund, t, flow.investor, name, "subscription", units, value, paid, other=paid - net)


def redeem_all(fund: RunningFund, t: int, flows: list[Flow], moved: Moved) -> None:
    """Do redemptions, first those that wait; beyond the gate they wait for the next opening day."""
    orders = [*fund.waiting, *map(_order_of, flows)]
    fund.waiting = []
    orders += _leaving(fund, t)
    wanted: list[tuple[Order, Decimal]] = []
    for order in orders:
        same = (order.investor, order.share_class)
        earlier = (n for one, n in wanted if (one.investor, one.share_class) == same)
        units = _units_wanted(fund, t, order, sum(earlier, Decimal(0)))
        if units > 0:
            wanted.append((order, units))
    if not wanted:
        return
    accepted = _through_gate(fund, t, wanted, moved.new_units)
    if sum((units for _, units in accepted), Decimal(0)) >= total_units(fund):
        raise StrategyError(
            f"clients: on {fund.dates[t]} the last units would be redeemed; a fund that is wound "
            "up ends there: end the run before, or let an investor stay"
        )
    for order, units in accepted:
        if units > 0:
            _redeem(fund, t, order, units, moved)


def _order_of(flow: Flow) -> Order:
    """Return a redemption in units as they are counted, or raise when none is left."""
    units = None
    if flow.redeem_units is not None:
        units = round_half_up(exact(flow.redeem_units), 2)
        if units == 0:
            raise StrategyError(
                f"clients: {flow.investor} redeems {flow.redeem_units:g} units of class "
                f"{flow.share_class} on {flow.date}: less than a hundredth of a unit"
            )
    part = None if flow.redeem_fraction is None else exact(flow.redeem_fraction)
    return Order(flow.investor, flow.share_class, units, part)


def _units_wanted(fund: RunningFund, t: int, order: Order, earlier: Decimal) -> Decimal:
    """Return the units of an order that may leave today: lock-up and least holding applied.

    ``earlier`` are units that the investor's other orders of the day take already.
    """
    register = fund.registers[order.share_class]
    held = register.holding(order.investor) - earlier
    units = _units_asked(fund, t, order, held)
    if units == 0:
        return units
    free = _unlocked(fund, t, order, held, earlier)
    if units > free:
        _refuse(fund, t, order, units - free, "lock-up")
        units = free
    rest = _value_left(register, order.investor, earlier + units)
    if 0 < units < held and rest < Fraction(exact(fund.clients.minimum_yuan)) and free == held:
        units = held
    return units


def _units_asked(fund: RunningFund, t: int, order: Order, held: Decimal) -> Decimal:
    """Return the units of an order, of ``held`` that are left; 0 when it is refused.

    Raises
    ------
    StrategyError
        When the investor has never held any, or asks for more than he holds.
    """
    units = order.units
    if units is None:
        units = round_half_up(Fraction(held) * Fraction(order.fraction or Decimal(0)), 2)
    had = (order.investor, order.share_class) in fund.bought
    if min(units, held) <= 0 and (order.waited or order.fraction is not None) and had:
        _refuse(fund, t, order, order.units or Decimal(0), "nothing left")
        return Decimal(0)
    if units == 0:
        raise StrategyError(
            f"clients: {order.investor} redeems {order.fraction} of his units of class "
            f"{order.share_class} on {fund.dates[t]} and has never held any"
        )
    if order.waited:
        units = min(units, held)
    if units > held:
        raise StrategyError(
            f"clients: {order.investor} redeems {units} units of class {order.share_class} on "
            f"{fund.dates[t]} and holds {held}"
        )
    return units


def _unlocked(fund: RunningFund, t: int, order: Order, held: Decimal, earlier: Decimal) -> Decimal:
    """Return the units of an investor that the lock-up lets go."""
    if not fund.clients.lock_up_days:
        return held
    limit = fund.dates[t] - np.timedelta64(fund.clients.lock_up_days, "D")
    lots = fund.bought.get((order.investor, order.share_class), [])
    free = sum((n for day, n in lots if fund.dates[day] <= limit), Decimal(0)) - earlier
    return min(held, max(Decimal(0), round_half_up(free, 2)))


def _refuse(fund: RunningFund, t: int, order: Order, units: Decimal, reason: str) -> None:
    value = fund.registers[order.share_class].unit_value()
    note(fund, t, order.investor, order.share_class, "refused", units, value, reason=reason)


def _through_gate(
    fund: RunningFund, t: int, wanted: list[tuple[Order, Decimal]], new_units: Decimal
) -> list[tuple[Order, Decimal]]:
    """Cut redemptions pro rata to the gate; what is cut waits.

    What is subscribed on the day makes room: the gate is for redemptions less subscriptions, of the
    units there were before both.
    """
    gate = fund.clients.gate
    total = total_units(fund) - new_units
    asked = sum((units for _, units in wanted), Decimal(0))
    if gate is None or asked - new_units <= exact(gate) * total:
        return wanted
    factor = Fraction(exact(gate) * total + new_units) / Fraction(asked)
    found = []
    for order, units in wanted:
        now = round_half_up(Fraction(units) * factor, 2)
        found.append((order, now))
        investor, name, later = order.investor, order.share_class, units - now
        fund.waiting.append(Order(investor, name, later, None, waited=True))
        value = fund.registers[name].unit_value()
        note(fund, t, investor, name, "deferred", later, value, reason="gate")
    return found


def _leaving(fund: RunningFund, t: int) -> list[Order]:
    """Return the orders of clients who saw the unit value of yesterday far below its highest."""
    rule = fund.clients.leavers
    if rule is None or t == 0:
        return []
    seen = fund.published[:t]
    high = max(fund.peak, *seen)
    # in decimals: 1.235 is 5% below 1.3, and in binary it is not
    fallen = exact(seen[-1]) <= exact(high) * (1 - exact(rule.drawdown))
    if not fallen:
        fund.left = fund.left and seen[-1] < high
        return []
    if fund.left:
        return []
    fund.left = True
    return [
        Order(investor, name, None, exact(rule.fraction))
        for investor, name in fund.bought
        if investor not in rule.staying and fund.registers[name].holding(investor) > 0
    ]


def _redeem(fund: RunningFund, t: int, order: Order, units: Decimal, moved: Moved) -> None:
    register, name = fund.registers[order.share_class], order.share_class
    value = register.unit_value()
    basis = fee_basis(lots_of(register.lots(), order.investor), units)
    payout = register.redeem(order.investor, units)
    exit_fee = min(payout.cash, _exit_fee(fund, t, order, units, payout.cash + payout.fee))
    share = Fraction(exact(fund.clients.redemption_fee_kept))
    leaves = payout.cash + payout.fee - cents(Fraction(exit_fee) * share)
    moved.redeemed += float(leaves)
    moved.service -= float(leaves) if name == "C" else 0.0
    note(
        fund, t, order.investor, name, "redemption", -units, value, -(payout.cash - exit_fee),
        payout.fee, exit_fee, basis=basis,
    )  # fmt: skip


def _value_left(register: Register, investor: str, units: Decimal) -> Fraction:
    """Return what an investor's lots are worth once the oldest ``units`` have left."""
    lines = lots_of(register.lots(), investor)
    held = [exact(str(line["units"])) for line in lines]
    total = Fraction(0)
    for line, own, taken in zip(lines, held, oldest_first(units, held), strict=True):
        if own > 0:
            total += Fraction(exact(str(line["value"]))) * Fraction(own - taken) / Fraction(own)
    return total


def _exit_fee(fund: RunningFund, t: int, order: Order, units: Decimal, worth: Decimal) -> Decimal:
    """Return the redemption fee by holding days of the oldest units, and take them off.

    It is a part of what they are worth before the performance fee, ``worth``.
    """
    key = order.investor, order.share_class
    dated, fee, rest = fund.bought[key], Fraction(0), []
    value = Fraction(worth) / Fraction(units)
    for (day, held), taken in zip(dated, oldest_first(units, (n for _, n in dated)), strict=True):
        days = int((fund.dates[t] - fund.dates[day]).astype(np.int64))
        rate = tier_rate(fund.clients.redemption_fee, days)
        fee += Fraction(taken) * value * Fraction(exact(rate))
        if held - taken > 0:
            rest.append((day, held - taken))
    fund.bought[key] = rest
    return cents(fee)
