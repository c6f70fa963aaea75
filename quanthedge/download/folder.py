"""The folder of a download: files that appear whole or not at all, and one process at a time."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.download.journal import Entry, Journal
from quanthedge.download.plan import Request
from quanthedge.errors import DataError

__all__ = ["DownloadFolder", "opened"]

LOCK = ".download.lock"
PART = ".part"
REPLACED = ".replaced"


class DownloadFolder:
    """Files and journal of a download; only `opened` makes one."""

    def __init__(self, path: Path, vendor: str) -> None:
        self.path = path
        for part in path.glob(f"**/.*{PART}"):
            part.unlink()
        self.journal = Journal(path, vendor)

    def file_of(self, request: Request) -> Path:
        """Return where the answer of a request is kept."""
        return self.path / request.table.name / f"{request.key}.parquet"

    def entry_of(self, request: Request) -> Entry | None:
        """Return what is known of a request; None when its file is not as it was written."""
        entry = self.journal.entries.get((request.table.name, request.key))
        if entry is None or entry.bytes == 0:
            return entry
        path = self.file_of(request)
        return entry if path.is_file() and path.stat().st_size == entry.bytes else None

    def sound(self, request: Request, entry: Entry) -> bool:
        """Whether a file still is, byte for byte, what was written."""
        if entry.bytes == 0:
            return True
        return hashlib.sha256(self.file_of(request).read_bytes()).hexdigest() == entry.sha256

    def table_of(self, request: Request) -> pa.Table | None:
        """Return the answer that is kept; None when there is none or it is unreadable."""
        path = self.file_of(request)
        if not path.is_file():
            return None
        try:
            return pq.ParquetFile(path).read()
        except (pa.ArrowException, OSError):
            return None

    def has(self, table: str) -> bool:
        """Whether there is a file of a table."""
        return next((self.path / table).glob("**/*.parquet"), None) is not None

    def read(self, table: str, columns: Sequence[str]) -> pa.Table | None:
        """Return some columns of all files of a table; None when there is none."""
        pieces = []
        for path in sorted((self.path / table).glob("**/*.parquet")):
            piece = pq.ParquetFile(path).read()
            missing = [name for name in columns if name not in piece.column_names]
            if missing:
                raise DataError(f"{path}: column '{missing[0]}' is missing; remove the file")
            pieces.append(piece.select(list(columns)))
        return pa.concat_tables(pieces, promote_options="permissive") if pieces else None

    def store(
        self, request: Request, table: pa.Table, fetched: datetime, *, keep_old: bool = False
    ) -> Entry:
        """Write an answer and enter it in the journal; both are on the disk when this returns.

        Parameters
        ----------
        request
            What was asked, with all days that the table covers.
        table
            The answer; without rows no file is written.
        fetched
            When it was received.
        keep_old
            Whether the file that is replaced is kept, under ``.replaced/``.
        """
        entry = Entry.of(request, fetched, table.num_rows)
        if table.num_rows:
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            data = sink.getvalue().to_pybytes()
            sha256 = hashlib.sha256(data).hexdigest()
            path = self.file_of(request)
            if keep_old:
                self._keep(path)
            _write_whole(path, data)
            entry = Entry.of(request, fetched, table.num_rows, len(data), sha256)
        self.journal.add(entry)
        return entry

    def _keep(self, path: Path) -> None:
        if not path.is_file():
            return
        inside = path.relative_to(self.path)
        for number in range(1, 10_000):
            kept = (self.path / REPLACED / inside).with_suffix(f".{number}.parquet")
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, kept)
                return


@contextmanager
def opened(path: Path, vendor: str) -> Iterator[DownloadFolder]:
    """Open a folder for one download; a second one is refused while the first is at work."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(lock, path)
            yield DownloadFolder(path, vendor)
        finally:
            os.close(lock)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"{path}: the disk is full; what was downloaded is kept: free some space and run "
                "the same command again"
            ) from problem
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise DataError(f"{path}: may not be written ({problem.strerror})") from problem
        raise


def _lock(lock: int, path: Path) -> None:
    """Take the lock of a folder, which is free when its process ends."""
    try:
        try:
            import fcntl
        except ImportError:  # pragma: no cover -- Windows
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace") if hasattr(os, "pread") else ""
        raise DataError(
            f"{path}: another download is at work in this folder (process {holder or 'unknown'}); "
            "wait for its end, or download into another folder"
        ) from problem
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode("ascii"))


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place, force it to the disk, and move it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{PART}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if os.name != "nt":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
