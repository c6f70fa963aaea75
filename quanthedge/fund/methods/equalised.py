"""Equalisation behind the common door."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.days import Worth, by_owner, half_up
from quanthedge.fund.methods.door import LotLine, together
from quanthedge.fund.methods.equalisation import EqualisedFund, EqualisedLot
from quanthedge.fund.methods.register import Charge, Payout, cents
from quanthedge.fund.values import exact, round_half_up

__all__ = ["EqualisedBook"]


class EqualisedBook:
    """Equalisation; the published value is net of the accrued fee."""

    def __init__(self, fund: EqualisedFund) -> None:
        self.fund = fund
        self._paid: list[Decimal] = []

    @property
    def units(self) -> Decimal:
        """Shares outstanding."""
        return sum((lot.shares for lot in self.fund.lots), Decimal(0))

    def unit_value(self) -> Decimal:
        """Return the net value of a share, four decimals."""
        return round_half_up(self.fund.net, 4)

    def revalue(self, assets: Fraction) -> None:
        """Take the gross value of a share from the ledger's assets."""
        if self.units > 0:
            self.fund.gross = assets / Fraction(self.units)

    def advance(self, grown: Fraction) -> None:
        """Let the hurdle grow."""
        self.fund.grown = grown

    def units_for(self, cash: Decimal) -> Decimal:
        """Return what money would buy at the gross value."""
        return round_half_up(Fraction(cash) / self.fund.gross, 2)

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Sell shares at the gross value."""
        return self.fund.subscribe(investor, cash).shares

    def redeem(self, investor: str, units: Decimal) -> Payout:
        """Pay net value and credits, less what a lot bought below the mark owes."""
        held = self.holding(investor)
        if not 0 < units <= held:
            raise LedgerError(f"{investor} redeems {units} units and holds {held}")
        left, cash, gross = units, Fraction(0), Fraction(0)
        for lot in self.fund.lots:
            taken = min(left, lot.shares) if lot.investor == investor else Decimal(0)
            if taken <= 0:
                continue
            cash += self._kept(lot) * Fraction(taken)
            gross += self.fund.gross * Fraction(taken)
            lot.shares -= taken
            left -= taken
        self.fund.lots = [lot for lot in self.fund.lots if lot.shares > 0]
        fee = cents(gross) - cents(cash)
        if fee:
            self.fund.charges.append(Charge(investor, fee))
        return Payout(investor, units, cents(cash), fee)

    def liquidate(self) -> list[Payout]:
        """Pay everybody the same net value, credits back, less what is owed."""
        investors = dict.fromkeys(lot.investor for lot in self.fund.lots)
        return [self.redeem(one, self.holding(one)) for one in investors]

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay a dividend on all shares; each lot's fee is taken from it."""
        return together(self.fund.distribute(per_unit))

    def holding(self, investor: str) -> Decimal:
        """Return the shares of an investor."""
        own = (lot.shares for lot in self.fund.lots if lot.investor == investor)
        return sum(own, Decimal(0))

    def crystallise(self) -> list[Charge]:
        """Charge the accrued fee, give credits back, redeem what is owed."""
        return self.fund.crystallise()

    def accrued(self) -> Decimal:
        """Return gross less what all would get today."""
        total = Fraction(0)
        for lot in self.fund.lots:
            kept = self._kept(lot)
            total += (self.fund.gross - kept) * Fraction(lot.shares)
        return max(Decimal(0), cents(total))

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today."""
        own = (
            self._kept(lot) * Fraction(lot.shares)
            for lot in self.fund.lots
            if lot.investor == investor
        )
        return cents(sum(own, Fraction(0)))

    def over_days(self, assets: NDArray[np.float64], grown: NDArray[np.float64]) -> Worth:
        """Return what all would get on each day."""
        fund, lots, rate = self.fund, self.fund.lots, float(exact(self.fund.rate))
        gross = (assets / float(self.units))[:, None]
        threshold = (float(fund.beyond.base) + float(fund.beyond.slope) * grown)[:, None]
        accrued = rate * np.maximum(0.0, gross - threshold)
        base, slope = (
            np.array([float(getattr(lot.entry, name)) for lot in lots])
            for name in ("base", "slope")
        )
        entry = base + slope * grown[:, None]
        given = np.minimum(rate * np.maximum(0.0, entry - threshold), accrued)
        way = np.minimum(gross, threshold) - entry
        kept = gross - accrued + given - rate * np.maximum(0.0, way)
        names = list(dict.fromkeys(lot.investor for lot in lots))
        owner = np.array([names.index(lot.investor) for lot in lots])
        shares = np.array([float(lot.shares) for lot in lots])
        value = half_up(by_owner(kept * shares, owner, len(names)), 2)
        fee = half_up(by_owner((gross - kept) * shares, owner, len(names)), 2)
        units = by_owner(shares[None, :], owner, len(names))[0]
        total = np.maximum(0.0, half_up(((gross - kept) * shares).sum(axis=1), 2))
        return Worth(half_up((gross - accrued)[:, 0], 4), tuple(names), units, value, fee, total)

    def lots(self) -> list[LotLine]:
        """Return the lots, oldest first; the mark is the gross value up to which a lot has paid."""
        return [
            {
                "investor": lot.investor,
                "units": lot.shares,
                "cost": round_half_up(lot.entry.slope, 4),
                "mark": round_half_up(lot.entry.slope, 6),
                "threshold": round_half_up(lot.entry.at(self.fund.grown), 6),
                "paid_in": Decimal(0),
                "unit_value": self.unit_value(),
                "gross_value": round_half_up(self.fund.gross, 6),
                "value": cents((self.fund.net + self.fund.given(lot)) * Fraction(lot.shares)),
            }
            for lot in self.fund.lots
        ]

    def _kept(self, lot: EqualisedLot) -> Fraction:
        """Return what a share brings: net, credit back, less the contingent redemption."""
        return self.fund.net + self.fund.given(lot) - self.fund.owed(lot)
