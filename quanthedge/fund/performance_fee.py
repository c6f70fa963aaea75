"""The performance fee above a mark, defined once.

Every method charges by :class:`PerformanceFee`: on a fee date and at a redemption in exact
fractions, in the values of every day as arrays over days and lots. The formulas are written for
both kinds of numbers. The compiled ledger has a twin of the simplest of them (no hurdle, one mark)
in whole cents, :mod:`quanthedge.ledger.kernels.fees`; a test holds one against the other.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

import numpy as np

from quanthedge.errors import LedgerError
from quanthedge.fund.hurdle import Hurdle
from quanthedge.fund.values import Number, cents, exact
from quanthedge.typing import Floats

__all__ = ["Amount", "PerformanceFee", "lower"]

Amount = TypeVar("Amount", Fraction, Floats)


def _higher(one: Amount, other: Amount) -> Amount:
    """Return the higher of two amounts, element by element where they are arrays."""
    if isinstance(one, Fraction):
        return max(one, other)
    return np.maximum(one, other)


def lower(one: Amount, other: Amount) -> Amount:
    """Return the lower of two amounts, element by element where they are arrays."""
    if isinstance(one, Fraction):
        return min(one, other)
    return np.minimum(one, other)


@dataclass(frozen=True)
class PerformanceFee:
    """What is due on a unit that is worth more than its mark.

    Parameters
    ----------
    rate : number
        Of the gain above the mark, 0.25 = 25%.
    hurdle : Hurdle, optional
        What the gain must exceed.

    Raises
    ------
    LedgerError
        When the rate is not from 0 up to below 1.

    Examples
    --------
    >>> one, value, threshold = Fraction(1), Fraction("1.2"), Fraction("1.08")
    >>> float(PerformanceFee("0.25").due(value, one, one))
    0.05
    >>> float(PerformanceFee("0.25", Hurdle(rate=0.08)).due(value, one, threshold))
    0.03
    >>> days = PerformanceFee("0.25").due(np.array([0.9, 1.2]), np.array([1.0]), np.array([1.0]))
    >>> days.round(4).tolist()
    [0.0, 0.05]
    """

    rate: Number = "0.25"
    hurdle: Hurdle | None = None
    share: Fraction = field(init=False)

    def __post_init__(self) -> None:
        """Take the rate as the decimal that it prints."""
        object.__setattr__(self, "share", Fraction(exact(self.rate)))
        if not 0 <= self.share < 1:
            raise LedgerError(f"performance fee rate {self.rate}; accepted: 0 up to below 1")

    def part(self, gain: Amount) -> Amount:
        """Return the manager's part of a gain; nothing of a loss."""
        return _part(self.share, gain)

    def due(self, value: Amount, mark: Amount, threshold: Amount) -> Amount:
        """Return the fee due on a unit.

        Parameters
        ----------
        value, mark : Fraction, or float64 arrays that fit together
            Value of the unit and its high-water mark.
        threshold : Fraction or float64 array
            The mark grown by the hurdle; the mark itself where it is below.

        Notes
        -----
        With ``gain = max(0, value - mark)`` and ``above = max(0, value - max(mark, threshold))``:
        no hurdle ``rate x gain``; hard ``rate x above``; soft ``rate x gain`` where above > 0;
        with catch-up ``min(rate x gain, max(rate, catch_up) x above)``.
        """
        full = self.part(value - mark)
        if self.hurdle is None:
            return full
        above = value - _higher(mark, threshold)
        if self.hurdle.hard:
            return self.part(above)
        if self.hurdle.catch_up is None:
            return full * (above > 0)
        return lower(full, _part(max(self.share, Fraction(exact(self.hurdle.catch_up))), above))

    def on(self, units: Decimal, value: Fraction, mark: Fraction, threshold: Fraction) -> Decimal:
        """Return the fee on units, to the cent.

        >>> value, mark = Fraction("1.2167"), Fraction("1.15")
        >>> PerformanceFee("0.25").on(Decimal(2_000_000), value, mark, mark)
        Decimal('33350.00')
        """
        return cents(self.due(value, mark, threshold) * Fraction(units))


def _part(rate: Fraction, gain: Amount) -> Amount:
    if isinstance(gain, Fraction):
        return rate * max(Fraction(0), gain)
    return float(rate) * np.maximum(0.0, gain)
