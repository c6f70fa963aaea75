"""How far and how long the fund stood below its highest value."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from quanthedge.performance.returns import NO_MOVE, annual_return
from quanthedge.typing import Floats

__all__ = ["Drawdown", "Drawdowns"]


@dataclass(frozen=True)
class Drawdown:
    """One fall from a peak to a trough and, when it came, the way back.

    Attributes
    ----------
    depth : float
        trough value / peak value - 1, zero or negative.
    peak, trough : Timestamp
        Last day at the peak; first day at the lowest value.
    recovery : Timestamp or None
        First day after the trough at or above the peak; None when not yet.
    fall_days, fall_calendar_days : int
        From peak to trough, in trading days (rows) and in calendar days.
    recovery_days, recovery_calendar_days : int or None
        From trough to recovery.
    under_days, under_calendar_days : int
        From peak to recovery, or to the last day when there is none.
    """

    depth: float
    peak: pd.Timestamp
    trough: pd.Timestamp
    recovery: pd.Timestamp | None
    fall_days: int
    fall_calendar_days: int
    recovery_days: int | None
    recovery_calendar_days: int | None
    under_days: int
    under_calendar_days: int


@dataclass(frozen=True, eq=False)
class Drawdowns:
    """How a level fell from its highest values, and came back.

    Attributes
    ----------
    level : Series
        Positive at the start, indexed by date, with the opening value.

    Examples
    --------
    >>> days = pd.date_range("2015-01-05", periods=6)
    >>> level = pd.Series([1.0, 0.9, 1.0, 0.8, 0.9, 1.1], index=days)
    >>> [round(fall.depth, 2) for fall in Drawdowns(level).largest()]
    [-0.2, -0.1]
    """

    level: pd.Series

    @cached_property
    def depth(self) -> pd.Series:
        """Level / highest level so far - 1 by date, zero at a new high.

        Notes
        -----
        What lies within :data:`~quanthedge.performance.returns.NO_MOVE` below the peak is at the
        peak: levels are chained, and a fund that has come back may stand a rounding below it.
        """
        depth = self.level / self.level.cummax() - 1.0
        return depth.mask(depth >= -NO_MOVE, 0.0)

    def deepest(self) -> Drawdown | None:
        """Return the deepest fall, the first of equally deep ones; None when there was none."""
        depth = self._depths
        trough = int(np.argmin(depth))
        if not depth[trough] < 0.0:
            return None
        return _describe(self.level, depth, _peak_before(depth, trough))

    def longest(self) -> Drawdown | None:
        """Return the fall with most trading days from peak to recovery (or to the last day)."""
        starts, ends = _spells(self._depths)
        if not len(starts):
            return None
        return _describe(self.level, self._depths, int(starts[np.argmax(ends - starts)]) - 1)

    def largest(self, count: int = 5) -> list[Drawdown]:
        """Return the deepest falls, deepest first; each ends where its peak was reached again.

        Notes
        -----
        Falls do not overlap: a smaller fall on the way down or back belongs to the larger one. Of
        equally deep falls the earlier comes first.
        """
        starts, _ = _spells(self._depths)
        falls = [_describe(self.level, self._depths, int(start) - 1) for start in starts]
        return sorted(falls, key=lambda fall: (fall.depth, fall.peak))[:count]

    def calmar_ratio(self) -> float:
        """Return annual return / depth of the deepest fall; NaN when there was none.

        A level that is not known on some day has none.
        """
        depth = float(np.min(self._depths))
        return annual_return(self.level) / -depth if depth < 0.0 else float("nan")

    @property
    def _depths(self) -> Floats:
        return self.depth.to_numpy(dtype=np.float64)


def _spells(
    depth: Floats,
) -> "tuple[np.ndarray[tuple[int], np.dtype[np.intp]], ...]":
    """Return the first and the last position of each spell below a peak."""
    below = depth < 0.0
    starts = np.flatnonzero(below & ~np.append(False, below[:-1]))
    ends = np.flatnonzero(below & ~np.append(below[1:], False))
    return starts, ends


def _peak_before(depth: Floats, trough: int) -> int:
    return int(np.flatnonzero(depth[:trough] >= 0.0)[-1])


def _describe(level: pd.Series, depth: Floats, peak: int) -> Drawdown:
    """Return the fall that starts at the peak with this position."""
    days = pd.DatetimeIndex(level.index)
    back = np.flatnonzero(depth[peak + 1 :] >= 0.0)
    recovery = peak + 1 + int(back[0]) if len(back) else None
    end = len(days) - 1 if recovery is None else recovery
    trough = peak + 1 + int(np.argmin(depth[peak + 1 : end + 1]))
    return Drawdown(
        depth=float(depth[trough]),
        peak=days[peak],
        trough=days[trough],
        recovery=None if recovery is None else days[recovery],
        fall_days=trough - peak,
        fall_calendar_days=(days[trough] - days[peak]).days,
        recovery_days=None if recovery is None else recovery - trough,
        recovery_calendar_days=(None if recovery is None else (days[recovery] - days[trough]).days),
        under_days=end - peak,
        under_calendar_days=(days[end] - days[peak]).days,
    )
