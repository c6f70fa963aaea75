"""Less money to a sleeve that has lost, none from a level on."""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.sleeves.sharing.base import Seen, Sharing
from quanthedge.typing import Floats

__all__ = ["OwnDrawdown"]


class OwnDrawdown(Sharing):
    """The share falls in a straight line with what the sleeve stands below its best.

        share = 1 - fall / largest,   0 from ``largest`` on

    ``fall`` is the highest sum of the daily gains per yuan of budget so far, 0 at the start, less
    the sum now. What one sleeve gives up stays in cash: the others have no more than their budgets.
    """

    kind: Literal["drawdown"] = "drawdown"
    largest: float = Field(
        default=0.10, gt=0, le=3, description="Fall, of the budget, at which nothing is left."
    )

    def figures(self, seen: Seen) -> Floats:
        """Return by how much each stands below its best, a fraction of its budget."""
        path = np.vstack([np.zeros(len(seen.labels)), seen.gains.cumsum(axis=0)])
        return np.asarray(path.max(axis=0) - path[-1])

    def shares(self, seen: Seen, figures: Floats) -> Floats:
        """Return what is left of each budget."""
        return np.clip(1.0 - figures / self.largest, 0.0, 1.0)
