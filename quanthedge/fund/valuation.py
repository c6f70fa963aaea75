"""Values the fund at every close of a spell of days between two events of its investors."""

import numpy as np

from quanthedge.fund.methods import Register
from quanthedge.fund.running import RunningFund
from quanthedge.fund.values import half_up
from quanthedge.typing import Floats

__all__ = ["value_days", "value_opens"]


def value_days(fund: RunningFund, at: int, stop: int) -> None:
    """Value the days ``at .. stop - 1``, between which no units come or go.

    Books unit values before and after the accrued fee, accrued fee and mark, publishes the unit
    value, and notes what each class and investor is worth.
    """
    equity = fund.book.column("equity")[at:stop]
    solvent = int(np.argmax(equity <= 0)) if (equity <= 0).any() else equity.size
    part = _part_of_c(fund, at, stop)
    grown = np.ones(stop - at) if fund.hurdle is None else fund.hurdle[at:stop]
    shares = {"A": 1.0 - part, "C": part}
    days = np.arange(at, at + solvent, dtype=np.int64)
    value, kept, accrued = np.zeros(stop - at), np.zeros(stop - at), np.zeros(stop - at)
    # the published value is that of class A, while it has units
    main = "A" if fund.registers["A"].units else "C"
    for name, register in fund.registers.items():
        if not register.units or not solvent:
            continue
        assets = (equity * shares[name])[:solvent]
        worth = register.over_days(assets, grown[:solvent])
        fund.daily.spells.append((name, days, assets, worth))
        accrued[:solvent] += worth.accrued
        if name == main:
            value[:solvent] = worth.unit_value
            kept[:solvent] = half_up((assets - worth.accrued) / float(register.units), 4)
    charged = accrued if fund.terms.performance_fee_rate > 0 else None
    mark = _highest_mark(fund.registers[main])
    fund.book.write_unit_values(
        at, solvent, before_accrual=value, published=kept, accrued=charged, high_water_mark=mark
    )
    del fund.published[at:]
    fund.published += kept.tolist()


def value_opens(fund: RunningFund, at: int, stop: int) -> None:
    """Book the fee that had accrued at each open of a spell on the units then outstanding.

    It is that of the close before, but for the first of the days, before which investors may have
    come or gone: their units, and the fee paid on the way out, are worked out again.
    """
    accrued = np.append(0.0, fund.book.column("accrued_performance_fee")[at : stop - 1])
    if at > 0 and fund.terms.performance_fee_rate > 0:
        accrued[0] = _accrued_at_first_open(fund, at, stop)
    fund.book.write_accrued_at_open(at, accrued)


def _accrued_at_first_open(fund: RunningFund, at: int, stop: int) -> float:
    """Return the fee that had accrued at the open of day ``at``, after the orders before it."""
    book = fund.book
    new, redeemed, distributed, equity, service = (
        float(book.column(name)[at])
        for name in ("subscriptions", "redemptions", "distributions", "equity", "service_fee")
    )
    gone = redeemed + distributed
    if new == 0.0 and gone == 0.0:
        return float(book.column("accrued_performance_fee")[at - 1])
    before = book.column("equity")[at - 1] + new - gone
    part = _part_of_c(fund, at, stop)[0] if stop > at else 0.0
    part = (part * equity + service) / (equity + service)
    grown, found = np.array([1.0 if fund.hurdle is None else fund.hurdle[at - 1]]), 0.0
    for name, share in (("A", 1.0 - part), ("C", part)):
        register = fund.registers[name]
        if register.units and before * share > 0.0:
            found += register.over_days(np.array([before * share]), grown).accrued[0]
    return found


def _highest_mark(register: Register) -> float:
    """Return the highest mark of the lots of a register, NaN without units."""
    marks = [float(str(line["mark"])) for line in register.lots()]
    return max(marks) if marks else float("nan")


def _part_of_c(fund: RunningFund, at: int, stop: int) -> Floats:
    """Return the part of the equity that class C owns at each close of a spell, [D].

    All units earn alike and only class C bears the service fee, so that its part of the equity
    before that fee is its part at the close before: from the end of the spell backwards.
    """
    found = np.zeros(stop - at)
    if not fund.registers["C"].units:
        return found
    if not fund.registers["A"].units:
        return found + 1.0
    equity = fund.book.column("equity")[at:stop]
    service = fund.book.column("service_fee")[at:stop]
    found[-1] = fund.book.service_base / equity[-1]
    for k in range(stop - at - 1, 0, -1):
        found[k - 1] = (found[k] * equity[k] + service[k]) / (equity[k] + service[k])
    return found
