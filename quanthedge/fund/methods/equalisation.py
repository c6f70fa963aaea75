"""Equalisation: one unit value for all, and a memory for each lot that makes it fair (均衡调整法).

A lot bought above the mark pays the gross unit value and gets a credit for the fee in it that it
does not owe; it comes back as shares when the fee is charged. A lot bought below the mark owes the
fee on its way up to the mark, which is charged by redeeming shares of it.

What a lot owes by itself is ``rate x (gross - entry)``, with its entry the gross value up to which
it has paid. Where the entry is above the fund's threshold its credit is ``rate x (entry -
threshold)``, where it is below it owes that much on its way up. With a hard hurdle of a rate both
rise by simple interest, each since its own day and on its own amount.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Generic, Literal

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.fund.hurdle import Rising, rising, rising_over_days
from quanthedge.fund.methods.base import (
    FEE_OF_DIVIDEND,
    UNIT_DECIMALS,
    VALUE_DECIMALS,
    Charge,
    FeeMethod,
    LotLine,
    Payout,
    Register,
    dividend_of,
    together,
)
from quanthedge.fund.methods.days import Owners, Worth
from quanthedge.fund.performance_fee import Amount, PerformanceFee, lower
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import Number, cents, half_up, oldest_first, round_half_up
from quanthedge.typing import Floats

__all__ = ["Equalisation"]


@dataclass
class _Lot:
    """Shares of a lot, and the gross value of a share up to which it has paid."""

    investor: str
    shares: Decimal
    entry: Rising


@dataclass(frozen=True)
class _Share(Generic[Amount]):
    """What a share of a lot is worth, and what of the fee it does not owe or owes besides.

    Attributes
    ----------
    gross : Fraction, or float64 array [D, 1]
        Before the accrued fee.
    accrued : the same
        Fee accrued on every share of the fund.
    credit, owed : Fraction, or float64 array [D, L]
        What of the accrued fee the lot does not owe; what one bought below the threshold owes for
        its way up to it.
    """

    gross: Amount
    accrued: Amount
    credit: Amount
    owed: Amount

    @property
    def given(self) -> Amount:
        """What of the credit comes back today."""
        return lower(self.credit, self.accrued)

    @property
    def kept(self) -> Amount:
        """What a share brings: net, credit back, less the contingent redemption."""
        return self.gross - self.accrued + self.given - self.owed


def _share(fee: PerformanceFee, gross: Amount, threshold: Amount, entry: Amount) -> _Share[Amount]:
    """Return what a share is worth above the fund's threshold and its lot's entry."""
    return _Share(
        gross,
        fee.part(gross - threshold),
        fee.part(entry - threshold),
        fee.part(lower(gross, threshold) - entry),
    )


@dataclass
class _EqualisedRegister(Register):
    """A register with equalisation; the published value is net of the accrued fee.

    Attributes
    ----------
    gross : Fraction
        Value of a share before the accrued fee.
    beyond : Rising
        The fund's high-water mark, and what the hurdle asks above it.
    shares : list of _Lot
        In the order in which they were bought.
    """

    gross: Fraction = field(init=False)
    beyond: Rising = field(init=False)
    shares: list[_Lot] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let the hurdle run from the first mark."""
        self.gross = Fraction(self.initial_unit_value)
        self.beyond = self._from_today(self.gross)

    @property
    def net(self) -> Fraction:
        """Published value of a share."""
        return self.gross - self._accrued()

    def unit_value(self) -> Decimal:
        """Return the net value of a share, four decimals."""
        return round_half_up(self.net, VALUE_DECIMALS)

    def revalue(self, assets: Fraction) -> None:
        """Take the gross value of a share from the ledger's assets."""
        if self.units > 0:
            self.gross = assets / Fraction(self.units)

    def holders(self) -> dict[str, Decimal]:
        """Return the shares of each investor."""
        found: dict[str, Decimal] = {}
        for lot in self.shares:
            found[lot.investor] = found.get(lot.investor, Decimal(0)) + lot.shares
        return found

    def crystallise(self) -> list[Charge]:
        """Charge the accrued fee, give credits back as shares, redeem what lots below the mark owe.

        Returns
        -------
        list of Charge
            One for each lot: the fee that it really paid, and its change of shares.
        """
        fee, net = self._accrued(), self.net
        reached = min(self.gross, self.beyond.at(self.grown))
        beyond = self._from_today(net) if fee > 0 else self.beyond
        made = []
        for lot in self.shares:
            shares, one = Fraction(lot.shares), self._of(lot)
            change = round_half_up((one.given - one.owed) * shares / net, UNIT_DECIMALS)
            paid = cents((fee - one.given + one.owed) * shares)
            lot.shares += change
            if one.credit > one.given:
                # what of a credit was not needed is spread over the shares there are now
                if lot.shares > 0:
                    lot.entry = lot.entry.scaled(shares / Fraction(lot.shares))
            elif fee > 0:
                lot.entry = beyond
            elif one.owed > 0:
                lot.entry = self._from_today(reached)
            made.append(Charge(lot.investor, paid, change))
        self.beyond, self.gross = beyond, net
        return made

    def liquidate(self) -> list[Payout]:
        """Pay everybody the same net value, credits back, less what is owed."""
        held = self.holders().items()
        return [self._cancel(one, units) for one, units in held if units > 0]

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; each lot's fee is taken from it, at most 60% of it.

        Of the fee accrued on a share, ``paid <= 0.6 x dividend`` is charged. A lot with a credit
        uses it for its part first; one bought below the mark pays what it owes as far as the 60%
        allow. ``threshold' = threshold - dividend + paid / rate``, and a lot's entry likewise.
        """
        dividend = Fraction(dividend_of(per_unit, round_half_up(self.net, 12)))
        cap = dividend * FEE_OF_DIVIDEND
        charged = min(self._accrued(), cap)
        beyond = self._after(self.beyond, dividend, charged)
        made = []
        for lot in self.shares:
            one = self._of(lot)
            paid = min(charged - min(one.given, charged) + one.owed, cap)
            gross, fee = cents(dividend * Fraction(lot.shares)), cents(paid * Fraction(lot.shares))
            lot.entry = self._after(lot.entry, dividend, paid)
            made.append(Payout(lot.investor, lot.shares, gross - fee, fee))
        self.beyond = beyond
        self.gross -= dividend
        return together(made)

    def accrued(self) -> Decimal:
        """Return gross less what all would get today."""
        total = sum(
            ((self.gross - self._of(lot).kept) * Fraction(lot.shares) for lot in self.shares),
            Fraction(0),
        )
        return max(Decimal(0), cents(total))

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today."""
        own = (one for one in self.shares if one.investor == investor)
        return cents(sum((self._of(lot).kept * Fraction(lot.shares) for lot in own), Fraction(0)))

    def over_days(self, assets: Floats, grown: Floats) -> Worth:
        """Return what all would get on each day."""
        gross = (assets / float(self.units))[:, None]
        threshold = rising_over_days([self.beyond], grown)
        entry = rising_over_days([lot.entry for lot in self.shares], grown)
        one = _share(self.fee, gross, threshold, entry)
        owners = Owners.of([lot.investor for lot in self.shares])
        shares = np.array([float(lot.shares) for lot in self.shares])
        value = half_up(owners.total(one.kept * shares), 2)
        fee = half_up(owners.total((gross - one.kept) * shares), 2)
        units = owners.total(shares[None, :])[0]
        total = np.maximum(0.0, half_up(((gross - one.kept) * shares).sum(axis=1), 2))
        net = half_up((gross - one.accrued)[:, 0], VALUE_DECIMALS)
        return Worth(net, owners.names, units, value, fee, total)

    def lots(self) -> list[LotLine]:
        """Return the lots, oldest first; the mark is the gross value up to which a lot has paid."""
        return [
            {
                "investor": lot.investor,
                "units": lot.shares,
                "cost": round_half_up(lot.entry.slope, 4),
                "mark": round_half_up(lot.entry.slope, 6),
                "threshold": round_half_up(lot.entry.at(self.grown), 6),
                "paid_in": Decimal(0),
                "unit_value": self.unit_value(),
                "gross_value": round_half_up(self.gross, 6),
                "value": cents((self.net + self._of(lot).given) * Fraction(lot.shares)),
            }
            for lot in self.shares
        ]

    def _price(self) -> Fraction:
        return self.gross

    def _add(self, investor: str, units: Decimal, money: Decimal) -> None:
        """Sell shares at the gross value; what exceeds the net one is the lot's credit."""
        self.shares.append(_Lot(investor, units, self._from_today(self.gross)))

    def _cancel(self, investor: str, units: Decimal) -> Payout:
        """Pay net value and credits, less what a lot bought below the mark owes."""
        own = [lot for lot in self.shares if lot.investor == investor]
        taken = oldest_first(units, (lot.shares for lot in own))
        cash = Fraction(0)
        for lot, leaving in zip(own, taken, strict=True):
            cash += self._of(lot).kept * Fraction(leaving)
            lot.shares -= leaving
        self.shares = [lot for lot in self.shares if lot.shares > 0]
        fee = cents(self.gross * Fraction(units)) - cents(cash)
        return Payout(investor, units, cents(cash), fee)

    def _accrued(self) -> Fraction:
        """Return the fee accrued on a share."""
        return self.fee.part(self.gross - self.beyond.at(self.grown))

    def _of(self, lot: _Lot) -> _Share[Fraction]:
        """Return what a share of a lot is worth today."""
        threshold, entry = self.beyond.at(self.grown), lot.entry.at(self.grown)
        return _share(self.fee, self.gross, threshold, entry)

    def _from_today(self, value: Fraction) -> Rising:
        """Return an amount on which the hurdle runs from today."""
        return rising(None, value, self.grown)

    def _after(self, line: Rising, dividend: Fraction, charged: Fraction) -> Rising:
        """Return a threshold after a dividend; where a fee was charged its hurdle begins anew."""
        value = line.at(self.grown) - dividend
        if charged:
            return self._from_today(value + charged / self.fee.share)
        slope = line.slope - dividend
        return Rising(value - slope * self.grown, slope)


class Equalisation(FeeMethod):
    """One unit value, a credit or a contingent redemption for each lot."""

    names: ClassVar = {"zh": "均衡调整法", "en": "equalisation"}
    register: ClassVar = _EqualisedRegister

    kind: Literal["equalisation"] = "equalisation"

    def open(self, terms: FundTerms) -> Register:
        """Return an empty register.

        Raises
        ------
        StrategyError
            When the hurdle is soft or can fall.
        """
        hurdle = terms.hurdle
        if hurdle and not (hurdle.hard and hurdle.kind != "index"):
            raise StrategyError(
                "clients.method equalisation: credits are fair only under a hard hurdle that never "
                "falls; accepted: hard = true with kind fixed or deposit, or another method"
            )
        return super().open(terms)
