"""Every method of charging the performance fee behind one door, so that a backtest can drive it.

The ledger says what the fund is worth at a close; a book turns that into unit values, fees and
payments of its investors, in exact decimals.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from quanthedge.errors import LedgerError, StrategyError
from quanthedge.fund.investors import (
    Charge,
    EqualisedFund,
    LotMark,
    Payout,
    PooledMark,
    Register,
    SeriesFund,
    WholeFund,
)
from quanthedge.fund.investors.register import cents
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import exact, round_half_up

__all__ = ["Book", "LotLine", "Method", "open_book"]

Method = Literal[
    "whole_fund", "whole_fund_and_redemption", "lot_units", "lot_value", "investor", "series",
    "equalisation",
]  # fmt: skip
LotLine = dict[str, object]
_WITH_HURDLE = ("whole_fund", "whole_fund_and_redemption", "lot_units")


class Book(Protocol):
    """The investors of one class of units."""

    @property
    def units(self) -> Decimal:
        """Units outstanding."""
        ...

    def unit_value(self) -> Decimal:
        """Return the published value of a unit, four decimals."""
        ...

    def revalue(self, assets: Fraction) -> None:
        """Take what the ledger says the class is worth, before performance fees not yet paid."""
        ...

    def advance(self, grown: Fraction) -> None:
        """Take what the hurdle has made of a yuan by today."""
        ...

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Let an investor buy units; return their number."""
        ...

    def redeem(self, investor: str, units: Decimal) -> Payout:
        """Cancel units, oldest lots first; cash to the investor and fee to the manager."""
        ...

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay a dividend on all units; what each gets, and the fee kept back from it."""
        ...

    def holding(self, investor: str) -> Decimal:
        """Units of an investor."""
        ...

    def crystallise(self) -> list[Charge]:
        """Charge the performance fee of a fee date."""
        ...

    def accrued(self) -> Decimal:
        """Fee that all investors together would pay if they left today, yuan."""
        ...

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Yuan that an investor would get today."""
        ...

    def lots(self) -> list[LotLine]:
        """Lots with investor, units, cost, mark and value, for a statement."""
        ...


def open_book(method: Method, terms: FundTerms) -> Book:
    """Return an empty book of a method under the terms of a fund."""
    rate, hurdle = exact(terms.performance_fee_rate), terms.hurdle
    start = exact(terms.initial_unit_value)
    if hurdle is not None and method not in _WITH_HURDLE:
        raise StrategyError(
            f"clients.method {method} knows no hurdle; accepted: {', '.join(_WITH_HURDLE)}"
        )
    if method in ("whole_fund", "whole_fund_and_redemption"):
        return RegisterBook(
            WholeFund(
                rate=rate,
                initial_unit_value=start,
                high_water_mark=terms.high_water_mark,
                at_redemption=method == "whole_fund_and_redemption",
                hurdle=hurdle,
            )
        )
    if method == "lot_units":
        return RegisterBook(LotMark(rate=rate, initial_unit_value=start, hurdle=hurdle))
    if method == "investor":
        return RegisterBook(PooledMark(rate=rate, initial_unit_value=start))
    if method in ("series", "lot_value"):
        return SeriesBook(SeriesFund(rate=rate), rolls_up=method == "series")
    return EqualisedBook(EqualisedFund(rate=rate, gross=Fraction(start), mark=Fraction(start)))


def _plain_dividend(
    per_unit: Decimal, holders: Mapping[str, Decimal], value: Decimal
) -> list[Payout]:
    """Return a dividend without a fee, to the cent."""
    if not 0 < per_unit < value:
        raise LedgerError(f"dividend of {per_unit} a unit worth {value}; accepted: below it")
    return [
        Payout(one, units, cents(Fraction(per_unit) * Fraction(units)), Decimal(0))
        for one, units in holders.items()
        if units > 0
    ]


def _together(payouts: list[Payout]) -> list[Payout]:
    """Return one payout for each investor."""
    found: dict[str, Payout] = {}
    for one in payouts:
        had = found.get(one.investor, Payout(one.investor, Decimal(0), Decimal(0), Decimal(0)))
        found[one.investor] = Payout(
            one.investor, had.units + one.units, had.cash + one.cash, had.fee + one.fee
        )
    return list(found.values())


class RegisterBook:
    """A register with one unit value for all."""

    def __init__(self, register: Register) -> None:
        self.register = register

    @property
    def units(self) -> Decimal:
        """Units outstanding."""
        return self.register.units

    def unit_value(self) -> Decimal:
        """Return assets over units."""
        return self.register.unit_value()

    def revalue(self, assets: Fraction) -> None:
        """Take the assets of the ledger."""
        self.register.assets = assets

    def advance(self, grown: Fraction) -> None:
        """Let the hurdle grow."""
        self.register.grown = grown

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Open a lot."""
        return self.register.subscribe(investor, cash).units

    def redeem(self, investor: str, units: Decimal) -> Payout:
        """Pay units back; under one mark for all, the fee accrued on them is due as they leave."""
        accrued = self._fund_fee(units)
        payout = self.register.redeem(investor, units)
        if accrued:
            self.register.charges.append(Charge(investor, accrued))
        return Payout(investor, units, payout.cash - accrued, payout.fee + accrued)

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay a dividend; by lot, the fee due is taken from it, at most 60% of it."""
        if isinstance(self.register, LotMark):
            return _together(self.register.distribute(per_unit))
        value, investors = self.unit_value(), {lot.investor: None for lot in self.register.lots}
        made = _plain_dividend(per_unit, {one: self.holding(one) for one in investors}, value)
        self.register.assets -= sum((Fraction(one.cash) for one in made), Fraction(0))
        self.register.after_dividend(per_unit)
        return made

    def holding(self, investor: str) -> Decimal:
        """Return the units of an investor."""
        own = (lot.units for lot in self.register.lots if lot.investor == investor)
        return sum(own, Decimal(0))

    def crystallise(self) -> list[Charge]:
        """Charge the fee of a fee date."""
        return self.register.crystallise()

    def accrued(self) -> Decimal:
        """Return what all would pay if they left today."""
        investors = dict.fromkeys(lot.investor for lot in self.register.lots)
        gross = Fraction(self.units) * Fraction(self.unit_value())
        kept = sum(
            (Fraction(self.register.value_if_redeemed(one)) for one in investors), Fraction()
        )
        return max(Decimal(0), cents(gross - kept)) + self._fund_fee(self.units)

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today; the fee accrued in the fund is taken off."""
        left = self.register.value_if_redeemed(investor) - self._fund_fee(self.holding(investor))
        return max(Decimal(0), left)

    def _fund_fee(self, units: Decimal) -> Decimal:
        """Return the fee that has accrued on units under one mark for all; 0 by other methods."""
        register = self.register
        if not isinstance(register, WholeFund) or not register.units:
            return Decimal(0)
        return register.gain_fee(register.unit_value(), register.mark, units, register.since)

    def lots(self) -> list[LotLine]:
        """Return the lots, oldest first."""
        value = self.register.unit_value()
        fund_mark = getattr(self.register, "mark", None)
        return [
            {
                "investor": lot.investor,
                "units": lot.units,
                "cost": lot.cost,
                "mark": lot.mark if fund_mark is None else fund_mark,
                "paid_in": lot.paid_in,
                "unit_value": value,
                "value": cents(Fraction(lot.units) * Fraction(value)),
            }
            for lot in self.register.lots
        ]


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
            return Decimal("1.0000")
        return round_half_up(Fraction(self.fund.series[0].unit_value()), 4)

    def revalue(self, assets: Fraction) -> None:
        """Let every series earn what the fund has earned."""
        before = sum((one.assets for one in self.fund.series), Fraction(0))
        if before > 0:
            self.fund.grow(assets / before)

    def advance(self, grown: Fraction) -> None:
        """Take no notice: series know no hurdle."""

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Open a series of the day; a unit costs one yuan."""
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
            fee += self._fee(one.unit_value(), one.mark, taken)
            one.assets -= part
            one.holders[investor] -= taken
            gross += part
            left -= taken
            if one.units == 0:
                self.fund.series.remove(one)
        if fee:
            self.fund.charges.append(Charge(investor, fee))
        return Payout(investor, units, cents(gross) - fee, fee)

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay the same dividend on the units of every series; marks fall by it."""
        made = []
        for one in self.fund.series:
            paid = _plain_dividend(per_unit, one.holders, one.unit_value())
            one.assets -= sum((Fraction(payout.cash) for payout in paid), Fraction(0))
            one.mark = max(Decimal("0.000001"), one.mark - per_unit)
            made += paid
        return _together(made)

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
            (self._fee(one.unit_value(), one.mark, one.units) for one in self.fund.series),
            Decimal(0),
        )

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return an investor's value less the fee of his units."""
        fee = sum(
            (
                self._fee(one.unit_value(), one.mark, one.holders[investor])
                for one in self.fund.series
                if investor in one.holders
            ),
            Decimal(0),
        )
        return self.fund.value(investor) - fee

    def lots(self) -> list[LotLine]:
        """Return each investor's units of each series."""
        return [
            {
                "investor": investor,
                "units": units,
                "cost": Decimal("1.000000"),
                "mark": one.mark,
                "paid_in": self._paid.get((one.name, investor), Decimal(0)),
                "unit_value": one.unit_value(),
                "value": cents(one.assets * Fraction(units) / Fraction(one.units)),
            }
            for one in self.fund.series
            for investor, units in one.holders.items()
            if units > 0
        ]

    def _fee(self, value: Decimal, mark: Decimal, units: Decimal) -> Decimal:
        gain = max(Fraction(0), Fraction(value) - Fraction(mark))
        return cents(gain * Fraction(units) * Fraction(exact(self.fund.rate)))


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
        """Take no notice: equalisation knows no hurdle."""

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
            cash += self._kept(lot.credit, lot.entry) * Fraction(taken)
            gross += self.fund.gross * Fraction(taken)
            lot.shares -= taken
            left -= taken
        self.fund.lots = [lot for lot in self.fund.lots if lot.shares > 0]
        fee = cents(gross) - cents(cash)
        if fee:
            self.fund.charges.append(Charge(investor, fee))
        return Payout(investor, units, cents(cash), fee)

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay a dividend on all shares; the marks fall by it."""
        investors = {lot.investor: None for lot in self.fund.lots}
        holders = {one: self.holding(one) for one in investors}
        made = _plain_dividend(per_unit, holders, self.unit_value())
        self.fund.gross -= Fraction(per_unit)
        self.fund.mark -= Fraction(per_unit)
        for lot in self.fund.lots:
            lot.entry -= Fraction(per_unit)
        return made

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
            kept = self._kept(lot.credit, lot.entry)
            total += (self.fund.gross - kept) * Fraction(lot.shares)
        return max(Decimal(0), cents(total))

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Return what an investor would get today."""
        own = (
            self._kept(lot.credit, lot.entry) * Fraction(lot.shares)
            for lot in self.fund.lots
            if lot.investor == investor
        )
        return cents(sum(own, Fraction(0)))

    def lots(self) -> list[LotLine]:
        """Return the lots, oldest first; the mark is the value up to which a lot has paid."""
        return [
            {
                "investor": lot.investor,
                "units": lot.shares,
                "cost": round_half_up(lot.entry, 4),
                "mark": round_half_up(max(lot.entry, self.fund.mark), 4),
                "paid_in": Decimal(0),
                "unit_value": self.unit_value(),
                "value": cents(
                    (self.fund.net + min(lot.credit, self.fund.accrued)) * Fraction(lot.shares)
                ),
            }
            for lot in self.fund.lots
        ]

    def _kept(self, credit: Fraction, entry: Fraction) -> Fraction:
        """Return what a share brings: net, credit back, less the contingent redemption."""
        fund = self.fund
        owed = Fraction(exact(fund.rate)) * max(Fraction(0), min(fund.gross, fund.mark) - entry)
        return fund.net + min(credit, fund.accrued) - owed
