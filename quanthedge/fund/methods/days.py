"""What units are worth over days on which none come or go: one pass over arrays, to the cent.

The registers reckon one close in exact fractions. Between two events only assets and hurdle move,
so that the same formulas run over all days and lots at once; sums are rounded half up like there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanthedge.typing import Floats, Ints

__all__ = ["Owners", "Worth"]


@dataclass(frozen=True)
class Worth:
    """What the units of a register bring on each of D days if all leave (virtual liquidation).

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
        Fee of all units.
    """

    unit_value: Floats
    investors: tuple[str, ...]
    units: Floats
    value: Floats
    fee: Floats
    accrued: Floats

    def without_last_day(self) -> "Worth":
        """Return all days but the last."""
        return Worth(
            self.unit_value[:-1], self.investors, self.units, self.value[:-1], self.fee[:-1],
            self.accrued[:-1],
        )  # fmt: skip


class Owners(NamedTuple):
    """Whose each of L lots is: I names in the order in which they came, and the place of each."""

    names: tuple[str, ...]
    place: Ints  # [L]

    @classmethod
    def of(cls, investors: Sequence[str]) -> "Owners":
        """Return the owners of lots, given by name."""
        names = tuple(dict.fromkeys(investors))
        return cls(names, np.array([names.index(one) for one in investors]))

    def total(self, values: Floats) -> Floats:
        """Return sums over the lots of each investor, [D, I], from [D, L]."""
        owns = self.place[:, None] == np.arange(len(self.names))
        found: Floats = values @ owns.astype(np.float64)
        return found
