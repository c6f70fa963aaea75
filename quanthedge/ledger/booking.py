"""How a fund asks the ledger's state and books into it: by name, never by position.

Between two runs of the compiled ledger a fund asks what it is worth, charges performance fees, and
hands over what investors bring and take. All that it may read or write of state, rows and inputs is
here.
"""

from dataclasses import dataclass

import numpy as np

from quanthedge.ledger import layout
from quanthedge.ledger.engine import LedgerRecord
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.state import FundState, LedgerState, opening_state
from quanthedge.typing import Floats

__all__ = ["FundBook"]

_FLOWS = (
    "subscribed", "redeemed", "distributed", "paid_out", "units_change", "service_change",
)  # fmt: skip


@dataclass(frozen=True)
class FundBook:
    """What the ledger is given, knows and has written of a fund that is run piece by piece.

    Attributes
    ----------
    inputs : LedgerInputs
        With arrays of their own for investors' money.
    state : LedgerState or FundState
        After the last day run.
    rows : float64 [T, columns]
        Of the days so far; nothing from then on.
    """

    inputs: LedgerInputs
    state: LedgerState | FundState
    rows: Floats

    @classmethod
    def opened(cls, inputs: LedgerInputs) -> "FundBook":
        """Return the book before the first day; the inputs given stay as they are."""
        copies = {name: getattr(inputs.fund, name).copy() for name in _FLOWS}
        own = inputs._replace(fund=inputs.fund._replace(**copies))
        return cls(own, opening_state(own), np.zeros((inputs.days.size, len(layout.COLUMNS))))

    # -- what it is asked

    def column(self, name: str) -> Floats:
        """Return a column of the rows, [T], by its name in docs/ledger.md; a view."""
        found: Floats = self.rows[:, layout.COLUMNS.index(name)]
        return found

    @property
    def net_assets(self) -> float:
        """What the fund is stated at, before performance fees not yet charged, yuan."""
        return float(self.state.scalars[layout.EQUITY] + self.state.scalars[layout.REVALUATION])

    @property
    def service_base(self) -> float:
        """The assets that bear the sales service fee: those of class C, yuan."""
        return float(self.state.scalars[layout.SERVICE_BASE])

    @property
    def units(self) -> float:
        """The units outstanding that the ledger knows of."""
        return float(self.state.scalars[layout.UNITS])

    @property
    def holds_nothing(self) -> bool:
        """Whether neither shares, contracts, dividends to come, a loan nor debts are left."""
        state, owed = self.state, (layout.LOAN, layout.OWED, layout.RECEIVABLE)
        held = state.shares.any() or state.lots.any()
        return not (held or any(state.scalars[one] > 0.005 for one in owed))

    def days_owing(self, days: int) -> int:
        """Return how many of the first ``days`` closes saw more owed than was not due yet."""
        fund = self.inputs.fund
        not_due = np.cumsum(fund.redeemed + fund.distributed - fund.paid_out)[:days]
        return int((self.rows[:days, layout.OWED_] > not_due + 0.01).sum())

    # -- what is booked

    def open_units(self, units: float, service_base: float) -> None:
        """Set the units of the first morning, and the capital that bears the sales service fee."""
        self.state.scalars[layout.UNITS] = units
        self.state.scalars[layout.SERVICE_BASE] = service_base

    def take_rows(self, piece: LedgerRecord, at: int) -> None:
        """Copy the rows that a piece of a run has written from day ``at`` on."""
        self.rows[at : piece.days_run] = piece.ledger[at : piece.days_run]

    def charge(self, t: int, total: float, of_service: float) -> None:
        """Book performance fees of the close of day t as payable.

        Parameters
        ----------
        t : int
        total : float
            Yuan.
        of_service : float
            Of it, what assets pay that bear the sales service fee.
        """
        scalars, row = self.state.scalars, self.rows[t]
        scalars[layout.SERVICE_BASE] -= of_service
        scalars[layout.PAYABLE] += total
        scalars[layout.EQUITY] -= total
        row[layout.PERFORMANCE_] += total
        row[layout.ACCRUED_] = 0.0  # what units that stay then owe is reckoned after it
        row[layout.PAYABLE_] = scalars[layout.PAYABLE]
        row[layout.EQUITY_] = self.net_assets

    def set_units(self, t: int, units: float) -> None:
        """Set the units outstanding at the close of day t."""
        self.state.scalars[layout.UNITS] = units
        self.rows[t, layout.UNITS_] = units

    def write_unit_values(
        self,
        at: int,
        solvent: int,
        *,
        before_accrual: Floats,
        published: Floats,
        accrued: Floats | None,
        high_water_mark: float,
    ) -> None:
        """Write what closes from ``at`` on show of the unit value, each as float64 [D].

        Parameters
        ----------
        at : int
        solvent : int
            The number of these days, from the first, on which the fund has assets; the mark stands
            on no other.
        before_accrual, published : yuan a unit
            Before and after the performance fee that has accrued.
        accrued : yuan
            That fee; None where the fund charges none.
        high_water_mark : yuan a unit
            The highest mark of the units, on all days of the spell.
        """
        stop = at + published.size
        self.rows[at:stop, layout.BEFORE_ACCRUAL_] = before_accrual
        self.rows[at:stop, layout.UNIT_VALUE_] = published
        if accrued is not None:
            self.rows[at:stop, layout.ACCRUED_] = accrued
        self.rows[at : at + solvent, layout.HWM_] = high_water_mark

    def write_accrued_at_open(self, at: int, accrued: Floats) -> None:
        """Write the fee that had accrued at each open of the days from ``at`` on, [D]."""
        self.rows[at : at + accrued.size, layout.OPEN_ACCRUED_] = accrued

    def hand_over(
        self,
        t: int,
        payment_days: int,
        *,
        subscribed: float = 0.0,
        redeemed: float = 0.0,
        distributed: float = 0.0,
        units: float = 0.0,
        service: float = 0.0,
    ) -> None:
        """Hand over the flows of the close of day t; the ledger books them before the next open.

        Parameters
        ----------
        t : int
            Not the last day.
        payment_days : int
            What leaves is paid so many trading days after that open.
        subscribed, redeemed, distributed : float
            Yuan.
        units : float
            Change of the units.
        service : float
            Change of the assets that bear the sales service fee, yuan.
        """
        fund = self.inputs.fund
        fund.subscribed[t + 1] += subscribed
        fund.redeemed[t + 1] += redeemed
        fund.distributed[t + 1] += distributed
        fund.units_change[t + 1] += units
        fund.service_change[t + 1] += service
        due = t + 1 + payment_days
        if due < fund.paid_out.size:
            fund.paid_out[due] += redeemed + distributed
