"""Equalisation: one unit value for all, and a memory for each lot that makes it fair.

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

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.hurdle import Rising, rising
from quanthedge.fund.methods.register import (
    FEE_OF_DIVIDEND,
    Charge,
    Payout,
    cents,
    dividend_of,
    units_bought,
)
from quanthedge.fund.values import Number, exact, round_half_up

__all__ = ["EqualisedFund", "EqualisedLot"]


@dataclass
class EqualisedLot:
    """Shares of a lot, and the gross value of a share up to which it has paid."""

    investor: str
    shares: Decimal
    entry: Rising


@dataclass
class EqualisedFund:
    """A fund with equalisation.

    Attributes
    ----------
    gross : Fraction
        Value of a share before the accrued fee.
    mark : Fraction
        High-water mark of the fund.
    beyond : Rising
        The mark, and what the hurdle asks above it.
    grown : Fraction
        Level of the hurdle today.
    """

    rate: Number = "0.25"
    gross: Fraction = Fraction(1)
    mark: Fraction = Fraction(1)
    grown: Fraction = Fraction(1)
    lots: list[EqualisedLot] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    beyond: Rising = field(init=False)

    def __post_init__(self) -> None:
        """Let the hurdle run from the mark."""
        self.beyond = self._from_today(self.mark)

    @property
    def accrued(self) -> Fraction:
        """Fee accrued on a share."""
        return Fraction(exact(self.rate)) * max(Fraction(0), self.gross - self.threshold)

    @property
    def threshold(self) -> Fraction:
        """Gross value above which a fee is due: the mark, grown by the hurdle."""
        return self.beyond.at(self.grown)

    def credit(self, lot: EqualisedLot) -> Fraction:
        """Return the fee accrued on a share that its lot does not owe."""
        above = lot.entry.at(self.grown) - self.threshold
        return Fraction(exact(self.rate)) * max(Fraction(0), above)

    def given(self, lot: EqualisedLot) -> Fraction:
        """Return what of a share's credit comes back today."""
        return min(self.credit(lot), self.accrued)

    def owed(self, lot: EqualisedLot) -> Fraction:
        """Return what a share bought below the threshold owes for its way up to it."""
        way = min(self.gross, self.threshold) - lot.entry.at(self.grown)
        return Fraction(exact(self.rate)) * max(Fraction(0), way)

    @property
    def net(self) -> Fraction:
        """Published value of a share."""
        return self.gross - self.accrued

    def subscribe(self, investor: str, cash: Number) -> EqualisedLot:
        """Let an investor buy shares at the gross value; what exceeds the net one is his credit."""
        money = exact(cash)
        if money <= 0:
            raise LedgerError(f"{investor} subscribes {cash} yuan; accepted: above 0")
        shares = units_bought(investor, money, self.gross)
        lot = EqualisedLot(investor, shares, self._from_today(self.gross))
        self.lots.append(lot)
        return lot

    def grow(self, factor: Number | Fraction) -> None:
        """Let the investments turn a yuan of gross value into ``factor`` yuan."""
        self.gross *= factor if isinstance(factor, Fraction) else Fraction(exact(factor))

    def crystallise(self) -> list[Charge]:
        """Charge the accrued fee, give credits back as shares, redeem what lots below the mark owe.

        Returns
        -------
        list of Charge
            One for each lot: the fee that it really paid, and its change of shares.
        """
        fee, net, reached = self.accrued, self.net, min(self.gross, self.threshold)
        beyond = self._from_today(net) if fee > 0 else self.beyond
        made = []
        for lot in self.lots:
            shares = Fraction(lot.shares)
            given, owed = self.given(lot), self.owed(lot)
            kept = self.credit(lot) - given
            change = round_half_up((given - owed) * shares / net, 2)
            paid = cents((fee - given + owed) * shares)
            lot.shares += change
            if kept > 0:  # what of a credit was not needed is spread over the shares there are now
                if lot.shares > 0:
                    lot.entry = lot.entry.scaled(shares / Fraction(lot.shares))
            elif fee > 0:
                lot.entry = beyond
            elif owed > 0:
                lot.entry = self._from_today(reached)
            made.append(Charge(lot.investor, paid, change))
        self.beyond, self.mark, self.gross = beyond, beyond.slope, net
        self.charges += made
        return made

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay a dividend; each lot's fee is taken from it, at most 60% of it.

        Of the fee accrued on a share, ``paid <= 0.6 x dividend`` is charged. A lot with a credit
        uses it for its part first; one bought below the mark pays what it owes as far as the 60%
        allow. ``threshold' = threshold - dividend + paid / rate``, and a lot's entry likewise.

        Returns
        -------
        list of Payout
            One for each lot.
        """
        dividend = Fraction(dividend_of(per_unit, round_half_up(self.net, 12)))
        rate, cap = Fraction(exact(self.rate)), dividend * FEE_OF_DIVIDEND
        charged = min(self.accrued, cap)
        beyond = self._after(self.beyond, dividend, charged / rate if charged else Fraction(0))
        made = []
        for lot in self.lots:
            given = min(self.given(lot), charged)
            paid = min(charged - given + self.owed(lot), cap)
            gross, fee = cents(dividend * Fraction(lot.shares)), cents(paid * Fraction(lot.shares))
            lot.entry = self._after(lot.entry, dividend, paid / rate if paid else Fraction(0))
            if fee:
                self.charges.append(Charge(lot.investor, fee))
            made.append(Payout(lot.investor, lot.shares, gross - fee, fee))
        self.beyond, self.mark = beyond, beyond.slope
        self.gross -= dividend
        return made

    def _from_today(self, value: Fraction) -> Rising:
        """Return an amount on which the hurdle runs from today."""
        return rising(None, value, self.grown)

    def _after(self, line: Rising, dividend: Fraction, charged: Fraction) -> Rising:
        """Return a threshold after a dividend; where a fee was charged its hurdle begins anew."""
        value = line.at(self.grown) - dividend + charged
        if charged:
            return self._from_today(value)
        slope = line.slope - dividend
        return Rising(value - slope * self.grown, slope)

    def value(self, investor: str) -> Decimal:
        """Return what an investor's shares are worth, credits included, to the cent."""
        total = Fraction(0)
        for lot in self.lots:
            if lot.investor == investor:
                total += (self.net + self.given(lot)) * Fraction(lot.shares)
        return cents(total)
