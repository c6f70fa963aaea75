"""Money, units and unit values as a fund's administrator rounds them: half up, away from zero.

Exact numbers are rounded from the exact quotient. Binary floats would round 1.23455 to 1.2345; a
float given to :func:`exact` counts as the decimal that it prints.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import numpy as np

from quanthedge.errors import LedgerError
from quanthedge.typing import Floats

__all__ = ["Number", "cents", "exact", "half_up", "oldest_first", "round_half_up", "unit_value"]

Number = Decimal | int | float | str


def exact(value: Number) -> Decimal:
    """Return a number as the decimal that it is written as.

    >>> exact(0.1)
    Decimal('0.1')
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise LedgerError(f"{value} is not a finite number; money and units need one")
    return number


def round_half_up(value: Fraction | Decimal, decimals: int) -> Decimal:
    """Return an exact number rounded half up, away from zero.

    >>> round_half_up(Decimal("1.23455"), 4), round_half_up(Fraction(-1, 8), 2)
    (Decimal('1.2346'), Decimal('-0.13'))
    """
    above, below = value.as_integer_ratio()  # whole numbers: nothing is cut down on the way
    steps = (2 * abs(above) * 10**decimals + below) // (2 * below)
    return Decimal(f"{'-' if above < 0 and steps else ''}{steps}E-{decimals}")


def half_up(values: Floats, decimals: int) -> Floats:
    """Return floats rounded half up like :func:`round_half_up`; what prints as a tie counts as one.

    >>> half_up(np.array([1.23455, -0.125, 0.1249999]), 2).tolist()
    [1.23, -0.13, 0.12]
    >>> half_up(np.array([1.23455]), 4).tolist()
    [1.2346]
    """
    scaled = np.abs(values) * 10.0**decimals
    whole: Floats = np.floor(scaled + 0.5 + 4.0 * np.spacing(scaled))
    return np.copysign(whole, values) / 10.0**decimals


def cents(value: Fraction | Decimal) -> Decimal:
    """Return an amount of money, half up to the cent."""
    return round_half_up(value, 2)


def unit_value(assets_yuan: Number, units: Number, decimals: int = 4) -> Decimal:
    """Return the value of a unit, rounded half up; the residue stays in the fund.

    Raises
    ------
    LedgerError
        There are no units.

    Examples
    --------
    >>> unit_value("2400050", "2000000")
    Decimal('1.2000')
    """
    if exact(units) <= 0:
        raise LedgerError(f"units are {units}: a unit value needs at least one unit outstanding")
    return round_half_up(Fraction(exact(assets_yuan)) / Fraction(exact(units)), decimals)


def oldest_first(units: Decimal, held: Iterable[Decimal]) -> list[Decimal]:
    """Return how many units leave each lot when so many leave, the oldest lots first.

    >>> [str(one) for one in oldest_first(Decimal(5), [Decimal(3), Decimal(4), Decimal(1)])]
    ['3', '2', '0']
    """
    left, taken = units, []
    for own in held:
        taken.append(min(left, own))
        left -= taken[-1]
    return taken
