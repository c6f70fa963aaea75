"""Folders that change whole or not at all.

A new version is written into a hidden sibling folder, forced to disk, and takes its place in one
step. A kill or a full disk at any moment leaves the old version; leftovers are removed next time.
"""

import ctypes
import errno
import os
import shutil
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quanthedge.errors import DataError

__all__ = [
    "alone",
    "force_to_disk",
    "recover",
    "remove_leftovers",
    "replacing",
    "scratch_name",
    "write_page",
]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a scratch folder beside `target` that takes its place when the block succeeds."""
    scratch = target.parent / scratch_name(target.name, "new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        recover(target)
        remove_leftovers(target)
        scratch.mkdir()
        yield scratch
        force_to_disk(scratch)
        _swap(scratch, target)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            state = "the old data is untouched" if target.exists() else "nothing was written"
            raise DataError(
                f"{target}: the disk is full; {state}; free some space and try again"
            ) from problem
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DataError(f"{target}: may not be written ({problem.strerror})") from problem
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Hold the lock of a folder that is read, changed and replaced; others wait for it.

    The lock is a hidden file beside the folder. It is free when its process ends, and gone when
    nobody holds it.
    """
    path = target.parent / f".{target.name}.lock"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = _locked(path)
    except OSError as problem:
        raise DataError(f"{target}: may not be written ({problem.strerror})") from problem
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(lock)


def _locked(path: Path) -> int:
    """Open and lock a file; once more when the one locked was removed by who held it before."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            import fcntl
        except ImportError:  # pragma: no cover -- Windows: the last one to finish stays
            return descriptor
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def scratch_name(name: str, purpose: str) -> str:
    """Return a hidden, unique name that says who works on it: host and process."""
    return f".{name}.{purpose}-{_host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def remove_leftovers(target: Path) -> None:
    """Remove scratch folders beside `target` whose process is gone."""
    for purpose in ("new", "old"):
        for folder in target.parent.glob(f".{target.name}.{purpose}-*"):
            if not _owner_lives(folder.name):
                shutil.rmtree(folder, ignore_errors=True)


def recover(target: Path) -> None:
    """Bring the old version back when a kill hit the moment between two renames."""
    if target.exists():
        return
    for folder in sorted(target.parent.glob(f".{target.name}.old-*")):
        if not _owner_lives(folder.name):
            with suppress(OSError):
                folder.rename(target)
                return


def write_page(path: Path, content: str | bytes, what: str) -> None:
    """Write a text or bytes beside the place, then move them there in one step.

    Raises
    ------
    DataError
        It could not be written; `what` says what it is.
    """
    scratch: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(0o644)
        os.replace(scratch, path)
    except OSError as error:
        raise DataError(f"{path}: the {what} could not be written ({error.strerror})") from error
    finally:
        if scratch is not None:
            with suppress(FileNotFoundError):
                os.unlink(scratch)


def force_to_disk(folder: Path) -> None:
    """Flush every file and folder below `folder`, and `folder` itself, to the disk."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir() and os.name == "nt":
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _swap(scratch: Path, target: Path) -> None:
    if not _moved(scratch, target) and not _exchange(scratch, target):
        old = target.parent / scratch_name(target.name, "old")
        target.rename(old)
        scratch.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    if os.name != "nt":
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _moved(scratch: Path, target: Path) -> bool:
    """Move a folder to where nothing or an empty folder is; False when something is there."""
    if os.name == "nt" and target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    try:
        scratch.rename(target)
    except OSError as problem:
        if problem.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders' names in one step where the system can; False where it cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    names = os.fsencode(first), os.fsencode(second)
    return bool(rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)


def _host() -> str:
    return "".join(c for c in socket.gethostname() if c.isalnum())[:24] or "host"


def _owner_lives(name: str) -> bool:
    """Whether the process that made a scratch folder may still be at work."""
    parts = name.rsplit("-", 3)
    if len(parts) != 4 or not parts[2].isdigit():
        return False
    if parts[1] != _host():
        return True
    with suppress(ProcessLookupError):
        try:
            os.kill(int(parts[2]), 0)
        except PermissionError:
            return True
        return True
    return False
