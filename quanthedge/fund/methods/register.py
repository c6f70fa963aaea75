"""A register of investors: lots bought, units, marks, and money that comes and goes.

Money is in cents and unit values in four decimals, half up, as a fund administrator keeps them;
what rounding leaves stays in the fund. How a performance fee is charged is left to the methods.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.hurdle import (
    Hurdle,
    Rising,
    due_per_unit,
    ex_dividend,
    rising,
)
from quanthedge.fund.values import Number, exact, round_half_up

__all__ = [
    "FEE_OF_DIVIDEND",
    "Charge",
    "Lot",
    "LotMarks",
    "Payout",
    "Register",
    "cents",
    "dividend_of",
    "split",
    "units_bought",
]

# of each lot: mark, base and slope of its threshold, highest value charged
LotMarks = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

# largest part of a dividend that the fee may take: the draft guideline of 2020
FEE_OF_DIVIDEND = Fraction(3, 5)


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


@dataclass(frozen=True)
class Charge:
    """A performance fee: whose, how much, and the units that it took or gave."""

    investor: str
    fee: Decimal
    units_change: Decimal = Decimal(0)


@dataclass(frozen=True)
class Payout:
    """What a redemption or a distribution pays, and the fee kept back."""

    investor: str
    units: Decimal
    cash: Decimal
    fee: Decimal


def cents(value: Fraction | Decimal) -> Decimal:
    """Return an amount of money, half up to the cent."""
    return round_half_up(value, 2)


def units_bought(investor: str, money: Decimal, price: Fraction, decimals: int = 2) -> Decimal:
    """Return the units that money buys at a price, half up, or raise when it buys none."""
    units = round_half_up(Fraction(money) / price, decimals)
    if units <= 0:
        raise LedgerError(f"{investor} subscribes {money} yuan at {float(price):g} a unit: no unit")
    return units


def dividend_of(per_unit: Number, value: Decimal) -> Decimal:
    """Return a dividend a unit that a unit of a value can pay, or raise."""
    dividend = exact(per_unit)
    if not 0 < dividend < value:
        raise LedgerError(
            f"dividend of {per_unit} a unit worth {value}; accepted: above 0 and below it"
        )
    return dividend


def split(amount: Decimal, holders: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share an amount by units, to the cent; the parts add up to it."""
    left, units = amount, sum(holders.values(), Decimal(0))
    parts = {}
    for one, held in holders.items():
        parts[one] = cents(Fraction(left) * Fraction(held) / Fraction(units)) if held else left * 0
        left, units = left - parts[one], units - held
    return parts


@dataclass
class Register(ABC):
    """Investors of a fund under one method of charging the performance fee.

    Parameters
    ----------
    rate : number
        Of the gain above the mark, 0.25 = 25%.
    unit_decimals, unit_value_decimals : int
    initial_unit_value : number

    Attributes
    ----------
    assets : Fraction
        Yuan, after all fees charged so far.
    hurdle : Hurdle or None
    grown : Fraction
        Level of the hurdle today.
    lots : list of Lot
        In the order in which they were bought.
    charges : list of Charge
        Fees charged so far, whichever way.
    """

    rate: Number = "0.25"
    unit_decimals: int = 2
    unit_value_decimals: int = 4
    initial_unit_value: Number = 1
    hurdle: Hurdle | None = None
    grown: Fraction = Fraction(1)
    assets: Fraction = Fraction(0)
    lots: list[Lot] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take the numbers as the decimals that they print."""
        self._rate = Fraction(exact(self.rate))
        if not 0 <= self._rate < 1:
            raise LedgerError(f"performance fee rate {self.rate}; accepted: 0 up to below 1")

    @property
    def units(self) -> Decimal:
        """All units outstanding."""
        return sum((lot.units for lot in self.lots), Decimal(0))

    @property
    def fees(self) -> Decimal:
        """Performance fees charged so far, yuan."""
        return sum((charge.fee for charge in self.charges), Decimal(0))

    def unit_value(self) -> Decimal:
        """Return the value of a unit, half up; the initial one while there are no units."""
        if self.units == 0:
            return round_half_up(exact(self.initial_unit_value), self.unit_value_decimals)
        return round_half_up(self.assets / Fraction(self.units), self.unit_value_decimals)

    def grow(self, factor: Number | Fraction) -> None:
        """Let the investments turn a yuan into ``factor`` yuan."""
        growth = factor if isinstance(factor, Fraction) else Fraction(exact(factor))
        if growth < 0:
            raise LedgerError(f"growth {factor}; accepted: 0 or more")
        self.assets *= growth

    def subscribe(self, investor: str, cash: Number) -> Lot:
        """Let an investor buy units at the unit value of the day; return the lot."""
        money = exact(cash)
        if money <= 0:
            raise LedgerError(f"{investor} subscribes {cash} yuan; accepted: above 0")
        value = self.unit_value()
        units = units_bought(investor, money, Fraction(value), self.unit_decimals)
        begin = rising(self.hurdle, Fraction(value), self.grown)
        lot = Lot(investor, units, value, value, money, begin)
        self._opened(lot)
        self.lots.append(lot)
        self.assets += Fraction(money)
        return lot

    def redeem(self, investor: str, units: Number) -> Payout:
        """Pay units back at the unit value of the day, the oldest lots first.

        Raises
        ------
        LedgerError
            When the investor holds fewer units.
        """
        wanted = exact(units)
        own = [lot for lot in self.lots if lot.investor == investor]
        held = sum((lot.units for lot in own), Decimal(0))
        if not 0 < wanted <= held:
            raise LedgerError(f"{investor} redeems {units} units and holds {held}")
        value, left, fee = self.unit_value(), wanted, Decimal(0)
        for lot in own:
            taken = min(left, lot.units)
            if taken > 0:
                fee += self._redemption_fee(lot, taken, value)
                lot.units -= taken
                left -= taken
        gross = cents(Fraction(wanted) * Fraction(value))
        self.lots = [lot for lot in self.lots if lot.units > 0]
        self.assets -= Fraction(gross)
        if fee:
            self.charges.append(Charge(investor, fee, Decimal(0)))
        return Payout(investor, wanted, gross - fee, fee)

    def liquidate(self) -> list[Payout]:
        """Pay everybody out; what rounding leaves stays in ``assets``."""
        value = self.unit_value()
        # the same unit value for all: who goes first must not matter
        return [self._pay_at(one, units, value) for one, units in self.holders().items()]

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what the investor would get today, the fee taken off (virtual liquidation)."""
        value = self.unit_value()
        total = Decimal(0)
        for lot in self.lots:
            if lot.investor == investor:
                gross = cents(Fraction(lot.units) * Fraction(value))
                total += gross - self._redemption_fee(lot, lot.units, value)
        return total

    @abstractmethod
    def crystallise(self) -> list[Charge]:
        """Charge the fee of a fee date; return what each investor, or the fund, paid."""

    @abstractmethod
    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend, fee included; the fee due is taken from it, at most 60% of it.

        What that leaves owing lowers the mark, so that it is due later:
        ``mark = ex-dividend value - left / (rate x units)``.

        Returns
        -------
        list of Payout
            One for each investor.

        Raises
        ------
        LedgerError
            When the dividend is not above 0 and below the unit value.
        """

    def holders(self) -> dict[str, Decimal]:
        """Return the units of each investor, in the order in which they came."""
        found: dict[str, Decimal] = {}
        for lot in self.lots:
            found[lot.investor] = found.get(lot.investor, Decimal(0)) + lot.units
        return found

    @abstractmethod
    def lot_marks(self) -> LotMarks | None:
        """Return what :meth:`_redemption_fee` charges each lot on; None when it charges nothing."""

    @abstractmethod
    def _redemption_fee(self, lot: Lot, units: Decimal, value: Decimal) -> Decimal:
        """Return the fee on units of a lot that leave at a unit value."""

    def _opened(self, lot: Lot) -> None:  # noqa: B027 -- most methods remember nothing more
        """Note what a method remembers of a new lot."""

    def gain_fee(self, value: Decimal, mark: Decimal, units: Decimal, threshold: Rising) -> Decimal:
        """Return the fee on units worth ``value`` above a mark of an earlier day, to the cent."""
        beyond = max(Fraction(mark), threshold.at(self.grown))
        each = due_per_unit(Fraction(value), Fraction(mark), beyond, self._rate, self.hurdle)
        return cents(each * Fraction(units))

    def _settle(
        self, dividend: Decimal, gross: Decimal, units: Decimal, mark: Decimal, threshold: Rising
    ) -> tuple[Decimal, Decimal, Rising]:
        """Return the fee that units pay from their dividend, and their mark and threshold after."""
        value = self.unit_value()
        due = self.gain_fee(value, mark, units, threshold)
        fee = min(due, cents(Fraction(gross) * FEE_OF_DIVIDEND))
        if due:
            left = Fraction(due - fee) / (self._rate * Fraction(units))
            ex = round_half_up(Fraction(value) - Fraction(dividend) - left, 12)
            return fee, ex, rising(self.hurdle, Fraction(ex), self.grown)
        left, after = ex_dividend(
            self.hurdle, Fraction(mark), threshold, self.grown, Fraction(dividend)
        )
        return fee, round_half_up(left, 12), after

    def _pay_at(self, investor: str, units: Decimal, value: Decimal) -> Payout:
        own = [lot for lot in self.lots if lot.investor == investor]
        fee = sum((self._redemption_fee(lot, lot.units, value) for lot in own), Decimal(0))
        gross = cents(Fraction(units) * Fraction(value))
        self.lots = [lot for lot in self.lots if lot.investor != investor]
        self.assets -= Fraction(gross)
        if fee:
            self.charges.append(Charge(investor, fee))
        return Payout(investor, units, gross - fee, fee)
