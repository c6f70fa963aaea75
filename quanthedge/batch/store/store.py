"""A store of runs: a folder with a catalogue and the days of each run in a file of its own.

``catalogue.sqlite`` says what each run is and what came of it; ``runs/<2 digits>/<key>/`` holds its
days (``series.parquet``) and, where it is kept whole, its run folder (``record/``). The key is the
digest of everything that decides the figures, so that the same run is known wherever it comes from.

Files are moved into their places inside the transaction that writes their rows, and removed as
orphans inside another: whoever holds the catalogue's lock knows that no other writer is between the
two. A writer that is killed leaves either nothing or a whole file without a row, which the next
check takes up; a row without its file never is.
"""

import json
import logging
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from quanthedge.batch.store.files import RUNS, Files
from quanthedge.batch.store.rows import (
    Entry,
    flat,
    read_series,
    strategy_of,
)
from quanthedge.batch.store.tables import runs_table
from quanthedge.batch.store.upkeep import check, remove
from quanthedge.batch.store.whole import entry_of, keep, open_whole
from quanthedge.batch.store.writing import Data, Ready, done, insert, join, now, number_of, prepared
from quanthedge.batch.variant import SERIES
from quanthedge.errors import DataError
from quanthedge.storage import storage_errors
from quanthedge.strategy import Strategy
from quanthedge.trials import Catalogue, Trial, record

if TYPE_CHECKING:
    from quanthedge.backtesting import Result


__all__ = ["Store"]

_LOG = logging.getLogger(__name__)
_AT_ONCE = 500  # runs of one transaction: others wait no longer than it takes to name their files
_SHORTEST = 4  # letters of a key
_HEX = frozenset("0123456789abcdef")
_LOG = logging.getLogger(__name__)
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
        self._catalogue = Catalogue(folder / Catalogue.NAME)
        self._files = Files(folder)

    def __repr__(self) -> str:
        return f"<Store {self.folder}: {len(self):,} runs>"

    def __len__(self) -> int:
        if not self._catalogue.exists:
            return 0
        return int(self._all("SELECT count(*) FROM runs WHERE status != 'removing'")[0][0])

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
        if store.is_lost:
            _LOG.warning(
                "%s: the catalogue is missing, though runs lie in the folder; put it back, or let "
                "`quanthedge runs check --store %s` take them up",
                store.folder, store.folder,
            )  # fmt: skip
        return store

    @property
    def is_lost(self) -> bool:
        """Whether the catalogue is missing though runs lie in the folder; `check` takes them up."""
        return not self._catalogue.exists and self._files.has_runs()

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
                "SELECT key FROM runs WHERE key >= ? AND key < ? AND status != 'removing'"
                " ORDER BY key LIMIT 3",
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
        if sweep is None and not len(table) and any(self.folder.glob(f"{RUNS}/*/*/*.parquet")):
            _LOG.warning(
                "%s: the catalogue knows no run, and there are files of some; "
                "`quanthedge runs check` makes it again from them", self.folder,
            )  # fmt: skip
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

    def result(self, key: str) -> "Result":
        """Return the whole result of a run.

        Raises
        ------
        DataError
            Only its days are kept, or its folder is damaged.
        """
        return open_whole(self._catalogue, self._files, key)

    def is_whole(self, key: str) -> bool:
        """Return whether the run folder of a run is kept."""
        return self._row(key)[2] is not None

    def folder_of(self, key: str) -> Path:
        """Return where the run folder of a run is, or would be."""
        return self._files.record(key)

    def files_of(self, key: str) -> list[Path]:
        """Return where a run's days are, and its run folder where it is kept whole."""
        found = [self._files.series(key)]
        return [*found, self._files.record(key)] if self.is_whole(key) else found

    def parameters(self, key: str) -> dict[str, Any]:
        """Return the parameters of a run by their dotted names."""
        parts = self.parts(key)
        return {name: value for part in parts for name, value in flat(part, parts[part]).items()}

    def series_file(self, key: str) -> bytes:
        """Return the Parquet file of a run's days; errors are those of :meth:`series`."""
        status, series, _ = self._row(key)
        if status != "done":
            raise DataError(f"{self.folder}: run {key[:8]} failed; it has no days")
        return self._files.read(self._files.series(key), series)

    def table_file(self, name: str, digest: str) -> bytes:
        """Return the file of a table that runs were given; errors are those of :meth:`series`."""
        return self._files.read(self._files.table(name), digest)

    def about(self, key: str) -> pd.Series:
        """Return a run's row of :meth:`runs`."""
        self._row(key)
        return self.runs().T[key]

    # -- what is written

    def put(
        self, result: "Result", *, label: str = "", sweep: str = "", seconds: float = math.nan
    ) -> str:
        """Add a result of :func:`quanthedge.backtest` and keep it whole; return its key.

        The same run again changes nothing. Errors are those of :meth:`add`.
        """
        entry = entry_of(result, label=label, sweep=sweep, seconds=seconds)
        self.add([entry])
        self.keep(entry.outcome.key, result)
        return entry.outcome.key

    def keep(self, key: str, result: "Result") -> Path:
        """Keep the run folder of a run beside its days; return where it is.

        Parameters
        ----------
        key : str
            Of a run that is done.
        result : Result
            Of that run.

        Raises
        ------
        DataError
            The store does not know the run, the result is of another one, or it cannot be written.
        """
        return keep(self._catalogue, self._files, key, result)

    def remove(self, keys: Iterable[str]) -> list[str]:
        """Take runs away: their rows, tags, days and run folders.

        Returns
        -------
        list of str
            Paths in their folders that are not ours: they stay.

        Raises
        ------
        DataError
            A run is not here (then none is taken away), or the folder may not be written.
        """
        return remove(self._catalogue, self._files, keys)

    def check(self, *, repair: bool = False) -> pd.DataFrame:
        """Look at every page of the catalogue and every file; take up what killed writers left.

        A file of days says itself of which run it is: one without a row gets its row again, so that
        a catalogue that was lost is made again; tags, notes, failures and sweeps are not in the
        files. What is damaged and has no row is taken away.

        Parameters
        ----------
        repair : bool
            Let runs whose days are damaged or missing count as failed, so that the next sweep runs
            them again, and let damaged run folders count as not kept.

        Returns
        -------
        DataFrame
            A row for each finding: run (key, or empty), problem ("damaged", "left over", "not
            ours"), what, done. No row: everything is as it was written.
        """
        return check(self._catalogue, self._files, repair=repair)

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
            there = self.known(one.outcome.key for one in group)
            ready = [prepared(one) for one in group if one.outcome.key not in there]
            written = self._write({one.key: one for one in ready}, group)
            self._count([one for one in ready if one.key in written])
            fresh += len(written)
        return fresh

    def _write(self, ready: Mapping[str, Ready], group: Sequence[Entry]) -> set[str]:
        """Put files in their places and their rows into the catalogue; return the new keys."""
        data = {key: one.series for key, one in ready.items() if one.series is not None}
        for one in ready.values():
            data |= one.tables
        with (
            storage_errors(self.folder),
            self._files.waiting(data) as put,
            self._catalogue.writing() as connection,
        ):
            there = done(connection, ready)
            fresh = [one for one in ready.values() if one.key not in there]
            for one in fresh:
                for name in [*one.tables, one.key] if one.series is not None else ():
                    put(name)
                insert(connection, one)
            members = [(e.sweep, e.variant.number, e.outcome.key) for e in group if e.sweep]
            join(connection, members)
        return {one.key for one in fresh}

    def _count(self, ready: Sequence[Ready]) -> None:
        """Write what is done into the registry of trials of the user."""
        spans: dict[tuple[Data, str, str], list[Trial]] = {}
        for one in ready:
            if one.start is not None and one.end is not None and one.trial is not None:
                spans.setdefault((one.data, one.start, one.end), []).append(one.trial)
        for (data, start, end), found in spans.items():
            record(data, start, end, found)

    def save_sweep(self, id: str, plan: str, keys: Sequence[str] = ()) -> None:
        """Write down a sweep: its plan as a text, and the keys of its variants by number.

        A sweep of this id is replaced. Runs that are in the store already belong to it from then
        on.
        """
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            connection.execute(
                'INSERT INTO sweeps (id, plan, "when") VALUES (?, ?, ?)'
                " ON CONFLICT (id) DO UPDATE SET plan = excluded.plan",
                (id, plan, now()),
            )
            if len(keys):
                connection.execute("DELETE FROM members WHERE sweep = ?", (id,))
            join(connection, [(id, number, key) for number, key in enumerate(keys)])

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
                    (number_of(connection, key, self.folder), tag),
                )

    def untag(self, keys: Iterable[str], tag: str) -> None:
        """Take a tag from runs."""
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            for key in keys:
                connection.execute(
                    "DELETE FROM tags WHERE run = ? AND tag = ?",
                    (number_of(connection, key, self.folder), tag),
                )

    def note(self, key: str, note: str) -> None:
        """Write a note on a run in the place of the one that it has; an empty one takes it away."""
        if note:
            self._check_text(note, "note", _LONGEST_NOTE)
        with storage_errors(self.folder), self._catalogue.writing() as connection:
            number = number_of(connection, key, self.folder)
            connection.execute("UPDATE runs SET note = ? WHERE id = ?", (note, number))

    def _check_text(self, text: str, what: str, longest: int) -> None:
        plain = isinstance(text, str) and text.strip() and text.replace("\n", " ").isprintable()
        if not plain or len(text) > longest or (what == "tag" and ("," in text or "\n" in text)):
            accepted = f"up to {longest:,} printable letters"
            if what == "tag":
                accepted = f"{accepted}, no comma"
            raise DataError(f"{what} {str(text)[:40]!r}; accepted: {accepted}")

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
