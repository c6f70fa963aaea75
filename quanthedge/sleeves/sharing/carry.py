"""More money to a sleeve that pays more for each yuan that it ties up.

References
----------
Bühlmann, H. (1967), "Experience rating and credibility", ASTIN Bulletin 4(3): the weight
n / (n + k) of n own observations against a prior mean, here 0.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.sleeves.sharing.base import Band, Reviews, Seen, Sharing
from quanthedge.sleeves.sharing.proportion import in_proportion
from quanthedge.typing import Floats

__all__ = ["CarryPerMargin"]


class CarryPerMargin(Sharing):
    """Budgets in proportion to stated budget times the return above a hurdle.

    The figure e is what a sleeve expects to earn a year on the stocks and margin that it ties up,
    net of all costs, where it says so itself (cash-and-carry: what its position was to pay when it
    was entered, or the best contract where it holds none). Of another it is its own mean on paper
    over the n days of the window on which it held anything, shrunk towards nothing:

        e = n / (n + prior_days) x (sum of gains / sum of what was tied up) x days of a year

    A sleeve at the hurdle or below has nothing, the rest share all stated budgets, each at most
    ``most`` times its own; of fewer than ``fewest`` days nothing is known: its budget as stated.
    """

    kind: Literal["carry_per_margin"] = "carry_per_margin"
    every: Reviews = "week"
    band: Band = 0.25
    hurdle: float = Field(
        default=0.0, ge=-1, le=5, description="Return a year, on what is tied up, that earns none."
    )
    window: int = Field(default=250, ge=20, description="Trading days looked back on.")
    prior_days: int = Field(
        default=250, ge=0, description="Days with a position that a mean of nothing weighs as."
    )
    fewest: int = Field(
        default=40, ge=2, description="Days with a position below which it stays as stated."
    )
    most: float = Field(
        default=2.0, ge=1, le=10, description="Largest share, a multiple of the stated budget."
    )

    def figures(self, seen: Seen) -> Floats:
        """Return what each sleeve pays a year on what it ties up."""
        said = seen.expected()
        return np.where(np.isfinite(said), said, self._shrunk(seen))

    def _shrunk(self, seen: Seen) -> Floats:
        active = seen.active()[-self.window :]
        days = active.sum(axis=0)
        gains = np.where(active, seen.gains[-self.window :], 0.0).sum(axis=0)
        tied = np.where(active, seen.tied[-self.window :], 0.0).sum(axis=0)
        known = (days >= self.fewest) & (tied > 0.0)
        mean = gains / np.where(known, tied, 1.0) * TRADING_DAYS_A_YEAR
        return np.where(known, days / (days + self.prior_days) * mean, np.nan)

    def shares(self, seen: Seen, figures: Floats) -> Floats:
        """Return the budget by what is paid over the stated one."""
        known = np.isfinite(figures)
        budgets = np.where(known, seen.budgets, 0.0)
        above = np.where(known, np.maximum(figures - self.hurdle, 0.0), 0.0)
        wanted = in_proportion(float(budgets.sum()), budgets * above, self.most * budgets)
        return np.where(known, wanted / seen.budgets, np.nan)
