"""Methods with a unit value for each subscription: series, and by lot in value."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.days import Worth, by_owner, due_over_days, half_up
from quanthedge.fund.methods.door import LotLine, together
from quanthedge.fund.methods.register import Charge, Payout, cents
from quanthedge.fund.methods.series import DECIMALS, SeriesFund
from quanthedge.fund.values import exact, round_half_up

__all__ = ["SeriesBook"]


class SeriesBook:
    """Series, each with its own unit value; the published value is that of the first series.

    Without a roll-up each subscription keeps its own value for good: the fee of a lot is cut from
    the lot's own value (单人单笔高水位, 扣减净值).
    """

    def __init__(self, fund: SeriesFund, *, rolls_up: bool) -> None:
        self.fund, self.rolls_up = fund, rolls_up
        self._paid: dict[tuple[str, str], Decimal] = {}

    @property
    def units(self) -> Decimal:
        """Units of all series."""
        return sum((one.units for one in self.fund.series), Decimal(0))

    def unit_value(self) -> Decimal:
        """Return the value of a unit of the oldest series, four decimals."""
        if not self.fund.series:
            return round_half_up(exact(self.fund.initial_unit_value), 4)
        return round_half_up(Fraction(self.fund.series[0].unit_value()), 4)

    def revalue(self, assets: Fraction) -> None:
        """Let every series earn what the fund has earned."""
        before = sum((one.assets for one in self.fund.series), Fraction(0))
        if before > 0:
            self.fund.grow(assets / before)

    def advance(self, grown: Fraction) -> None:
        """Let the hurdle grow."""
        self.fund.grown = grown

    def units_for(self, cash: Decimal) -> Decimal:
        """Return what money would buy at the initial unit value."""
        return round_half_up(Fraction(cash) / Fraction(exact(self.fund.initial_unit_value)), 2)

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Open a series of the day; a unit costs the initial unit value."""
        one = self.fund.subscribe({investor: cash})
        self._paid[one.name, investor] = cash
        return one.holders[investor]

    def redeem(self, investor: str, units: Decimal) -> Payout:
        """Cancel units of the oldest series first; each pays its own fee."""
        held = self.holding(investor)
        if not 0 < units <= held:
            raise LedgerError(f"{investor} redeems {units} units and holds {held}")
        left, gross, fee = units, Fraction(0), Decimal(0)
        for one in list(self.fund.series):
            taken = min(left, one.holders.get(investor, Decimal(0)))
            if taken <= 0:
                continue
            part = one.assets * Fraction(taken) / Fraction(one.units)
            fee += self.fund.fee(one, taken)
            one.assets -= part
            one.holders[investor] -= taken
            gross += part
            left -= taken
            if one.units == 0:
                self.fund.series.remove(one)
        if fee:
            self.fund.charges.append(Charge(investor, fee))
        return Payout(investor, units, cents(gross) - fee, fee)

    def liquidate(self) -> list[Payout]:
        """Pay everybody what his series are worth."""
        holders = dict.fromkeys(one for series in self.fund.series for one in series.holders)
        held = {one: self.holding(one) for one in holders}
        return [self.redeem(one, units) for one, units in held.items() if units > 0]

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay the same dividend on the units of every series; the fee due is taken from it."""
        return together(self.fund.distribute(per_unit))

    def holding(self, investor: str) -> Decimal:
        """Return the units of an investor in all series."""
        own = (one.holders.get(investor, Decimal(0)) for one in self.fund.series)
        return sum(own, Decimal(0))

    def crystallise(self) -> list[Charge]:
        """Charge each series, its holders by their units; roll up those at their marks."""
        holders = {one.name: dict(one.holders) for one in self.fund.series}
        charges = []
        for charge in self.fund.crystallise():
            own = holders[charge.investor]
            total, left = sum(own.values(), Decimal(0)), charge.fee
            own = {investor: units for investor, units in own.items() if units > 0}
            for k, (investor, units) in enumerate(own.items()):
                part = cents(Fraction(charge.fee) * Fraction(units) / Fraction(total))
                part = left if k == len(own) - 1 else part
                left -= part
                charges.append(Charge(investor, part))
        if self.rolls_up:
            self.fund.roll_up()
        return charges

    def accrued(self) -> Decimal:
        """Return the fee due if today were a fee date."""
        return sum(
            (self.fund.fee(one, one.units) for one in self.fund.series),
            Decimal(0),
        )

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return an investor's value less the fee of his units."""
        fee = sum(
            (
                self.fund.fee(one, one.holders[investor])
                for one in self.fund.series
                if investor in one.holders
            ),
            Decimal(0),
        )
        return self.fund.value(investor) - fee

    def over_days(self, assets: NDArray[np.float64], grown: NDArray[np.float64]) -> Worth:
        """Return what all would get on each day."""
        series, fund = self.fund.series, self.fund
        total = np.array([float(one.units) for one in series])
        own = np.array([float(one.assets) for one in series])
        worth = own * (assets / own.sum())[:, None]
        value = half_up(worth / total, DECIMALS)
        mark = np.array([float(one.mark) for one in series])
        base = np.array([float(one.threshold.base) for one in series])
        slope = np.array([float(one.threshold.slope) for one in series])
        threshold = base + slope * grown[:, None]
        due = due_over_days(value, mark, threshold, float(exact(fund.rate)), fund.hurdle)
        held = [
            (k, name, float(units))
            for k, one in enumerate(series)
            for name, units in one.holders.items()
            if units > 0
        ]
        names = list(dict.fromkeys(name for _, name, _ in held))
        place = np.array([k for k, _, _ in held])
        owner = np.array([names.index(name) for _, name, _ in held])
        units = np.array([one for _, _, one in held])
        gross = half_up(by_owner(worth[:, place] * units / total[place], owner, len(names)), 2)
        fee = by_owner(half_up(due[:, place] * units, 2), owner, len(names))
        own_units = by_owner(units[None, :], owner, len(names))[0]
        accrued = half_up(due * total, 2).sum(axis=1)
        first = half_up(value[:, 0], 4)
        return Worth(first, tuple(names), own_units, gross - fee, fee, accrued)

    def lots(self) -> list[LotLine]:
        """Return each investor's units of each series."""
        return [
            {
                "investor": investor,
                "units": units,
                "cost": round_half_up(exact(self.fund.initial_unit_value), DECIMALS),
                "mark": one.mark,
                "threshold": round_half_up(
                    max(Fraction(one.mark), one.threshold.at(self.fund.grown)), 6
                ),
                "paid_in": self._paid.get((one.name, investor), Decimal(0)),
                "unit_value": one.unit_value(),
                "value": cents(one.assets * Fraction(units) / Fraction(one.units)),
            }
            for one in self.fund.series
            for investor, units in one.holders.items()
            if units > 0
        ]
