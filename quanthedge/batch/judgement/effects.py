"""Which parameters matter: the share of variance that each explains, and the mean by its values."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.batch.judgement.parameters import Levels
from quanthedge.typing import Floats, Ints, Language

__all__ = ["Groups", "effects_of", "grouped", "value_text"]

_MOST_LEVELS = 12
_CLASSES = 6


class Groups(NamedTuple):
    """The values of a parameter, or classes of them where they are many.

    Attributes
    ----------
    place : int64 [K]
        Group of each run; -1 where it has no value.
    bounds : sequence of (lowest, highest)
        The same twice where a group is one value.
    """

    place: Ints
    bounds: Sequence[tuple[Any, Any]]


def grouped(levels: Levels, p: int) -> Groups:
    """Return the groups of a parameter: its values, or six classes of about as many runs.

    Only a number of more than twelve values is put into classes.
    """
    place, values = levels.place[:, p], levels.values[p]
    if not levels.numeric[p] or len(values) <= _MOST_LEVELS:
        return Groups(place, [(value, value) for value in values])
    known = place >= 0
    cuts = np.unique(np.quantile(place[known], np.linspace(0, 1, _CLASSES + 1)[1:-1]))
    group = np.where(known, np.searchsorted(cuts, place, side="right"), -1)
    used, group[known] = np.unique(group[known], return_inverse=True)
    bounds = []
    for g in range(len(used)):
        inside = place[group == g]
        bounds.append((values[inside.min()], values[inside.max()]))
    return Groups(group.astype(np.int64), bounds)


def effects_of(levels: Levels, figure: Floats) -> pd.DataFrame:
    """Return how much of the figure's variance each parameter explains by itself.

    Parameters
    ----------
    levels : Levels
        Of K runs.
    figure : float64 [K]
        NaN where a run failed.

    Returns
    -------
    DataFrame
        Indexed by parameter, the largest first: share, groups.

    Notes
    -----
    One-way analysis of variance: of the sum of squares, the part between the means of the groups,
    less what as many groups of noise would have, ``1 - (1 - eta^2) (K - 1) / (K - G)`` (Kelley,
    1935, "An unbiased correlation ratio measure", PNAS 21(9)), and not below 0. Where each run has
    a group of its own, nothing can be told: NaN.
    """
    rows = {}
    for p, name in enumerate(levels.names):
        groups = grouped(levels, p)
        known = np.isfinite(figure) & (groups.place >= 0)
        place, value = groups.place[known], figure[known]
        used = np.unique(place)
        rows[name] = {"share": _share(place, value), "groups": len(used)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["share", "groups"])
    table.index.name = "parameter"
    return table.sort_values("share", ascending=False, kind="stable", na_position="last")


def _share(place: Ints, value: Floats) -> float:
    count, groups = value.size, np.unique(place).size
    if groups < 2 or count <= groups:
        return float("nan")
    whole = float(((value - value.mean()) ** 2).sum())
    if whole <= 0.0:
        return 0.0
    n = np.bincount(place)
    sums = np.bincount(place, weights=value)
    mean = np.divide(sums, n, out=np.zeros(n.size), where=n > 0)
    within = float(((value - mean[place]) ** 2).sum())
    return max(0.0, 1.0 - within / whole * (count - 1) / (count - groups))


def value_text(value: object, language: Language = "en") -> str:
    """Return a parameter's value as a reader writes it.

    >>> value_text(0.8), value_text(100000000.0), value_text("front"), value_text(float("nan"))
    ('0.8', '100,000,000', 'front', '–')
    """
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return "–"
        whole = abs(number) >= 10_000 and number == round(number)
        return format(number, ",.0f" if whole else ".4g").replace("-", "\u2212")
    if value is None:
        return "–"
    return str(value)
