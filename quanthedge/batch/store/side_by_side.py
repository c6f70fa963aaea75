"""Two runs beside each other: what was asked for otherwise, and what came of it."""

from typing import Any, NamedTuple

import pandas as pd

from quanthedge.batch.store.rows import MADE
from quanthedge.batch.store.store import Store
from quanthedge.batch.store.tables import ABOUT
from quanthedge.record import differences

__all__ = ["SideBySide", "compare"]


class SideBySide(NamedTuple):
    """Two runs.

    Attributes
    ----------
    asked : DataFrame
        Parameters, data and days that differ: name; one, other.
    made : tuple of str
        Versions and code by which they were made, where these differ; a line each.
    figures : DataFrame
        Figures of both: name; one, other, difference.
    """

    asked: pd.DataFrame
    made: tuple[str, ...]
    figures: pd.DataFrame


def compare(store: Store, one: str, other: str) -> SideBySide:
    """Return two runs of a store side by side, by the first letters of their keys.

    Raises
    ------
    DataError
        A run is not there.
    """
    keys = store.find(one), store.find(other)
    parts = [store.parts(key) for key in keys]
    table = store.runs().loc[list(keys)]
    rows = [
        (name, table[name].iloc[0], table[name].iloc[1])
        for name in ("market", "fingerprint", "start", "end", "status")
    ]
    parameters = [store.parameters(key) for key in keys]
    names = dict.fromkeys([*parameters[0], *parameters[1]])
    rows += [(name, *(known.get(name, _Missing()) for known in parameters)) for name in names]
    different = [row for row in rows if row[1] != row[2] or type(row[1]) is not type(row[2])]
    made = []
    for name in ("versions", "code", "own code"):
        words = differences({name: parts[0][MADE][name]}, {name: parts[1][MADE][name]})
        made += [words] if words else []
    figures = _figures(table, set(names))
    return SideBySide(
        pd.DataFrame(different, columns=["name", "one", "other"]).set_index("name"),
        tuple(made),
        figures,
    )


def _figures(table: pd.DataFrame, parameters: set[str]) -> pd.DataFrame:
    """Return the figures of two rows, those that one of them has."""
    names = [name for name in table.columns if name not in ABOUT and name not in parameters]
    both = table[names].T.set_axis(["one", "other"], axis=1).dropna(how="all").astype(float)
    return both.assign(difference=both["other"] - both["one"]).rename_axis("name")


class _Missing:
    """Stands for a parameter that a strategy does not have."""

    def __repr__(self) -> str:
        return "-"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, _Missing)

    def __hash__(self) -> int:
        return 0
