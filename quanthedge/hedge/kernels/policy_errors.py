"""The hedge that is really held when a policy decides when it is traded."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.hedge.policies.kernels import due
from quanthedge.hedge.policies.program import Program
from quanthedge.typing import Floats

__all__ = ["followed"]


@njit(cache=True)
def followed(
    target: Floats,
    book: Floats,
    future: Floats,
    level: Floats,
    forced: NDArray[np.bool_],
    program: Program,
) -> tuple[Floats, Floats]:
    """Return the ratio held after each close, and what was traded at it, per yuan of stocks.

    Parameters
    ----------
    target : float64 [D, P]
        Ratio wanted at each close; NaN = left as it is.
    book, future : float64 [D], [D, P]
        Returns of each day, by which the held ratio drifts: futures value over stock value.
    level : float64 [D, P]
        Price that the policy watches.
    forced : bool [D]
        The hedge is traded whatever the policy says: the stocks are traded too.
    program : Program
        Compiled policy over the same days.

    Returns
    -------
    held, traded : float64 [D, P]

    """
    days, products = target.shape
    held = np.zeros((days, products))
    traded = np.zeros((days, products))
    for p in range(products):
        current = 0.0
        last_level = level[0, p]
        for d in range(days):
            if d > 0 and np.isfinite(future[d, p]):
                current *= (1.0 + future[d, p]) / (1.0 + book[d])
            wanted = target[d, p]
            if np.isfinite(wanted):
                asked, landing = due(program, d, wanted, current, level[d, p], last_level)
                if d == 0 or forced[d]:
                    asked, landing = True, wanted
                if asked:
                    traded[d, p] = abs(landing - current)
                    current = landing
                    last_level = level[d, p]
            held[d, p] = current
    return held, traded
