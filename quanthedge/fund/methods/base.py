"""What every method of charging a performance fee is, and what every register can be asked.

A method is plain data: what a strategy writes under ``[clients]``. It opens a register of
investors for each class of units. The ledger says what the class is worth at a close; the register
turns that into unit values, fees and payments, in exact decimals, and tells what units are worth on
many days at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.days import Worth
from quanthedge.fund.performance_fee import PerformanceFee
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import Number, cents, exact, round_half_up
from quanthedge.plain import Plain
from quanthedge.typing import Floats, Language

__all__ = [
    "FEE_OF_DIVIDEND",
    "UNIT_DECIMALS",
    "VALUE_DECIMALS",
    "Charge",
    "FeeMethod",
    "LotLine",
    "Payout",
    "Register",
    "dividend_of",
    "split",
    "together",
]

UNIT_DECIMALS = 2
VALUE_DECIMALS = 4
# largest part of a dividend that the fee may take: the draft guideline of 2020
FEE_OF_DIVIDEND = Fraction(3, 5)

LotLine = dict[str, object]


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


@dataclass
class Register(ABC):
    """The investors of one class of units, under one method.

    Attributes
    ----------
    fee : PerformanceFee
    initial_unit_value : Decimal
    grown : Fraction
        Level of the hurdle today.
    """

    fee: PerformanceFee = field(default_factory=PerformanceFee)
    initial_unit_value: Decimal = Decimal(1)
    grown: Fraction = Fraction(1)

    @classmethod
    def under(cls, terms: FundTerms, **more: object) -> "Register":
        """Return an empty register with the fee and the first unit value of a fund's terms."""
        fee = PerformanceFee(terms.performance_fee_rate, terms.hurdle)
        return cls(fee, exact(terms.initial_unit_value), **more)  # type: ignore[arg-type]

    @property
    def units(self) -> Decimal:
        """Units outstanding."""
        return sum(self.holders().values(), Decimal(0))

    def holding(self, investor: str) -> Decimal:
        """Units of an investor."""
        return self.holders().get(investor, Decimal(0))

    def advance(self, grown: Fraction) -> None:
        """Take the level of the hurdle today: what it has made of a yuan."""
        self.grown = grown

    def units_for(self, cash: Decimal) -> Decimal:
        """Return the units that money would buy today, hundredths half up; 0 when none."""
        return round_half_up(Fraction(cash) / self._price(), UNIT_DECIMALS)

    def subscribe(self, investor: str, cash: Number) -> Decimal:
        """Let an investor buy units; return their number.

        Raises
        ------
        LedgerError
            When the money is not above 0 or buys no hundredth of a unit.
        """
        money = exact(cash)
        if money <= 0:
            raise LedgerError(f"{investor} subscribes {cash} yuan; accepted: above 0")
        units = self.units_for(money)
        if units <= 0:
            price = float(self._price())
            raise LedgerError(f"{investor} subscribes {cash} yuan at {price:g} a unit: no unit")
        self._add(investor, units, money)
        return units

    def redeem(self, investor: str, units: Number) -> Payout:
        """Cancel units, oldest lots first; cash to the investor and fee to the manager.

        Raises
        ------
        LedgerError
            When the investor holds fewer units.
        """
        wanted, held = exact(units), self.holding(investor)
        if not 0 < wanted <= held:
            raise LedgerError(f"{investor} redeems {units} units and holds {held}")
        return self._cancel(investor, wanted)

    @abstractmethod
    def unit_value(self) -> Decimal:
        """Return the published value of a unit, four decimals."""

    @abstractmethod
    def revalue(self, assets: Fraction) -> None:
        """Take what the ledger says the class is worth, before performance fees not yet paid."""

    @abstractmethod
    def holders(self) -> dict[str, Decimal]:
        """Return the units of each investor, in the order in which they came."""

    @abstractmethod
    def crystallise(self) -> list[Charge]:
        """Charge the fee of a fee date; return what each investor, or the fund, paid."""

    @abstractmethod
    def liquidate(self) -> list[Payout]:
        """Cancel all units at one value after the fee of the day; who is first does not matter."""

    @abstractmethod
    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend on all units; the fee due is taken from it, at most 60% of it.

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

    @abstractmethod
    def accrued(self) -> Decimal:
        """Return the fee that all investors together would pay if they left today, yuan."""

    @abstractmethod
    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today, the fee taken off (virtual liquidation)."""

    @abstractmethod
    def over_days(self, assets: Floats, grown: Floats) -> Worth:
        """Return what all would get on each of D days with these assets and hurdle, [D] each."""

    @abstractmethod
    def lots(self) -> list[LotLine]:
        """Return lots with investor, units, cost, mark and value, for a statement; oldest first."""

    @abstractmethod
    def _price(self) -> Fraction:
        """Return what a new unit costs today."""

    @abstractmethod
    def _add(self, investor: str, units: Decimal, money: Decimal) -> None:
        """Note units that were bought with money."""

    @abstractmethod
    def _cancel(self, investor: str, units: Decimal) -> Payout:
        """Cancel units that the investor holds."""


class FeeMethod(Plain):
    """How a performance fee is charged: what ``[clients] method`` names.

    A method defines ``kind: Literal["its_name"] = "its_name"``, its name in both languages and its
    register; what it can be set to are its fields, which an :meth:`open` of its own hands over.
    """

    names: ClassVar[Mapping[Language, str]]
    register: ClassVar[type[Register]]
    cuts_units: ClassVar[bool] = False  # whether a fee is paid in units and the unit value stays

    kind: str

    def open(self, terms: FundTerms) -> Register:
        """Return an empty register of investors under the terms of a fund."""
        return self.register.under(terms)

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> object:
        """Write a method of which nothing is set by its name alone."""
        known = type(self).model_fields.items()
        told = any(getattr(self, name) != field.default for name, field in known)
        return handler(self) if told else self.kind


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


def together(payouts: list[Payout]) -> list[Payout]:
    """Return one payout for each investor."""
    found: dict[str, Payout] = {}
    for one in payouts:
        had = found.get(one.investor, Payout(one.investor, Decimal(0), Decimal(0), Decimal(0)))
        found[one.investor] = Payout(
            one.investor, had.units + one.units, had.cash + one.cash, had.fee + one.fee
        )
    return list(found.values())
