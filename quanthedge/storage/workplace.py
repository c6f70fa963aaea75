"""Where temporary things live: one hidden folder, in it a marked folder for each piece of work.

`.quanthedge/` lies beside what is written (on its disk). Each piece of work in it has a folder of
its own with a mark (`owner.json`) and a lock that its process holds and the system frees when the
process ends, however it ends. Whoever comes next removes what bears our mark and nobody holds.
"""

import hashlib
import json
import os
import re
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from quanthedge.errors import DataError
from quanthedge.storage.plain_files import PlainFile

__all__ = ["PLACE", "Work", "abandoned", "locked", "working"]

PLACE = ".quanthedge"
_MARK = "owner.json"
_LOCK = "owner.lock"
_FORMAT = "quanthedge-work"
_NAME = re.compile(r"[a-z]+-[0-9a-f]{32}")
_LOCKS = re.compile(r"[0-9a-f]{16}\.[a-z]+\.lock")
WINDOWS = os.name == "nt"  # where an open file cannot be removed
_PATIENCE = 5.0  # seconds for another process to give up a lock that it holds for a moment
_TRIES = 20


@dataclass
class Work:
    """A marked folder: `content` is to be filled, `old` is where what is replaced may wait.

    Attributes
    ----------
    folder
        The work's own folder.
    state
        What its mark says, read as it stands in the file: to be checked before it is used.
    """

    folder: Path
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> Path:
        """Folder of the new thing."""
        return self.folder / "content"

    @property
    def old(self) -> Path:
        """Folder of the thing that was replaced."""
        return self.folder / "old"

    def note(self, **state: Any) -> None:
        """Write what the work is about to do into its mark."""
        self.state = {"format": _FORMAT, **state}
        scratch = self.folder / f"{_MARK}.new"
        with scratch.open("w", encoding="utf-8") as file:
            json.dump(self.state, file)
            if "target" in state:  # what a later process will act upon
                file.flush()
                os.fsync(file.fileno())
        scratch.replace(self.folder / _MARK)

    def remove(self) -> None:
        """Remove the folder; what cannot be removed keeps its mark for the next time."""
        for path in (self.content, self.old):
            shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(self.content) and not os.path.lexists(self.old):
            with suppress(OSError):
                (self.folder / f"{_MARK}.new").unlink(missing_ok=True)
                (self.folder / _MARK).unlink(missing_ok=True)


@contextmanager
def working(beside: Path, purpose: str) -> Iterator[Work]:
    """Give a marked folder in the place beside `beside`'s things; it is gone afterwards.

    Parameters
    ----------
    beside
        Folder whose disk the work shall be on; made when it is missing.
    purpose
        One word of letters for the folder's name.
    """
    lock, work = _begun(beside, purpose)
    try:
        yield work
    finally:
        work.remove()
        _given_up(lock, work.folder)


def abandoned(beside: Path, awaited: str | None = None) -> Iterator[Work]:
    """Yield, one by one, the marked folders that no living process holds; each is then removed.

    Parameters
    ----------
    beside
        Folder in which the place is.
    awaited
        Name of a folder that is missing: a process that is exchanging it just now is waited for.
    """
    place = beside / PLACE
    if not _is_folder(place):
        return
    for entry in sorted(place.iterdir()):
        if _LOCKS.fullmatch(entry.name):
            _remove_free_lock(entry)
        elif _NAME.fullmatch(entry.name) and _is_folder(entry):
            yield from _unowned(entry, awaited)
    with suppress(OSError):
        place.rmdir()


def _unowned(folder: Path, awaited: str | None) -> Iterator[Work]:
    state = _mark(folder)
    exchanging = state is not None and awaited is not None and state.get("target") == awaited
    if state is None and {path.name for path in folder.iterdir()} - {_LOCK, f"{_MARK}.new"}:
        return  # no mark of ours
    lock = FileLock(folder / _LOCK, thread_local=False)
    try:
        lock.acquire(timeout=_PATIENCE if exchanging else 0)
    except (Timeout, OSError):
        return
    work = Work(folder, _mark(folder) or {})
    try:
        if work.state:
            yield work
        work.remove()
    finally:
        _given_up(lock, folder)


@contextmanager
def locked(target: Path, purpose: str) -> Iterator[None]:
    """Hold a lock on a path's name; others wait. It is free when its process ends."""
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    path = _place(target.parent) / f"{name}.{purpose}.lock"
    lock = _acquired(path)
    try:
        yield
    finally:
        _unlock(lock, path)
        with suppress(OSError):
            path.parent.rmdir()


def _begun(beside: Path, purpose: str) -> tuple[FileLock, Work]:
    """Make a work's folder, lock and mark; once more when another removed the empty folder."""
    for _ in range(_TRIES):
        folder = _place(beside) / f"{purpose}-{uuid.uuid4().hex}"
        try:
            folder.mkdir()
            lock = FileLock(folder / _LOCK, thread_local=False)
            lock.acquire(timeout=_PATIENCE)
        except (FileNotFoundError, Timeout):
            continue
        work = Work(folder)
        try:
            work.note(state="begun")
            work.content.mkdir()
        except FileNotFoundError:
            lock.release()
            continue
        except BaseException:
            work.remove()
            _given_up(lock, folder)
            raise
        return lock, work
    raise DataError(f"{beside / PLACE}: another process removes what is made there; try again")


def _acquired(path: Path) -> FileLock:
    for _ in range(_TRIES):
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire()
        except FileNotFoundError:  # the place was empty and another removed it
            _place(path.parent.parent)
            continue
        return lock
    raise DataError(f"{path.parent}: another process removes what is made there; try again")


def _place(beside: Path) -> Path:
    """Return the place of temporary things, made with the rights of the folder that it is in.

    Another process may have removed it again, while it was empty: then what is made in it is not
    found, and the caller comes again.
    """
    place = beside / PLACE
    beside.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        place.mkdir()
        with suppress(OSError):
            place.chmod(stat.S_IMODE(beside.stat().st_mode) & 0o1777)
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(place.lstat().st_mode):
            raise DataError(
                f"{place}: is no folder; the program keeps its temporary files there: move it away"
            )
    return place


def _given_up(lock: FileLock, folder: Path) -> None:
    """Release a work's lock and remove its folder when nothing is left in it."""
    if not (folder / _MARK).exists():
        _unlock(lock, folder / _LOCK)
        for empty in (folder, folder.parent):
            with suppress(OSError):
                empty.rmdir()
    else:
        lock.release()


def _unlock(lock: FileLock, path: Path) -> None:
    """Release a lock and remove its file: before where the system can, so that none waits on it."""
    with suppress(OSError):
        path.unlink()
    lock.release()
    if WINDOWS:
        with suppress(OSError):
            path.unlink()


def _remove_free_lock(path: Path) -> None:
    lock = FileLock(path, thread_local=False)
    with suppress(Timeout, OSError):
        if path.stat().st_size == 0:
            lock.acquire(timeout=0)
            _unlock(lock, path)


def _mark(folder: Path) -> dict[str, Any] | None:
    try:
        state = PlainFile(folder / _MARK).json()
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and state.get("format") == _FORMAT else None


def _is_folder(path: Path) -> bool:
    """Whether there is a folder itself, not a link to one."""
    return path.is_dir() and not path.is_symlink()
