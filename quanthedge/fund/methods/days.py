"""What units are worth over days on which none come or go: one pass over arrays, to the cent.

The books reckon one close in exact fractions. Between two events only assets and hurdle move, so
that the same formulas run here over all days and lots at once; sums are rounded half up like there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanthedge.fund.methods.hurdle import Hurdle
from quanthedge.typing import Floats

__all__ = ["Worth", "by_owner", "due_over_days", "half_up"]


@dataclass(frozen=True)
class Worth:
    """What the units of a book bring on each of D days if all leave (virtual liquidation).

    Attributes
    ----------
    unit_value : float64 [D]
        As published.
    investors : tuple of I names
    units : float64 [I]
    value : float64 [D, I]
        Yuan that each would get, the fee taken off.
    fee : float64 [D, I]
        Performance fee that has accrued on his units.
    accrued : float64 [D]
        Fee of the whole book.
    """

    unit_value: Floats
    investors: tuple[str, ...]
    units: Floats
    value: Floats
    fee: Floats
    accrued: Floats


def half_up(values: Floats, decimals: int) -> Floats:
    """Return numbers rounded half up, away from zero; what prints as a tie counts as one.

    >>> half_up(np.array([1.23455, -0.125, 0.1249999]), 2).tolist()
    [1.23, -0.13, 0.12]
    >>> half_up(np.array([1.23455]), 4).tolist()
    [1.2346]
    """
    scaled = np.abs(values) * 10.0**decimals
    whole: Floats = np.floor(scaled + 0.5 + 4.0 * np.spacing(scaled))
    return np.copysign(whole, values) / 10.0**decimals


def due_over_days(
    value: Floats, mark: Floats, threshold: Floats, rate: float, hurdle: Hurdle | None
) -> Floats:
    """Return the fee due on a unit, [D, L]: :func:`due_per_unit` over arrays.

    Parameters
    ----------
    value : float64 [D, L] or [D, 1]
    mark : float64 [L]
    threshold : float64 [D, L]
        The mark grown by the hurdle; raised to the mark where it is below.
    rate : float
    hurdle : Hurdle or None
    """
    gain = value - mark
    if hurdle is None:
        return np.asarray(rate * np.maximum(0.0, gain))
    above = value - np.maximum(mark, threshold)
    if hurdle.hard:
        due = rate * above
    elif hurdle.catch_up is None:
        due = rate * gain
    else:
        due = np.minimum(rate * gain, max(rate, hurdle.catch_up) * above)
    return np.where(above > 0.0, due, 0.0)


def by_owner(values: Floats, owner: NDArray[np.int64], count: int) -> Floats:
    """Return sums over the lots of each investor, [D, I], from [D, L]."""
    owns = owner[:, None] == np.arange(count)
    total: Floats = values @ owns.astype(np.float64)
    return total
