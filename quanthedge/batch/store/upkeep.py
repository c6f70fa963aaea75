"""Taking runs away, and finding what is damaged, missing, left over or not ours."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from quanthedge.batch.store.files import RECORD, RUNS, SERIES_FILE, TABLES, Files, is_key, is_table
from quanthedge.batch.store.rows import MADE, sha256
from quanthedge.batch.store.whole import check_whole, key_of
from quanthedge.batch.store.writing import Data, Ready, adopted, insert, number_of
from quanthedge.errors import DataError
from quanthedge.record import Record, RunFolder
from quanthedge.storage import WholeFolder, storage_errors
from quanthedge.trials import Catalogue

if TYPE_CHECKING:
    import sqlite3

__all__ = ["check", "remove"]


_MOVE_AWAY = "move it away: the next check makes it again from the files of the runs"


class _Finding(NamedTuple):
    """Something that is amiss."""

    run: str
    problem: str  # damaged, left over, not ours
    what: str
    done: str


def remove(catalogue: Catalogue, files: Files, keys: Iterable[str]) -> list[str]:
    """Take runs away; return the paths in their folders that are not ours, which stay.

    Rows are marked first, then files and rows go together: a removal that is cut short is ended by
    the next check, and a run that somebody adds again meanwhile stays.
    """
    wanted = list(dict.fromkeys(keys))
    with storage_errors(files.folder):
        with catalogue.writing() as connection:
            for key in wanted:
                number = number_of(connection, key, files.folder)
                connection.execute("UPDATE runs SET status = 'removing' WHERE id = ?", (number,))
        with catalogue.writing() as connection:
            _end_removals(connection, files)
    return [str(path) for key in wanted for path in _left(files.run(key))]


def _end_removals(connection: "sqlite3.Connection", files: Files) -> None:
    marked = connection.execute("SELECT id, key FROM runs WHERE status = 'removing'").fetchall()
    for number, key in marked:
        _take_away(files.run(key))
        connection.execute("DELETE FROM tags WHERE run = ?", (number,))
        connection.execute("DELETE FROM runs WHERE id = ?", (number,))


def check(catalogue: Catalogue, files: Files, *, repair: bool = False) -> pd.DataFrame:
    """Look at every row and file; see :meth:`Store.check`."""
    rows: list[_Row] = []
    found: list[_Finding] = []
    if catalogue.exists:
        found = [_Finding("", "damaged", fault, _MOVE_AWAY) for fault in catalogue.faults()]
        if found:
            return _table(found)
        with catalogue.reading() as connection:
            rows = _rows(connection)
    WholeFolder(files.folder / RUNS).recover()
    days, otherwise, folders = [], [], []
    for row in rows:
        if row.status == "done":
            amiss = _damaged(files, row)
            days += amiss
            otherwise += [] if amiss else _told_otherwise(files, row)
        folders += _damaged_folder(files, row.key, row.record)
    if repair:
        days, otherwise, folders = _repaired(catalogue, files, days, otherwise, folders)
    found += days + otherwise + folders
    try:
        with storage_errors(files.folder), catalogue.writing() as connection:
            _end_removals(connection, files)
            keys = dict(connection.execute("SELECT key, record IS NOT NULL FROM runs").fetchall())
            found += _left_over(connection, files, keys)
            found += _tables_amiss(connection, files)
            connection.execute(
                "DELETE FROM parts WHERE id NOT IN"
                " (SELECT json_each.value FROM runs, json_each(runs.parts))"
            )
    except DataError as error:
        found.append(_Finding("", "left over", "was not looked for", str(error)))
    return _table(found)


class _Row(NamedTuple):
    """A row of the catalogue, and what its run says of itself in it."""

    key: str
    status: str
    series: str
    record: str | None
    about: Ready | None  # None where it cannot be read


def _rows(connection: "sqlite3.Connection") -> list[_Row]:
    parts = {
        number: content
        for number, digest, content in connection.execute("SELECT id, digest, content FROM parts")
        if sha256(content.encode("utf-8")) == digest
    }
    query = (
        'SELECT key, status, series, record, label, market, fingerprint, "start", "end", "when",'
        " seconds, figures, parts FROM runs WHERE status != 'removing'"
    )
    found = []
    for key, status, series, record, *rest in connection.execute(query):
        label, market, fingerprint, start, end, when, seconds, figures, marks = rest
        try:
            texts = [parts[number] for number in json.loads(marks)]
        except (ValueError, TypeError, KeyError):
            found.append(_Row(key, status, series, record, None))
            continue
        data = Data(market, fingerprint)
        about = Ready(key, label, data, start, end, when, ("", ""), seconds, figures, texts)
        found.append(_Row(key, status, series, record, about))
    return found


def _damaged(files: Files, row: _Row) -> list[_Finding]:
    try:
        files.read(files.series(row.key), row.series)
    except DataError as error:
        return [_Finding(row.key, "damaged", str(error), "")]
    return []


def _told_otherwise(files: Files, row: _Row) -> list[_Finding]:
    """Return what is amiss when the catalogue does not say of a run what its file says."""
    try:
        told = adopted(row.key, files.read(files.series(row.key), row.series))
    except (DataError, ValueError) as error:
        return [_Finding(row.key, "damaged", f"{files.series(row.key)}: {error}", "")]
    if row.about is not None and row.about.about() == told.about():
        return []
    what = f"the catalogue does not say of run {row.key[:12]} what its file says"
    return [_Finding(row.key, "damaged", what, "")]


def _damaged_folder(files: Files, key: str, record: str | None) -> list[_Finding]:
    if record is None:
        return []
    place = files.record(key)
    try:
        check_whole(place, record)
        RunFolder(place).read()
    except DataError as error:
        return [_Finding(key, "damaged", str(error), "")]
    return []


def _repaired(
    catalogue: Catalogue,
    files: Files,
    days: list[_Finding],
    otherwise: list[_Finding],
    folders: list[_Finding],
) -> tuple[list[_Finding], list[_Finding], list[_Finding]]:
    """Let damaged runs count as failed and damaged folders as not kept; mend rows by their files.

    What is taken from files is read again under the lock.
    """
    mended = []
    with storage_errors(files.folder), catalogue.writing() as connection:
        for one in days:
            connection.execute(
                "UPDATE runs SET status = 'failed', kind = 'Damaged', reason = ?, series = NULL,"
                " record = NULL, figures = '{}' WHERE key = ?",
                (one.what, one.run),
            )
        for one in otherwise:
            taken = _taken_up(connection, files, one.run)
            mended.append(one._replace(done="taken from its file" if taken else ""))
        for one in folders:
            connection.execute("UPDATE runs SET record = NULL WHERE key = ?", (one.run,))
    return (
        [one._replace(done="counts as failed: a sweep runs it again") for one in days],
        mended,
        [one._replace(done="counts as not kept whole") for one in folders],
    )


def _left_over(
    connection: "sqlite3.Connection", files: Files, keys: dict[str, int]
) -> Iterator[_Finding]:
    """Take up files without a row, or take them away. Under the catalogue's lock."""
    for folder in _folders(files.folder / RUNS):
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            path, key = Path(entry.path), entry.name
            ours = entry.is_dir(follow_symlinks=False) and is_key(key) and key[:2] == folder.name
            if not ours:
                yield _Finding("", "not ours", str(path), "stays")
                continue
            known = key in keys
            if not known:
                known = _taken_up(connection, files, key)
                done = "taken up" if known else "taken away"
                yield _Finding(key, "left over", f"{path}: no run of the catalogue", done)
            if not known:
                _take_away(path)
            elif not keys.get(key) and os.path.lexists(path / RECORD):
                taken = _taken_up_whole(connection, path / RECORD, key)
                if not taken:
                    _take_away_folder(path / RECORD)
                done = "taken up" if taken else "taken away"
                what = f"{path / RECORD}: not in the catalogue"
                yield _Finding(key, "left over", what, done)
            own = {SERIES_FILE, RECORD} if known else set()
            for left in _left(path):
                if left.name not in own:
                    yield _Finding(key, "not ours", str(left), "stays")


def _taken_up(connection: "sqlite3.Connection", files: Files, key: str) -> bool:
    """Write the row of a run whose file is whole, as the file tells of it."""
    try:
        one = adopted(key, files.read(files.series(key), None))
    except (DataError, ValueError):
        return False
    insert(connection, one)
    return True


def _taken_up_whole(connection: "sqlite3.Connection", record: Path, key: str) -> bool:
    """Take up the run folder of a run that is done, when it is whole and of this run."""
    done = connection.execute("SELECT status FROM runs WHERE key = ?", (key,)).fetchone()
    try:
        unfinished = done != ("done",) or record.is_symlink()
        if unfinished or key_of(Record(**RunFolder(record).read())) != key:
            return False
        mark = sha256((record / RunFolder.HEAD).read_bytes())
    except (DataError, OSError):
        return False
    connection.execute("UPDATE runs SET record = ? WHERE key = ?", (mark, key))
    return True


def _tables_amiss(connection: "sqlite3.Connection", files: Files) -> Iterator[_Finding]:
    """Look at the tables that runs were given; those that no run names go. Under the lock."""
    wanted: dict[str, str] = {}
    query = (
        "SELECT DISTINCT p.content FROM runs r, json_each(r.parts) j JOIN parts p ON p.id = j.value"
    )
    for (content,) in connection.execute(query):
        try:
            name, made = json.loads(content)
            wanted |= made["own tables"] if name == MADE else {}
        except (ValueError, TypeError, KeyError):
            continue  # a damaged part: its runs are named already
    for name, digest in sorted(wanted.items()):
        try:
            files.read(files.table(name), digest)
        except DataError as error:
            yield _Finding("", "damaged", str(error), "")
    for path in _left(files.folder / TABLES):
        name = f"{TABLES}/{path.name}"
        if name in wanted:
            continue
        if is_table(name) and path.is_file() and not path.is_symlink():
            path.unlink()
            yield _Finding("", "left over", f"{path}: no run names it", "taken away")
        else:
            yield _Finding("", "not ours", str(path), "stays")


def _folders(place: Path) -> Iterator[Path]:
    if not place.is_dir() or place.is_symlink():
        return
    for path in sorted(place.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield path


def _left(place: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(place.iterdir())
    return []


def _take_away(place: Path) -> None:
    """Remove a run's files and its folder; what is not ours stays, and the folder with it."""
    if place.is_symlink():  # leads elsewhere
        return
    with suppress(FileNotFoundError):
        (place / SERIES_FILE).unlink()
    _take_away_folder(place / RECORD)
    for folder in (place, place.parent):
        with suppress(OSError):
            folder.rmdir()


def _take_away_folder(record: Path) -> None:
    if record.is_symlink() or not record.is_dir():
        return
    # run.json last: while it is there the folder says which files are ours
    names = sorted(RunFolder(record).files(), key=lambda name: (name == "run.json", name))
    for name in names:
        with suppress(FileNotFoundError):
            (record / name).unlink()
    folders = sorted({parent for name in names for parent in (record / name).parents}, key=str)
    for folder in reversed([one for one in folders if one == record or record in one.parents]):
        with suppress(OSError):
            folder.rmdir()


def _table(found: Iterable[_Finding]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=list(_Finding._fields))
