"""Registers in which all units have one value: lots bought, their marks, and what they pay.

Money is in cents and unit values in four decimals, half up, as a fund administrator keeps them;
what rounding leaves stays in the fund. On which marks the fee is charged is left to the methods.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from quanthedge.fund.hurdle import Rising, ex_dividend, rising, rising_over_days
from quanthedge.fund.methods.base import (
    FEE_OF_DIVIDEND,
    VALUE_DECIMALS,
    LotLine,
    Payout,
    Register,
)
from quanthedge.fund.methods.days import Owners, Worth
from quanthedge.fund.values import cents, half_up, oldest_first, round_half_up
from quanthedge.typing import Floats

__all__ = ["Lot", "Mark", "OneValueRegister"]


@dataclass(frozen=True)
class Mark:
    """The value up to which the fee of units has been paid.

    Attributes
    ----------
    value : Fraction
    threshold : Rising
        The mark, and what the hurdle asks above it.
    ceiling : Fraction, optional
        Value above which nothing more is due on this mark.
    """

    value: Fraction
    threshold: Rising
    ceiling: Fraction | None = None


@dataclass
class Lot:
    """Units that an investor bought at one time.

    Attributes
    ----------
    investor : str
    units : Decimal
    cost : Decimal
        Unit value paid.
    mark : Decimal
        Unit value above which a gain of the lot has not been charged yet.
    paid_in : Decimal
        Yuan.
    threshold : Rising
        The mark that counts for the lot's own fee, and what the hurdle asks above it.
    """

    investor: str
    units: Decimal
    cost: Decimal
    mark: Decimal
    paid_in: Decimal
    threshold: Rising


@dataclass
class OneValueRegister(Register):
    """Lots under one unit value: assets over units.

    Attributes
    ----------
    assets : Fraction
        Yuan, after all fees charged so far.
    bought : list of Lot
        In the order in which they were bought.
    """

    assets: Fraction = Fraction(0)
    bought: list[Lot] = field(default_factory=list)

    @abstractmethod
    def leaving_mark(self, lot: Lot) -> Mark | None:
        """Return the mark on which a lot pays by itself when it leaves; None when it does not."""

    def fund_mark(self) -> Mark | None:
        """Return the one mark on which all units pay; None where there is none."""
        return None

    def unit_value(self) -> Decimal:
        """Return assets over units; the initial value while there are no units."""
        units = self.units
        if units == 0:
            return round_half_up(self.initial_unit_value, VALUE_DECIMALS)
        return round_half_up(self.assets / Fraction(units), VALUE_DECIMALS)

    def revalue(self, assets: Fraction) -> None:
        """Take the assets of the ledger."""
        self.assets = assets

    def holders(self) -> dict[str, Decimal]:
        """Return the units of each investor, in the order in which they came."""
        found: dict[str, Decimal] = {}
        for lot in self.bought:
            found[lot.investor] = found.get(lot.investor, Decimal(0)) + lot.units
        return found

    def lots_of(self, investor: str) -> list[Lot]:
        """Return an investor's lots, oldest first."""
        return [lot for lot in self.bought if lot.investor == investor]

    def gain_fee(self, units: Decimal, value: Decimal, mark: Mark | None) -> Decimal:
        """Return the fee on units worth ``value`` above a mark, to the cent; 0 without a mark."""
        if mark is None:
            return Decimal(0)
        seen = Fraction(value) if mark.ceiling is None else min(Fraction(value), mark.ceiling)
        return self.fee.on(units, seen, mark.value, mark.threshold.at(self.grown))

    def liquidate(self) -> list[Payout]:
        """Pay everybody at the same unit value; what rounding leaves stays in ``assets``."""
        value = self.unit_value()
        return [self._pay_at(one, units, value) for one, units in self.holders().items()]

    def accrued(self) -> Decimal:
        """Return what all would pay if they left today."""
        gross = Fraction(self.units) * Fraction(self.unit_value())
        kept = sum((Fraction(self._value_of(one)) for one in self.holders()), Fraction(0))
        return max(Decimal(0), cents(gross - kept)) + self._fund_fee(self.units)

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today, all fees taken off."""
        left = self._value_of(investor) - self._fund_fee(self.holding(investor))
        return max(Decimal(0), left)

    def over_days(self, assets: Floats, grown: Floats) -> Worth:
        """Return what all would get on each day."""
        holders, total = self.holders(), Fraction(self.units)
        value = np.array(
            [float(round_half_up(Fraction(one) / total, VALUE_DECIMALS)) for one in assets.tolist()]
        )
        units = np.array([float(one) for one in holders.values()])
        owners = Owners.of([lot.investor for lot in self.bought])
        held = np.array([float(lot.units) for lot in self.bought])
        gross = owners.total(half_up(value[:, None] * held, 2))
        fee = owners.total(self._lot_fees(value[:, None], held, grown))
        accrued = np.maximum(0.0, half_up(value * float(total), 2) - (gross - fee).sum(axis=1))
        mark = self.fund_mark()
        if mark is not None:
            due = self._due_over_days(value[:, None], [mark], grown)
            fee = fee + half_up(due * units, 2)
            accrued = accrued + half_up(due[:, 0] * float(total), 2)
        kept = np.maximum(0.0, gross - fee)
        return Worth(value, owners.names, units, kept, fee, half_up(accrued, 2))

    def lots(self) -> list[LotLine]:
        """Return the lots, oldest first."""
        value, common = self.unit_value(), self.fund_mark()
        return [
            {
                "investor": lot.investor,
                "units": lot.units,
                "cost": lot.cost,
                "mark": round_half_up(mark.value, 6),
                "threshold": round_half_up(max(mark.value, mark.threshold.at(self.grown)), 6),
                "paid_in": lot.paid_in,
                "unit_value": value,
                "value": cents(Fraction(lot.units) * Fraction(value)),
            }
            for lot in self.bought
            for mark in [common or self.leaving_mark(lot)]
            if mark is not None
        ]

    def _price(self) -> Fraction:
        return Fraction(self.unit_value())

    def _add(self, investor: str, units: Decimal, money: Decimal) -> None:
        value = self.unit_value()
        begin = rising(self.fee.hurdle, Fraction(value), self.grown)
        lot = Lot(investor, units, value, value, money, begin)
        self._opened(lot)
        self.bought.append(lot)
        self.assets += Fraction(money)

    def _opened(self, lot: Lot) -> None:
        """Note what a method remembers of a new lot; most remember nothing more."""

    def _cancel(self, investor: str, units: Decimal) -> Payout:
        """Pay units back; under one mark for all, the fee accrued on them is due as they leave."""
        value, fee = self.unit_value(), self._fund_fee(units)
        own = self.lots_of(investor)
        for lot, taken in zip(own, oldest_first(units, (one.units for one in own)), strict=True):
            if taken > 0:
                fee += self.gain_fee(taken, value, self.leaving_mark(lot))
                lot.units -= taken
        gross = cents(Fraction(units) * Fraction(value))
        self.bought = [lot for lot in self.bought if lot.units > 0]
        self.assets -= Fraction(gross)
        return Payout(investor, units, gross - fee, fee)

    def _pay_at(self, investor: str, units: Decimal, value: Decimal) -> Payout:
        own = ((lot.units, self.leaving_mark(lot)) for lot in self.lots_of(investor))
        fee = sum((self.gain_fee(held, value, mark) for held, mark in own), Decimal(0))
        gross = cents(Fraction(units) * Fraction(value))
        self.bought = [lot for lot in self.bought if lot.investor != investor]
        self.assets -= Fraction(gross)
        return Payout(investor, units, gross - fee, fee)

    def _value_of(self, investor: str) -> Decimal:
        """Return an investor's units at the unit value, less what his lots pay by themselves."""
        value, total = self.unit_value(), Decimal(0)
        for lot in self.lots_of(investor):
            gross = cents(Fraction(lot.units) * Fraction(value))
            total += gross - self.gain_fee(lot.units, value, self.leaving_mark(lot))
        return total

    def _fund_fee(self, units: Decimal) -> Decimal:
        """Return the fee that has accrued on units under one mark for all; 0 by other methods."""
        return self.gain_fee(units, self.unit_value(), self.fund_mark())

    def _lot_fees(self, value: Floats, held: Floats, grown: Floats) -> Floats:
        """Return the fee that each lot pays by itself when it leaves, [D, L]."""
        marks = [one for one in map(self.leaving_mark, self.bought) if one is not None]
        if not marks:
            return np.zeros((value.size, held.size))
        return half_up(self._due_over_days(value, marks, grown) * held, 2)

    def _due_over_days(self, value: Floats, marks: Sequence[Mark], grown: Floats) -> Floats:
        """Return the fee due on a unit above each mark, [D, L]; ``value`` as [D, 1]."""
        mark = np.array([float(one.value) for one in marks])
        ends = (one.ceiling for one in marks)
        ceiling = np.array([np.inf if one is None else float(one) for one in ends])
        threshold = rising_over_days([one.threshold for one in marks], grown)
        return self.fee.due(np.minimum(value, ceiling), mark, threshold)

    def _settle(
        self, dividend: Decimal, gross: Decimal, units: Decimal, mark: Mark
    ) -> tuple[Decimal, Decimal, Rising]:
        """Return the fee that units pay from their dividend, and their mark and threshold after."""
        value = self.unit_value()
        due = self.gain_fee(units, value, mark)
        fee = min(due, cents(Fraction(gross) * FEE_OF_DIVIDEND))
        if due:
            left = Fraction(due - fee) / (self.fee.share * Fraction(units))
            ex = round_half_up(Fraction(value) - Fraction(dividend) - left, 12)
            return fee, ex, rising(self.fee.hurdle, Fraction(ex), self.grown)
        left, after = ex_dividend(
            self.fee.hurdle, mark.value, mark.threshold, self.grown, Fraction(dividend)
        )
        return fee, round_half_up(left, 12), after
