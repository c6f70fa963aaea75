"""The catalogue as a table: a row a run, with figures and parameters as columns."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.batch.store.rows import flat
from quanthedge.errors import DataError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["ABOUT", "runs_table"]

# What a run is and how it went, before its figures and parameters.
ABOUT = (
    "label",
    "strategy",
    "market",
    "fingerprint",
    "start",
    "end",
    "when",
    "status",
    "reason",
    "seconds",
    "sweep",
    "tags",
    "note",
    "whole",
)
_READ = (
    'key, label, market, fingerprint, "start", "end", "when", status, kind, reason, seconds, note,'
    " record IS NOT NULL, figures, parts, id"
)


def runs_table(connection: "sqlite3.Connection | None", sweep: str | None) -> pd.DataFrame:
    """Return the runs of a catalogue, or of one sweep in it."""
    if connection is None:
        return _empty(sweep)
    numbers: dict[str, int] = {}
    if sweep is not None:
        rows = connection.execute(
            "SELECT key, number FROM members WHERE sweep = ? ORDER BY number DESC", (sweep,)
        )
        numbers = dict(rows.fetchall())
        if (
            not numbers
            and not connection.execute("SELECT 1 FROM sweeps WHERE id = ?", (sweep,)).fetchone()
        ):
            raise DataError(f"no sweep {sweep!r} in this store")
    query = f"SELECT {_READ} FROM runs WHERE status != 'removing' ORDER BY id"
    found = connection.execute(query).fetchall()
    if sweep is not None:
        found = sorted((r for r in found if r[0] in numbers), key=lambda r: numbers[r[0]])
    if not found:
        return _empty(sweep)
    try:
        return _table(connection, found, numbers if sweep is not None else None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"the catalogue is damaged ({error})") from error


def _table(
    connection: "sqlite3.Connection",
    found: list[tuple[Any, ...]],
    numbers: Mapping[str, int] | None,
) -> pd.DataFrame:
    columns = list(zip(*found, strict=True))
    ids = columns[15]
    tags = _joined(connection, "SELECT run, tag FROM tags ORDER BY tag", ids)
    sweeps = _joined(connection, "SELECT key, sweep FROM members ORDER BY sweep", columns[0])
    parameters = _parameters(connection, columns[14])
    names = parameters.get("name", pd.Series([""] * len(found)))
    about = {
        "label": columns[1],
        "strategy": names.to_numpy(),
        "market": columns[2],
        "fingerprint": columns[3],
        "start": columns[4],
        "end": columns[5],
        "when": columns[6],
        "status": columns[7],
        "reason": [f"{k}: {r}" if k else r for k, r in zip(columns[8], columns[9], strict=True)],
        "seconds": np.array(columns[10], float),
        "sweep": sweeps,
        "tags": tags,
        "note": columns[11],
        "whole": np.array(columns[12], bool),
    }
    index = pd.Index(columns[0], name="key")
    table = pd.DataFrame(about, index=index)
    if numbers is not None:
        table.insert(0, "number", [numbers[key] for key in columns[0]])
    figures = pd.DataFrame([json.loads(text) for text in columns[13]], index=index, dtype=float)
    taken = {*table.columns, *figures.columns}
    rest = parameters[[name for name in parameters.columns if name not in taken]]
    return pd.concat([table, figures, rest.set_axis(index)], axis=1)


def _parameters(connection: "sqlite3.Connection", marks: tuple[str, ...]) -> pd.DataFrame:
    """Return the parameters of runs by their dotted names; each part is read once."""
    lists = [json.loads(text) for text in marks]
    wanted = {number for one in lists for number in one}
    parts: dict[int, dict[str, Any]] = {}
    names: dict[int, str] = {}
    for number, content in connection.execute("SELECT id, content FROM parts"):
        if number in wanted:
            names[number], value = json.loads(content)
            parts[number] = flat(names[number], value)
    sections: dict[str, list[int]] = {}
    for row, one in enumerate(lists):
        for number in one:
            sections.setdefault(names[number], [-1] * len(lists))[row] = number
    frames = []
    for codes in sections.values():
        distinct = list(dict.fromkeys(codes))
        frame = pd.DataFrame([parts.get(number, {}) for number in distinct])
        where = {number: place for place, number in enumerate(distinct)}
        frames.append(frame.take([where[number] for number in codes]).reset_index(drop=True))
    return pd.concat(frames, axis=1)


def _joined(connection: "sqlite3.Connection", query: str, owners: tuple[Any, ...]) -> list[str]:
    """Return the second column of a query by the first, for each owner, joined by commas."""
    found: dict[Any, dict[str, None]] = {}
    for owner, text in connection.execute(query):
        found.setdefault(owner, {})[text] = None
    return [", ".join(found.get(owner, ())) for owner in owners]


def _empty(sweep: str | None) -> pd.DataFrame:
    columns = [*(["number"] if sweep is not None else []), *ABOUT]
    return pd.DataFrame(columns=columns, index=pd.Index([], name="key", dtype=str))
