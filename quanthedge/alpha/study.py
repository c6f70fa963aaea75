"""What is learnt from: features and targets by date, and sums over dates that are added up once."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from quanthedge.operators import rank_correlation
from quanthedge.typing import Floats, Ints

__all__ = ["Lesson", "Moments", "Study"]


class Moments(NamedTuple):
    """Sums of each date over the pairs that are learnt from.

    Attributes
    ----------
    xx : float64 [R, K, K], xy : float64 [R, K]
        Of products of features, and of features and target.
    pairs : int64 [R]
    """

    xx: Floats
    xy: Floats
    pairs: Ints


@dataclass(eq=False)
class Study:
    """Features and targets, R dates x N stocks x K factors.

    Attributes
    ----------
    rows : int64 [R]
        Day indices, ascending.
    values : float32 [R, N, K]
        Features: numbers everywhere.
    target : float64 [R, N]
        NaN where nothing is learnt: outside the universe, no purchase, not known in time.
    label_end : int64 [R]
        Row of the last price in any target of the date; -1 without one.
    names, families : tuple of str [K]
    """

    rows: Ints
    values: NDArray[np.float32]
    target: Floats
    label_end: Ints
    names: tuple[str, ...]
    families: tuple[str, ...]
    _moments: Moments | None = field(default=None, repr=False)

    @property
    def learnable(self) -> NDArray[np.bool_]:
        """Whether a date has targets, [R]."""
        return self.label_end >= 0

    @cached_property
    def moments(self) -> Moments:
        """Sums of each date, in float64."""
        dates, factors = len(self.rows), len(self.names)
        xx, xy = np.zeros((dates, factors, factors)), np.zeros((dates, factors))
        known = np.isfinite(self.target)
        with threadpool_limits(1):  # hundreds of small products: threads would wait for each other
            for r in np.flatnonzero(self.learnable):
                x = self.values[r, known[r]].astype(np.float64)
                xx[r], xy[r] = x.T @ x, self.target[r, known[r]] @ x
        return Moments(xx, xy, known.sum(axis=1))

    @cached_property
    def ics(self) -> Floats:
        """Rank correlation of each factor with the target on each date, [R, K].

        NaN without a target, or where a factor is the same for all.
        """
        found = np.full((len(self.rows), len(self.names)), np.nan)
        at = np.flatnonzero(self.learnable)
        known = np.isfinite(self.target[at])
        for k in range(len(self.names)):
            of_factor = self.values[at, :, k].astype(np.float64)
            found[at, k] = rank_correlation(of_factor, self.target[at], known)
        return found


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one training sees: some dates of a study."""

    study: Study
    train: Ints  # places of the dates

    @property
    def names(self) -> tuple[str, ...]:
        """Return the factors' names, [K]."""
        return self.study.names

    @property
    def families(self) -> tuple[str, ...]:
        """Return the factors' families, [K]."""
        return self.study.families

    @property
    def ics(self) -> Floats:
        """Return the rank correlation of each factor with the target by date, [dates, K]."""
        return self.study.ics[self.train]

    def sums(self) -> tuple[Floats, Floats]:
        """Return the sums of products of features [K, K], and of features and target [K]."""
        moments = self.study.moments
        return moments.xx[self.train].sum(axis=0), moments.xy[self.train].sum(axis=0)

    def pooled(self) -> tuple[NDArray[np.float32], Floats]:
        """Return features [n, K] and target [n] of all pairs."""
        target = self.study.target[self.train]
        known = np.isfinite(target)
        return self.study.values[self.train][known], target[known]
