"""By how much an industry shall weigh more, or less, than in the hedged index."""

import numpy as np

from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["industry_tilts"]


def industry_tilts(market: Market, rows: Ints) -> Floats:
    """Return the tilt of each industry on each decision, float64 [R, G]."""
    return np.zeros((rows.size, len(market.industry()[1])))
