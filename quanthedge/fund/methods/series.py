"""Series accounting: each day of subscription is a little fund of its own, with its own mark."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from quanthedge.errors import LedgerError
from quanthedge.fund.methods.hurdle import (
    Hurdle,
    Rising,
    due_per_unit,
    ex_dividend,
    rising,
)
from quanthedge.fund.methods.register import (
    FEE_OF_DIVIDEND,
    Charge,
    Payout,
    cents,
    dividend_of,
    split,
    units_bought,
)
from quanthedge.fund.values import Number, exact, round_half_up

__all__ = ["Series", "SeriesFund"]

DECIMALS = 6  # of the value of a unit of a series


@dataclass
class Series:
    """One series: its holders' units, its assets, its mark, and what the hurdle asks above it."""

    name: str
    holders: dict[str, Decimal]
    assets: Fraction
    mark: Decimal
    threshold: Rising

    @property
    def units(self) -> Decimal:
        """Units of all holders."""
        return sum(self.holders.values(), Decimal(0))

    def unit_value(self) -> Decimal:
        """Return the value of a unit, six decimals half up."""
        return round_half_up(self.assets / Fraction(self.units), DECIMALS)


@dataclass
class SeriesFund:
    """A fund kept in series; after a fee date, those at their marks roll up into the first.

    Attributes
    ----------
    series : list of Series
    charges : list of Charge
        ``investor`` is the name of the series.
    hurdle : Hurdle or None
    grown : Fraction
        Level of the hurdle today.
    """

    rate: Number = "0.25"
    initial_unit_value: Number = 1
    hurdle: Hurdle | None = None
    grown: Fraction = Fraction(1)
    series: list[Series] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    opened: int = 0

    def subscribe(self, subscriptions: dict[str, Number]) -> Series:
        """Open a series for the subscriptions of a day, at the initial unit value."""
        money = {name: exact(cash) for name, cash in subscriptions.items()}
        if not money or min(money.values()) <= 0:
            raise LedgerError(f"subscriptions {subscriptions}; accepted: amounts above 0")
        total = Fraction(sum(money.values(), Decimal(0)))
        start = exact(self.initial_unit_value)
        units = {name: units_bought(name, cash, Fraction(start)) for name, cash in money.items()}
        mark = round_half_up(start, DECIMALS)
        self.opened += 1
        begin = rising(self.hurdle, Fraction(mark), self.grown)
        one = Series(f"S{self.opened}", units, total, mark, begin)
        self.series.append(one)
        return one

    def grow(self, factor: Number | Fraction) -> None:
        """Let the investments turn a yuan into ``factor`` yuan."""
        growth = factor if isinstance(factor, Fraction) else Fraction(exact(factor))
        for one in self.series:
            one.assets *= growth

    def crystallise(self) -> list[Charge]:
        """Charge each series on its gain above its own mark."""
        made = []
        for one in self.series:
            fee = self.fee(one, one.units)
            one.assets -= Fraction(fee)
            if fee:
                self._restart(one, one.unit_value())
            made.append(Charge(one.name, fee))
        self.charges += made
        return made

    def distribute(self, per_unit: Number) -> list[Payout]:
        """Pay the same dividend on a unit of every series; the fee due is taken from it.

        Returns
        -------
        list of Payout
            One for each holder of each series, at most 60% of each series' dividend kept back. What
            that leaves owing lowers the mark of the series, so that it is due later.
        """
        made = []
        for one in self.series:
            dividend, units = dividend_of(per_unit, one.unit_value()), one.units
            paid = {name: cents(Fraction(dividend * held)) for name, held in one.holders.items()}
            gross, due = sum(paid.values(), Decimal(0)), self.fee(one, units)
            fee = min(due, cents(Fraction(gross) * FEE_OF_DIVIDEND))
            one.assets -= Fraction(gross)
            if due:
                owing = Fraction(due - fee) / (Fraction(exact(self.rate)) * Fraction(units))
                ex = Fraction(one.unit_value()) - owing
                self._restart(one, round_half_up(ex, DECIMALS))
            else:
                ex, line = ex_dividend(
                    self.hurdle, Fraction(one.mark), one.threshold, self.grown, Fraction(dividend)
                )
                one.mark = round_half_up(ex, DECIMALS)
                one.threshold = line.scaled(Fraction(one.mark) / ex) if ex else line
            if fee:
                self.charges.append(Charge(one.name, fee))
            fees = split(fee, one.holders)
            made += [
                Payout(name, held, paid[name] - fees[name], fees[name])
                for name, held in one.holders.items()
                if held > 0
            ]
        return made

    def _restart(self, one: Series, mark: Decimal) -> None:
        """Set the mark of a series; the hurdle grows from today."""
        one.mark, one.threshold = mark, rising(self.hurdle, Fraction(mark), self.grown)

    def fee(self, one: Series, units: Decimal) -> Decimal:
        """Return the fee due today on units of a series, to the cent."""
        value, mark = Fraction(one.unit_value()), Fraction(one.mark)
        threshold = max(mark, one.threshold.at(self.grown))
        rate = Fraction(exact(self.rate))
        return cents(due_per_unit(value, mark, threshold, rate, self.hurdle) * Fraction(units))

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
        for one in [
            s
            for s in self.series[1:]
            if s.unit_value() == s.mark
            and s.threshold.scaled(1 / Fraction(s.mark))
            == first.threshold.scaled(1 / Fraction(first.mark))
        ]:
            for investor, units in one.holders.items():
                worth = one.assets * Fraction(units) / Fraction(one.units)
                new = round_half_up(worth / value, 2)
                first.holders[investor] = first.holders.get(investor, Decimal(0)) + new
                made[investor] = made.get(investor, Decimal(0)) + new
            first.assets += one.assets
            self.series.remove(one)
        return made

    def value(self, investor: str) -> Decimal:
        """Return what an investor's units are worth, to the cent."""
        total = Fraction(0)
        for one in self.series:
            if investor in one.holders:
                total += one.assets * Fraction(one.holders[investor]) / Fraction(one.units)
        return cents(total)
