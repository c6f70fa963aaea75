"""Series accounting: each subscription is a little fund of its own, with its own unit value.

By the first method those at their marks, with marks of one day, become units of the first series
after a fee date (系列份额法). By the second each keeps its own value for good, from which its fee
is cut (单人单笔高水位, 扣减净值).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np

from quanthedge.fund.hurdle import Rising, ex_dividend, rising, rising_over_days
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
    split,
    together,
)
from quanthedge.fund.methods.days import Owners, Worth
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import Number, cents, half_up, oldest_first, round_half_up
from quanthedge.typing import Floats

__all__ = ["LotValue", "SeriesUnits"]

_DECIMALS = 6  # of the value of a unit of a series


@dataclass
class _Series:
    """One series: its holders' units, its assets, its mark, and what the hurdle asks above it."""

    holders: dict[str, Decimal]
    assets: Fraction
    mark: Decimal
    threshold: Rising
    paid_in: dict[str, Decimal]

    @property
    def units(self) -> Decimal:
        """Units of all holders."""
        return sum(self.holders.values(), Decimal(0))

    def unit_value(self) -> Decimal:
        """Return the value of a unit, six decimals half up."""
        return round_half_up(self.assets / Fraction(self.units), _DECIMALS)

    def worth(self, units: Decimal) -> Fraction:
        """Return what units are worth before fees."""
        return self.assets * Fraction(units) / Fraction(self.units)


@dataclass
class _SeriesRegister(Register):
    """A register in series; the published value is that of the first.

    Attributes
    ----------
    rolls_up : bool
    series : list of _Series
        Oldest first.
    """

    rolls_up: bool = True
    series: list[_Series] = field(default_factory=list)

    def unit_value(self) -> Decimal:
        """Return the value of a unit of the oldest series, four decimals."""
        first = self.series[0].unit_value() if self.series else self.initial_unit_value
        return round_half_up(first, VALUE_DECIMALS)

    def revalue(self, assets: Fraction) -> None:
        """Let every series earn what the fund has earned."""
        before = sum((one.assets for one in self.series), Fraction(0))
        if before > 0:
            for one in self.series:
                one.assets *= assets / before

    def holders(self) -> dict[str, Decimal]:
        """Return the units of each investor in all series."""
        found: dict[str, Decimal] = {}
        for one in self.series:
            for investor, units in one.holders.items():
                found[investor] = found.get(investor, Decimal(0)) + units
        return found

    def crystallise(self) -> list[Charge]:
        """Charge each series on its gain above its own mark, its holders by their units."""
        made: list[Charge] = []
        for one in self.series:
            fee = self._fee(one, one.units)
            one.assets -= Fraction(fee)
            if fee:
                self._restart(one, one.unit_value())
            made += _by_units(fee, one.holders)
        if self.rolls_up:
            self.roll_up()
        return made

    def roll_up(self) -> dict[str, Decimal]:
        """Turn the units of series at their marks into units of the first; return the new units.

        The first series takes part when it is at its mark itself; otherwise nothing rolls. With a
        hurdle, only those roll up whose marks are of the same day as its own.
        """
        if not self.series or self.series[0].unit_value() != self.series[0].mark:
            return {}
        first = self.series[0]
        value = Fraction(first.unit_value())
        made: dict[str, Decimal] = {}
        for one in [s for s in self.series[1:] if _rolls_into(s, first)]:
            for investor, units in one.holders.items():
                new = round_half_up(one.worth(units) / value, UNIT_DECIMALS)
                first.holders[investor] = first.holders.get(investor, Decimal(0)) + new
                made[investor] = made.get(investor, Decimal(0)) + new
            first.assets += one.assets
            self.series.remove(one)
        return made

    def liquidate(self) -> list[Payout]:
        """Pay everybody what his series are worth."""
        held = self.holders().items()
        return [self._cancel(one, units) for one, units in held if units > 0]

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay the same dividend on a unit of every series; the fee due is taken from it.

        At most 60% of each series' dividend is kept back. What that leaves owing lowers the mark of
        the series, so that it is due later.
        """
        made: list[Payout] = []
        for one in self.series:
            dividend = dividend_of(per_unit, one.unit_value())
            paid = {name: cents(Fraction(dividend * held)) for name, held in one.holders.items()}
            fees = split(
                self._pay_dividend(one, dividend, sum(paid.values(), Decimal(0))), one.holders
            )
            made += [
                Payout(name, held, paid[name] - fees[name], fees[name])
                for name, held in one.holders.items()
                if held > 0
            ]
        return together(made)

    def accrued(self) -> Decimal:
        """Return the fee due if today were a fee date."""
        return sum((self._fee(one, one.units) for one in self.series), Decimal(0))

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return an investor's value less the fee of his units."""
        own = [(one, one.holders[investor]) for one in self.series if investor in one.holders]
        fee = sum((self._fee(one, units) for one, units in own), Decimal(0))
        return cents(sum((one.worth(units) for one, units in own), Fraction(0))) - fee

    def over_days(self, assets: Floats, grown: Floats) -> Worth:
        """Return what all would get on each day."""
        series = self.series
        total = np.array([float(one.units) for one in series])
        own = np.array([float(one.assets) for one in series])
        worth = own * (assets / own.sum())[:, None]
        value = half_up(worth / total, _DECIMALS)
        mark = np.array([float(one.mark) for one in series])
        due = self.fee.due(value, mark, rising_over_days([one.threshold for one in series], grown))
        held = [(k, *one) for k, s in enumerate(series) for one in s.holders.items() if one[1] > 0]
        place, units = np.array([k for k, _, _ in held]), np.array([float(u) for _, _, u in held])
        owners = Owners.of([name for _, name, _ in held])
        gross = half_up(owners.total(worth[:, place] * units / total[place]), 2)
        fee = owners.total(half_up(due[:, place] * units, 2))
        accrued = half_up(due * total, 2).sum(axis=1)
        first, own_units = half_up(value[:, 0], VALUE_DECIMALS), owners.total(units[None, :])[0]
        return Worth(first, owners.names, own_units, gross - fee, fee, accrued)

    def lots(self) -> list[LotLine]:
        """Return each investor's units of each series."""
        return [
            {
                "investor": investor,
                "units": units,
                "cost": round_half_up(self.initial_unit_value, _DECIMALS),
                "mark": one.mark,
                "threshold": round_half_up(
                    max(Fraction(one.mark), one.threshold.at(self.grown)), 6
                ),
                "paid_in": one.paid_in.get(investor, Decimal(0)),
                "unit_value": one.unit_value(),
                "value": cents(one.worth(units)),
            }
            for one in self.series
            for investor, units in one.holders.items()
            if units > 0
        ]

    def _price(self) -> Fraction:
        return Fraction(self.initial_unit_value)

    def _add(self, investor: str, units: Decimal, money: Decimal) -> None:
        """Open a series; a unit costs the initial unit value."""
        mark = round_half_up(self.initial_unit_value, _DECIMALS)
        begin = rising(self.fee.hurdle, Fraction(mark), self.grown)
        paid = {investor: money}
        self.series.append(_Series({investor: units}, Fraction(money), mark, begin, paid))

    def _cancel(self, investor: str, units: Decimal) -> Payout:
        """Cancel units of the oldest series first; each pays its own fee."""
        own = [one for one in self.series if one.holders.get(investor, Decimal(0)) > 0]
        gross, fee = Fraction(0), Decimal(0)
        held = (one.holders[investor] for one in own)
        for one, taken in zip(own, oldest_first(units, held), strict=True):
            if taken <= 0:
                continue
            part = one.worth(taken)
            fee += self._fee(one, taken)
            one.assets -= part
            one.holders[investor] -= taken
            gross += part
            if one.units == 0:
                self.series.remove(one)
        return Payout(investor, units, cents(gross) - fee, fee)

    def _fee(self, one: _Series, units: Decimal) -> Decimal:
        """Return the fee due today on units of a series, to the cent."""
        value, mark = Fraction(one.unit_value()), Fraction(one.mark)
        return self.fee.on(units, value, mark, one.threshold.at(self.grown))

    def _restart(self, one: _Series, mark: Decimal) -> None:
        """Set the mark of a series; the hurdle grows from today."""
        one.mark, one.threshold = mark, rising(self.fee.hurdle, Fraction(mark), self.grown)

    def _pay_dividend(self, one: _Series, dividend: Decimal, gross: Decimal) -> Decimal:
        """Take a dividend out of a series; return the fee that is kept back from it."""
        units = one.units
        due = self._fee(one, units)
        fee = min(due, cents(Fraction(gross) * FEE_OF_DIVIDEND))
        one.assets -= Fraction(gross)
        if due:
            owing = Fraction(due - fee) / (self.fee.share * Fraction(units))
            self._restart(one, round_half_up(Fraction(one.unit_value()) - owing, _DECIMALS))
            return fee
        ex, line = ex_dividend(
            self.fee.hurdle, Fraction(one.mark), one.threshold, self.grown, Fraction(dividend)
        )
        one.mark = round_half_up(ex, _DECIMALS)
        one.threshold = line.scaled(Fraction(one.mark) / ex) if ex else line
        return fee


def _rolls_into(one: _Series, first: _Series) -> bool:
    """Return whether a series is at its mark, and that mark is of the same day as the first's."""
    since = (s.threshold.scaled(1 / Fraction(s.mark)) for s in (one, first))
    return one.unit_value() == one.mark and next(since) == next(since)


def _by_units(fee: Decimal, holders: dict[str, Decimal]) -> Iterable[Charge]:
    """Share the fee of a series among its holders; the last one bears what rounding leaves."""
    own = {investor: units for investor, units in holders.items() if units > 0}
    total, left = sum(own.values(), Decimal(0)), fee
    for k, (investor, units) in enumerate(own.items()):
        part = cents(Fraction(fee) * Fraction(units) / Fraction(total))
        part = left if k == len(own) - 1 else part
        left -= part
        yield Charge(investor, part)


class SeriesUnits(FeeMethod):
    """Each subscription is a series; those at their marks roll up after a fee date."""

    names: ClassVar = {"zh": "系列份额法", "en": "series accounting"}
    register: ClassVar = _SeriesRegister

    kind: Literal["series"] = "series"


class LotValue(FeeMethod):
    """Each lot on its own mark, by cutting its own unit value."""

    names: ClassVar = {"zh": "单人单笔高水位法（扣减净值）", "en": "by lot, unit value cut"}
    register: ClassVar = _SeriesRegister

    kind: Literal["lot_value"] = "lot_value"

    def open(self, terms: FundTerms) -> Register:
        """Return an empty register."""
        return self.register.under(terms, rolls_up=False)
