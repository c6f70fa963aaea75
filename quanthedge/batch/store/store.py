"""A store of runs: a folder with a catalogue and the days of each run in a file of its own.

``catalogue.sqlite`` says what each run is and what came of it; ``runs/<2 digits>/<key>/`` holds its
days (``series.parquet``) and, where it is kept whole, its run folder (``record/``). The key is the
digest of everything that decides the figures, so that the same run is known wherever it comes from.

Files are moved into their places inside the transaction that writes their rows, and removed as
orphans inside another: whoever holds the catalogue's lock knows that no other writer is between the
two. A writer that is killed leaves either nothing or a file without a row, which the next check
takes away; a row without its file never is.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pandas as pd

from quanthedge.backtesting import trial_of
from quanthedge.batch.store.files import Files, place_of
from quanthedge.batch.store.rows import (
    Entry,
    figures_text,
    parts_of,
    read_series,
    series_bytes,
    sha256,
    strategy_of,
)
from quanthedge.batch.store.tables import runs_table
from quanthedge.batch.variant import SERIES
from quanthedge.errors import DataError
from quanthedge.kinds import own_code
from quanthedge.storage import storage_errors
from quanthedge.strategy import Strategy, with_tables
from quanthedge.trials import CATALOGUE, Catalogue, write_down

if TYPE_CHECKING:
    import sqlite3


__all__ = ["Store"]

_AT_ONCE = 500  # runs of one transaction: others wait no longer than it takes to name their files
_SHORTEST = 4  # letters of a key
_HEX = frozenset("0123456789abcdef")
_LONGEST_TAG, _LONGEST_NOTE = 100, 10_000


class Store:
    """Runs in a folder, for many processes at once.

    >>> store = Store.open("runs/store")                                      # doctest: +SKIP
    >>> store.runs("sharpe > 1 and hedge.contract = 'front'")                 # doctest: +SKIP

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._catalogue = Catalogue(folder / CATALOGUE)
        self._files = Files(folder)

    def __repr__(self) -> str:
        return f"<Store {self.folder}: {len(self):,} runs>"

    def __len__(self) -> int:
        return int(self._all("SELECT count(*) FROM runs")[0][0]) if self._catalogue.exists else 0

    @classmethod
    def open(cls, folder: str | Path, make: bool = True) -> Self:
        """Open the store of a folder; one that is empty or missing becomes a store.

        Parameters
        ----------
        folder : str or Path
        make : bool
            Make it when it is not there.

        Raises
        ------
        DataError
            The folder holds something else, is of another format, or cannot be made.
        """
        if not isinstance(folder, str | Path):
            raise DataError(f"Store.open: {folder!r} is no path of a folder")
        store = cls(Path(folder))
        store._files.begin(make=make)
        return store

    # -- what is known

    def known(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys whose runs are done and kept here; failed ones are not."""
        wanted = set(keys)
        if not self._catalogue.exists or not wanted:
            return set()
        rows = self._all("SELECT key FROM runs WHERE status = 'done'")
        return wanted.intersection(key for (key,) in rows)

    def find(self, key: str) -> str:
        """Return the whole key of a run from its first letters, at least 4.

        Raises
        ------
        DataError
            No run begins so, or several do.
        """
        if not isinstance(key, str) or len(key) < _SHORTEST or not set(key) <= _HEX:
            raise DataError(
                f"{key!r} is no key of a run; accepted: its first letters (0-9, a-f), {_SHORTEST} "
                "or more, as `quanthedge runs list` shows them"
            )
        found: list[tuple[str]] = []
        if self._catalogue.exists:
            found = self._all(
                "SELECT key FROM runs WHERE key >= ? AND key < ? ORDER BY key LIMIT 3",
                (key, key + "g"),
            )
        if len(found) == 1:
            return found[0][0]
        if not found:
            raise DataError(
                f"{self.folder}: no run {key}; `quanthedge runs list` shows what it has"
            )
        more = ", ".join(one[: len(key) + 4] for (one,) in found)
        raise DataError(f"{self.folder}: several runs begin with {key} ({more}); name more letters")

    def runs(self, where: str | None = None, sweep: str | None = None) -> pd.DataFrame:
        """Return what is known of the runs, a row each, oldest first.

        Parameters
        ----------
        where : str, optional
            A condition: ``"sharpe > 1 and hedge.contract = 'front'"``; see
            :mod:`quanthedge.batch.store.filters`.
        sweep : str, optional
            Only runs of this sweep, in the order of its plan; with a column ``number``.

        Returns
        -------
        DataFrame
            Index: ``key``. Columns: label, strategy (its name), market, fingerprint, start, end,
            when (UTC), status (done or failed), reason, seconds, sweep (ids), tags, note, whole
            (whether its run folder is kept); then the figures, NaN where there is none, and the
            parameters by their dotted names.

        Raises
        ------
        StrategyError
            The condition cannot be read, or names nothing that is known.
        DataError
            The catalogue is damaged or cannot be read.
        """
        if self._catalogue.exists:
            with self._catalogue.reading() as connection:
                table = runs_table(connection, sweep)
        else:
            table = runs_table(None, sweep)
        if where is not None and where.strip():
            from quanthedge.batch.store.filters import chosen

            return table[chosen(table, where)]
        return table

    def series(self, keys: Sequence[str], column: str = "unit_value") -> pd.DataFrame:
        """Return one daily column of several runs.

        Parameters
        ----------
        keys : sequence of str
            Whole keys of runs that are done.
        column : str
            Of :data:`quanthedge.batch.SERIES`.

        Returns
        -------
        DataFrame
            [T + 1, K], float64, indexed by date, a column for each key; NaN on days that a run does
            not have.

        Raises
        ------
        DataError
            A run is not here or failed, its file is missing, or was changed since it was written.
        """
        if column not in SERIES:
            raise DataError(f"series {column!r}; accepted: {', '.join(SERIES)}")
        if not len(keys):
            return pd.DataFrame(index=pd.DatetimeIndex([], name="date"))
        return pd.concat(
            {key: read[column] for key, read in self._series(keys, [column])}, axis=1
        ).rename_axis(columns=None)

    def days(self, key: str) -> pd.DataFrame:
        """Return all daily columns of a run; errors are those of :meth:`series`."""
        ((_, found),) = self._series([key], SERIES)
        return found

    def _series(
        self, keys: Sequence[str], columns: Sequence[str]
    ) -> Iterator[tuple[str, pd.DataFrame]]:
        digests = dict(self._all("SELECT key, series FROM runs WHERE status = 'done'"))
        for key in keys:
            if key not in digests:
                raise DataError(f"{self.folder}: no run {key!r} that is done")
            path = self._files.series(key)
            data = self._files.read(path, digests[key])
            try:
                yield key, read_series(data, columns)
            except ValueError as error:
                raise DataError(f"{path}: is no series of a run ({error})") from error

    def strategy(self, key: str) -> Strategy:
        """Return the strategy of a run, every default written out."""
        return Strategy.model_validate(strategy_of(self.parts(key)))

    def parts(self, key: str) -> dict[str, Any]:
        """Return the parts of a run as they are kept: sections of its strategy, what made it."""
        self._row(key)
        ids = self._all("SELECT parts FROM runs WHERE key = ?", (key,))[0][0]
        marks = json.loads(ids)
        rows = self._all("SELECT id, content FROM parts")
        content = {number: text for number, text in rows if number in set(marks)}
        return dict(json.loads(content[number]) for number in marks)

    # -- what is written

    def add(self, entries: Sequence[Entry]) -> int:
        """Write down what came of variants; return how many of them are new.

        A run that is done stays as it is; one that had failed takes the new outcome. All of the
        entries are there afterwards, or, after an error, whole groups of them.

        Parameters
        ----------
        entries : sequence of Entry

        Raises
        ------
        DataError
            An outcome has no series and no failure, a figure is no number, the disk is full, or the
            folder may not be written.
        """
        fresh = 0
        for first in range(0, len(entries), _AT_ONCE):
            group = entries[first : first + _AT_ONCE]
            done = self.known(one.outcome.key for one in group)
            ready = [_prepared(one) for one in group if one.outcome.key not in done]
            written = self._write({one.key: one for one in ready}, group)
            self._count([one for one in ready if one.key in written])
            fresh += len(written)
        return fresh

    def _write(self, ready: "Mapping[str, _Ready]", group: Sequence[Entry]) -> set[str]:
        """Put files in their places and their rows into the catalogue; return the new keys."""
        data = {key: one.series for key, one in ready.items() if one.series is not None}
        with (
            storage_errors(self.folder),
            self._files.waiting(data) as put,
            self._catalogue.writing() as connection,
        ):
            done = _done(connection, ready)
            fresh = [one for one in ready.values() if one.key not in done]
            for one in fresh:
                if one.series is not None:
                    put(one.key)
                _insert(connection, one)
            members = [(e.sweep, e.variant.number, e.outcome.key) for e in group if e.sweep]
            _join(connection, members)
        return {one.key for one in fresh}

    def _count(self, ready: "Sequence[_Ready]") -> None:
        """Write what is done into the registry of trials of the user."""
        spans: dict[tuple[_Data, str, str], list[Mapping[str, Any]]] = {}
        for one in ready:
            if one.start is not None and one.end is not None:
                spans.setdefault((one.data, one.start, one.end), []).append(one.trial)
        for (data, start, end), found in spans.items():
            write_down(data, start, end, found)

    def save_sweep(self, id: str, plan: str, keys: Sequence[str] = ()) -> None:
        """Write down a sweep: its plan as a text, and the keys of its variants by number.

        A sweep of this id is replaced. Runs that are in the store already belong to it from then
        on.
        """
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            now = _now()
            connection.execute(
                'INSERT INTO sweeps (id, plan, "when") VALUES (?, ?, ?)'
                " ON CONFLICT (id) DO UPDATE SET plan = excluded.plan",
                (id, plan, now),
            )
            if len(keys):
                connection.execute("DELETE FROM members WHERE sweep = ?", (id,))
            _join(connection, [(id, number, key) for number, key in enumerate(keys)])

    def sweeps(self) -> pd.DataFrame:
        """Return the sweeps, oldest first: id, plan, when (UTC), variants, done, failed."""
        columns = ["id", "plan", "when", "variants", "done", "failed"]
        rows: list[tuple[Any, ...]] = []
        if self._catalogue.exists:
            rows = self._all(
                'SELECT s.id, s.plan, s."when", count(m.key),'
                " coalesce(sum(r.status = 'done'), 0), coalesce(sum(r.status = 'failed'), 0)"
                " FROM sweeps s LEFT JOIN members m ON m.sweep = s.id"
                " LEFT JOIN runs r ON r.key = m.key GROUP BY s.id ORDER BY s.rowid"
            )
        return pd.DataFrame(rows, columns=columns)

    def tag(self, keys: Iterable[str], tag: str) -> None:
        """Give runs a tag; those that have it keep it."""
        self._check_text(tag, "tag", _LONGEST_TAG)
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            for key in keys:
                connection.execute(
                    "INSERT OR IGNORE INTO tags (run, tag) VALUES (?, ?)",
                    (_id(connection, key, self.folder), tag),
                )

    def untag(self, keys: Iterable[str], tag: str) -> None:
        """Take a tag from runs."""
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            for key in keys:
                connection.execute(
                    "DELETE FROM tags WHERE run = ? AND tag = ?",
                    (_id(connection, key, self.folder), tag),
                )

    def note(self, key: str, note: str) -> None:
        """Write a note on a run in the place of the one that it has; an empty one takes it away."""
        if note:
            self._check_text(note, "note", _LONGEST_NOTE)
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            number = _id(connection, key, self.folder)
            connection.execute("UPDATE runs SET note = ? WHERE id = ?", (note, number))

    def _check_text(self, text: str, what: str, longest: int) -> None:
        plain = isinstance(text, str) and text.strip() and text.replace("\n", " ").isprintable()
        if not plain or len(text) > longest or (what == "tag" and ("," in text or "\n" in text)):
            raise DataError(
                f"{what} {str(text)[:40]!r}; accepted: up to {longest:,} printable letters"
                + (", no comma" if what == "tag" else "")
            )

    # -- the catalogue

    def _all(self, query: str, values: Collection[Any] = ()) -> list[Any]:
        with self._catalogue.reading() as connection:
            return connection.execute(query, tuple(values)).fetchall()

    def _row(self, key: str) -> tuple[Any, ...]:
        rows = []
        if self._catalogue.exists:
            rows = self._all("SELECT status, series, record FROM runs WHERE key = ?", (key,))
        if not rows:
            raise DataError(f"{self.folder}: no run {key!r}")
        found: tuple[Any, ...] = rows[0]
        return found


class _Data(NamedTuple):
    """The market of a run, as the registry of trials names it."""

    name: str
    fingerprint: str


class _Ready(NamedTuple):
    """An entry as it is written: texts, numbers, bytes."""

    key: str
    label: str
    data: _Data
    start: str | None
    end: str | None
    failure: tuple[str, str]
    seconds: float
    figures: str
    series: bytes | None
    parts: list[str]
    trial: Mapping[str, Any]  # the run as the registry of trials counts it


def _prepared(entry: Entry) -> _Ready:
    """Return an entry as it is written.

    Raises
    ------
    DataError
        It has neither series nor failure, or its key is none.
    """
    variant, outcome = entry.variant, entry.outcome
    place_of(outcome.key)
    data = _Data(str(entry.market["name"]), str(entry.market["fingerprint"]))
    series = None
    start, end = variant.start, variant.end
    failure = outcome.failure
    if failure is None:
        if outcome.series is None:
            raise DataError(f"store: run {outcome.key[:8]} has neither a series nor a failure")
        series = series_bytes(outcome.key, outcome.series)
        start, end = (f"{outcome.series.index[k]:%Y-%m-%d}" for k in (1, -1))
    strategy = with_tables(variant.strategy)
    code = own_code(strategy)
    return _Ready(
        outcome.key,
        entry.label or variant.strategy.name,
        data,
        start,
        end,
        ("", "") if failure is None else (failure.kind, failure.reason),
        float(outcome.seconds),
        figures_text(outcome.figures if failure is None else {}),
        series,
        parts_of(strategy, code),
        trial_of(strategy, strategy.name, code)._asdict(),
    )


def _insert(connection: "sqlite3.Connection", one: _Ready) -> None:
    """Write a run's row; one that had failed takes the new outcome and keeps its tags."""
    marks = json.dumps([_part(connection, text) for text in one.parts])
    failed = one.series is None
    connection.execute(
        'INSERT INTO runs (key, label, market, fingerprint, "start", "end", "when", status, kind,'
        " reason, seconds, note, series, record, figures, parts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, NULL, ?, ?)"
        ' ON CONFLICT (key) DO UPDATE SET label = excluded.label, "start" = excluded."start",'
        ' "end" = excluded."end", "when" = excluded."when", status = excluded.status,'
        " kind = excluded.kind, reason = excluded.reason, seconds = excluded.seconds,"
        " series = excluded.series, figures = excluded.figures, parts = excluded.parts",
        (
            one.key,
            one.label,
            *one.data,
            one.start,
            one.end,
            _now(),
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
    found = connection.execute("SELECT id FROM parts WHERE digest = ?", (digest,)).fetchone()
    if found is None:
        found = connection.execute(
            "INSERT INTO parts (digest, content) VALUES (?, ?) RETURNING id", (digest, text)
        ).fetchone()
    return int(found[0])


def _join(connection: "sqlite3.Connection", members: Iterable[tuple[str, int, str]]) -> None:
    connection.executemany(
        "INSERT INTO members (sweep, number, key) VALUES (?, ?, ?)"
        " ON CONFLICT (sweep, number) DO UPDATE SET key = excluded.key",
        members,
    )


def _done(connection: "sqlite3.Connection", keys: Iterable[str]) -> set[str]:
    found = set()
    for key in keys:
        query = "SELECT 1 FROM runs WHERE key = ? AND status = 'done'"
        if connection.execute(query, (key,)).fetchone():
            found.add(key)
    return found


def _id(connection: "sqlite3.Connection", key: str, folder: Path) -> int:
    found = connection.execute("SELECT id FROM runs WHERE key = ?", (key,)).fetchone()
    if found is None:
        raise DataError(f"{folder}: no run {key!r}")
    return int(found[0])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
