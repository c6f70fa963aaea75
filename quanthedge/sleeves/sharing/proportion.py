"""Money in proportion to something, no part above its cap."""

import numpy as np

from quanthedge.typing import Floats

__all__ = ["in_proportion"]


def in_proportion(total: float, wanted: Floats, caps: Floats) -> Floats:
    """Return parts of a total in proportion to ``wanted``, [S], none above its cap.

    What a cap takes from one goes to the others in the same proportion; where all stand at their
    caps, or nothing is wanted, the rest of the total is nobody's.

    >>> in_proportion(1.0, np.array([3.0, 1.0, 0.0]), np.array([0.6, 0.6, 0.6])).tolist()
    [0.6, 0.4, 0.0]
    """
    found = np.zeros(wanted.size)
    free = wanted > 0.0
    while free.any():
        left = total - found[~free].sum()
        part = np.where(free, wanted, 0.0)
        found = np.where(free, left * part / part.sum(), found)
        over = free & (found > caps)
        if not over.any():
            break
        found = np.where(over, caps, found)
        free &= ~over
    return found
