"""Methods with one unit value for all: whole fund, by lot in units, by investor."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from quanthedge.fund.methods.days import Worth, by_owner, due_over_days, half_up
from quanthedge.fund.methods.door import LotLine
from quanthedge.fund.methods.hurdle import Rising
from quanthedge.fund.methods.methods import PooledMark, WholeFund
from quanthedge.fund.methods.register import Charge, Lot, Payout, Register, cents
from quanthedge.fund.values import round_half_up

__all__ = ["RegisterBook"]


class RegisterBook:
    """A register with one unit value for all."""

    def __init__(self, register: Register) -> None:
        self.register = register

    @property
    def units(self) -> Decimal:
        """Units outstanding."""
        return self.register.units

    def unit_value(self) -> Decimal:
        """Return assets over units."""
        return self.register.unit_value()

    def revalue(self, assets: Fraction) -> None:
        """Take the assets of the ledger."""
        self.register.assets = assets

    def advance(self, grown: Fraction) -> None:
        """Let the hurdle grow."""
        self.register.grown = grown

    def units_for(self, cash: Decimal) -> Decimal:
        """Return what money would buy at the unit value."""
        price = Fraction(self.register.unit_value())
        return round_half_up(Fraction(cash) / price, self.register.unit_decimals)

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Open a lot."""
        return self.register.subscribe(investor, cash).units

    def redeem(self, investor: str, units: Decimal) -> Payout:
        """Pay units back; under one mark for all, the fee accrued on them is due as they leave."""
        accrued = self._fund_fee(units)
        payout = self.register.redeem(investor, units)
        if accrued:
            self.register.charges.append(Charge(investor, accrued))
        return Payout(investor, units, payout.cash - accrued, payout.fee + accrued)

    def liquidate(self) -> list[Payout]:
        """Pay everybody at the same unit value."""
        return self.register.liquidate()

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay a dividend; the fee due is taken from it."""
        return self.register.distribute(per_unit)

    def holding(self, investor: str) -> Decimal:
        """Return the units of an investor."""
        return self.register.holders().get(investor, Decimal(0))

    def crystallise(self) -> list[Charge]:
        """Charge the fee of a fee date."""
        return self.register.crystallise()

    def accrued(self) -> Decimal:
        """Return what all would pay if they left today."""
        gross = Fraction(self.units) * Fraction(self.unit_value())
        kept = sum(
            (Fraction(self.register.value_if_redeemed(one)) for one in self.register.holders()),
            Fraction(0),
        )
        return max(Decimal(0), cents(gross - kept)) + self._fund_fee(self.units)

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today; the fee accrued in the fund is taken off."""
        left = self.register.value_if_redeemed(investor) - self._fund_fee(self.holding(investor))
        return max(Decimal(0), left)

    def _fund_fee(self, units: Decimal) -> Decimal:
        """Return the fee that has accrued on units under one mark for all; 0 by other methods."""
        register = self.register
        if not isinstance(register, WholeFund) or not register.units:
            return Decimal(0)
        return register.gain_fee(register.unit_value(), register.mark, units, register.threshold)

    def over_days(self, assets: NDArray[np.float64], grown: NDArray[np.float64]) -> Worth:
        """Return what all would get on each day."""
        register, holders = self.register, self.register.holders()
        total, decimals = Fraction(self.units), register.unit_value_decimals
        value = np.array(
            [float(round_half_up(Fraction(one) / total, decimals)) for one in assets.tolist()]
        )
        names, units = list(holders), np.array([float(one) for one in holders.values()])
        owner = np.array([names.index(lot.investor) for lot in register.lots])
        held = np.array([float(lot.units) for lot in register.lots])
        gross = by_owner(half_up(value[:, None] * held, 2), owner, len(names))
        fee = by_owner(self._lot_fees(value[:, None], held, grown), owner, len(names))
        accrued = np.maximum(0.0, half_up(value * float(total), 2) - (gross - fee).sum(axis=1))
        if isinstance(register, WholeFund):
            mark = np.array([float(register.mark)])
            line = register.threshold
            threshold = float(line.base) + float(line.slope) * grown[:, None]
            due = due_over_days(
                value[:, None], mark, threshold, float(register.rate), register.hurdle
            )
            fee = fee + half_up(due * units, 2)
            accrued = accrued + half_up(due[:, 0] * float(total), 2)
        kept = np.maximum(0.0, gross - fee)
        return Worth(value, tuple(names), units, kept, fee, half_up(accrued, 2))

    def _lot_fees(
        self, value: NDArray[np.float64], held: NDArray[np.float64], grown: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the fee that each lot pays by itself when it leaves, [D, L]."""
        register = self.register
        marks = register.lot_marks()
        if marks is None:
            return np.zeros((value.size, held.size))
        mark, base, slope, ceiling = marks
        threshold = base + slope * grown[:, None]
        seen = np.minimum(value, ceiling)
        due = due_over_days(seen, mark, threshold, float(register.rate), register.hurdle)
        return half_up(due * held, 2)

    def lots(self) -> list[LotLine]:
        """Return the lots, oldest first."""
        value, register = self.register.unit_value(), self.register
        return [
            {
                "investor": lot.investor,
                "units": lot.units,
                "cost": lot.cost,
                "mark": round_half_up(mark, 6),
                "threshold": round_half_up(max(mark, line.at(register.grown)), 6),
                "paid_in": lot.paid_in,
                "unit_value": value,
                "value": cents(Fraction(lot.units) * Fraction(value)),
            }
            for lot in register.lots
            for mark, line in [self._mark_of(lot)]
        ]

    def _mark_of(self, lot: Lot) -> tuple[Fraction, Rising]:
        """Return the mark of a lot, and its threshold."""
        register = self.register
        if isinstance(register, PooledMark):
            return register.marks[lot.investor], register.thresholds[lot.investor]
        owner = register if isinstance(register, WholeFund) else lot
        return Fraction(owner.mark), owner.threshold
