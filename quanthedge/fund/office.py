"""The fund's office: runs the ledger from one event of its investors to the next.

Between events the compiled ledger runs alone. At the close of an event day the office takes the
fund's value from it, charges performance fees by the fund's method, and notes subscriptions and
redemptions, which the ledger books before the next open at the unit value of that close. A client's
decision at the close of day t uses unit values published up to t - 1.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.fund.clients import Clients
from quanthedge.fund.daily import DailyValues, class_values_without_clients
from quanthedge.fund.desk import (
    EVENT_COLUMNS,
    Moved,
    Office,
    bases,
    class_assets,
    investors_of,
    net_assets,
    note,
)
from quanthedge.fund.methods import open_book
from quanthedge.fund.orders import distribute, redeem_all, subscribe_all
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.valuation import accrued_at_open, value_days
from quanthedge.fund.values import exact, round_half_up
from quanthedge.fund.winding_up import last_business_day, nothing_left, pay_out
from quanthedge.ledger import LedgerInputs, LedgerRecord, LedgerState, layout, run_ledger
from quanthedge.typing import Days

__all__ = ["FundRun", "opening_days", "run_fund"]

VALUE_COLUMNS = ["date", "investor", "share_class", "before_yuan", "after_yuan"]
LOT_COLUMNS = [
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
            pd.DataFrame(columns=LOT_COLUMNS),
            class_values_without_clients(record, dates),
            DailyValues().investors(dates),
            0,
        )


def run_fund(
    inputs: LedgerInputs,
    clients: Clients,
    terms: FundTerms,
    dates: Days,
    fee_days: Any,
    hurdle: NDArray[np.float64] | None = None,
) -> FundRun:
    """Run the ledger with investors who come and go.

    Parameters
    ----------
    inputs : LedgerInputs
        Its performance fee must be off (the books charge it). It is left as it is: the flows of
        this run are booked in arrays of its own, so that the same inputs can be run again.
    clients : Clients
    terms : FundTerms
    dates : datetime64 [T]
        Trading days of the span.
    fee_days : bool [T]
        Crystallisation dates.
    hurdle : float64 [T], optional
        What a yuan has become by the hurdle at each close; see :func:`hurdle_path`.

    Raises
    ------
    StrategyError
        When a flow lies outside the span or after the last day of business, a redemption is larger
        than the holding, or the last investor leaves.
    """
    dates = np.asarray(dates, dtype="datetime64[D]")
    inputs = _with_own_flows(inputs)
    office = _opened(inputs, clients, terms, dates)
    office.hurdle = hurdle
    ledger = np.zeros((dates.size, len(layout.COLUMNS)))
    at = 0
    insolvent: int | None = None
    event = office.opening | np.asarray(fee_days) | np.isin(dates, _distribution_days(clients))
    last = last_business_day(terms, dates)
    if last is not None:
        event[last:] = True
        office.opening[last + 1 :] = False
    event[-1] = True
    final = dates.size if last is None else last + 1
    orders = _by_day(clients, dates, office.opening, final)
    for t in np.flatnonzero(event).tolist():
        piece = run_ledger(inputs, office.state, at, t + 1)
        office.pieces.append(piece)
        stop = piece.days_run
        ledger[at:stop] = piece.ledger[at:stop]
        value_days(office, ledger, at, stop)
        accrued_at_open(office, ledger, at, stop)
        _advance(office, stop - 1)
        insolvent = piece.insolvent_day
        if insolvent is not None:
            _lapse(office, stop - 1, orders)
            break
        at = t + 1
        ends = last is not None and t > last and nothing_left(office.state)
        _close(office, ledger, t, bool(fee_days[t]) or ends, orders.get(t, []), ends=ends)
        if ends:
            break
    return _fund_run(office, ledger, insolvent)


def _with_own_flows(inputs: LedgerInputs) -> LedgerInputs:
    """Return the inputs with copies of the arrays that investors' money is booked in."""
    fund = inputs.fund
    return inputs._replace(
        fund=fund._replace(
            subscribed=fund.subscribed.copy(),
            redeemed=fund.redeemed.copy(),
            distributed=fund.distributed.copy(),
            paid_out=fund.paid_out.copy(),
            units_change=fund.units_change.copy(),
            service_change=fund.service_change.copy(),
        )
    )


def _opened(inputs: LedgerInputs, clients: Clients, terms: FundTerms, dates: Days) -> Office:
    """Return the office on the first morning: the founders hold the capital."""
    capital = exact(inputs.settings.capital_yuan)
    state = LedgerState.opening(inputs)
    books = {name: open_book(clients.method, terms) for name in ("A", "C")}
    opening = opening_days(clients.opening, dates)
    office = Office(clients, terms, inputs, dates, state, books, opening)
    own, left = clients.founders_class, round_half_up(Fraction(capital), 2)
    for k, (name, fraction) in enumerate(clients.founders.items()):
        last = k == len(clients.founders) - 1
        cash = left if last else round_half_up(Fraction(capital) * Fraction(exact(fraction)), 2)
        left -= cash
        if cash <= 0 or books[own].units_for(cash) <= 0:
            raise StrategyError(
                f"clients: founder {name} pays {cash} yuan of {capital} for class {own}: less than "
                f"a cent, or than a hundredth of a unit at {books[own].unit_value()}"
            )
        units = books[own].subscribe(name, cash)
        office.bought[name, own] = [(0, units)]
        note(office, 0, name, own, "founder", units, books[own].unit_value(), cash)
        line = (dates[0], name, own, 0.0, float(cash))
        office.values.append(dict(zip(VALUE_COLUMNS, line, strict=True)))
    total = books["A"].units + books["C"].units
    state.scalars[layout.UNITS] = float(total)
    if own == "C":
        state.scalars[layout.SERVICE_BASE] = inputs.settings.capital_yuan
    books[own].revalue(Fraction(capital))
    office.peak = float(books[own].unit_value())
    return office


def opening_days(opening: str, dates: Days) -> NDArray[np.bool_]:
    """Return the opening days: the last trading day of each period; not the run's last day.

    Parameters
    ----------
    opening : {"day", "week", "month", "quarter"}
    dates : datetime64 [T]
        Trading days of the run.
    """
    if opening == "day":
        found = np.ones(dates.size, dtype=np.bool_)
    elif opening == "week":
        week = (dates.astype(np.int64) + 3) // 7
        found = np.append(week[1:] != week[:-1], False)
    else:
        months = dates.astype("datetime64[M]").astype(np.int64)
        period = months // 3 if opening == "quarter" else months
        found = np.append(period[1:] != period[:-1], False)
    found[-1] = False  # what is asked for on the last day would be booked after the run
    return found


def _distribution_days(clients: Clients) -> NDArray[np.datetime64]:
    return np.array([one.date for one in clients.distributions], dtype="datetime64[D]")


def _by_day(
    clients: Clients, dates: Days, opening: NDArray[np.bool_], last: int
) -> dict[int, list[Any]]:
    """Return the flows by the opening day on which they are done, up to ``last`` of business."""
    days = np.flatnonzero(opening)
    found: dict[int, list[Any]] = {}
    for one in clients.distributions:
        at = int(np.searchsorted(dates, np.datetime64(one.date, "D")))
        if at >= min(last, dates.size - 1) or dates[at] != np.datetime64(one.date, "D"):
            raise StrategyError(
                f"clients: distribution of {one.date}: not a trading day of the run before its "
                "last, or the last day of business"
            )
    for flow in clients.flows:
        asked = np.datetime64(flow.date, "D")
        later = days[dates[days] >= asked]
        if asked < dates[0] or not later.size:
            raise StrategyError(
                f"clients: flow of {flow.investor} on {flow.date}: no opening day from then to the "
                f"end of the run or the last day of business ({dates[0]} to {dates[-1]}, opening "
                f"each {clients.opening})"
            )
        found.setdefault(int(later[0]), []).append(flow)
    return found


def _lapse(office: Office, t: int, orders: dict[int, list[Any]]) -> None:
    """Note as refused what was ordered for days that an insolvent fund does not see."""
    nothing = Decimal(0)
    for day in sorted(one for one in orders if one >= t):
        for flow in orders[day]:
            value = office.books[flow.share_class].unit_value()
            note(
                office, t, flow.investor, flow.share_class, "refused", nothing, value, nothing,
                reason="insolvent",
            )  # fmt: skip
    for one in office.clients.distributions:
        if np.datetime64(one.date, "D") >= office.dates[t]:
            for name, book in office.books.items():
                if book.units:
                    note(
                        office, t, "fund", name, "refused", nothing, book.unit_value(), nothing,
                        reason="insolvent",
                    )  # fmt: skip


def _advance(office: Office, t: int) -> None:
    """Let the hurdle of all books grow to day t."""
    if office.hurdle is not None:
        for book in office.books.values():
            book.advance(Fraction(float(office.hurdle[t])))


def _close(
    office: Office,
    ledger: NDArray[np.float64],
    t: int,
    fee_day: bool,
    flows: list[Any],
    *,
    ends: bool,
) -> None:
    """Do the events of a close: fee, distribution, orders, the end of the fund."""
    state, row = office.state.scalars, ledger[t]
    for name, assets in class_assets(office).items():
        office.books[name].revalue(assets)
    _note_values(office, t)
    if fee_day:
        _charge(office, ledger, t)
    moved = Moved()
    for one in office.clients.distributions:
        if np.datetime64(one.date, "D") == office.dates[t]:
            distribute(office, t, one, moved)
    if office.opening[t]:
        subscribe_all(office, t, [f for f in flows if f.subscribe_yuan is not None], moved)
        redeem_all(office, t, [f for f in flows if f.subscribe_yuan is None], moved)
    if ends:
        _book_fees(office, row, pay_out(office, t))
    total = float(office.books["A"].units + office.books["C"].units)
    changed = moved.any() or total != float(state[layout.UNITS])
    if fee_day or changed:
        _note_after(office, t)
    if changed and t + 1 < office.dates.size:
        _book_flows(office, t, moved, total)


def _book_flows(office: Office, t: int, moved: Moved, total: float) -> None:
    """Give the ledger the flows of a close, which it books before the next open."""
    state, fund = office.state.scalars, office.inputs.fund
    fund.subscribed[t + 1] += moved.subscribed
    fund.redeemed[t + 1] += moved.redeemed
    fund.distributed[t + 1] += moved.distributed
    service = moved.service
    base, net = state[layout.SERVICE_BASE], moved.subscribed - moved.redeemed
    if not office.books["C"].units:
        service = -base  # what rounding has left of a class belongs to the other
    elif not office.books["A"].units:
        service = net_assets(office) + net - moved.distributed - base
    due = t + 1 + office.clients.payment_days
    if due < office.dates.size:
        fund.paid_out[due] += moved.redeemed + moved.distributed
    fund.units_change[t + 1] += total - float(state[layout.UNITS])
    fund.service_change[t + 1] += service


def _charge(office: Office, ledger: NDArray[np.float64], t: int) -> None:
    """Charge the performance fee of a fee date and book it in the ledger's row and state."""
    total: dict[str, Decimal] = {}
    for name, book in office.books.items():
        if book.units == 0:
            continue
        before = {one: book.holding(one) for one in investors_of(office, name)}
        lines = book.lots()
        charges = book.crystallise()
        total[name] = sum((charge.fee for charge in charges), Decimal(0))
        for charge, basis in zip(charges, bases(lines, charges), strict=True):
            if charge.fee or charge.units_change:
                note(
                    office, t, charge.investor, name, "performance_fee", charge.units_change,
                    book.unit_value(), Decimal(0), charge.fee, basis=basis,
                )  # fmt: skip
        for one, units in before.items():
            if units > 0 and book.holding(one) != units:
                _follow_lots(office, one, name, units)
    _book_fees(office, ledger[t], total)
    state = office.state.scalars
    state[layout.UNITS] = float(office.books["A"].units + office.books["C"].units)
    ledger[t, layout.UNITS_] = state[layout.UNITS]
    office.daily.drop(t)
    value_days(office, ledger, t, t + 1)


def _book_fees(office: Office, row: NDArray[np.float64], fees: dict[str, Decimal]) -> None:
    """Book performance fees of a close, by class, as payable in the ledger's row and state."""
    state = office.state.scalars
    total = float(sum(fees.values(), Decimal(0)))
    state[layout.SERVICE_BASE] -= float(fees.get("C", 0))
    state[layout.PAYABLE] += total
    state[layout.EQUITY] -= total
    row[layout.PERFORMANCE_] += total
    row[layout.ACCRUED_] = 0.0  # what units that stay then owe is reckoned after it
    row[layout.PAYABLE_] = state[layout.PAYABLE]
    row[layout.EQUITY_] = net_assets(office)


def _follow_lots(office: Office, investor: str, share_class: str, before: Decimal) -> None:
    """Let the dated units of an investor follow the lots that a fee has cut or given to.

    Where series have rolled up, lots of several days are one: the days then keep their parts.
    """
    key, book = (investor, share_class), office.books[share_class]
    now = [exact(str(one["units"])) for one in book.lots() if one["investor"] == investor]
    dated = office.bought[key]
    if len(now) == len(dated):
        office.bought[key] = [(day, units) for (day, _), units in zip(dated, now, strict=True)]
        return
    factor = Fraction(book.holding(investor)) / Fraction(before)
    office.bought[key] = [(day, round_half_up(Fraction(n) * factor, 6)) for day, n in dated]


def _note_values(office: Office, t: int) -> None:
    """Note what each investor would get before anything is done at the close of day t."""
    worth = office.daily.worth_at(t)
    for key in office.bought:
        line = (office.dates[t], *key, worth.get(key, 0.0), worth.get(key, 0.0))
        office.values.append(dict(zip(VALUE_COLUMNS, line, strict=True)))


def _note_after(office: Office, t: int) -> None:
    """Note what each investor would get after fee, dividend and orders of the close."""
    known = {
        (line["investor"], line["share_class"]): line
        for line in office.values[-len(office.bought) :]
        if line["date"] == office.dates[t] and line["before_yuan"] > 0
    }
    for investor, name in office.bought:
        value = float(office.books[name].value_if_redeemed(investor))
        if (investor, name) in known:
            known[investor, name]["after_yuan"] = value
        else:
            line = (office.dates[t], investor, name, 0.0, value)
            office.values.append(dict(zip(VALUE_COLUMNS, line, strict=True)))


def _late_days(office: Office, ledger: NDArray[np.float64], days: int) -> int:
    """Return the number of closes at which investors were owed more than was not due yet."""
    fund = office.inputs.fund
    not_due = np.cumsum(fund.redeemed + fund.distributed - fund.paid_out)[:days]
    return int((ledger[:days, layout.OWED_] > not_due + 0.01).sum())


def _fund_run(office: Office, ledger: NDArray[np.float64], insolvent: int | None) -> FundRun:
    """Put the pieces together."""
    pieces = office.pieces
    joined = {
        name: np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("trades", "refusals", "positions", "contracts", "restated")
    }
    record = LedgerRecord(
        ledger=ledger,
        days_run=pieces[-1].days_run,
        insolvent_day=insolvent,
        state=office.state,
        **joined,
    )
    lots = [
        {**line, "share_class": name} for name, book in office.books.items() for line in book.lots()
    ]
    frame = pd.DataFrame(lots, columns=LOT_COLUMNS)
    numbers = [c for c in LOT_COLUMNS if c not in ("investor", "share_class")]
    frame[numbers] = frame[numbers].astype(np.float64)
    return FundRun(
        record,
        _dated(office.events, EVENT_COLUMNS),
        _dated(office.values, VALUE_COLUMNS),
        frame,
        office.daily.classes(office.dates),
        office.daily.investors(office.dates),
        _late_days(office, ledger, pieces[-1].days_run),
    )


def _dated(lines: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=columns)
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[ms]")
    for name in ("investor", "share_class", "event", "reason"):
        if name in frame:
            frame[name] = frame[name].astype("str")
    return frame
