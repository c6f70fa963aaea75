"""Values the fund at every close of a spell of days between two events of its investors."""

import numpy as np

from quanthedge.fund.desk import Office, highest_mark
from quanthedge.fund.methods.days import half_up
from quanthedge.ledger import layout
from quanthedge.typing import Floats

__all__ = ["accrued_at_open", "value_days"]


def value_days(office: Office, ledger: Floats, at: int, stop: int) -> None:
    """Value the days ``at .. stop - 1``, between which no units come or go.

    Writes unit values before and after the accrued fee, accrued fee and mark into the ledger's
    rows, publishes the unit value, and notes what each class and investor is worth. The books are
    left at the last of these closes.
    """
    equity = ledger[at:stop, layout.EQUITY_]
    solvent = int(np.argmax(equity <= 0)) if (equity <= 0).any() else equity.size
    part = _part_of_c(office, ledger, at, stop)
    grown = np.ones(stop - at) if office.hurdle is None else office.hurdle[at:stop]
    shares = {"A": 1.0 - part, "C": part}
    days = np.arange(at, at + solvent, dtype=np.int64)
    value, kept, accrued = np.zeros(stop - at), np.zeros(stop - at), np.zeros(stop - at)
    # the published value is that of class A, while it has units
    main = "A" if office.books["A"].units else "C"
    for name, book in office.books.items():
        if not book.units or not solvent:
            continue
        assets = (equity * shares[name])[:solvent]
        worth = book.over_days(assets, grown[:solvent])
        office.daily.spells.append((name, days, assets, worth))
        accrued[:solvent] += worth.accrued
        if name == main:
            value[:solvent] = worth.unit_value
            kept[:solvent] = half_up((assets - worth.accrued) / float(book.units), 4)
    ledger[at:stop, layout.BEFORE_ACCRUAL_] = value
    ledger[at:stop, layout.UNIT_VALUE_] = kept
    if office.terms.performance_fee_rate > 0:
        ledger[at:stop, layout.ACCRUED_] = accrued
    ledger[at : at + solvent, layout.HWM_] = highest_mark(office.books[main])
    del office.published[at:]
    office.published += kept.tolist()


def accrued_at_open(office: Office, ledger: Floats, at: int, stop: int) -> None:
    """Write the fee that had accrued at each open of a spell on the units then outstanding.

    It is that of the close before, but for the first of the days, before which investors may have
    come or gone: their units, and the fee paid on the way out, are worked out again.
    """
    ledger[at:stop, layout.OPEN_ACCRUED_] = np.append(0.0, ledger[at : stop - 1, layout.ACCRUED_])
    if at == 0 or not office.terms.performance_fee_rate > 0:
        return
    row = ledger[at]
    new, gone = row[layout.SUBSCRIPTIONS_], row[layout.REDEMPTIONS_] + row[layout.DISTRIBUTIONS_]
    equity = ledger[at - 1, layout.EQUITY_] + new - gone
    if new == 0.0 and gone == 0.0:
        row[layout.OPEN_ACCRUED_] = ledger[at - 1, layout.ACCRUED_]
        return
    part = _part_of_c(office, ledger, at, stop)[0] if stop > at else 0.0
    part = (part * row[layout.EQUITY_] + row[layout.SERVICE_]) / (
        row[layout.EQUITY_] + row[layout.SERVICE_]
    )
    grown = np.array([1.0 if office.hurdle is None else office.hurdle[at - 1]])
    for name, share in (("A", 1.0 - part), ("C", part)):
        book = office.books[name]
        if book.units and equity * share > 0.0:
            row[layout.OPEN_ACCRUED_] += book.over_days(np.array([equity * share]), grown).accrued[
                0
            ]


def _part_of_c(office: Office, ledger: Floats, at: int, stop: int) -> Floats:
    """Return the part of the equity that class C owns at each close of a spell, [D].

    All units earn alike and only class C bears the service fee, so that its part of the equity
    before that fee is its part at the close before: from the end of the spell backwards.
    """
    found = np.zeros(stop - at)
    if not office.books["C"].units:
        return found
    if not office.books["A"].units:
        return found + 1.0
    equity = ledger[at:stop, layout.EQUITY_]
    service = ledger[at:stop, layout.SERVICE_]
    found[-1] = office.state.scalars[layout.SERVICE_BASE] / equity[-1]
    for k in range(stop - at - 1, 0, -1):
        found[k - 1] = (found[k] * equity[k] + service[k]) / (equity[k] + service[k])
    return found
