"""How a run stands among its neighbours in the parameters: on a plateau, or alone on a peak.

On a grid the neighbours of a run differ from it in one parameter, by one step of that parameter's
values (a text: any other). In a random sample they are the nearest by the ranks of the parameters.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.batch.judgement.parameters import Levels
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Neighbours", "neighbours_of", "sensitivity"]

_ENOUGH = 0.5  # of the runs have a neighbour one step away: the sample is a grid


class Neighbours(NamedTuple):
    """Pairs of neighbouring runs.

    Attributes
    ----------
    kind : "grid" or "nearest"
    run, other : int64 [M]
        ``other`` is a neighbour of ``run``; sorted by run.
    """

    kind: Literal["grid", "nearest"]
    run: Ints
    other: Ints


def neighbours_of(levels: Levels) -> Neighbours:
    """Return who is whose neighbour.

    Parameters
    ----------
    levels : Levels
        Of K runs and P parameters.

    Notes
    -----
    Runs are a grid where at least half of them have a neighbour one step away. Otherwise each has
    its ``2 P`` nearest: by the sum over parameters of the squared difference of their ranks over K
    (a text: 0 or 1). Nothing of the runs' outcomes is used.
    """
    run, other = _one_step(levels)
    count = len(levels.place)
    if len(np.unique(run)) >= _ENOUGH * count:
        return Neighbours("grid", run, other)
    run, other = _nearest(levels)
    return Neighbours("nearest", run, other)


def sensitivity(
    figure: Floats, finished: Bools, neighbours: Neighbours, index: pd.Index
) -> pd.DataFrame:
    """Return what the neighbours of each run show beside its own figure.

    Parameters
    ----------
    figure : float64 [K]
        The more the better; NaN where a run failed.
    finished : bool [K]
    neighbours : Neighbours
    index : Index
        Of the runs.

    Returns
    -------
    DataFrame
        neighbours (that finished), neighbours_failed, neighbours_mean, neighbours_worst, plateau.

    Notes
    -----
    Plateau is the share of a run's lead over the median run that its neighbours have too:
    ``(mean of neighbours - median) / (own - median)``. 1 is a plateau, 0 a peak whose neighbours
    are no better than the median run. NaN for the lower half of the runs.
    """
    count = figure.size
    known = finished & np.isfinite(figure)
    ends = known[neighbours.other]
    run, value = neighbours.run[ends], figure[neighbours.other[ends]]
    n = np.bincount(run, minlength=count)
    total = np.bincount(run, weights=value, minlength=count)
    mean = np.divide(total, n, out=np.full(count, np.nan), where=n > 0)
    worst = np.full(count, np.inf)
    np.minimum.at(worst, run, value)
    worst[n == 0] = np.nan
    median = float(np.median(figure[known])) if known.any() else np.nan
    lead = figure - median
    plateau = np.divide(mean - median, lead, out=np.full(count, np.nan), where=lead > 0)
    failed = np.bincount(neighbours.run[~ends], minlength=count)
    return pd.DataFrame(
        {
            "neighbours": n,
            "neighbours_failed": failed,
            "neighbours_mean": mean,
            "neighbours_worst": worst,
            "plateau": plateau,
        },
        index=index,
    )


def _one_step(levels: Levels) -> tuple[Ints, Ints]:
    """Return the pairs of runs that differ in one parameter by one step."""
    place, pairs = levels.place, []
    for p in range(place.shape[1]):
        group = _alike(np.delete(place, p, axis=1))
        order = np.lexsort((place[:, p], group))
        cuts = np.flatnonzero(np.diff(group[order])) + 1
        for rows in np.split(order, cuts):
            at = place[rows, p]
            apart = np.abs(at[:, None] - at[None, :])
            near = apart == 1 if levels.numeric[p] else apart > 0
            near &= (at[:, None] >= 0) & (at[None, :] >= 0)  # a value that is missing has no step
            one, other = np.nonzero(near)
            pairs.append((rows[one], rows[other]))
    run = np.concatenate([a for a, _ in pairs]) if pairs else np.zeros(0, dtype=np.int64)
    other = np.concatenate([b for _, b in pairs]) if pairs else np.zeros(0, dtype=np.int64)
    order = np.lexsort((other, run))
    return run[order], other[order]


def _alike(rest: Ints) -> Ints:
    """Return the group of each row: the same number for the same row."""
    if rest.shape[1] == 0:
        return np.zeros(len(rest), dtype=np.int64)
    return np.asarray(np.unique(rest, axis=0, return_inverse=True)[1], dtype=np.int64).ravel()


def _nearest(levels: Levels) -> tuple[Ints, Ints]:
    """Return each run with its 2 P nearest."""
    count, width = levels.place.shape
    k = min(2 * width, count - 1)
    if k < 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    others = np.empty((count, k), dtype=np.int64)
    rank = np.stack(
        [pd.Series(levels.place[:, p]).rank().to_numpy() / count for p in range(width)], axis=1
    )
    for i in range(count):
        apart = np.zeros(count)
        for p in range(width):
            if levels.numeric[p]:
                apart += (rank[:, p] - rank[i, p]) ** 2
            else:
                apart += levels.place[:, p] != levels.place[i, p]
        apart[i] = np.inf
        others[i] = np.sort(np.argsort(apart, kind="stable")[:k])
    return np.repeat(np.arange(count), k), others.ravel()
