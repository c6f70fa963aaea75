"""What every factor is: frozen parameters, a family, a sign and an exposure per day and stock."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from quanthedge.market import Market

__all__ = ["FactorBase", "Floats", "Rows", "as_rows", "market_value", "window_of"]

Floats = NDArray[np.float64]
Rows = Sequence[int] | NDArray[np.int64] | None


class FactorBase(BaseModel):
    """A factor: ``exposure`` gives one number per day and stock, NaN where it is not defined.

    Row t uses what was public by the close of day t and nothing later.

    Attributes
    ----------
    family : str
        valuation, growth, quality, sentiment or structure.
    sign : int
        +1 where published research finds that high exposures earn more, -1 where it finds the
        opposite.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: ClassVar[str]
    sign: ClassVar[int]

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the raw exposure, [len(rows), N].

        Parameters
        ----------
        market : Market
        rows : sequence of int, optional
            Day indices; all days by default.
        """
        raise TypeError(f"{type(self).__name__} is no factor: it defines no exposure")


def as_rows(market: Market, rows: Rows) -> NDArray[np.int64]:
    """Return the day indices asked for, all days by default."""
    return np.arange(len(market.dates)) if rows is None else np.asarray(rows, dtype=np.int64)


def market_value(market: Market, rows: NDArray[np.int64]) -> Floats:
    """Return the total market value, yuan, [R, N]: last close x total shares as last known."""
    value = market.panel("mark")[rows] * market.panel("total_shares")[rows]
    return np.where(value > 0, value, np.nan)


def window_of(panel: Floats, row: int, window: int) -> Floats:
    """Return the last ``window`` rows up to and including ``row``; fewer at the data's start."""
    return panel[max(0, row - window + 1) : row + 1]
