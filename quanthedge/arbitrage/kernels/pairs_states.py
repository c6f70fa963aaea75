"""Which spreads stand open, day by day, compiled."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.typing import Bools, Floats

__all__ = ["REASONS", "states"]

REASONS = ("", "reverted", "stop", "left")


@njit(cache=True, allocates=False)
def _leaves(side: int, z: float, gone: bool, close_at: float, stop: float) -> int:
    """Return the place in REASONS of why a spread is closed; 0 = it is not."""
    if gone:
        return 3
    if side * z <= -stop:
        return 2
    return 1 if side * z >= -close_at else 0


@njit(cache=True)
def states(
    z: Floats, may_first: Bools, may_second: Bools, gone_first: Bools, gone_second: Bools,
    entry: float, close_at: float, stop: float,
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:  # fmt: skip
    """Return what is held after the decision of each day, and why something was closed, [D, K].

    Parameters
    ----------
    z : float64 [D, K]
        Deviations of K spreads; NaN = not known, nothing is decided.
    may_first, may_second : bool [D, K]
        The first, or second, stock may be bought.
    gone_first, gone_second : bool [D, K]
        It may no longer be held.
    entry, close_at, stop : float
        At -entry or less, and above -stop, the first stock is bought, and sold at -close_at or
        more, or at -stop or less; the second one the other way round. After a stop nothing is
        bought before the deviation was within entry.

    Returns
    -------
    held : int8
        1 = the first stock, -1 = the second one, 0 = none.
    reason : int8
        Place in REASONS on days on which a spread is closed.
    """
    days, spreads = z.shape
    held = np.zeros(z.shape, dtype=np.int8)
    reason = np.zeros(z.shape, dtype=np.int8)
    for k in range(spreads):
        side, armed = 0, True
        for t in range(days):
            here = z[t, k]
            if side != 0:
                gone = gone_first[t, k] if side > 0 else gone_second[t, k]
                why = _leaves(side, here, gone, close_at, stop)
                if why > 0:
                    reason[t, k] = why
                    armed = why != 2
                    side = 0
            elif abs(here) < entry:
                armed = True
            elif armed and abs(here) < stop:
                if here < 0 and may_first[t, k]:
                    side = 1
                elif here > 0 and may_second[t, k]:
                    side = -1
            held[t, k] = side
    return held, reason
