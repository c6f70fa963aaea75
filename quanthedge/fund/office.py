"""The fund's office: runs the ledger from one event of its investors to the next.

Between events the compiled ledger runs alone. At the close of an event day the office takes the
fund's value from it, charges performance fees by the fund's method, and notes subscriptions and
redemptions, which the ledger books before the next open at the unit value of that close. A client's
decision at the close of day t uses unit values published up to t - 1.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.fund.books import Book, open_book
from quanthedge.fund.clients import Clients, tier_rate
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import exact, round_half_up
from quanthedge.ledger import LedgerInputs, LedgerRecord, LedgerState, layout, run_ledger

__all__ = ["FundRun", "run_fund"]

Days = NDArray[np.datetime64]
EVENT_COLUMNS = [
    "date", "investor", "share_class", "event", "units", "unit_value", "cash_yuan",
    "performance_fee_yuan", "entry_or_exit_fee_yuan", "reason",
]  # fmt: skip
VALUE_COLUMNS = ["date", "investor", "share_class", "before_yuan", "after_yuan"]
LOT_COLUMNS = [
    "investor", "share_class", "units", "cost", "mark", "paid_in", "unit_value", "value",
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
    late_days : int
        Days on which redemptions stood unpaid after they were due.
    """

    record: LedgerRecord
    events: pd.DataFrame
    values: pd.DataFrame
    lots: pd.DataFrame
    late_days: int

    @classmethod
    def without_clients(cls, record: LedgerRecord) -> "FundRun":
        """Return the run of a fund whose investors neither come nor go."""
        lots = pd.DataFrame(columns=LOT_COLUMNS)
        return cls(record, _dated([], EVENT_COLUMNS), _dated([], VALUE_COLUMNS), lots, 0)


@dataclass
class _Order:
    """A redemption still to be done: a fraction of what is held, or units."""

    investor: str
    share_class: str
    units: Decimal | None
    fraction: Decimal | None


@dataclass
class _Office:
    """Books of the classes, what waits for the next opening day, and what has happened."""

    clients: Clients
    terms: FundTerms
    inputs: LedgerInputs
    dates: Days  # [T]
    state: LedgerState
    books: dict[str, Book]
    opening: NDArray[np.bool_]
    pieces: list[LedgerRecord] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[_Order] = field(default_factory=list)
    bought: dict[tuple[str, str], list[tuple[int, Decimal]]] = field(default_factory=dict)
    published: list[float] = field(default_factory=list)
    peak: float = 0.0
    left: bool = False
    late_days: int = 0
    hurdle: NDArray[np.float64] | None = None


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
        Its flows are written here; its performance fee must be off (the books charge it).
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
        When a flow lies outside the span, a redemption is larger than the holding, or the last
        investor leaves.
    """
    dates = np.asarray(dates, dtype="datetime64[D]")
    office = _opened(inputs, clients, terms, dates)
    office.hurdle = hurdle
    orders = _by_day(clients, dates, office.opening)
    ledger = np.zeros((dates.size, len(layout.COLUMNS)))
    at = 0
    insolvent: int | None = None
    event = office.opening | np.asarray(fee_days) | np.isin(dates, _distribution_days(clients))
    event[-1] = True
    for t in np.flatnonzero(event).tolist():
        piece = run_ledger(inputs, office.state, at, t + 1)
        office.pieces.append(piece)
        stop = piece.days_run
        ledger[at:stop] = piece.ledger[at:stop]
        _value_days(office, ledger, at, stop)
        insolvent = piece.insolvent_day
        if insolvent is not None:
            break
        at = t + 1
        _close(office, ledger, t, bool(fee_days[t]), orders.get(t, []))
    return _fund_run(office, ledger, insolvent)


def _opened(inputs: LedgerInputs, clients: Clients, terms: FundTerms, dates: Days) -> _Office:
    """Return the office on the first morning: the founders hold the capital."""
    capital = exact(inputs.settings.capital_yuan)
    state = LedgerState.opening(inputs)
    books = {name: open_book(clients.method, terms) for name in ("A", "C")}
    office = _Office(clients, terms, inputs, dates, state, books, _opening(clients, dates))
    own, left = clients.founders_class, round_half_up(Fraction(capital), 2)
    for k, (name, fraction) in enumerate(clients.founders.items()):
        last = k == len(clients.founders) - 1
        cash = left if last else round_half_up(Fraction(capital) * Fraction(exact(fraction)), 2)
        left -= cash
        units = books[own].subscribe(name, cash)
        office.bought[name, own] = [(0, units)]
        _note(office, 0, name, own, "founder", units, books[own].unit_value(), cash)
        line = (dates[0], name, own, 0.0, float(cash))
        office.values.append(dict(zip(VALUE_COLUMNS, line, strict=True)))
    total = books["A"].units + books["C"].units
    state.scalars[layout.UNITS] = float(total)
    if own == "C":
        state.scalars[layout.SERVICE_BASE] = inputs.settings.capital_yuan
    books[own].revalue(Fraction(capital))
    office.peak = float(books[own].unit_value())
    return office


def _opening(clients: Clients, dates: Days) -> NDArray[np.bool_]:
    """Return the opening days: the last trading day of each period; not the run's last day."""
    if clients.opening == "day":
        found = np.ones(dates.size, dtype=np.bool_)
    elif clients.opening == "week":
        week = (dates.astype(np.int64) + 3) // 7
        found = np.append(week[1:] != week[:-1], False)
    else:
        months = dates.astype("datetime64[M]").astype(np.int64)
        period = months // 3 if clients.opening == "quarter" else months
        found = np.append(period[1:] != period[:-1], False)
    found[-1] = False  # what is asked for on the last day would be booked after the run
    return found


def _distribution_days(clients: Clients) -> NDArray[np.datetime64]:
    return np.array([one.date for one in clients.distributions], dtype="datetime64[D]")


def _by_day(clients: Clients, dates: Days, opening: NDArray[np.bool_]) -> dict[int, list[Any]]:
    """Return the flows by the opening day on which they are done."""
    days = np.flatnonzero(opening)
    found: dict[int, list[Any]] = {}
    for one in clients.distributions:
        at = int(np.searchsorted(dates, np.datetime64(one.date, "D")))
        if at >= dates.size - 1 or dates[at] != np.datetime64(one.date, "D"):
            raise StrategyError(
                f"clients: distribution of {one.date}: not a trading day of the run before its last"
            )
    for flow in clients.flows:
        asked = np.datetime64(flow.date, "D")
        later = days[dates[days] >= asked]
        if asked < dates[0] or not later.size:
            raise StrategyError(
                f"clients: flow of {flow.investor} on {flow.date}: no opening day from then to the "
                f"end of the run ({dates[0]} to {dates[-1]}, opening each {clients.opening})"
            )
        found.setdefault(int(later[0]), []).append(flow)
    return found


def _shares(office: _Office) -> dict[str, Fraction]:
    """Return the assets of each class at the close, before performance fees not yet charged."""
    equity = Fraction(float(office.state.scalars[layout.EQUITY]))
    service = Fraction(float(office.state.scalars[layout.SERVICE_BASE]))
    if office.books["A"].units == 0:
        return {"A": Fraction(0), "C": equity}
    return {"A": equity - service, "C": service}


def _value_days(office: _Office, ledger: NDArray[np.float64], at: int, stop: int) -> None:
    """Publish the unit value of each day, with the fee that all would pay if they left."""
    rate = exact(office.terms.performance_fee_rate)
    for t in range(at, stop):
        row = ledger[t]
        before = row[layout.EQUITY_]
        if before <= 0:
            office.published.append(0.0)
            continue
        # inside a piece nothing comes or goes but at its first morning, so classes grow alike
        book = office.books["A"] if office.books["A"].units else office.books["C"]
        _advance(office, t)
        share = Fraction(1) if not _both(office) else _share_of(office, t, stop, ledger)
        book.revalue(Fraction(float(before)) * share)
        value = float(book.unit_value())
        row[layout.UNIT_VALUE_] = value
        if rate > 0:
            accrued = float(book.accrued())
            if _both(office):
                other = office.books["C"]
                other.revalue(Fraction(float(before)) * (1 - share))
                accrued += float(other.accrued())
            row[layout.ACCRUED_] = accrued
        row[layout.HWM_] = _mark(book)
        office.published.append(value)
        if office.state.scalars[layout.OWED_DUE] > 0 and t == stop - 1:
            office.late_days += 1


def _advance(office: _Office, t: int) -> None:
    """Let the hurdle of all books grow to day t."""
    if office.hurdle is not None:
        for book in office.books.values():
            book.advance(Fraction(float(office.hurdle[t])))


def _both(office: _Office) -> bool:
    return office.books["A"].units > 0 and office.books["C"].units > 0


def _share_of(office: _Office, t: int, stop: int, ledger: NDArray[np.float64]) -> Fraction:
    """Return the share of class A on a day: that of the end of the piece, service fees put back."""
    equity = float(ledger[stop - 1, layout.EQUITY_])
    service = float(office.state.scalars[layout.SERVICE_BASE])
    later = float(ledger[t + 1 : stop, layout.SERVICE_].sum())
    return 1 - Fraction((service + later) / (equity + later))


def _mark(book: Book) -> float:
    marks = [float(str(line["mark"])) for line in book.lots()]
    return max(marks) if marks else float("nan")


def _close(
    office: _Office, ledger: NDArray[np.float64], t: int, fee_day: bool, flows: list[Any]
) -> None:
    """Do the events of a close: fee, distribution, orders."""
    state, row = office.state.scalars, ledger[t]
    for name, assets in _shares(office).items():
        office.books[name].revalue(assets)
    _note_values(office, t, "before_yuan")
    if fee_day:
        _charge(office, row, t)
    moved = _Moved()
    for one in office.clients.distributions:
        if np.datetime64(one.date, "D") == office.dates[t]:
            _distribute(office, t, one, moved)
    if office.opening[t]:
        _subscribe_all(office, t, [f for f in flows if f.subscribe_yuan is not None], moved)
        _redeem_all(office, t, [f for f in flows if f.subscribe_yuan is None], moved)
    _note_values(office, t, "after_yuan")
    fund = office.inputs.fund
    if t + 1 < office.dates.size and moved.any():
        fund.subscribed[t + 1] += moved.subscribed
        fund.redeemed[t + 1] += moved.redeemed
        fund.distributed[t + 1] += moved.distributed
        due = t + 1 + office.clients.payment_days
        if due < office.dates.size:
            fund.paid_out[due] += moved.redeemed + moved.distributed
        total = float(office.books["A"].units + office.books["C"].units)
        fund.units_change[t + 1] += total - float(state[layout.UNITS])
        fund.service_change[t + 1] += moved.service


@dataclass
class _Moved:
    """Money of one close, yuan."""

    subscribed: float = 0.0
    redeemed: float = 0.0
    distributed: float = 0.0
    service: float = 0.0

    def any(self) -> bool:
        return bool(self.subscribed or self.redeemed or self.distributed)


def _charge(office: _Office, row: NDArray[np.float64], t: int) -> None:
    """Charge the performance fee of a fee date and book it in the ledger's row and state."""
    state = office.state.scalars
    total = 0.0
    for name, book in office.books.items():
        if book.units == 0:
            continue
        before = {one: book.holding(one) for one in _investors(office, name)}
        fees = 0.0
        for charge in book.crystallise():
            fees += float(charge.fee)
            if charge.fee or charge.units_change:
                _note(
                    office, t, charge.investor, name, "performance_fee", charge.units_change,
                    book.unit_value(), Decimal(0), charge.fee,
                )  # fmt: skip
        for one, units in before.items():
            if units > 0 and book.holding(one) != units:
                _rescale(office, one, name, Fraction(book.holding(one)) / Fraction(units))
        total += fees
        if name == "C":
            state[layout.SERVICE_BASE] -= fees
    state[layout.PAYABLE] += total
    state[layout.EQUITY] -= total
    state[layout.UNITS] = float(office.books["A"].units + office.books["C"].units)
    row[layout.PERFORMANCE_] += total
    row[layout.PAYABLE_] = state[layout.PAYABLE]
    row[layout.EQUITY_] = state[layout.EQUITY]
    row[layout.UNITS_] = state[layout.UNITS]
    row[layout.ACCRUED_] = 0.0
    book = office.books["A"] if office.books["A"].units else office.books["C"]
    row[layout.UNIT_VALUE_] = office.published[t] = float(book.unit_value())
    row[layout.HWM_] = _mark(book)


def _rescale(office: _Office, investor: str, share_class: str, factor: Fraction) -> None:
    """Let the dated units of an investor follow units that were cut or given by a fee."""
    key = investor, share_class
    office.bought[key] = [
        (day, round_half_up(Fraction(units) * factor, 6)) for day, units in office.bought[key]
    ]


def _distribute(office: _Office, t: int, plan: Any, moved: _Moved) -> None:
    """Pay a dividend on all units; those who reinvest get units at the ex-dividend value."""
    per_unit = exact(plan.yuan_per_unit)
    for name, book in office.books.items():
        if book.units == 0:
            continue
        if per_unit >= book.unit_value():
            raise StrategyError(
                f"clients: distribution of {per_unit} yuan a unit on {plan.date}: the unit value "
                f"is {book.unit_value()}"
            )
        leaves = Decimal(0)
        for paid in book.distribute(per_unit):
            cash, fee = paid.cash, paid.fee
            leaves += fee
            value, nothing = book.unit_value(), Decimal(0)
            if paid.investor in plan.reinvesting:
                got = book.subscribe(paid.investor, cash) if cash > 0 else nothing
                office.bought[paid.investor, name].append((t, got))
                _note(office, t, paid.investor, name, "reinvested", got, value, cash, fee)
            else:
                leaves += cash
                _note(office, t, paid.investor, name, "distribution", nothing, value, -cash, fee)
        moved.distributed += float(leaves)
        moved.service -= float(leaves) if name == "C" else 0.0


def _subscribe_all(office: _Office, t: int, flows: list[Any], moved: _Moved) -> None:
    for flow in flows:
        book, name = office.books[flow.share_class], flow.share_class
        paid = round_half_up(Fraction(exact(flow.subscribe_yuan)), 2)
        rate = tier_rate(office.clients.subscription_fee, float(paid)) if name == "A" else 0.0
        # the fee is inside the amount paid: net = paid / (1 + rate), as funds in China reckon it
        net = round_half_up(Fraction(paid) / (1 + Fraction(exact(rate))), 2)
        units = book.subscribe(flow.investor, net)
        office.bought.setdefault((flow.investor, name), []).append((t, units))
        moved.subscribed += float(net)
        moved.service += float(net) if name == "C" else 0.0
        _note(
            office, t, flow.investor, name, "subscription", units, book.unit_value(), paid,
            Decimal(0), paid - net,
        )  # fmt: skip


def _redeem_all(office: _Office, t: int, flows: list[Any], moved: _Moved) -> None:
    """Do redemptions, first those that wait; beyond the gate they wait for the next opening day."""
    orders = office.waiting + [
        _Order(
            flow.investor,
            flow.share_class,
            None if flow.redeem_units is None else exact(flow.redeem_units),
            None if flow.redeem_fraction is None else exact(flow.redeem_fraction),
        )
        for flow in flows
    ]
    office.waiting = []
    orders += _leaving(office, t)
    wanted: list[tuple[_Order, Decimal]] = []
    for order in orders:
        same = (order.investor, order.share_class)
        earlier = (n for one, n in wanted if (one.investor, one.share_class) == same)
        units = _units_wanted(office, t, order, sum(earlier, Decimal(0)))
        if units > 0:
            wanted.append((order, units))
    if not wanted:
        return
    accepted = _through_gate(office, t, wanted)
    total = office.books["A"].units + office.books["C"].units
    if sum((units for _, units in accepted), Decimal(0)) >= total:
        raise StrategyError(
            f"clients: on {office.dates[t]} the last units would be redeemed; a fund that is wound "
            "up ends there: end the run before, or let an investor stay"
        )
    for order, units in accepted:
        if units > 0:
            _redeem(office, t, order, units, moved)


def _units_wanted(office: _Office, t: int, order: _Order, earlier: Decimal) -> Decimal:
    """Return the units of an order that may leave today: lock-up and least holding applied.

    ``earlier`` are units that the investor's other orders of the day take already.
    """
    book = office.books[order.share_class]
    held = book.holding(order.investor) - earlier
    units = order.units
    if units is None:
        units = round_half_up(Fraction(held) * Fraction(order.fraction or Decimal(0)), 2)
    if units > held:
        raise StrategyError(
            f"clients: {order.investor} redeems {units} units of class {order.share_class} on "
            f"{office.dates[t]} and holds {held}"
        )
    free = held
    if office.clients.lock_up_days:
        limit = office.dates[t] - np.timedelta64(office.clients.lock_up_days, "D")
        key = order.investor, order.share_class
        lots = office.bought.get(key, [])
        free = sum((n for day, n in lots if office.dates[day] <= limit), Decimal(0)) - earlier
        free = min(held, max(Decimal(0), round_half_up(Fraction(free), 2)))
    if units > free:
        _note(
            office, t, order.investor, order.share_class, "refused", units - free,
            book.unit_value(), Decimal(0), reason="lock-up",
        )  # fmt: skip
        units = free
    rest = Fraction(held - units) * Fraction(book.unit_value())
    if 0 < units < held and rest < Fraction(exact(office.clients.minimum_yuan)) and free == held:
        units = held
    return units


def _through_gate(
    office: _Office, t: int, wanted: list[tuple[_Order, Decimal]]
) -> list[tuple[_Order, Decimal]]:
    """Cut redemptions pro rata to the gate; what is cut waits."""
    gate = office.clients.gate
    total = office.books["A"].units + office.books["C"].units
    asked = sum((units for _, units in wanted), Decimal(0))
    if gate is None or asked <= Decimal(str(gate)) * total:
        return wanted
    factor = Fraction(exact(gate)) * Fraction(total) / Fraction(asked)
    found = []
    for order, units in wanted:
        now = round_half_up(Fraction(units) * factor, 2)
        found.append((order, now))
        office.waiting.append(_Order(order.investor, order.share_class, units - now, None))
        value = office.books[order.share_class].unit_value()
        _note(
            office, t, order.investor, order.share_class, "deferred", units - now, value,
            Decimal(0), reason="gate",
        )  # fmt: skip
    return found


def _leaving(office: _Office, t: int) -> list[_Order]:
    """Return the orders of clients who saw the unit value of yesterday far below its highest."""
    rule = office.clients.leavers
    if rule is None or t == 0:
        return []
    seen = office.published[:t]
    high = max(office.peak, *seen)
    fallen = seen[-1] <= high * (1.0 - rule.drawdown)
    if not fallen:
        office.left = office.left and seen[-1] < high
        return []
    if office.left:
        return []
    office.left = True
    return [
        _Order(investor, name, None, exact(rule.fraction))
        for investor, name in office.bought
        if investor not in rule.staying and office.books[name].holding(investor) > 0
    ]


def _redeem(office: _Office, t: int, order: _Order, units: Decimal, moved: _Moved) -> None:
    book, name = office.books[order.share_class], order.share_class
    value = book.unit_value()
    exit_fee = _exit_fee(office, t, order, units, value)
    payout = book.redeem(order.investor, units)
    share = Fraction(exact(office.clients.redemption_fee_kept))
    kept = round_half_up(Fraction(exit_fee) * share, 2)
    leaves = payout.cash + payout.fee - kept
    moved.redeemed += float(leaves)
    moved.service -= float(leaves) if name == "C" else 0.0
    _note(
        office, t, order.investor, name, "redemption", -units, value, -(payout.cash - exit_fee),
        payout.fee, exit_fee,
    )  # fmt: skip


def _exit_fee(office: _Office, t: int, order: _Order, units: Decimal, value: Decimal) -> Decimal:
    """Return the redemption fee by holding days of the oldest units, and take them off."""
    key = order.investor, order.share_class
    left, fee, rest = units, Fraction(0), []
    for day, held in office.bought[key]:
        taken = min(left, held)
        left -= taken
        days = int((office.dates[t] - office.dates[day]).astype(np.int64))
        rate = tier_rate(office.clients.redemption_fee, days)
        fee += Fraction(taken) * Fraction(value) * Fraction(exact(rate))
        if held - taken > 0:
            rest.append((day, held - taken))
    office.bought[key] = rest
    return round_half_up(fee, 2)


def _investors(office: _Office, share_class: str) -> list[str]:
    return [one for one, name in office.bought if name == share_class]


def _note(
    office: _Office,
    t: int,
    investor: str,
    share_class: str,
    event: str,
    units: Decimal,
    value: Decimal,
    cash: Decimal,
    fee: Decimal = Decimal(0),
    other: Decimal = Decimal(0),
    reason: str = "",
) -> None:
    line = (
        office.dates[t], investor, share_class, event, float(units), float(value), float(cash),
        float(fee), float(other), reason,
    )  # fmt: skip
    office.events.append(dict(zip(EVENT_COLUMNS, line, strict=True)))


def _note_values(office: _Office, t: int, column: str) -> None:
    """Note what each investor would get today."""
    if column == "after_yuan":
        known = {
            (v["date"], v["investor"], v["share_class"]): v
            for v in office.values[-len(office.bought) :]
            if v["date"] == office.dates[t] and v["before_yuan"] > 0
        }
    else:
        known = {}
    for investor, name in office.bought:
        value = float(office.books[name].value_if_redeemed(investor))
        key = office.dates[t], investor, name
        if key in known:
            known[key][column] = value
        else:
            line = dict(zip(VALUE_COLUMNS, (*key, 0.0, 0.0), strict=True))
            line[column] = value
            office.values.append(line)


def _fund_run(office: _Office, ledger: NDArray[np.float64], insolvent: int | None) -> FundRun:
    """Put the pieces together."""
    pieces = office.pieces
    joined = {
        name: np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("trades", "refusals", "positions", "contracts")
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
        office.late_days,
    )


def _dated(lines: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=columns)
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[ms]")
    for name in ("investor", "share_class", "event", "reason"):
        if name in frame:
            frame[name] = frame[name].astype("str")
    return frame
