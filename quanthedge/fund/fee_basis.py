"""On what a performance fee was reckoned: units, value, mark and threshold of what paid it."""

import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

from quanthedge.fund.methods import Charge, LotLine
from quanthedge.fund.values import exact, oldest_first

__all__ = ["BASIS_COLUMNS", "NO_BASIS", "Basis", "charge_bases", "fee_basis", "lots_of"]

BASIS_COLUMNS = ["units_charged", "value_charged", "mark", "threshold"]
Basis = tuple[float, float, float, float]
NO_BASIS: Basis = (math.nan,) * 4


def lots_of(lines: list[LotLine], investor: str) -> list[LotLine]:
    """Return the lots of an investor, oldest first."""
    return [line for line in lines if line["investor"] == investor]


def fee_basis(lines: list[LotLine], units: Decimal | None = None) -> Basis:
    """Return units, value, mark and threshold of lots, means by units; the oldest ``units`` first.

    >>> line = {"units": 100, "unit_value": 1.2, "mark": 1.0, "threshold": 1.1}
    >>> [float(one) for one in fee_basis([line, line | {"mark": 1.3}])]
    [200.0, 1.2, 1.15, 1.1]
    """
    held = [exact(str(line["units"])) for line in lines]
    leaving = held if units is None else oldest_first(units, held)
    total = [Fraction(0)] * 4
    for line, taken in zip(lines, leaving, strict=True):
        total[0] += Fraction(taken)
        value = line.get("gross_value", line["unit_value"])
        for k, one in enumerate((value, line["mark"], line["threshold"]), start=1):
            total[k] += Fraction(exact(str(one))) * Fraction(taken)
    if not total[0]:
        return NO_BASIS
    value, mark, threshold = (float(one / total[0]) for one in total[1:])
    return float(total[0]), value, mark, threshold


def charge_bases(lines: list[LotLine], charges: list[Charge]) -> list[Basis]:
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
