"""A mark for each investor, the mean of his lots by units: lots under water offset others.

The fee is paid in units and the unit value stays (单人, 份额合并).
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

from quanthedge.fund.hurdle import Rising, rising
from quanthedge.fund.methods.base import (
    UNIT_DECIMALS,
    Charge,
    FeeMethod,
    Payout,
    dividend_of,
)
from quanthedge.fund.methods.register import Lot, Mark, OneValueRegister
from quanthedge.fund.values import Number, cents, round_half_up

__all__ = ["PerInvestor"]


@dataclass
class _InvestorRegister(OneValueRegister):
    """A register with a mark for each investor.

    Attributes
    ----------
    marks : dict of Mark
    """

    marks: dict[str, Mark] = field(default_factory=dict)

    def leaving_mark(self, lot: Lot) -> Mark:
        """Return the mark of the lot's investor."""
        return self.marks[lot.investor]

    def crystallise(self) -> list[Charge]:
        """Charge each investor on all his units together; units are cut from all his lots."""
        value = self.unit_value()
        made = []
        for investor, units in self.holders().items():
            mark = self.marks[investor]
            fee = self.gain_fee(units, value, mark)
            cut = round_half_up(Fraction(fee) / Fraction(value), UNIT_DECIMALS)
            self._cut(investor, units, cut)
            if fee or self.fee.hurdle is None:
                highest = max(mark.value, Fraction(value))
                self.marks[investor] = Mark(highest, rising(self.fee.hurdle, highest, self.grown))
            self.assets -= Fraction(fee)
            made.append(Charge(investor, fee, -cut))
        return made

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; the fee of an investor on all his units together is taken from it."""
        dividend, made = dividend_of(per_unit, self.unit_value()), []
        for investor, units in self.holders().items():
            gross, old = cents(Fraction(units) * Fraction(dividend)), self.marks[investor]
            # the hurdle of the mean of his lots
            before = Mark(Fraction(round_half_up(old.value, 12)), old.threshold)
            fee, mark, threshold = self._settle(dividend, gross, units, before)
            self.marks[investor] = Mark(Fraction(mark), threshold)
            made.append(Payout(investor, units, gross - fee, fee))
        self.assets -= Fraction(sum((one.cash + one.fee for one in made), Decimal(0)))
        return made

    def _cut(self, investor: str, units: Decimal, cut: Decimal) -> None:
        """Take units from all lots of an investor, by their size."""
        own, left = self.lots_of(investor), cut
        for lot in own:
            part = round_half_up(
                Fraction(cut) * Fraction(lot.units) / Fraction(units), UNIT_DECIMALS
            )
            part = min(part, left) if lot is not own[-1] else left
            lot.units -= part
            left -= part

    def _opened(self, lot: Lot) -> None:
        """Average the marks of old and new units."""
        old = self.marks.get(lot.investor, Mark(Fraction(0), Rising(Fraction(0), Fraction(0))))
        held = sum((Fraction(one.units) for one in self.lots_of(lot.investor)), Fraction(0))
        bought, new = Fraction(lot.units), held + Fraction(lot.units)
        self.marks[lot.investor] = Mark(
            (old.value * held + Fraction(lot.cost) * bought) / new,
            Rising(
                (old.threshold.base * held + lot.threshold.base * bought) / new,
                (old.threshold.slope * held + lot.threshold.slope * bought) / new,
            ),
        )


class PerInvestor(FeeMethod):
    """Each investor on the mean mark of his lots."""

    names: ClassVar = {"zh": "单人高水位法（份额合并）", "en": "by investor, lots pooled"}
    register: ClassVar = _InvestorRegister
    cuts_units: ClassVar = True

    kind: Literal["investor"] = "investor"
