"""Rows of the catalogue: what a run is, made ready without a lock and written under it."""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from quanthedge.backtesting import trial_of
from quanthedge.batch.store.files import place_of
from quanthedge.batch.store.rows import (
    Entry,
    about_run,
    check_series,
    figures_text,
    parts_of,
    series_bytes,
    sha256,
)
from quanthedge.errors import DataError
from quanthedge.kinds import OwnCode
from quanthedge.signals import GivenTable
from quanthedge.strategy import Strategy
from quanthedge.trials import Trial

if TYPE_CHECKING:
    import sqlite3

_TEXTS = ("label", "market", "fingerprint", "start", "end", "when", "figures")

__all__ = ["Data", "Ready", "adopted", "done", "insert", "join", "now", "number_of", "prepared"]


class Data(NamedTuple):
    """The market of a run, as the registry of trials names it."""

    name: str
    fingerprint: str

    @property
    def is_altered(self) -> bool:
        """Whether it was changed to look for look-ahead: nothing is stored of such a market."""
        return False


class Ready(NamedTuple):
    """A run as it is written: texts, numbers, bytes."""

    key: str
    label: str
    data: Data
    start: str | None
    end: str | None
    when: str
    failure: tuple[str, str]
    seconds: float | None
    figures: str
    parts: list[str]
    series: bytes | None = None
    tables: Mapping[str, bytes] = MappingProxyType({})  # of scores and weights, by their files
    trial: Trial | None = None  # the run as the registry of trials counts it

    def about(self) -> dict[str, Any]:
        """Return what the file of the run's days says of it."""
        left_out = ("failure", "series", "tables", "trial", "data")
        plain = {name: value for name, value in self._asdict().items() if name not in left_out}
        return {**plain, "market": self.data.name, "fingerprint": self.data.fingerprint}


def prepared(entry: Entry) -> Ready:
    """Return an entry as it is written.

    Raises
    ------
    DataError
        It has neither series nor failure, or its key is none.
    """
    variant, outcome = entry.variant, entry.outcome
    place_of(outcome.key)
    series, failure = outcome.series, outcome.failure
    start, end = variant.start, variant.end
    if failure is None:
        if series is None:
            raise DataError(f"store: run {outcome.key[:8]} has neither a series nor a failure")
        check_series(outcome.key, series)
        start = f"{series.index[1]:%Y-%m-%d}"
        # of a fund that was wound up the days end before those that were asked for
        end = entry.market.get("end") or f"{series.index[-1]:%Y-%m-%d}"
    strategy = variant.strategy.with_tables()
    code, tables = OwnCode.of(strategy).texts(), _tables_of(strategy)
    found = Ready(
        outcome.key,
        entry.label or variant.strategy.name,
        Data(str(entry.market["name"]), str(entry.market["fingerprint"])),
        start,
        end,
        now(),
        ("", "") if failure is None else (failure.kind, failure.reason),
        float(outcome.seconds) if math.isfinite(outcome.seconds) else None,
        figures_text(outcome.figures if failure is None else {}),
        parts_of(strategy, code, tables, variant.start, variant.end),
    )
    if failure is not None or series is None:
        return found
    return found._replace(
        series=series_bytes(outcome.key, series, found.about()),
        tables=tables,
        trial=trial_of(strategy, strategy.name, code),
    )


_last_tables: dict[tuple[Any, ...], dict[str, bytes]] = {}


def _tables_of(strategy: Strategy) -> dict[str, bytes]:
    """Return the tables that a strategy names, by their files; variants have the same ones."""
    named = tuple(GivenTable.within(strategy))
    if named not in _last_tables:
        _last_tables.clear()
        _last_tables[named] = GivenTable.kept_of(strategy) if named else {}
    return _last_tables[named]


def adopted(key: str, data: bytes) -> Ready:
    """Return a run as the file of its days tells of it.

    Raises
    ------
    ValueError
        The file is damaged, of another run, or of another shape.
    """
    about = about_run(data)
    texts: dict[str, Any] = {name: about.get(name) for name in _TEXTS}
    parts, seconds = about.get("parts"), about.get("seconds")
    figures = json.loads(texts["figures"]) if isinstance(texts["figures"], str) else None
    if (
        about.get("key") != key
        or not all(isinstance(text, str) for text in texts.values())
        or not isinstance(parts, list)
        or not all(_is_part(one) for one in parts)
        or not isinstance(figures, dict)
        or not all(one is None or type(one) is float for one in figures.values())
        or not (seconds is None or type(seconds) is float)
    ):
        raise ValueError("it is of another run, or of another shape")
    return Ready(
        key,
        texts["label"],
        Data(texts["market"], texts["fingerprint"]),
        texts["start"],
        texts["end"],
        texts["when"],
        ("", ""),
        seconds,
        texts["figures"],
        parts,
        data,
    )


def _is_part(text: object) -> bool:
    """Return whether a text is a part: a name and what it holds."""
    one = json.loads(text) if isinstance(text, str) else None
    return isinstance(one, list) and len(one) == 2 and isinstance(one[0], str)


def insert(connection: "sqlite3.Connection", one: Ready) -> None:
    """Write a run's row; one that had failed takes the new outcome and keeps its tags."""
    marks = json.dumps([_part(connection, text) for text in one.parts])
    failed = one.series is None
    connection.execute(
        'INSERT INTO runs (key, label, market, fingerprint, "start", "end", "when", status, kind,'
        " reason, seconds, note, series, record, figures, parts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, NULL, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET label = excluded.label, market = excluded.market,"
        ' fingerprint = excluded.fingerprint, "start" = excluded."start",'
        ' "end" = excluded."end", "when" = excluded."when", status = excluded.status,'
        " kind = excluded.kind, reason = excluded.reason, seconds = excluded.seconds,"
        " series = excluded.series, figures = excluded.figures, parts = excluded.parts",
        (
            one.key,
            one.label,
            *one.data,
            one.start,
            one.end,
            one.when,
            "failed" if failed else "done",
            *one.failure,
            one.seconds,
            None if one.series is None else sha256(one.series),
            one.figures,
            marks,
        ),
    )


def _part(connection: "sqlite3.Connection", text: str) -> int:
    """Return the number of a part, which is kept once."""
    digest = sha256(text.encode("utf-8"))
    query = "SELECT id, content FROM parts WHERE digest = ?"
    found = connection.execute(query, (digest,)).fetchone()
    if found is not None and found[1] != text:  # was damaged
        connection.execute("UPDATE parts SET content = ? WHERE id = ?", (text, found[0]))
    if found is None:
        found = connection.execute(
            "INSERT INTO parts (digest, content) VALUES (?, ?) RETURNING id", (digest, text)
        ).fetchone()
    return int(found[0])


def join(connection: "sqlite3.Connection", members: Iterable[tuple[str, int, str]]) -> None:
    """Write down which run is which variant of a sweep."""
    connection.executemany(
        "INSERT INTO members (sweep, number, key) VALUES (?, ?, ?)"
        " ON CONFLICT (sweep, number) DO UPDATE SET key = excluded.key",
        members,
    )


def done(connection: "sqlite3.Connection", keys: Iterable[str]) -> set[str]:
    """Return those of the keys whose runs are done."""
    found = set()
    for key in keys:
        query = "SELECT 1 FROM runs WHERE key = ? AND status = 'done'"
        if connection.execute(query, (key,)).fetchone():
            found.add(key)
    return found


def number_of(connection: "sqlite3.Connection", key: str, folder: Path) -> int:
    """Return the number of a run's row.

    Raises
    ------
    DataError
        There is none.
    """
    found = connection.execute("SELECT id FROM runs WHERE key = ?", (key,)).fetchone()
    if found is None:
        raise DataError(f"{folder}: no run {key!r}")
    return int(found[0])


def now() -> str:
    """Return the time as the catalogue writes it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
