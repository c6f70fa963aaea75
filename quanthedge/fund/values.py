"""Unit value and performance fee in exact decimals: the fund administrator's arithmetic.

Rounding is half up (away from zero), from the exact quotient. Binary floats would round 1.23455
to 1.2345; a float given here counts as the decimal that it prints.
"""

from decimal import Decimal
from fractions import Fraction

from quanthedge.errors import LedgerError

__all__ = ["Number", "exact", "performance_fee", "round_half_up", "unit_value"]

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
    scaled = abs(Fraction(value)) * 10**decimals
    steps = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = tuple(int(digit) for digit in str(steps))
    return Decimal((int(value < 0 and steps > 0), digits, -decimals))


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


def performance_fee(
    unit_value_before_fee: Number, mark: Number, units: Number, rate: Number
) -> Decimal:
    """Return the fee on the gain above the mark, to the cent; 0 at or below the mark.

    >>> performance_fee("1.2167", "1.15", 2_000_000, "0.25")
    Decimal('33350.00')
    """
    gain = max(Fraction(0), Fraction(exact(unit_value_before_fee)) - Fraction(exact(mark)))
    return round_half_up(gain * Fraction(exact(units)) * Fraction(exact(rate)), 2)
