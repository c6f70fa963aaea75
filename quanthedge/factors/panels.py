"""Raw exposures of many factors on some days: one array, rows x stocks x factors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.factors.base import Factor, exposures
from quanthedge.market import Market
from quanthedge.typing import Days, Ints

__all__ = ["FactorPanel", "panel"]


@dataclass(frozen=True, eq=False)
class FactorPanel:
    """Raw exposures of K factors on R days, as they were known at each close.

    Attributes
    ----------
    market : Market
    rows : int64 [R]
        Day indices, ascending.
    factors : tuple of Factor [K]
    names : tuple of str [K]
        Distinct; a factor's kind, with its parameters where a kind comes twice.
    values : float32 [R, N, K]
        Raw exposures, the sign not applied; NaN where a factor is not defined.
    """

    market: Market
    rows: Ints
    factors: tuple[Factor, ...]
    names: tuple[str, ...]
    values: NDArray[np.float32]

    @property
    def dates(self) -> Days:
        """Return the days, [R]."""
        return np.asarray(self.market.dates[self.rows])

    @property
    def signs(self) -> Ints:
        """Return +1 or -1 of each factor, [K]."""
        return np.array([factor.sign for factor in self.factors], dtype=np.int64)

    def frame(self, name: str) -> pd.DataFrame:
        """Return one factor as a table, dates x codes."""
        return pd.DataFrame(
            self.values[:, :, self.names.index(name)],
            index=pd.DatetimeIndex(self.dates, name="date"),
            columns=pd.Index(self.market.codes, name="code"),
        )


def panel(market: Market, factors: Sequence[Factor], rows: Ints) -> FactorPanel:
    """Return the raw exposures of some factors on some days."""
    values = np.empty((len(rows), len(market.codes), len(factors)), dtype=np.float32)
    for k, factor in enumerate(factors):
        values[:, :, k] = exposures(factor, market, rows)
    names = tuple(factor.kind for factor in factors)
    return FactorPanel(market, np.asarray(rows, dtype=np.int64), tuple(factors), names, values)
