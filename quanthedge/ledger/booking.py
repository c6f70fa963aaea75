"""How a fund asks the ledger's state and books into it: by name, never by position.

Between two runs of the compiled ledger a fund asks what it is worth, charges performance fees, and
hands over what investors bring and take. All that it may read or write of state, rows and inputs is
here.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.ledger import layout
from quanthedge.ledger.engine import LedgerRecord
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.state import FundState, LedgerState
from quanthedge.typing import Floats

__all__ = [
    "FundFlows",
    "UnitValues",
    "book_accrued_at_open",
    "book_fees",
    "book_flows",
    "book_unit_values",
    "book_units",
    "column",
    "days_owing",
    "equity_of",
    "holds_nothing",
    "joined_records",
    "net_assets_of",
    "no_rows",
    "open_units",
    "service_base_of",
    "take_rows",
    "units_of",
    "with_own_flows",
]

_RECORDS = ("trades", "refusals", "positions", "contracts", "restated")
_FLOWS = (
    "subscribed", "redeemed", "distributed", "paid_out", "units_change", "service_change",
)  # fmt: skip


class UnitValues(NamedTuple):
    """What D closes show of the unit value, each as float64 [D].

    Attributes
    ----------
    before_accrual, published : yuan a unit
        Before and after the performance fee that has accrued.
    accrued : yuan
        That fee; None where the fund charges none.
    high_water_mark : yuan a unit
        The highest mark of the units, on all days of the spell.
    """

    before_accrual: Floats
    published: Floats
    accrued: Floats | None
    high_water_mark: float


class FundFlows(NamedTuple):
    """What investors bring and take at a close, yuan, and the change of units.

    ``service`` is the change of the assets that bear the sales service fee.
    """

    subscribed: float
    redeemed: float
    distributed: float
    units: float
    service: float


def column(ledger: Floats, name: str) -> Floats:
    """Return a column of the ledger's rows, [T], by its name in docs/ledger.md; a view."""
    found: Floats = ledger[:, layout.COLUMNS.index(name)]
    return found


def equity_of(state: LedgerState | FundState) -> float:
    """Return the equity at the last close, suspended holdings at their last closes, yuan."""
    return float(state.scalars[layout.EQUITY])


def net_assets_of(state: LedgerState | FundState) -> float:
    """Return what the fund is stated at, before performance fees not yet charged, yuan."""
    return float(state.scalars[layout.EQUITY] + state.scalars[layout.REVALUATION])


def service_base_of(state: LedgerState | FundState) -> float:
    """Return the assets that bear the sales service fee: those of class C, yuan."""
    return float(state.scalars[layout.SERVICE_BASE])


def units_of(state: LedgerState | FundState) -> float:
    """Return the units outstanding that the ledger knows of."""
    return float(state.scalars[layout.UNITS])


def holds_nothing(state: LedgerState | FundState) -> bool:
    """Return whether neither shares, contracts, dividends to come, a loan nor debts are left."""
    owed = (layout.LOAN, layout.OWED, layout.RECEIVABLE)
    return not (
        state.shares.any() or state.lots.any() or any(state.scalars[one] > 0.005 for one in owed)
    )


def open_units(state: LedgerState | FundState, units: float, service_base: float) -> None:
    """Set the units of the first morning, and the capital that bears the sales service fee."""
    state.scalars[layout.UNITS] = units
    state.scalars[layout.SERVICE_BASE] = service_base


def book_fees(
    state: LedgerState | FundState, ledger: Floats, t: int, total: float, of_service: float
) -> None:
    """Book performance fees of the close of day t as payable.

    Parameters
    ----------
    state : LedgerState
    ledger : float64 [T, columns]
    t : int
    total : float
        Yuan.
    of_service : float
        Of it, what assets pay that bear the sales service fee.
    """
    scalars, row = state.scalars, ledger[t]
    scalars[layout.SERVICE_BASE] -= of_service
    scalars[layout.PAYABLE] += total
    scalars[layout.EQUITY] -= total
    row[layout.PERFORMANCE_] += total
    row[layout.ACCRUED_] = 0.0  # what units that stay then owe is reckoned after it
    row[layout.PAYABLE_] = scalars[layout.PAYABLE]
    row[layout.EQUITY_] = net_assets_of(state)


def book_units(state: LedgerState | FundState, ledger: Floats, t: int, units: float) -> None:
    """Set the units outstanding at the close of day t."""
    state.scalars[layout.UNITS] = units
    ledger[t, layout.UNITS_] = units


def book_unit_values(ledger: Floats, at: int, solvent: int, values: UnitValues) -> None:
    """Write unit values, accrued fee and mark of the days from ``at`` on.

    ``solvent`` is the number of these days, from the first, on which the fund has assets; the mark
    stands on no other.
    """
    stop = at + values.published.size
    ledger[at:stop, layout.BEFORE_ACCRUAL_] = values.before_accrual
    ledger[at:stop, layout.UNIT_VALUE_] = values.published
    if values.accrued is not None:
        ledger[at:stop, layout.ACCRUED_] = values.accrued
    ledger[at : at + solvent, layout.HWM_] = values.high_water_mark


def book_accrued_at_open(ledger: Floats, at: int, accrued: Floats) -> None:
    """Write the fee that had accrued at each open of the days from ``at`` on, [D]."""
    ledger[at : at + accrued.size, layout.OPEN_ACCRUED_] = accrued


def with_own_flows(inputs: LedgerInputs) -> LedgerInputs:
    """Return the inputs with copies of the arrays that investors' money is booked in."""
    copies = {name: getattr(inputs.fund, name).copy() for name in _FLOWS}
    return inputs._replace(fund=inputs.fund._replace(**copies))


def book_flows(inputs: LedgerInputs, t: int, flows: FundFlows, payment_days: int) -> None:
    """Hand over the flows of the close of day t; the ledger books them before the next open.

    What leaves is paid ``payment_days`` trading days after that open. The inputs are those of
    :func:`with_own_flows`, and t is not the last day.
    """
    fund = inputs.fund
    fund.subscribed[t + 1] += flows.subscribed
    fund.redeemed[t + 1] += flows.redeemed
    fund.distributed[t + 1] += flows.distributed
    fund.units_change[t + 1] += flows.units
    fund.service_change[t + 1] += flows.service
    due = t + 1 + payment_days
    if due < fund.paid_out.size:
        fund.paid_out[due] += flows.redeemed + flows.distributed


def days_owing(inputs: LedgerInputs, ledger: Floats, days: int) -> int:
    """Return how many of the first ``days`` closes saw more owed than was not due yet."""
    fund = inputs.fund
    not_due = np.cumsum(fund.redeemed + fund.distributed - fund.paid_out)[:days]
    return int((ledger[:days, layout.OWED_] > not_due + 0.01).sum())


def no_rows(days: int) -> Floats:
    """Return rows for so many days, all of nothing, [T, columns]."""
    return np.zeros((days, len(layout.COLUMNS)))


def take_rows(ledger: Floats, piece: LedgerRecord, at: int) -> None:
    """Copy the rows that a piece of a run has written from day ``at`` on."""
    ledger[at : piece.days_run] = piece.ledger[at : piece.days_run]


def joined_records(pieces: list[LedgerRecord], ledger: Floats) -> LedgerRecord:
    """Return pieces that follow each other as one record with these rows."""
    last = pieces[-1]
    records = {
        name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in _RECORDS
    }
    of_sleeves = last.of_sleeves  # each piece wrote its own days
    if of_sleeves.size:
        of_sleeves = np.sum([piece.of_sleeves for piece in pieces], axis=0)
    return LedgerRecord(
        ledger=ledger, days_run=last.days_run, insolvent_day=last.insolvent_day, state=last.state,
        of_sleeves=of_sleeves, **records,
    )  # fmt: skip
