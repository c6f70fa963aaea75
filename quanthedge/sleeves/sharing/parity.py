"""Equal risk: the more a sleeve moves, the less money it has.

References
----------
Maillard, S., Roncalli, T. and Teiletche, J. (2010), "The properties of equally weighted risk
contribution portfolios", Journal of Portfolio Management 36(4): with equal correlations, weights of
equal risk contributions are in proportion to the inverse of volatility.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.sleeves.sharing.base import Seen, Sharing
from quanthedge.sleeves.sharing.proportion import in_proportion
from quanthedge.typing import Floats

__all__ = ["RiskParity"]


class RiskParity(Sharing):
    """Budgets in proportion to the inverse of volatility.

    With sigma the standard deviation of a sleeve's daily gain per yuan of budget over the days of
    the window on which it held anything, B the stated budgets of all sleeves whose sigma is known,

        budget = B (1 / sigma) / sum of (1 / sigma),   at most ``most`` times the stated one

    What a cap takes goes to the others. A sleeve that held something on fewer than ``fewest`` days
    keeps its stated budget: days without a position say nothing of the risk of one.
    """

    kind: Literal["risk_parity"] = "risk_parity"
    window: int = Field(default=120, ge=20, description="Trading days looked back on.")
    fewest: int = Field(
        default=40, ge=2, description="Days with a position below which it stays as stated."
    )
    most: float = Field(
        default=2.0, ge=1, le=10, description="Largest share, a multiple of the stated budget."
    )

    def figures(self, seen: Seen) -> Floats:
        """Return the volatility of each sleeve a year, per yuan of budget."""
        gains, active = seen.gains[-self.window :], seen.active()[-self.window :]
        found = np.full(len(seen.labels), np.nan)
        for s in np.flatnonzero(active.sum(axis=0) >= self.fewest):
            found[s] = gains[active[:, s], s].std(ddof=1) * np.sqrt(TRADING_DAYS_A_YEAR)
        return found

    def shares(self, seen: Seen, figures: Floats) -> Floats:
        """Return the budget of equal risk over the stated one."""
        known = figures > 0.0
        budgets = np.where(known, seen.budgets, 0.0)
        inverse = np.where(known, 1.0 / np.where(known, figures, 1.0), 0.0)
        wanted = in_proportion(float(budgets.sum()), inverse, self.most * budgets)
        return np.where(known, wanted / seen.budgets, np.nan)
