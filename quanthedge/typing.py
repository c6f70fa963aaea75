"""Arrays and words that every room speaks of, once."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Days", "Edition", "Floats", "Ints", "Language", "Rows", "Tell"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Rows = NDArray[np.int64]  # places in an axis, most often of trading days
Language = Literal["zh", "en"]
Edition = Literal["client", "full", "risk"]  # of a report: for whom it is written
Tell = Callable[[str], None]  # told in words what is being done
