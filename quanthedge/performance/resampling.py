"""The stationary bootstrap: what other orders of the same days would have brought.

Blocks of geometric length are drawn with replacement, so that the dependence of neighbouring days
is kept (Politis and Romano, 1994, "The stationary bootstrap", JASA 89). Their mean length is the
cube root of the number of days.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.performance.returns import NO_MOVE
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = [
    "FEWEST_DAYS",
    "HORIZONS",
    "Outlook",
    "block_length",
    "bounded",
    "draw",
    "loss_probabilities",
    "outlook",
    "year_range",
]

FEWEST_DAYS = 120
_DAYS_A_MONTH = TRADING_DAYS_A_YEAR / 12
HORIZONS = (1, 3, 6, 12, 24, 36)
PATHS = 5000
SEED = 20140917
_WIPED_OUT = -1.0 + 1e-12  # a day of insolvency leaves nothing
_FEW_ROUNDS = 4  # around the sample, that are cheaper by subtraction than by division
_CELLS = 400_000  # of an array: bounded memory, and it stays in the cache


def block_length(returns: pd.Series) -> float:
    """Return the mean block length for the stationary bootstrap: the cube root of the days.

    The rate at which blocks must grow (Hall, Horowitz and Jing, 1995, "On blocking rules for the
    bootstrap with dependent data", Biometrika 82).

    >>> round(block_length(pd.Series(range(1000))), 6)
    10.0
    """
    return float(max(1.0, np.cbrt(returns.notna().sum())))


def draw(
    count: int, length: int, paths: int, block: float, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return positions of days, [paths, length]: each goes on to the next or starts anew.

    A block goes on with probability ``1 - 1 / block`` and wraps around the end of the sample.

    Notes
    -----
    All paths are cut from one row of blocks, each then moved around the sample by a step of its
    own: a block that a cut divides begins anew in the next path, and paths are independent.
    """
    found = _blocks_in_paths(count, length, paths, block, random)
    return np.asarray(_days_of(found, np.arange(length), count), dtype=np.int64)


class _Blocks(NamedTuple):
    """Paths that were cut from a row of blocks, in unsigned numbers that wrap below 0."""

    begins: NDArray[np.unsignedinteger[Any]]  # [paths, length], where a path's block leads from
    moves: NDArray[np.unsignedinteger[Any]]  # [paths, 1], what is added beside the day's number
    rounds: int  # around the sample, at most, that a day then lies beyond its own


def _blocks_in_paths(
    count: int, length: int, paths: int, block: float, random: np.random.Generator
) -> _Blocks:
    total = paths * length
    lengths = random.geometric(1.0 / block, int(1.2 * total / block) + 64)
    while lengths.sum() < total:
        lengths = np.append(lengths, random.geometric(1.0 / block, lengths.size))
    ends = np.cumsum(lengths)
    kept = int(np.searchsorted(ends, total)) + 1
    lengths, ends = lengths[:kept], ends[:kept]
    begins = random.integers(0, count, kept) - (ends - lengths)
    moves = random.integers(0, count, (paths, 1)) + length * np.arange(paths)[:, None]
    highest = 2 * count + int(lengths.max())
    # as few bytes as a day needs, for passing them is most of a bootstrap's time
    small: type[np.unsignedinteger[Any]] = np.uint16 if highest < 2**16 else np.uint32
    if highest >= 2**32:
        small = np.uint64
    row = np.repeat(begins.astype(small), lengths)[:total]
    return _Blocks(row.reshape(paths, length), moves.astype(small), highest // count)


def _days_of(
    blocks: _Blocks, at: NDArray[np.integer[Any]], count: int
) -> NDArray[np.unsignedinteger[Any]]:
    """Return the days of the sample that paths have at positions, [length] or [paths, length]."""
    moved = blocks.begins + blocks.moves
    moved += at.astype(moved.dtype, copy=False)
    day = moved.dtype.type(count)
    if blocks.rounds > _FEW_ROUNDS:  # blocks that go round a short sample many times
        moved %= day
        return moved
    for _ in range(blocks.rounds):
        np.minimum(moved, moved - day, out=moved)  # below 0 is far above: what is inside stays
    return moved


def bounded(paths: int, length: int) -> Iterator[int]:
    """Yield numbers of paths that add up to `paths`, each small enough for the memory."""
    most = max(1, _CELLS // length)
    for begin in range(0, paths, most):
        yield min(most, paths - begin)


class Outlook:
    """Compound returns of drawn paths: what the days of a run would bring in other orders.

    Attributes
    ----------
    totals : dict of float64 [paths]
        Compound return by number of trading days.
    """

    def __init__(self, totals: dict[int, Floats]) -> None:
        self.totals = totals

    def loss(self, months: int) -> float:
        """Return the share of paths that lose over so many months of 20.25 trading days."""
        found = self.totals.get(round(months * _DAYS_A_MONTH))
        return float("nan") if found is None else float((found < -NO_MOVE).mean())

    def year(self) -> tuple[float, float, float]:
        """Return the 5%, 50% and 95% quantile of the return over 243 trading days."""
        found = self.totals.get(TRADING_DAYS_A_YEAR)
        if found is None:
            return (float("nan"),) * 3
        low, middle, high = np.quantile(found, [0.05, 0.5, 0.95])
        return float(low), float(middle), float(high)


def outlook(
    returns: pd.Series,
    months: Sequence[int] = HORIZONS,
    *,
    mean_error: bool = False,
    paths: int = PATHS,
    seed: int = SEED,
) -> Outlook:
    """Return paths over several months and over a year, by block bootstrap of daily returns.

    Parameters
    ----------
    returns : Series
        Daily; below 120 of them nothing is drawn and every figure is NaN.
    months : sequence of int
        A month is 20.25 trading days, rounded.
    mean_error : bool
        Draw each path from a history that is drawn first, of the length of the run. The paths then
        differ also by how far the mean of so few days may be from the truth, which a redraw of the
        run alone takes as known.
    paths, seed : int
        The same returns and seed give the same figures.
    """
    values = returns.dropna().to_numpy(dtype=np.float64)
    if values.size < FEWEST_DAYS:
        return Outlook({})
    logs = np.log1p(np.maximum(values, _WIPED_OUT))
    days = sorted({*(round(month * _DAYS_A_MONTH) for month in months), TRADING_DAYS_A_YEAR})
    found = []
    for some in _days_drawn(values.size, days[-1], mean_error, paths, seed):
        between = np.add.reduceat(logs.take(some), [0, *days[:-1]], axis=1)
        found.append(np.cumsum(between, axis=1))
    totals = np.expm1(np.concatenate(found))
    return Outlook({day: totals[:, k] for k, day in enumerate(days)})


@lru_cache(maxsize=4)  # runs of the same days ask for the same: 2 bytes a day and path
def _days_drawn(
    n: int, length: int, mean_error: bool, paths: int, seed: int
) -> tuple[NDArray[np.uint16 | np.uint32], ...]:
    """Return days of a run of n days in other orders, [paths, length] in pieces."""
    block, random = float(np.cbrt(n)), np.random.default_rng(seed)
    small = np.uint16 if n <= np.iinfo(np.uint16).max else np.uint32
    pieces: list[NDArray[np.uint16 | np.uint32]] = []
    for count in bounded(paths, length):
        some = _days_of(_blocks_in_paths(n, length, count, block, random), np.arange(length), n)
        if mean_error:
            # of the history those days alone are worked out that the path takes, a third of it
            history = _blocks_in_paths(n, n, count, block, random)
            taken = history.begins.ravel().take(some + n * np.arange(count)[:, None])
            some = _days_of(history._replace(begins=taken), some, n)
        pieces.append(some.astype(small, copy=False))
    return tuple(pieces)


def loss_probabilities(
    returns: pd.Series,
    months: Sequence[int] = HORIZONS,
    *,
    mean_error: bool = False,
    paths: int = PATHS,
    seed: int = SEED,
) -> dict[int, float]:
    """Return the probability of a loss over so many months; see :func:`outlook`."""
    found = outlook(returns, months, mean_error=mean_error, paths=paths, seed=seed)
    return {month: found.loss(month) for month in months}


def year_range(
    returns: pd.Series, *, mean_error: bool = False, paths: int = PATHS, seed: int = SEED
) -> tuple[float, float, float]:
    """Return the 5%, 50% and 95% quantile of the return over 243 days; see :func:`outlook`."""
    return outlook(returns, (12,), mean_error=mean_error, paths=paths, seed=seed).year()
