"""Taking runs away, and finding what is damaged, missing, left over or not ours."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from quanthedge.batch.store.files import RECORD, RUNS, SERIES_FILE, Files, is_key
from quanthedge.batch.store.whole import check_whole
from quanthedge.errors import DataError
from quanthedge.record import read_run, run_files
from quanthedge.storage import recover, storage_errors
from quanthedge.trials import Catalogue

__all__ = ["check", "remove"]


class _Finding(NamedTuple):
    """Something that is amiss."""

    run: str
    problem: str  # damaged, left over, not ours
    what: str
    done: str


def remove(catalogue: Catalogue, files: Files, keys: Iterable[str]) -> list[str]:
    """Take runs away, rows first; return the paths below that are not ours, which stay."""
    wanted = list(dict.fromkeys(keys))
    with storage_errors(files.folder):
        with catalogue.writing() as connection:
            for key in wanted:
                found = connection.execute("SELECT id FROM runs WHERE key = ?", (key,)).fetchone()
                if found is None:
                    raise DataError(f"{files.folder}: no run {key!r}")
                connection.execute("DELETE FROM tags WHERE run = ?", found)
                connection.execute("DELETE FROM runs WHERE id = ?", found)
        # another transaction: a run that somebody added again meanwhile keeps its files
        with catalogue.writing() as connection:
            for key in wanted:
                row = connection.execute("SELECT 1 FROM runs WHERE key = ?", (key,)).fetchone()
                if row is None:
                    _take_away(files.run(key))
    return [str(path) for key in wanted for path in _left(files.run(key))]


def check(catalogue: Catalogue, files: Files, *, repair: bool = False) -> pd.DataFrame:
    """Look at every row and file; see :meth:`Store.check`."""
    found = [_Finding("", "damaged", fault, "") for fault in catalogue.faults()]
    if found or not catalogue.exists:
        return _table(found)
    recover(files.folder / RUNS)
    with catalogue.reading() as connection:
        rows = connection.execute("SELECT key, status, series, record FROM runs").fetchall()
    days, folders = [], []
    for key, status, series, record in rows:
        days += _damaged(files, key, series) if status == "done" else []
        folders += _damaged_folder(files, key, record)
    if repair:
        days, folders = _repaired(catalogue, files, days, folders)
    found += days + folders
    try:
        with storage_errors(files.folder), catalogue.writing() as connection:
            keys = dict(connection.execute("SELECT key, record IS NOT NULL FROM runs").fetchall())
            found += _left_over(files, keys)
            connection.execute(
                "DELETE FROM parts WHERE id NOT IN"
                " (SELECT json_each.value FROM runs, json_each(runs.parts))"
            )
    except DataError as error:
        found.append(_Finding("", "left over", "was not looked for", str(error)))
    return _table(found)


def _damaged(files: Files, key: str, series: str) -> list[_Finding]:
    try:
        files.read(files.series(key), series)
    except DataError as error:
        return [_Finding(key, "damaged", str(error), "")]
    return []


def _damaged_folder(files: Files, key: str, record: str | None) -> list[_Finding]:
    if record is None:
        return []
    place = files.record(key)
    try:
        check_whole(place, record)
        read_run(place)
    except DataError as error:
        return [_Finding(key, "damaged", str(error), "")]
    return []


def _repaired(
    catalogue: Catalogue, files: Files, days: list[_Finding], folders: list[_Finding]
) -> tuple[list[_Finding], list[_Finding]]:
    """Let damaged runs count as failed, so that they are run again; damaged folders are let go."""
    with storage_errors(files.folder), catalogue.writing() as connection:
        for one in days:
            connection.execute(
                "UPDATE runs SET status = 'failed', kind = 'Damaged', reason = ?, series = NULL,"
                " record = NULL, figures = '{}' WHERE key = ?",
                (one.what, one.run),
            )
        for one in folders:
            connection.execute("UPDATE runs SET record = NULL WHERE key = ?", (one.run,))
    return (
        [one._replace(done="counts as failed: a sweep runs it again") for one in days],
        [one._replace(done="counts as not kept whole") for one in folders],
    )


def _left_over(files: Files, keys: dict[str, int]) -> Iterator[_Finding]:
    """Take files without a row away, and tell of what is not ours. Under the catalogue's lock."""
    for folder in _folders(files.folder / RUNS):
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            path, key = Path(entry.path), entry.name
            ours = entry.is_dir(follow_symlinks=False) and is_key(key) and key[:2] == folder.name
            if not ours:
                yield _Finding("", "not ours", str(path), "stays")
                continue
            if key not in keys:
                _take_away(path)
                yield _Finding(key, "left over", f"{path}: no run of the catalogue", "taken away")
            elif not keys[key] and os.path.lexists(path / RECORD):
                _take_away_folder(path / RECORD)
                yield _Finding(key, "left over", f"{path / RECORD}: not in the catalogue", "")
            own = {SERIES_FILE, RECORD} if key in keys else set()
            for left in _left(path):
                if left.name not in own:
                    yield _Finding(key, "not ours", str(left), "stays")


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
    names = sorted(run_files(record), key=lambda name: (name == "run.json", name))
    for name in names:
        with suppress(FileNotFoundError):
            (record / name).unlink()
    folders = sorted({parent for name in names for parent in (record / name).parents}, key=str)
    for folder in reversed([one for one in folders if one == record or record in one.parents]):
        with suppress(OSError):
            folder.rmdir()


def _table(found: Iterable[_Finding]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=list(_Finding._fields))
