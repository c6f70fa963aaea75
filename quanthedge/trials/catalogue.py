"""The catalogue: one SQLite file with what was tried, and the runs that a store keeps.

Many processes read and write it at once. Each operation has a connection and a transaction of its
own, so that a process may be forked or killed at any moment: what it had not committed never was.
The journal is a rollback journal, not a write-ahead log: it asks of the file system whole locks and
nothing of shared memory, and so works on a network folder wherever locks do.

The file bears our mark (``application_id``) and the number of its format (``user_version``). A file
with other tables, views or triggers than ours is refused before anything of it is read.

References
----------
SQLite documentation: "File Locking And Concurrency In SQLite Version 3", "How To Corrupt An SQLite
Database File".
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from quanthedge.errors import DataError

__all__ = ["Catalogue", "CatalogueBusyError"]

_MARK = 0x51484743  # "QHGC"
_FORMAT = 1
_OLDEST = (3, 37)  # of SQLite: it holds columns to their types
_PATIENCE = 60.0  # seconds for other processes to end their transactions
_LARGEST = 256 * 2**20  # bytes of one value

_TABLES = {
    "trials": """CREATE TABLE trials (
        kind TEXT NOT NULL, label TEXT NOT NULL, market TEXT NOT NULL, fingerprint TEXT NOT NULL,
        "start" TEXT NOT NULL, "end" TEXT NOT NULL, what TEXT NOT NULL, p REAL,
        "when" TEXT NOT NULL, UNIQUE (kind, fingerprint, "start", "end", what)) STRICT""",
    "runs": """CREATE TABLE runs (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT NOT NULL,
        market TEXT NOT NULL, fingerprint TEXT NOT NULL, "start" TEXT, "end" TEXT,
        "when" TEXT NOT NULL, status TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
        seconds REAL, note TEXT NOT NULL, series TEXT, record TEXT, figures TEXT NOT NULL,
        parts TEXT NOT NULL) STRICT""",
    "parts": "CREATE TABLE parts (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " content TEXT NOT NULL) STRICT",
    "tags": "CREATE TABLE tags (run INTEGER NOT NULL, tag TEXT NOT NULL, UNIQUE (run, tag)) STRICT",
    "sweeps": "CREATE TABLE sweeps (id TEXT NOT NULL UNIQUE, plan TEXT NOT NULL,"
    ' "when" TEXT NOT NULL) STRICT',
    "members": "CREATE TABLE members (sweep TEXT NOT NULL, number INTEGER NOT NULL,"
    " key TEXT NOT NULL, UNIQUE (sweep, number)) STRICT",
}


class CatalogueBusyError(DataError):
    """Another process holds the lock of the catalogue for longer than is waited."""


class Catalogue:
    """A SQLite file of ours; it is made by the first who writes.

    Parameters
    ----------
    path : Path
    patience : float
        Seconds to wait for other processes.

    Attributes
    ----------
    NAME : str
        What the file is called in its folder.
    """

    NAME: ClassVar = "catalogue.sqlite"

    def __init__(self, path: Path, *, patience: float = _PATIENCE) -> None:
        self.path = path
        self._patience = patience

    def __repr__(self) -> str:
        return f"<Catalogue {self.path}>"

    @property
    def exists(self) -> bool:
        """Whether anybody has written yet.

        Raises
        ------
        DataError
            A folder, a pipe or a device is in its place.
        """
        try:
            if self.path.exists() and not self.path.is_file():
                raise DataError(f"{self.path}: is no plain file, so no catalogue; move it away")
            return self.path.stat().st_size > 0
        except OSError:
            return False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees one moment and changes nothing.

        Raises
        ------
        DataError
            There is no catalogue, it is damaged, of another program or another format, or its
            folder cannot be read.
        """
        with self._told():
            if not self.exists:
                raise DataError(f"{self.path}: there is no catalogue")
            connection = self._connection("rw")
            try:
                connection.execute("PRAGMA query_only=ON")
                connection.execute("BEGIN")
                self._check(connection)
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection whose changes are all made when the block ends, or none of them.

        No other process writes meanwhile. The folder must be there.

        Raises
        ------
        DataError
            As of :meth:`reading`; also when others hold the lock for too long, the disk is full or
            the file may not be written.
        """
        with self._told():
            connection = self._connection("rwc")
            try:
                connection.execute("BEGIN IMMEDIATE")
                if _is_new(connection):
                    _lay_out(connection)
                else:
                    self._check(connection)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            finally:
                connection.close()

    def faults(self) -> list[str]:
        """Return what a look at every page of the file finds; empty when it is sound."""
        try:
            with self.reading() as connection:
                rows = connection.execute("PRAGMA integrity_check(20)").fetchall()
        except CatalogueBusyError:
            raise
        except DataError as error:
            return [str(error)]
        return [f"{self.path}: {row[0]}" for row in rows if row[0] != "ok"]

    def _connection(self, mode: str) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise DataError(
                f"{self.path}: Python's SQLite is {sqlite3.sqlite_version}; accepted: "
                f"{'.'.join(map(str, _OLDEST))} or newer"
            )
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(
            address, uri=True, timeout=self._patience, isolation_level=None
        )
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
            for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that is not of ours, of another format, or that somebody added to."""
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        if mark != _MARK:
            raise DataError(
                f"{self.path}: is a SQLite file of another program; choose another folder"
            )
        form = connection.execute("PRAGMA user_version").fetchone()[0]
        if form != _FORMAT:
            raise DataError(
                f"{self.path}: format {form}, this version reads {_FORMAT}; use the version that "
                "wrote it, or another folder"
            )
        found = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
        if {(kind, name, sql) for kind, name, sql in found} != {
            ("table", name, sql) for name, sql in _TABLES.items()
        }:
            raise DataError(
                f"{self.path}: has other tables than this program makes; it was changed by another"
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite refuses into one line."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter: of names in the schema
            raise _told(self.path, error) from error


def _is_new(connection: sqlite3.Connection) -> bool:
    """Whether nobody has laid out the file yet: no mark, no format, no table."""
    one = connection.execute
    return bool(
        one("PRAGMA application_id").fetchone()[0] == 0
        and one("PRAGMA user_version").fetchone()[0] == 0
        and one("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    )


def _lay_out(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id={_MARK}")
    connection.execute(f"PRAGMA user_version={_FORMAT}")
    for sql in _TABLES.values():
        connection.execute(sql)


def _told(path: Path, error: Exception) -> DataError:
    """Return what a refusal of SQLite is, in one line."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CatalogueBusyError(
            f"{path}: other processes hold its lock; try again when they have ended, or ask where "
            "the folder lies whether its file system grants locks"
        )
    words = {
        sqlite3.SQLITE_FULL: "the disk is full; nothing was written; free some space and try again",
        sqlite3.SQLITE_READONLY: "may not be written",
        sqlite3.SQLITE_PERM: "may not be written",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened; its folder must be there and may be written",
        sqlite3.SQLITE_IOERR: "the disk refuses to read, write or lock it",
        sqlite3.SQLITE_PROTOCOL: "the file system does not grant locks",
    }
    if code in words:
        return DataError(f"{path}: {words[code]} ({error})")
    line = " ".join(str(error).split())
    return DataError(f"{path}: the catalogue is damaged ({line}); move it away")
