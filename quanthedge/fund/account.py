"""The account of a fund that has one mark for all: units, investors' flows, fees and unit value.

Each unit bears the same fee and has the same value, so an investor who joins below the mark pays
no fee until the mark is reached, and one who joins above it does not pay for what came before.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from quanthedge.errors import LedgerError
from quanthedge.fund.day_counts import exact_fee_years
from quanthedge.fund.methods.register import units_bought
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import Number, exact, performance_fee, round_half_up, unit_value

__all__ = ["FundAccount"]

_COLUMNS = [
    "event",
    "investor",
    "unit_value_before_fee",
    "mark_before",
    "cash_yuan",
    "fee_yuan",
    "units_change",
    "units",
    "unit_value",
    "mark",
    "assets_yuan",
]


class FundAccount:
    """Assets, units and high-water mark of one fund, in exact decimals.

    Parameters
    ----------
    terms
        What the fund charges.

    Notes
    -----
    Cash is to the cent and units to 2 decimals, rounded half up; what rounding leaves over stays
    in the fund (:attr:`residue`) and belongs to those who stay.

    Examples
    --------
    >>> account = FundAccount(FundTerms())
    >>> account.subscribe("A", 1_000_000)
    Decimal('1000000.00')
    >>> account.revalue(1_200_000)
    Decimal('0.00')
    >>> account.crystallise(), account.unit_value, account.mark
    (Decimal('50000.00'), Decimal('1.1500'), Decimal('1.1500'))
    """

    def __init__(self, terms: FundTerms) -> None:
        self.terms = terms
        self.assets = Decimal("0.00")
        self.holdings: dict[str, Decimal] = {}
        start = round_half_up(exact(terms.initial_unit_value), terms.unit_value_decimals)
        self.mark = start
        self._last_value = start
        self._events: list[dict[str, object]] = []

    @property
    def units(self) -> Decimal:
        """Units outstanding."""
        return sum(self.holdings.values(), Decimal("0.00"))

    @property
    def unit_value(self) -> Decimal:
        """Value of a unit; while there is none, the last one known."""
        if self.units > 0:
            return unit_value(self.assets, self.units, self.terms.unit_value_decimals)
        return self._last_value

    @property
    def residue(self) -> Decimal:
        """Assets less units times unit value: what rounding has left in the fund (or lacks)."""
        return self.assets - self.units * self.unit_value

    def subscribe(self, investor: str, cash_yuan: Number) -> Decimal:
        """Take an investor's cash and return the units that it buys at today's unit value."""
        cash = round_half_up(exact(cash_yuan), 2)
        price = self.unit_value
        if cash <= 0 or price <= 0:
            raise LedgerError(
                f"{investor} subscribes {cash_yuan} yuan at a unit value of {price}: both must be "
                "above 0"
            )
        bought = units_bought(investor, cash, Fraction(price))
        self.assets += cash
        self.holdings[investor] = self.holdings.get(investor, Decimal("0.00")) + bought
        self._record("subscribe", investor=investor, cash=cash, units=bought)
        return bought

    def redeem(self, investor: str, units: Number) -> Decimal:
        """Cancel an investor's units and return the cash paid out.

        No fee is due on the way out: the unit value is already after the fees charged so far.
        """
        sold = exact(units)
        held = self.holdings.get(investor, Decimal("0.00"))
        if not 0 < sold <= held or sold != round_half_up(sold, 2):
            raise LedgerError(
                f"{investor} redeems {units} units and holds {held}; accepted: above 0, at most "
                "the holding, 2 decimals"
            )
        price = self.unit_value
        cash = min(round_half_up(sold * price, 2), self.assets)
        self._last_value = price
        self.assets -= cash
        self.holdings[investor] = held - sold
        self._record("redeem", investor=investor, cash=-cash, units=-sold)
        return cash

    def revalue(
        self,
        assets_yuan: Number,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Decimal:
        """Take the assets at a close, charge the running fees, and return them.

        Parameters
        ----------
        assets_yuan
            Value of what the fund owns, before the fees of these days.
        since, until
            The last close and this one. Management and custody fees of the calendar days after
            ``since`` up to ``until``, each to the cent, are charged on the assets of the last
            close, over the days of the year. None: no fees.
        """
        years = Fraction(0)
        if since is not None and until is not None:
            years = exact_fee_years(np.datetime64(since, "D"), np.datetime64(until, "D"))
        fees = sum(
            (
                round_half_up(Fraction(self.assets) * Fraction(exact(rate)) * years, 2)
                for rate in (self.terms.management_fee_per_year, self.terms.custody_fee_per_year)
            ),
            Decimal("0.00"),
        )
        left = round_half_up(exact(assets_yuan), 2) - fees
        if left <= 0 or years < 0:
            raise LedgerError(
                f"assets of {assets_yuan} yuan, {fees} of fees, {since} to {until}: the fund is "
                "insolvent or the days run backwards"
            )
        self.assets = left
        self._record("revalue", fee=fees)
        return fees

    def crystallise(self) -> Decimal:
        """Charge the performance fee that is due, move the mark, and return the fee.

        Notes
        -----
        ``fee = rate * (unit value - mark) * units``. The mark then becomes the unit value after
        the fee or before it, as the terms say, and never falls.
        """
        if self.units == 0:
            return Decimal("0.00")
        before, mark = self.unit_value, self.mark
        fee = performance_fee(before, mark, self.units, self.terms.performance_fee_rate)
        self.assets -= fee
        after = before if self.terms.high_water_mark == "pre_fee" else self.unit_value
        if before > mark:
            self.mark = max(mark, after)
        self._record("fee date", fee=fee, before=before, mark=mark)
        return fee

    def history(self) -> pd.DataFrame:
        """Return what happened, one line an event, in exact decimals."""
        return pd.DataFrame(self._events, columns=_COLUMNS)

    def _record(
        self,
        event: str,
        *,
        investor: str = "",
        cash: Decimal = Decimal(0),
        fee: Decimal = Decimal(0),
        units: Decimal = Decimal(0),
        before: Decimal | None = None,
        mark: Decimal | None = None,
    ) -> None:
        line = (
            event,
            investor,
            self.unit_value if before is None else before,
            self.mark if mark is None else mark,
            cash,
            fee,
            units,
            self.units,
            self.unit_value,
            self.mark,
            self.assets,
        )
        self._events.append(dict(zip(_COLUMNS, line, strict=True)))
