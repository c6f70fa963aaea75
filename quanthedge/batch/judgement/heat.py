"""Heat maps of a judgement: the figure by the values of two parameters, over all of the rest."""

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from quanthedge.batch.judgement.effects import Groups, bounds_text, grouped
from quanthedge.batch.judgement.wording import Words, told
from quanthedge.typing import Floats

if TYPE_CHECKING:
    from quanthedge.batch.judgement.table import Judgement

__all__ = ["heat_maps", "pair_table"]

_MOST_PARAMETERS = 4
_MOST_VALUES = 16  # of a text: more would not be read


def pair_table(one: Groups, other: Groups, figure: Floats) -> tuple[Floats, Floats]:
    """Return mean and best of the figure by the groups of two parameters, [rows, columns].

    ``one`` is across, ``other`` down. NaN where no run that finished has both.
    """
    shape = len(other.bounds), len(one.bounds)
    known = np.isfinite(figure) & (one.place >= 0) & (other.place >= 0)
    cell = other.place[known] * shape[1] + one.place[known]
    n = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.bincount(cell, weights=figure[known], minlength=n.size)
    mean = np.divide(total, n, out=np.full(n.size, np.nan), where=n > 0)
    best = np.full(n.size, -np.inf)
    np.maximum.at(best, cell, figure[known])
    best[n == 0] = np.nan
    return mean.reshape(shape), best.reshape(shape)


def heat_maps(j: "Judgement", words: Words) -> list[dict[str, Any]]:
    """Return a heat map for each pair of the parameters that explain most, as the page has it."""
    figure = j.table[j.by].reindex(j.parameters.index).to_numpy(dtype=np.float64)
    figure = np.where(j.table["rank"].reindex(j.parameters.index).notna(), figure, np.nan)
    best = j.parameters.index.get_loc(j.best)
    groups: dict[str, Groups] = {}
    for name in map(str, j.effects.index):
        made = grouped(j.levels, j.levels.names.index(name))
        if 2 <= len(made.bounds) <= _MOST_VALUES and len(groups) < _MOST_PARAMETERS:
            groups[name] = made
    maps = []
    for pair in combinations(groups, 2):
        # the parameter of more values goes down: phones are narrow
        first, second = sorted(pair, key=lambda name: len(groups[name].bounds))
        across, down = groups[first], groups[second]
        names = words.parameter(first), words.parameter(second)
        mean, most = (_cells(t, j.by) for t in pair_table(across, down, figure))
        framed = int(down.place[best]), int(across.place[best])
        maps.append(
            {
                "title": words("figure.heat", one=names[0], other=names[1]),
                "across": names[0],
                "down": names[1],
                "head": [bounds_text(b) for b in across.bounds],
                "rows": [
                    {
                        "name": bounds_text(bounds),
                        "cells": [
                            {"mean": one, "best": other, "framed": (r, c) == framed}
                            for c, (one, other) in enumerate(zip(mean[r], most[r], strict=True))
                        ],
                    }
                    for r, bounds in enumerate(down.bounds)
                ],
            }
        )
    return maps


def _cells(values: Floats, by: str) -> list[list[dict[str, Any]]]:
    """Return text, side of nought and strength of colour of each cell."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    crosses = low < 0 < high
    strength = _strength(values, low, high, crosses=crosses)
    return [
        [
            {
                "text": told(value, by),
                "kind": _kind(float(value), crosses=crosses),
                "strength": 0.0 if np.isnan(value) else round(float(s), 2),
            }
            for value, s in zip(row, of_row, strict=True)
        ]
        for row, of_row in zip(values, strength, strict=True)
    ]


def _kind(value: float, *, crosses: bool) -> str:
    if np.isnan(value):
        return "none"
    return "below" if crosses and value < 0 else "above"


def _strength(values: Floats, low: float, high: float, *, crosses: bool) -> Floats:
    """Return 0 to 1: from the lowest to the highest, or away from nought where they cross it."""
    if crosses:
        return np.abs(values) / max(-low, high)
    return (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
