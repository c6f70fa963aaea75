"""What the fund's office keeps between two events: books, waiting orders, what has happened."""

import math
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanthedge.fund.clients import Clients
from quanthedge.fund.daily import DailyValues
from quanthedge.fund.methods import Book, Charge, LotLine
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import exact
from quanthedge.ledger import LedgerInputs, LedgerRecord, LedgerState, layout
from quanthedge.typing import Days

__all__ = [
    "EVENT_COLUMNS",
    "Moved",
    "Office",
    "Order",
    "bases",
    "class_assets",
    "fee_basis",
    "highest_mark",
    "investors_of",
    "net_assets",
    "note",
]

BASIS_COLUMNS = ["units_charged", "value_charged", "mark", "threshold"]
Basis = tuple[float, float, float, float]
NO_BASIS: Basis = (math.nan,) * 4
EVENT_COLUMNS = [
    "date", "investor", "share_class", "event", "units", "unit_value", "cash_yuan",
    "performance_fee_yuan", "entry_or_exit_fee_yuan", "reason", *BASIS_COLUMNS,
]  # fmt: skip


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
class Office:
    """Books of the classes, what waits for the next opening day, and what has happened."""

    clients: Clients
    terms: FundTerms
    inputs: LedgerInputs
    dates: Days  # [T]
    state: LedgerState
    books: dict[str, Book]
    opening: NDArray[np.bool_]
    daily: DailyValues = field(default_factory=DailyValues)
    pieces: list[LedgerRecord] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[Order] = field(default_factory=list)
    bought: dict[tuple[str, str], list[tuple[int, Decimal]]] = field(default_factory=dict)
    published: list[float] = field(default_factory=list)
    peak: float = 0.0
    left: bool = False
    hurdle: NDArray[np.float64] | None = None


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


def fee_basis(lines: list[LotLine], units: Decimal | None = None) -> Basis:
    """Return units, value, mark and threshold of lots, means by units; the oldest ``units`` first.

    >>> line = {"units": 100, "unit_value": 1.2, "mark": 1.0, "threshold": 1.1}
    >>> [float(one) for one in fee_basis([line, line | {"mark": 1.3}])]
    [200.0, 1.2, 1.15, 1.1]
    """
    left, total = units, [Fraction(0)] * 4
    for line in lines:
        held = exact(str(line["units"]))
        taken = held if left is None else min(left, held)
        left = None if left is None else left - taken
        total[0] += Fraction(taken)
        value = line.get("gross_value", line["unit_value"])
        for k, one in enumerate((value, line["mark"], line["threshold"]), start=1):
            total[k] += Fraction(exact(str(one))) * Fraction(taken)
    if not total[0]:
        return NO_BASIS
    value, mark, threshold = (float(one / total[0]) for one in total[1:])
    return float(total[0]), value, mark, threshold


def bases(lines: list[LotLine], charges: list[Charge]) -> list[Basis]:
    """Return on what each fee of a fee date was reckoned, from the lots before it.

    One charge for the whole fund stands on all lots, one for an investor on his, one for each lot
    on that lot.
    """
    own: dict[str, list[LotLine]] = {}
    for line in lines:
        own.setdefault(str(line["investor"]), []).append(line)
    count = Counter(charge.investor for charge in charges)
    found = []
    for charge in charges:
        mine = own.get(charge.investor, lines)
        single = count[charge.investor] == len(mine)
        found.append(fee_basis([mine.pop(0)] if single and charge.investor in own else mine))
        count[charge.investor] -= int(single)
    return found


def note(
    office: Office,
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
    basis: Basis = NO_BASIS,
) -> None:
    """Note one event of an investor; ``basis`` says on what a performance fee was reckoned."""
    line = (
        office.dates[t], investor, share_class, event, float(units), float(value), float(cash),
        float(fee), float(other), reason, *basis,
    )  # fmt: skip
    office.events.append(dict(zip(EVENT_COLUMNS, line, strict=True)))


def investors_of(office: Office, share_class: str) -> list[str]:
    """Return who has ever held units of a class, in order of joining."""
    return [one for one, name in office.bought if name == share_class]


def net_assets(office: Office) -> float:
    """Return what the fund is stated at, before performance fees not yet charged, yuan."""
    state = office.state.scalars
    return float(state[layout.EQUITY] + state[layout.REVALUATION])


def class_assets(office: Office) -> dict[str, Fraction]:
    """Return the assets of each class at the close, before performance fees not yet charged."""
    equity = Fraction(net_assets(office))
    service = Fraction(float(office.state.scalars[layout.SERVICE_BASE]))
    if office.books["A"].units == 0:
        return {"A": Fraction(0), "C": equity}
    return {"A": equity - service, "C": service}


def highest_mark(book: Book) -> float:
    """Return the highest mark of the lots of a book, NaN without units."""
    marks = [float(str(line["mark"])) for line in book.lots()]
    return max(marks) if marks else float("nan")
