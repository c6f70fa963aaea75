"""The methods by which Chinese private funds charge a performance fee above a high-water mark."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.hurdle import Rising, due_per_unit, ex_dividend, rising
from quanthedge.fund.methods.register import (
    Charge,
    Lot,
    LotMarks,
    Payout,
    Register,
    cents,
    dividend_of,
    split,
)
from quanthedge.fund.values import Number, exact, round_half_up

__all__ = ["LotMark", "PooledMark", "WholeFund"]


@dataclass
class WholeFund(Register):
    """One mark for the fund; the fee is cut from the unit value of all (整体高水位法).

    With ``at_redemption`` a lot bought below the fund's mark pays, when it is redeemed, for the
    gain up to that mark, which the fund's own fee never reaches (整体高水位配合单人单笔赎回时计提).

    Attributes
    ----------
    high_water_mark : {"post_fee", "pre_fee"}
        The mark becomes the unit value after the fee, or before it: the contract's choice.
    mark : Decimal
    threshold : Rising
        The mark, and what the hurdle asks above it.
    """

    high_water_mark: Literal["post_fee", "pre_fee"] = "post_fee"
    at_redemption: bool = False
    mark: Decimal = Decimal(0)
    threshold: Rising = field(init=False)

    def __post_init__(self) -> None:
        """Start with the initial unit value as the mark."""
        super().__post_init__()
        self.mark = round_half_up(exact(self.initial_unit_value), self.unit_value_decimals)
        self.threshold = rising(self.hurdle, Fraction(self.mark), self.grown)

    def crystallise(self) -> list[Charge]:
        """Charge ``rate x (unit value - mark) x units`` to the fund."""
        before = self.unit_value()
        fee = self.gain_fee(before, self.mark, self.units, self.threshold)
        if before > self.mark and (fee or self.hurdle is None):
            self.assets -= Fraction(fee)
            after = self.unit_value()
            self.mark = max(self.mark, after if self.high_water_mark == "post_fee" else before)
            self.threshold = rising(self.hurdle, Fraction(self.mark), self.grown)
        charge = Charge("fund", fee)
        self.charges.append(charge)
        return [charge]

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; all bear the fund's fee by their units."""
        dividend, holders = dividend_of(per_unit, self.unit_value()), self.holders()
        paid = {one: cents(Fraction(dividend) * Fraction(held)) for one, held in holders.items()}
        gross = sum(paid.values(), Decimal(0))
        fee, self.mark, self.threshold = self._settle(
            dividend, gross, self.units, self.mark, self.threshold
        )
        for lot in self.lots:
            cost, lot.threshold = ex_dividend(
                self.hurdle, Fraction(lot.cost), lot.threshold, self.grown, Fraction(dividend)
            )
            lot.cost, lot.mark = round_half_up(cost, 12), lot.mark - dividend
        self.assets -= Fraction(gross)
        if fee:
            self.charges.append(Charge("fund", fee))
        fees = split(fee, holders)
        return [Payout(one, holders[one], paid[one] - fees[one], fees[one]) for one in holders]

    def _opened(self, lot: Lot) -> None:
        # what lies between the lot's cost and the fund's mark is not charged through the unit value
        lot.mark = self.mark

    def _redemption_fee(self, lot: Lot, units: Decimal, value: Decimal) -> Decimal:
        if not self.at_redemption:
            return Decimal(0)
        return self.gain_fee(min(value, lot.mark), lot.cost, units, lot.threshold)

    def lot_marks(self) -> LotMarks | None:
        """Return the cost of each lot, charged up to the fund's mark on the day it was bought."""
        if not self.at_redemption:
            return None
        cost = np.array([float(lot.cost) for lot in self.lots])
        highest = np.array([float(lot.mark) for lot in self.lots])
        return cost, *_lines([lot.threshold for lot in self.lots]), highest


@dataclass
class LotMark(Register):
    """A mark for each lot; units are cut and the unit value stays (单人单笔, 扣减份额).

    The unit value is therefore before performance fees, and the same gain is never paid for twice.
    """

    def crystallise(self) -> list[Charge]:
        """Charge each lot ``rate x (unit value - mark) x units``; units worth it are cut."""
        value = self.unit_value()
        made = []
        for lot in self.lots:
            fee = self.gain_fee(value, lot.mark, lot.units, lot.threshold)
            cut = round_half_up(Fraction(fee) / Fraction(value), self.unit_decimals)
            lot.units -= cut
            if fee or self.hurdle is None:
                lot.mark = max(lot.mark, value)
                lot.threshold = rising(self.hurdle, Fraction(lot.mark), self.grown)
            self.assets -= Fraction(fee)
            made.append(Charge(lot.investor, fee, -cut))
        self.charges += made
        return made

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; each lot's own fee is taken from it."""
        dividend = dividend_of(per_unit, self.unit_value())
        made: dict[str, Payout] = {}
        for lot in self.lots:
            gross = cents(Fraction(lot.units) * Fraction(dividend))
            fee, lot.mark, lot.threshold = self._settle(
                dividend, gross, lot.units, lot.mark, lot.threshold
            )
            if fee:
                self.charges.append(Charge(lot.investor, fee))
            had = made.get(lot.investor, Payout(lot.investor, Decimal(0), Decimal(0), Decimal(0)))
            made[lot.investor] = Payout(
                lot.investor, had.units + lot.units, had.cash + gross - fee, had.fee + fee
            )
        self.assets -= Fraction(sum(one.cash + one.fee for one in made.values()))
        return list(made.values())

    def _redemption_fee(self, lot: Lot, units: Decimal, value: Decimal) -> Decimal:
        return self.gain_fee(value, lot.mark, units, lot.threshold)

    def lot_marks(self) -> LotMarks:
        """Return the mark of each lot."""
        mark = np.array([float(lot.mark) for lot in self.lots])
        lines = _lines([lot.threshold for lot in self.lots])
        return mark, *lines, np.full(mark.size, np.inf)


@dataclass
class PooledMark(Register):
    """A mark for each investor, the mean of his lots by units; lots under water offset others.

    Attributes
    ----------
    marks : dict of Fraction
    thresholds : dict of Rising
        What must be exceeded before a fee is due.
    """

    marks: dict[str, Fraction] = field(default_factory=dict)
    thresholds: dict[str, Rising] = field(default_factory=dict)

    def pooled_mark(self, investor: str) -> Decimal:
        """Return an investor's mark, six decimals.

        Raises
        ------
        LedgerError
            When he holds no units.
        """
        if investor not in self.marks:
            raise LedgerError(f"{investor} holds no units")
        return round_half_up(self.marks[investor], 6)

    def crystallise(self) -> list[Charge]:
        """Charge each investor on all his units together; units are cut from all his lots."""
        value = self.unit_value()
        made = []
        for investor in dict.fromkeys(lot.investor for lot in self.lots):
            own = [lot for lot in self.lots if lot.investor == investor]
            units = sum((lot.units for lot in own), Decimal(0))
            fee = self._fee_on(investor, units, value)
            cut = round_half_up(Fraction(fee) / Fraction(value), self.unit_decimals)
            left = cut
            for lot in own:
                part = round_half_up(
                    Fraction(cut) * Fraction(lot.units) / Fraction(units), self.unit_decimals
                )
                part = min(part, left) if lot is not own[-1] else left
                lot.units -= part
                left -= part
            if fee or self.hurdle is None:
                self.marks[investor] = max(self.marks[investor], Fraction(value))
                self.thresholds[investor] = rising(self.hurdle, self.marks[investor], self.grown)
            self.assets -= Fraction(fee)
            made.append(Charge(investor, fee, -cut))
        self.charges += made
        return made

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; the fee of an investor on all his units together is taken from it."""
        dividend, made = dividend_of(per_unit, self.unit_value()), []
        for investor, units in self.holders().items():
            gross = cents(Fraction(units) * Fraction(dividend))
            mark = round_half_up(self.marks[investor], 12)
            # the hurdle of the mean of his lots
            fee, mark, self.thresholds[investor] = self._settle(
                dividend, gross, units, mark, self.thresholds[investor]
            )
            self.marks[investor] = Fraction(mark)
            if fee:
                self.charges.append(Charge(investor, fee))
            made.append(Payout(investor, units, gross - fee, fee))
        self.assets -= Fraction(sum(one.cash + one.fee for one in made))
        return made

    def _fee_on(self, investor: str, units: Decimal, value: Decimal) -> Decimal:
        mark = self.marks[investor]
        threshold = max(mark, self.thresholds[investor].at(self.grown))
        each = due_per_unit(Fraction(value), mark, threshold, self._rate, self.hurdle)
        return cents(each * Fraction(units))

    def _opened(self, lot: Lot) -> None:
        held = sum(
            (Fraction(one.units) for one in self.lots if one.investor == lot.investor), Fraction(0)
        )
        bought, cost = Fraction(lot.units), Fraction(lot.cost)
        new = held + bought
        mark = self.marks.get(lot.investor, Fraction(0))
        line = self.thresholds.get(lot.investor, Rising(Fraction(0), Fraction(0)))
        self.marks[lot.investor] = (mark * held + cost * bought) / new
        self.thresholds[lot.investor] = Rising(
            (line.base * held + lot.threshold.base * bought) / new,
            (line.slope * held + lot.threshold.slope * bought) / new,
        )

    def _redemption_fee(self, lot: Lot, units: Decimal, value: Decimal) -> Decimal:
        return self._fee_on(lot.investor, units, value)

    def lot_marks(self) -> LotMarks:
        """Return the mark of each lot's investor."""
        mark = np.array([float(self.marks[lot.investor]) for lot in self.lots])
        lines = _lines([self.thresholds[lot.investor] for lot in self.lots])
        return mark, *lines, np.full(mark.size, np.inf)


def _lines(thresholds: list[Rising]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return base and slope of thresholds as arrays."""
    base = np.array([float(one.base) for one in thresholds])
    return base, np.array([float(one.slope) for one in thresholds])
