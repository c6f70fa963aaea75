"""Beta and correlation to several indices: over the run, and over windows that move with time."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.performance.relation import Pair
from quanthedge.performance.resampling import SEED
from quanthedge.performance.returns import Every

__all__ = ["Relations"]

_PERIODS: tuple[Every, ...] = ("daily", "weekly", "monthly")
_ROLLING: tuple[tuple[Every, int], ...] = (
    ("daily", 60), ("daily", 250), ("weekly", 52), ("monthly", 24),
)  # fmt: skip


class Relations(NamedTuple):
    """A fund beside several indices.

    Attributes
    ----------
    level : Series
        Of the fund, net, 1 at the start.
    indices : mapping of Series
        Closes by name, on the same days.
    """

    level: pd.Series
    indices: Mapping[str, pd.Series]

    def whole(self, *, paths: int = 1000, seed: int = SEED) -> pd.DataFrame:
        """Return beta and correlation over the run by day, week and month, with intervals.

        Parameters
        ----------
        paths, seed : int
            Of the block bootstrap.

        Returns
        -------
        DataFrame
            Indexed by index and frequency: beta, beta_low, beta_high (Newey-West), correlation,
            correlation_low, correlation_high (studentised block bootstrap), observations. NaN where
            there are fewer than ten observations.
        """
        rows = {}
        for name, close in self.indices.items():
            for every in _PERIODS:
                pair = Pair.of(self.level, close, every)
                slope, link = pair.beta_hac(), pair.correlation_bootstrap(paths=paths, seed=seed)
                rows[name, every] = {
                    "beta": slope.value,
                    "beta_low": slope.low,
                    "beta_high": slope.high,
                    "correlation": link.value,
                    "correlation_low": link.low,
                    "correlation_high": link.high,
                    "observations": link.observations,
                }
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index = pd.MultiIndex.from_tuples(list(rows), names=["index", "frequency"])
        return table

    def rolling(self) -> pd.DataFrame:
        """Return how beta and correlation moved: last, lowest, mean, highest.

        Returns
        -------
        DataFrame
            Indexed by index, frequency and window (60 and 250 days, 52 weeks, 24 months): windows
            (how many the run holds), beta_last, beta_lowest, beta_mean, beta_highest, and the same
            of the correlation; NaN where the run is shorter than the window.
        """
        rows = {}
        for name, close in self.indices.items():
            for every, window in _ROLLING:
                pair = Pair.of(self.level, close, every)
                slopes, links = pair.rolling_beta(window), pair.rolling_correlation(window)
                row: dict[str, float] = {"windows": float(slopes.notna().sum())}
                for part, values in (("beta", slopes), ("correlation", links)):
                    known = values.dropna()
                    row |= {
                        f"{part}_last": float(known.iloc[-1]) if len(known) else np.nan,
                        f"{part}_lowest": float(known.min()),
                        f"{part}_mean": float(known.mean()),
                        f"{part}_highest": float(known.max()),
                    }
                rows[name, every, window] = row
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index = pd.MultiIndex.from_tuples(list(rows), names=["index", "frequency", "window"])
        return table.astype({"windows": np.int64})
