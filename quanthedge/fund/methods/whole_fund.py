"""One mark for the whole fund; the fee is cut from the unit value of all (整体高水位法).

Each unit bears the same fee and has the same value, so an investor who joins below the mark pays
no fee until the mark is reached, and one who joins above it does not pay for what came before. By
the second method a lot bought below the fund's mark pays, when it is redeemed, for the gain up to
that mark, which the fund's own fee never reaches (整体高水位配合单人单笔赎回时计提).
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

from quanthedge.fund.hurdle import Rising, ex_dividend, rising
from quanthedge.fund.methods.base import (
    VALUE_DECIMALS,
    Charge,
    FeeMethod,
    Payout,
    Register,
    dividend_of,
    split,
)
from quanthedge.fund.methods.register import Lot, Mark, OneValueRegister
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import Number, cents, round_half_up

__all__ = ["WholeFund", "WholeFundAndRedemption"]


@dataclass
class _WholeFundRegister(OneValueRegister):
    """A register with one mark.

    Attributes
    ----------
    high_water_mark : {"post_fee", "pre_fee"}
        The mark becomes the unit value after the fee, or before it: the contract's choice.
    at_redemption : bool
    mark : Decimal
    threshold : Rising
        The mark, and what the hurdle asks above it.
    """

    high_water_mark: Literal["post_fee", "pre_fee"] = "post_fee"
    at_redemption: bool = False
    mark: Decimal = field(init=False)
    threshold: Rising = field(init=False)

    def __post_init__(self) -> None:
        """Start with the initial unit value as the mark."""
        self._set_mark(round_half_up(self.initial_unit_value, VALUE_DECIMALS))

    def fund_mark(self) -> Mark | None:
        """Return the mark of the fund."""
        return Mark(Fraction(self.mark), self.threshold)

    def leaving_mark(self, lot: Lot) -> Mark | None:
        """Return the cost of a lot, charged up to the fund's mark on the day it was bought."""
        if not self.at_redemption:
            return None
        return Mark(Fraction(lot.cost), lot.threshold, Fraction(lot.mark))

    def crystallise(self) -> list[Charge]:
        """Charge ``rate x (unit value - mark) x units`` to the fund."""
        before = self.unit_value()
        fee = self._fund_fee(self.units)
        if before > self.mark and (fee or self.fee.hurdle is None):
            self.assets -= Fraction(fee)
            after = self.unit_value()
            self._set_mark(max(self.mark, after if self.high_water_mark == "post_fee" else before))
        return [Charge("fund", fee)]

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; all bear the fund's fee by their units."""
        dividend, holders = dividend_of(per_unit, self.unit_value()), self.holders()
        paid = {one: cents(Fraction(dividend) * Fraction(held)) for one, held in holders.items()}
        gross = sum(paid.values(), Decimal(0))
        mark = Mark(Fraction(self.mark), self.threshold)
        fee, self.mark, self.threshold = self._settle(dividend, gross, self.units, mark)
        for lot in self.bought:
            cost, lot.threshold = ex_dividend(
                self.fee.hurdle, Fraction(lot.cost), lot.threshold, self.grown, Fraction(dividend)
            )
            lot.cost, lot.mark = round_half_up(cost, 12), lot.mark - dividend
        self.assets -= Fraction(gross)
        fees = split(fee, holders)
        return [Payout(one, holders[one], paid[one] - fees[one], fees[one]) for one in holders]

    def _set_mark(self, mark: Decimal) -> None:
        """Set the mark; the hurdle grows from today."""
        self.mark, self.threshold = mark, rising(self.fee.hurdle, Fraction(mark), self.grown)

    def _opened(self, lot: Lot) -> None:
        # what lies between the lot's cost and the fund's mark is not charged through the unit value
        lot.mark = self.mark


class WholeFund(FeeMethod):
    """One mark for the fund, cut from the unit value."""

    names: ClassVar = {"zh": "整体高水位法", "en": "one high-water mark for the whole fund"}
    register: ClassVar = _WholeFundRegister

    kind: Literal["whole_fund"] = "whole_fund"

    def open(self, terms: FundTerms) -> Register:
        """Return an empty register."""
        return self.register.under(terms, high_water_mark=terms.high_water_mark)


class WholeFundAndRedemption(FeeMethod):
    """The same; a lot bought below the mark pays for the way up to it when it leaves."""

    names: ClassVar = {
        "zh": "整体高水位配合单人单笔赎回时计提法",
        "en": "one mark for the whole fund, topped up at redemption",
    }
    register: ClassVar = _WholeFundRegister

    kind: Literal["whole_fund_and_redemption"] = "whole_fund_and_redemption"

    def open(self, terms: FundTerms) -> Register:
        """Return an empty register."""
        choice = terms.high_water_mark
        return self.register.under(terms, high_water_mark=choice, at_redemption=True)
