"""Expected returns of a strategy's scores: alpha = IC x volatility x standardised score.

References
----------
Grinold, R. (1994), "Alpha is volatility times IC times score", Journal of Portfolio Management
20(4).
"""

import numpy as np

from quanthedge.alpha.calibrate import own_volatility
from quanthedge.market import Market
from quanthedge.operators import standardise
from quanthedge.typing import Floats, Ints

__all__ = ["expected_at"]


def expected_at(market: Market, scores: Floats, rows: Ints, slope: Floats, days: float) -> Floats:
    """Return expected returns beyond industry and size over some days, float64 [R, N].

    Parameters
    ----------
    market : Market
    scores : float64 [R, N]
    rows : int64 [R]
    slope : float64 [R]
        Information coefficient of each decision.
    days : float
        Trading days that are looked ahead.
    """
    volatility = own_volatility(market, rows, np.isfinite(scores))
    z = np.asarray(standardise(scores))
    return np.asarray(slope[:, None] * np.sqrt(days) * volatility * z)
