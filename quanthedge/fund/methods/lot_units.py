"""A mark for each lot; the fee is paid in units and the unit value stays (单人单笔, 扣减份额).

The unit value is therefore before performance fees, and the same gain is never paid for twice.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

from quanthedge.fund.hurdle import rising
from quanthedge.fund.methods.base import (
    UNIT_DECIMALS,
    Charge,
    FeeMethod,
    Payout,
    dividend_of,
    together,
)
from quanthedge.fund.methods.register import Lot, Mark, OneValueRegister
from quanthedge.fund.values import Number, cents, round_half_up

__all__ = ["LotUnits"]


@dataclass
class _LotUnitsRegister(OneValueRegister):
    """A register with a mark for each lot."""

    def leaving_mark(self, lot: Lot) -> Mark:
        """Return the mark of the lot."""
        return Mark(Fraction(lot.mark), lot.threshold)

    def crystallise(self) -> list[Charge]:
        """Charge each lot ``rate x (unit value - mark) x units``; units worth it are cut."""
        value = self.unit_value()
        made = []
        for lot in self.bought:
            fee = self.gain_fee(lot.units, value, self.leaving_mark(lot))
            cut = round_half_up(Fraction(fee) / Fraction(value), UNIT_DECIMALS)
            lot.units -= cut
            if fee or self.fee.hurdle is None:
                lot.mark = max(lot.mark, value)
                lot.threshold = rising(self.fee.hurdle, Fraction(lot.mark), self.grown)
            self.assets -= Fraction(fee)
            made.append(Charge(lot.investor, fee, -cut))
        return made

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; each lot's own fee is taken from it."""
        dividend, made = dividend_of(per_unit, self.unit_value()), []
        for lot in self.bought:
            gross = cents(Fraction(lot.units) * Fraction(dividend))
            fee, lot.mark, lot.threshold = self._settle(
                dividend, gross, lot.units, self.leaving_mark(lot)
            )
            made.append(Payout(lot.investor, lot.units, gross - fee, fee))
        self.assets -= Fraction(sum((one.cash + one.fee for one in made), Decimal(0)))
        return together(made)


class LotUnits(FeeMethod):
    """Each lot on its own mark, by cutting its units."""

    names: ClassVar = {"zh": "单人单笔高水位法（扣减份额）", "en": "by lot, units cut"}
    register: ClassVar = _LotUnitsRegister
    cuts_units: ClassVar = True

    kind: Literal["lot_units"] = "lot_units"
