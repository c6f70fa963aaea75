"""The folder of a download: files that appear whole or not at all, and one process at a time."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from quanthedge.errors import DataError
from quanthedge.market import TableFile
from quanthedge.sources.download.journal import Entry, Journal
from quanthedge.sources.download.plan import Request
from quanthedge.storage import WholeFolder, working

__all__ = ["DownloadFolder", "opened"]

_LOCK = ".download.lock"
_PART = "answer.part"
_REPLACED = ".replaced"


class DownloadFolder:
    """Files and journal of a download; only `opened` makes one."""

    def __init__(self, path: Path, vendor: str, work: Path) -> None:
        self.path = path
        self._work = work
        self.journal = Journal(path, vendor, work)

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
            return TableFile(path).opened().read()
        except (pa.ArrowException, OSError):
            return None

    def has(self, table: str) -> bool:
        """Whether there is a file of a table."""
        return next((self.path / table).glob("**/*.parquet"), None) is not None

    def read(self, table: str, columns: Sequence[str]) -> pa.Table | None:
        """Return some columns of all files of a table; None when there is none."""
        pieces = []
        for path in sorted((self.path / table).glob("**/*.parquet")):
            piece = TableFile(path).opened().read()
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
            if keep_old or self._is_of_others(request, data):
                self._keep(path)
            _write_whole(path, data, self._work / _PART)
            entry = Entry.of(request, fetched, table.num_rows, len(data), sha256)
        self.journal.add(entry)
        return entry

    def _is_of_others(self, request: Request, data: bytes) -> bool:
        """Whether another file than ours, which no journal knows, is where an answer has to go."""
        path = self.file_of(request)
        known = (request.table.name, request.key) in self.journal.entries
        return not known and path.is_file() and path.read_bytes() != data

    def _keep(self, path: Path) -> None:
        if not path.is_file():
            return
        inside = path.relative_to(self.path)
        for number in range(1, 10_000):
            kept = (self.path / _REPLACED / inside).with_suffix(f".{number}.parquet")
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, kept)
                return


@contextmanager
def opened(path: Path, vendor: str) -> Iterator[DownloadFolder]:
    """Open a folder for one download; a second one is refused while the first is at work."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            WholeFolder(path / _LOCK).recover()
            with working(path, "download") as work:
                yield DownloadFolder(path, vendor, work.content)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            what = (
                "a file grew beyond what this system allows one to be (ulimit -f)"
                if problem.errno == errno.EFBIG
                else "the disk is full"
            )
            raise DataError(
                f"{path}: {what}; what was downloaded is kept: free some space and run "
                "the same command again"
            ) from problem
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise DataError(f"{path}: may not be written ({problem.strerror})") from problem
        raise


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is free when its process ends."""
    lock = FileLock(path / _LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as problem:
        holder = ""
        with suppress(OSError):
            holder = (path / _LOCK).read_text(encoding="ascii", errors="replace")[:20]
        raise DataError(
            f"{path}: another download is at work in this folder (process {holder or 'unknown'}); "
            "wait for its end, or download into another folder"
        ) from problem
    try:
        with suppress(OSError):  # Windows lets nobody write into a locked file
            (path / _LOCK).write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()


def _write_whole(path: Path, data: bytes, part: Path) -> None:
    """Write a file in the place of temporary things, force it to the disk, and move it over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    WholeFolder(path.parent).flush()
