"""What is done at the close of an event day: fee, dividends, orders, the end of the fund."""

from decimal import Decimal
from fractions import Fraction

from quanthedge.fund.clients import Flow
from quanthedge.fund.dealing import distribute, redeem_all, subscribe_all
from quanthedge.fund.dealing_days import is_of_day
from quanthedge.fund.fee_basis import charge_bases, lots_of
from quanthedge.fund.running import (
    Moved,
    RunningFund,
    class_assets,
    investors_of,
    note,
    note_value,
    total_units,
)
from quanthedge.fund.valuation import value_days
from quanthedge.fund.values import exact, round_half_up
from quanthedge.fund.winding_up import pay_out

__all__ = ["close_day", "lapse"]


def close_day(fund: RunningFund, t: int, flows: list[Flow], *, fee_day: bool, ends: bool) -> None:
    """Do the events of a close, in this order: fee, dividends, orders, the end of the fund.

    Parameters
    ----------
    fund : RunningFund
    t : int
        Day index.
    flows : list of Flow
        Orders to be done on the day.
    fee_day, ends : bool
        Whether the performance fee is due, and whether everybody is paid.
    """
    for name, assets in class_assets(fund).items():
        fund.registers[name].revalue(assets)
    worth = fund.daily.worth_at(t)
    for key in fund.bought:
        note_value(fund, t, *key, worth.get(key, 0.0), worth.get(key, 0.0))
    if fee_day:
        _charge(fund, t)
    moved = _deal(fund, t, flows)
    if ends:
        _book_fees(fund, t, pay_out(fund, t))
    change = float(total_units(fund)) - fund.book.units
    changed = moved.any() or change != 0.0
    if fee_day or changed:
        _note_after(fund, t)
    if changed and t + 1 < fund.dates.size:
        fund.book.hand_over(
            t,
            fund.clients.payment_days,
            subscribed=moved.subscribed,
            redeemed=moved.redeemed,
            distributed=moved.distributed,
            units=change,
            service=_service(fund, moved),
        )


def lapse(fund: RunningFund, t: int, orders: dict[int, list[Flow]]) -> None:
    """Note as refused what was ordered for days that an insolvent fund does not see."""
    for day in sorted(one for one in orders if one >= t):
        for flow in orders[day]:
            _refuse(fund, t, flow.investor, flow.share_class)
    for one in fund.clients.distributions:
        if one.date >= fund.dates[t].astype(object):
            for name in fund.registers:
                if fund.registers[name].units:
                    _refuse(fund, t, "fund", name)


def _refuse(fund: RunningFund, t: int, investor: str, share_class: str) -> None:
    value = fund.registers[share_class].unit_value()
    note(fund, t, investor, share_class, "refused", Decimal(0), value, reason="insolvent")


def _deal(fund: RunningFund, t: int, flows: list[Flow]) -> Moved:
    """Pay the day's dividends and do its orders; returns the money that moved."""
    moved = Moved()
    for one in fund.clients.distributions:
        if is_of_day(one.date, fund.dates[t]):
            distribute(fund, t, one, moved)
    if fund.opening[t]:
        subscribe_all(fund, t, [one for one in flows if one.subscribe_yuan is not None], moved)
        redeem_all(fund, t, [one for one in flows if one.subscribe_yuan is None], moved)
    return moved


def _service(fund: RunningFund, moved: Moved) -> float:
    """Return the change of class C's assets by the orders of a close."""
    base, net = fund.book.service_base, moved.subscribed - moved.redeemed
    if not fund.registers["C"].units:
        return -base  # what rounding has left of a class belongs to the other
    if not fund.registers["A"].units:
        return fund.book.net_assets + net - moved.distributed - base
    return moved.service


def _charge(fund: RunningFund, t: int) -> None:
    """Charge the performance fee of a fee date, book it, and value the day again."""
    total: dict[str, Decimal] = {}
    for name, register in fund.registers.items():
        if register.units:
            total[name] = _charge_class(fund, t, name)
    _book_fees(fund, t, total)
    fund.book.set_units(t, float(total_units(fund)))
    fund.daily.drop(t)
    value_days(fund, t, t + 1)


def _charge_class(fund: RunningFund, t: int, name: str) -> Decimal:
    """Charge the investors of a class; returns the fee."""
    register = fund.registers[name]
    before = {one: register.holding(one) for one in investors_of(fund, name)}
    lines = register.lots()
    charges = register.crystallise()
    value = register.unit_value()
    for charge, basis in zip(charges, charge_bases(lines, charges), strict=True):
        if charge.fee or charge.units_change:
            note(
                fund, t, charge.investor, name, "performance_fee", charge.units_change, value,
                fee=charge.fee, basis=basis,
            )  # fmt: skip
    for one, units in before.items():
        if units > 0 and register.holding(one) != units:
            _follow_lots(fund, one, name, units)
    return sum((charge.fee for charge in charges), Decimal(0))


def _book_fees(fund: RunningFund, t: int, fees: dict[str, Decimal]) -> None:
    """Book performance fees of a close, by class, as payable."""
    total = float(sum(fees.values(), Decimal(0)))
    fund.book.charge(t, total, float(fees.get("C", 0)))


def _follow_lots(fund: RunningFund, investor: str, share_class: str, before: Decimal) -> None:
    """Let the dated units of an investor follow the lots that a fee has cut or given to.

    Where series have rolled up, lots of several days are one: the days then keep their parts.
    """
    key, register = (investor, share_class), fund.registers[share_class]
    now = [exact(str(one["units"])) for one in lots_of(register.lots(), investor)]
    dated = fund.bought[key]
    if len(now) == len(dated):
        fund.bought[key] = [(day, units) for (day, _), units in zip(dated, now, strict=True)]
        return
    factor = Fraction(register.holding(investor)) / Fraction(before)
    fund.bought[key] = [(day, round_half_up(Fraction(n) * factor, 6)) for day, n in dated]


def _note_after(fund: RunningFund, t: int) -> None:
    """Note what each investor would get after fee, dividend and orders of the close."""
    known = {
        (line["investor"], line["share_class"]): line
        for line in fund.values[-len(fund.bought) :]
        if line["date"] == fund.dates[t] and line["before_yuan"] > 0
    }
    for investor, name in fund.bought:
        value = float(fund.registers[name].value_if_redeemed(investor))
        if (investor, name) in known:
            known[investor, name]["after_yuan"] = value
        else:
            note_value(fund, t, investor, name, 0.0, value)
