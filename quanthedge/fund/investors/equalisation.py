"""Equalisation: one unit value for all, and a memory for each lot that makes it fair.

A lot bought above the mark pays the gross unit value and gets a credit for the fee in it that it
does not owe; it comes back as shares when the fee is charged. A lot bought below the mark owes the
fee on its way up to the mark, which is charged by redeeming shares of it.

With a hard hurdle of a rate, the threshold ``mark x grown / since`` stands for the mark. Credits
and entries grow with the hurdle since the day of the lot: ``rate x (gross - mark x h(mark)) -
credit x h(lot) = rate x (gross - entry x h(lot))`` is what the lot owes by itself.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from quanthedge.errors import LedgerError
from quanthedge.fund.investors.register import (
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
    """Shares of a lot, the credit of a share, and the gross value up to which it has paid.

    ``since`` is what the hurdle had made of a yuan when they were set.
    """

    investor: str
    shares: Decimal
    credit: Fraction
    entry: Fraction
    since: Fraction = Fraction(1)


@dataclass
class EqualisedFund:
    """A fund with equalisation.

    Attributes
    ----------
    gross : Fraction
        Value of a share before the accrued fee.
    mark : Fraction
        High-water mark of the fund.
    grown, since : Fraction
        What the hurdle has made of a yuan by today, and by the day of the mark.
    """

    rate: Number = "0.25"
    gross: Fraction = Fraction(1)
    mark: Fraction = Fraction(1)
    grown: Fraction = Fraction(1)
    since: Fraction = Fraction(1)
    lots: list[EqualisedLot] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    @property
    def accrued(self) -> Fraction:
        """Fee accrued on a share."""
        return Fraction(exact(self.rate)) * max(Fraction(0), self.gross - self.threshold)

    @property
    def threshold(self) -> Fraction:
        """Gross value above which a fee is due: the mark, grown by the hurdle."""
        return self.mark * self.grown / self.since

    def given(self, lot: EqualisedLot) -> Fraction:
        """Return what of a share's credit comes back today."""
        return min(lot.credit * self.grown / lot.since, self.accrued)

    def owed(self, lot: EqualisedLot) -> Fraction:
        """Return what a share bought below the threshold owes for its way up to it."""
        way = min(self.gross, self.threshold) - lot.entry * self.grown / lot.since
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
        lot = EqualisedLot(investor, shares, self.accrued, self.gross, self.grown)
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
        made = []
        for lot in self.lots:
            shares = Fraction(lot.shares)
            given, owed, growth = self.given(lot), self.owed(lot), self.grown / lot.since
            change = round_half_up((given - owed) * shares / net, 2)
            paid = cents((fee - given + owed) * shares)
            lot.shares += change
            # what of a credit was not needed is kept, spread over the shares there are now
            lot.credit = lot.credit * growth - given
            if lot.shares > 0:
                lot.credit *= shares / Fraction(lot.shares)
            lot.entry, lot.since = max(lot.entry * growth, reached), self.grown
            made.append(Charge(lot.investor, paid, change))
        if fee > 0:
            self.mark, self.since = net, self.grown
            for lot in self.lots:
                lot.entry = max(lot.entry, net)
        self.gross = net
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
        made = []
        for lot in self.lots:
            growth, given = self.grown / lot.since, min(self.given(lot), charged)
            paid = min(charged - given + self.owed(lot), cap)
            gross, fee = cents(dividend * Fraction(lot.shares)), cents(paid * Fraction(lot.shares))
            lot.credit = lot.credit * growth - given
            lot.entry = lot.entry * growth - dividend + (paid / rate if paid else 0)
            lot.since = self.grown
            if fee:
                self.charges.append(Charge(lot.investor, fee))
            made.append(Payout(lot.investor, lot.shares, gross - fee, fee))
        self.mark = self.threshold - dividend + (charged / rate if charged else 0)
        self.since = self.grown
        self.gross -= dividend
        return made

    def value(self, investor: str) -> Decimal:
        """Return what an investor's shares are worth, credits included, to the cent."""
        total = Fraction(0)
        for lot in self.lots:
            if lot.investor == investor:
                total += (self.net + self.given(lot)) * Fraction(lot.shares)
        return cents(total)
