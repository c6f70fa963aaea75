"""A fund's run: the ledger goes from one event of the investors to the next.

Between events the compiled ledger runs alone. At the close of an event day the fund's value is
taken from it, performance fees are charged by the fund's method, and subscriptions and redemptions
noted, which the ledger books before the next open at the unit value of that close. A client's
decision at the close of day t uses unit values published up to t - 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.fund.clients import Clients
from quanthedge.fund.closes import close_day, lapse
from quanthedge.fund.daily import DailyValues, class_values_without_clients
from quanthedge.fund.dealing_days import distribution_days, flows_by_day, opening_days
from quanthedge.fund.running import (
    EVENT_COLUMNS,
    VALUE_COLUMNS,
    RunningFund,
    note,
    note_value,
    total_units,
)
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.valuation import value_days, value_opens
from quanthedge.fund.values import cents, exact
from quanthedge.ledger import (
    FundBook,
    LedgerInputs,
    LedgerRecord,
    Reign,
    run_ledger,
)
from quanthedge.typing import Bools, Days, Floats

__all__ = ["FundRun"]

_LOT_COLUMNS = [
    "investor", "share_class", "units", "cost", "mark", "threshold", "paid_in", "unit_value",
    "value",
]  # fmt: skip


@dataclass(frozen=True)
class FundRun:
    """The ledger's record, and what happened to the investors.

    Attributes
    ----------
    record : LedgerRecord
    events : DataFrame
        One line for each subscription, redemption, fee, distribution or refusal of an investor.
    values : DataFrame
        What each investor would have got on each event day, before and after its flows.
    lots : DataFrame
        Lots at the end, with mark and value.
    class_values : DataFrame
        Each class of units at every close; see :mod:`quanthedge.fund.daily`.
    investor_days : DataFrame
        What each investor would get if he left, and his accrued fee, at every close.
    late_days : int
        Days on which redemptions stood unpaid after they were due.
    """

    record: LedgerRecord
    events: pd.DataFrame
    values: pd.DataFrame
    lots: pd.DataFrame
    class_values: pd.DataFrame
    investor_days: pd.DataFrame
    late_days: int

    @classmethod
    def without_clients(cls, record: LedgerRecord, dates: Days) -> "FundRun":
        """Return the run of a fund whose investors neither come nor go; ``dates`` as [T]."""
        return cls(
            record,
            _dated([], EVENT_COLUMNS),
            _dated([], VALUE_COLUMNS),
            pd.DataFrame(columns=_LOT_COLUMNS),
            class_values_without_clients(record, dates),
            DailyValues().investors(dates),
            0,
        )

    @classmethod
    def of(
        cls,
        inputs: LedgerInputs,
        clients: Clients,
        terms: FundTerms,
        dates: Days,
        fee_days: Bools,
        hurdle: Floats | None = None,
        reigns: Sequence[Reign] = (),
    ) -> "FundRun":
        """Run the ledger with investors who come and go.

        Parameters
        ----------
        inputs : LedgerInputs
            Its performance fee must be off (the registers charge it). It is left as it is: the
            flows of this run are booked in arrays of its own, so that the same inputs can be run
            again.
        clients : Clients
        terms : FundTerms
        dates : datetime64 [T]
            Trading days of the span.
        fee_days : bool [T]
            Crystallisation dates.
        hurdle : float64 [T], optional
            What a yuan has become by the hurdle at each close; see :meth:`Hurdle.path`.
        reigns : sequence of (first day, LedgerInputs)
            What rules from a day on: see :func:`quanthedge.ledger.run_ledger`.

        Raises
        ------
        StrategyError
            When a flow lies outside the span or after the last day of business, a redemption is
            larger than the holding, or the last investor leaves.
        """
        fund = _opened(inputs, clients, terms, np.asarray(dates, dtype="datetime64[D]"), hurdle)
        fund.reigns = reigns
        last = terms.last_business_day(fund.dates)
        final = fund.dates.size if last is None else last + 1
        event = fund.opening | np.asarray(fee_days)
        event[final - 1 :] = True
        fund.opening[final:] = False
        event |= distribution_days(clients.distributions, fund.dates, final)
        orders = flows_by_day(clients, fund.dates, fund.opening)
        at = 0
        for t in np.flatnonzero(event).tolist():
            piece = _run_to(fund, at, t + 1)
            if piece.insolvent_day is not None:
                lapse(fund, piece.days_run - 1, orders)
                break
            at = t + 1
            ends = last is not None and t > last and fund.book.holds_nothing
            close_day(fund, t, orders.get(t, []), fee_day=bool(fee_days[t]) or ends, ends=ends)
            if ends:
                break
        return _fund_run(fund)


def _opened(
    inputs: LedgerInputs, clients: Clients, terms: FundTerms, dates: Days, hurdle: Floats | None
) -> RunningFund:
    """Return the fund on the first morning: the founders hold the capital."""
    capital = exact(inputs.settings.capital_yuan)
    fund = RunningFund(
        clients=clients,
        terms=terms,
        book=FundBook.opened(inputs),
        dates=dates,
        registers={name: clients.method.open(terms) for name in ("A", "C")},
        opening=opening_days(clients.opening, dates),
        hurdle=hurdle,
    )
    _found(fund, capital)
    own = clients.founders_class
    fund.book.open_units(float(total_units(fund)), float(capital) if own == "C" else 0.0)
    register = fund.registers[own]
    register.revalue(Fraction(capital))
    fund.peak = float(register.unit_value())
    return fund


def _found(fund: RunningFund, capital: Decimal) -> None:
    """Let the founders buy their units."""
    clients, left = fund.clients, cents(capital)
    own = clients.founders_class
    register = fund.registers[own]
    for k, (name, fraction) in enumerate(clients.founders.items()):
        last = k == len(clients.founders) - 1
        cash = left if last else cents(Fraction(capital) * Fraction(exact(fraction)))
        left -= cash
        if cash <= 0 or register.units_for(cash) <= 0:
            raise StrategyError(
                f"clients: founder {name} pays {cash} yuan of {capital} for class {own}: less than "
                f"a cent, or than a hundredth of a unit at {register.unit_value()}"
            )
        units = register.subscribe(name, cash)
        fund.bought[name, own] = [(0, units)]
        note(fund, 0, name, own, "founder", units, register.unit_value(), cash)
        note_value(fund, 0, name, own, 0.0, float(cash))


def _run_to(fund: RunningFund, at: int, stop: int) -> LedgerRecord:
    """Let the ledger run over the days ``at .. stop - 1`` and value them."""
    piece = run_ledger(fund.book.inputs, fund.book.state, at, stop, fund.reigns)
    fund.pieces.append(piece)
    fund.book.take_rows(piece, at)
    value_days(fund, at, piece.days_run)
    value_opens(fund, at, piece.days_run)
    if fund.hurdle is not None:
        for register in fund.registers.values():
            register.advance(Fraction(float(fund.hurdle[piece.days_run - 1])))
    return piece


def _fund_run(fund: RunningFund) -> FundRun:
    """Put the pieces together."""
    record = LedgerRecord.joined(fund.pieces, fund.book.rows)
    return FundRun(
        record,
        _dated(fund.events, EVENT_COLUMNS),
        _dated(fund.values, VALUE_COLUMNS),
        _lots(fund),
        fund.daily.classes(fund.dates),
        fund.daily.investors(fund.dates),
        fund.book.days_owing(record.days_run),
    )


def _lots(fund: RunningFund) -> pd.DataFrame:
    """Return the lots of both classes at the end."""
    lots = [
        {**line, "share_class": name}
        for name, register in fund.registers.items()
        for line in register.lots()
    ]
    frame = pd.DataFrame(lots, columns=_LOT_COLUMNS)
    numbers = [c for c in _LOT_COLUMNS if c not in ("investor", "share_class")]
    frame[numbers] = frame[numbers].astype(np.float64)
    return frame


def _dated(lines: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=columns)
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[ms]")
    for name in ("investor", "share_class", "event", "reason"):
        if name in frame:
            frame[name] = frame[name].astype("str")
    return frame
