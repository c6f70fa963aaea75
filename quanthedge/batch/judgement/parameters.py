"""What differs between runs: numbers on the grid of their values, texts as categories."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance import Measure
from quanthedge.typing import Ints

__all__ = ["WINDOW", "Levels", "is_figure", "levels_of", "parameters_of"]

WINDOW = "window"  # first and last day, where runs differ in them
_ABOUT = frozenset(
    {
        "key", "number", "label", "strategy", "market", "fingerprint", "start", "end", "when",
        "status", "reason", "kind", "seconds", "sweep", "tags", "note", "whole", "name", "name_zh",
        "description", "description_zh",
    }
)  # fmt: skip


class Levels(NamedTuple):
    """Parameters of K runs as positions on the grid of each.

    Attributes
    ----------
    names : tuple of P str
    place : int64 [K, P]
        Position of a run's value among the sorted values of its parameter; -1 where it has none.
    values : tuple of P tuples
        The values of each parameter, sorted: numbers, or texts.
    numeric : tuple of P bool
    """

    names: tuple[str, ...]
    place: Ints
    values: tuple[tuple[Any, ...], ...]
    numeric: tuple[bool, ...]


def parameters_of(runs: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the parameters in which runs differ, a column each: float64, or texts.

    Parameters
    ----------
    runs : DataFrame
        As ``Store.runs`` gives them.
    names : sequence of str, optional
        Columns that are parameters; by default all that are neither a figure of
        :class:`quanthedge.performance.Summary` nor about the run (label, dates, status, ...).

    Notes
    -----
    First and last day are one parameter, ``window``, where they differ. Lists and tables become
    JSON, a truth value a text: categories. A value that is missing stays missing.

    Raises
    ------
    DataError
        A name that is no column.
    """
    if names is None:
        names = [str(c) for c in runs.columns if c not in _ABOUT and not is_figure(str(c))]
    missing = [name for name in names if name not in runs.columns]
    if missing:
        raise DataError(
            f"parameters: no column {', '.join(missing)}; the runs have {', '.join(runs.columns)}"
        )
    found = {name: _cleaned(runs[name]) for name in names}
    if {"start", "end"} <= set(runs.columns):
        days = runs[["start", "end"]].astype("str")
        found[WINDOW] = days["start"].str.slice(0, 10) + " – " + days["end"].str.slice(0, 10)
    differing = {n: column for n, column in found.items() if _differs(column)}
    return pd.DataFrame(differing, index=runs.index)


def levels_of(parameters: pd.DataFrame) -> Levels:
    """Return the parameters as positions among their sorted values."""
    place, values, numeric = [], [], []
    for name in parameters.columns:
        column = parameters[name]
        codes, known = pd.factorize(column, sort=True)
        place.append(codes.astype(np.int64))
        values.append(tuple(known.tolist()))
        numeric.append(pd.api.types.is_float_dtype(column.dtype))
    stacked = np.stack(place, axis=1) if place else np.zeros((len(parameters), 0), dtype=np.int64)
    return Levels(tuple(map(str, parameters.columns)), stacked, tuple(values), tuple(numeric))


@cache
def is_figure(name: str) -> bool:
    """Return whether a column is a figure of a summary.

    >>> is_figure("sharpe_net"), is_figure("hedge.ratio"), is_figure("capital_yuan")
    (True, False, False)
    """
    known = Measure.definitions()
    return any(
        name == formula or (name.startswith(f"{formula}_") and name[len(formula) + 1 :] in variants)
        for variants in [known["variants"]]
        for formula in known["measures"]
    )


def _differs(column: pd.Series) -> bool:
    codes = pd.factorize(column)[0]  # -1 where it is missing
    return bool((codes != codes[0]).any()) if codes.size else False


def _cleaned(column: pd.Series) -> pd.Series:
    """Return numbers as float64, everything else as texts."""
    known = column.dropna()
    if all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in known):
        return column.astype(np.float64)
    return column.map(_text, na_action="ignore").astype("object")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
