"""A fund while it runs: its registers, orders that wait, and what has happened so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from quanthedge.fund.clients import Clients
from quanthedge.fund.daily import DailyValues
from quanthedge.fund.fee_basis import BASIS_COLUMNS, NO_BASIS, Basis
from quanthedge.fund.methods import Register
from quanthedge.fund.terms import FundTerms
from quanthedge.ledger import FundBook, LedgerRecord, Reign
from quanthedge.typing import Bools, Days, Floats

__all__ = [
    "EVENT_COLUMNS",
    "VALUE_COLUMNS",
    "Moved",
    "Order",
    "RunningFund",
    "class_assets",
    "investors_of",
    "note",
    "note_value",
    "total_units",
]

EVENT_COLUMNS = [
    "date", "investor", "share_class", "event", "units", "unit_value", "cash_yuan",
    "performance_fee_yuan", "entry_or_exit_fee_yuan", "reason", *BASIS_COLUMNS,
]  # fmt: skip
VALUE_COLUMNS = ["date", "investor", "share_class", "before_yuan", "after_yuan"]


@dataclass
class Order:
    """A redemption still to be done: a fraction of what is held, or units.

    One that ``waited`` takes at most what is held: a fee may have cut units in the meantime.
    """

    investor: str
    share_class: str
    units: Decimal | None
    fraction: Decimal | None
    waited: bool = False


@dataclass
class RunningFund:
    """Registers of the classes, what waits for the next opening day, and what has happened.

    Attributes
    ----------
    clients, terms
        As given.
    book : FundBook
        What the ledger is given, knows and has written.
    dates : datetime64 [T]
    registers : dict of Register
        By class of units, A and C.
    opening : bool [T]
    hurdle : float64 [T] or None
        What a yuan has become by the hurdle at each close.
    reigns
        Inputs of the ledger that rule from a day on.
    daily, pieces
        What units were worth, and what the ledger recorded, spell by spell.
    events, values
        Lines of the tables of a :class:`quanthedge.fund.FundRun`.
    waiting : list of Order
    bought : dict of list of (day index, units)
        Units by the day on which they were bought, by investor and class.
    published : list of float
        Unit values of all days so far.
    peak : float
        The first of them.
    left : bool
        Whether clients have left since the last high.
    """

    clients: Clients
    terms: FundTerms
    book: FundBook
    dates: Days
    registers: dict[str, Register]
    opening: Bools
    hurdle: Floats | None = None
    reigns: Sequence[Reign] = ()
    daily: DailyValues = field(default_factory=DailyValues)
    pieces: list[LedgerRecord] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[Order] = field(default_factory=list)
    bought: dict[tuple[str, str], list[tuple[int, Decimal]]] = field(default_factory=dict)
    published: list[float] = field(default_factory=list)
    peak: float = 0.0
    left: bool = False


@dataclass
class Moved:
    """Money of one close, yuan, and the units subscribed."""

    subscribed: float = 0.0
    redeemed: float = 0.0
    distributed: float = 0.0
    service: float = 0.0
    new_units: Decimal = Decimal(0)

    def any(self) -> bool:
        """Return whether anything moved."""
        return bool(self.subscribed or self.redeemed or self.distributed)


def note(
    fund: RunningFund,
    t: int,
    investor: str,
    share_class: str,
    event: str,
    units: Decimal,
    value: Decimal,
    cash: Decimal = Decimal(0),
    fee: Decimal = Decimal(0),
    other: Decimal = Decimal(0),
    reason: str = "",
    basis: Basis = NO_BASIS,
) -> None:
    """Note one event of an investor; ``basis`` says on what a performance fee was reckoned."""
    line = (
        fund.dates[t], investor, share_class, event, float(units), float(value), float(cash),
        float(fee), float(other), reason, *basis,
    )  # fmt: skip
    fund.events.append(dict(zip(EVENT_COLUMNS, line, strict=True)))


def note_value(
    fund: RunningFund, t: int, investor: str, share_class: str, before: float, after: float
) -> None:
    """Note what an investor would get at a close, before and after its events."""
    line = (fund.dates[t], investor, share_class, before, after)
    fund.values.append(dict(zip(VALUE_COLUMNS, line, strict=True)))


def investors_of(fund: RunningFund, share_class: str) -> list[str]:
    """Return who has ever held units of a class, in order of joining."""
    return [one for one, name in fund.bought if name == share_class]


def total_units(fund: RunningFund) -> Decimal:
    """Return the units of both classes."""
    return fund.registers["A"].units + fund.registers["C"].units


def class_assets(fund: RunningFund) -> dict[str, Fraction]:
    """Return the assets of each class at the close, before performance fees not yet charged."""
    assets, service = Fraction(fund.book.net_assets), Fraction(fund.book.service_base)
    if fund.registers["A"].units == 0:
        return {"A": Fraction(0), "C": assets}
    return {"A": assets - service, "C": service}
