"""Values the fund at every close of a spell of days between two events of its investors."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.fund.desk import Office, highest_mark
from quanthedge.ledger import layout

__all__ = ["value_days"]

Floats = NDArray[np.float64]


def value_days(office: Office, ledger: Floats, at: int, stop: int) -> None:
    """Value the days ``at .. stop - 1``, between which no units come or go.

    Writes unit value, accrued fee and mark into the ledger's rows, publishes the unit value, and
    notes what each class and investor is worth. The books are left at the last of these closes.
    """
    equity = ledger[at:stop, layout.EQUITY_]
    solvent = int(np.argmax(equity <= 0)) if (equity <= 0).any() else equity.size
    part = _part_of_c(office, ledger, at, stop)
    grown = np.ones(stop - at) if office.hurdle is None else office.hurdle[at:stop]
    shares = {"A": 1.0 - part, "C": part}
    days = np.arange(at, at + solvent, dtype=np.int64)
    value, accrued = np.zeros(stop - at), np.zeros(stop - at)
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
    ledger[at:stop, layout.UNIT_VALUE_] = value
    if office.terms.performance_fee_rate > 0:
        ledger[at:stop, layout.ACCRUED_] = accrued
    ledger[at : at + solvent, layout.HWM_] = highest_mark(office.books[main])
    del office.published[at:]
    office.published += value.tolist()


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
