"""Folders that change whole or not at all, and keep what is not ours.

A new version is written in the place of temporary things beside the folder (`workplace`), gets the
files that others put into the old version, is forced to disk, and takes its place in one step. A
kill or a full disk at any moment leaves one version whole, with everybody's files in it; leftovers
are removed by the next command.
"""

import ctypes
import errno
import logging
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from quanthedge.errors import DataError
from quanthedge.storage.workplace import PLACE, Work, abandoned, locked, working

__all__ = [
    "WholeFolder",
    "force_to_disk",
    "storage_errors",
    "temporary_folder",
    "write_page",
]

_log = logging.getLogger(__name__)
_Ours = Callable[[Path], Iterable[str]]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_MOST_FOREIGN = 20_000  # files and folders; more of them are somebody's home, not a folder of ours
# files by which a folder of runs is known; a run.json alone may be anybody's
_OF_RUNS = {
    "run folder": ("run.json", "strategy.json"),
    "store of runs": ("quanthedge-store.json",),
}
WINDOWS = os.name == "nt"  # where an open file keeps its folder from being moved


class WholeFolder:
    """A folder that changes whole, and what goes on around it.

    Parameters
    ----------
    path
        The folder, there or not; links to it are followed when it is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def replacing(self, ours: _Ours | None = None) -> Iterator[Path]:
        """Yield an empty folder that takes the place of this one when the block succeeds.

        Parameters
        ----------
        ours
            Given the folder of the old version, returns the files in it that this program wrote,
            as relative paths with "/". They go; every other file and folder stays. Without it,
            nothing in the old version is ours.

        Raises
        ------
        DataError
            A file that is not ours is where a new one has to go, the disk is full, or the folder
            may not be written. The old version then stays as it was.
        """
        with storage_errors(self.path):
            target = self.path.resolve()
            self.check_replaceable()
            self.recover()
            with working(target.parent, "replace") as work:
                yield work.content
                force_to_disk(work.content)
                with locked(target, "swap"):
                    own = _checked(ours(target)) if ours is not None and target.is_dir() else set()
                    if target.is_dir():
                        shutil.copymode(target, work.content)
                        _keep_foreign(target, work.content, own)
                    work.note(
                        state="swap",
                        target=target.name,
                        ours=sorted(own),
                        version=_identity(work.content),
                    )
                    _swap(work, target)
                    _rescue(_replaced(work), target, own, newer_too=True)
        _log.info("%s: written", target)

    def check_replaceable(self, *, runs: bool = True) -> None:
        """Refuse a target that is no folder of its own: a file, a disk, the folder one stands in.

        Without ``runs``, also a run folder and a store of runs.

        Raises
        ------
        DataError
            What is wrong and what to do.
        """
        target = self.path.resolve()
        if target.exists() and not target.is_dir():
            raise DataError(f"{target}: is a file; the target must be a folder")
        if target.name == PLACE:
            raise DataError(f"{target}: is where temporary things live; choose another name")
        if not target.is_dir() or not any(target.iterdir()):
            return
        if target.parent == target or os.path.ismount(target):
            raise DataError(f"{target}: is a disk of its own; choose a folder in it")
        if not runs and (kind := _kind_of_runs(target)):
            raise DataError(f"{target}: is a {kind}; what is written now takes a folder of its own")
        here = Path.cwd()
        if here == target or target in here.parents:
            raise DataError(
                f"{target}: is the folder you are in, and is replaced whole; go to another one "
                "first"
            )
        _refuse_many_files(target)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of the folder while it is read, changed and replaced; others wait for it.

        It is free when its process ends, and its file gone when nobody holds it.
        """
        with storage_errors(self.path):
            lock = self.locked("alone")
            lock.__enter__()
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def locked(self, purpose: str) -> AbstractContextManager[None]:
        """Hold a lock on the folder's name for one purpose, as `alone` does; OSError as it is."""
        return locked(self.path.resolve(), purpose)

    def recover(self) -> None:
        """Remove what dead processes left beside the folder; bring back what they were exchanging.

        Nothing happens when the folder beside may only be read.
        """
        target = self.path.resolve()
        with suppress(OSError):
            for work in abandoned(target.parent, None if target.exists() else target.name):
                _finish(work)

    def held_open(self, release: Callable[[], None]) -> None:
        """Remember how to close the folder's files that this process holds open as memory maps.

        `release` must be a bound method; it is called before the folder is replaced, on systems
        that cannot move a folder with open files, and forgotten with its object.
        """
        place = self.path.resolve()
        living = [one for one in _holders.get(place, []) if one() is not None]
        _holders[place] = [*living, weakref.WeakMethod(release)]

    def flush(self) -> None:
        """Flush the folder's list of names; Windows has no such thing to do."""
        if WINDOWS:
            return
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refuse_many_files(target: Path) -> None:
    count = 0
    for _, folders, files in os.walk(target):
        count += len(folders) + len(files)
        if count > _MOST_FOREIGN:
            raise DataError(
                f"{target}: holds more than {_MOST_FOREIGN:,} files; choose a folder of its own"
            )


def _kind_of_runs(folder: Path) -> str:
    """Return what holds runs of ours, by its files, "" where nothing does."""
    for kind, names in _OF_RUNS.items():
        if all(os.path.lexists(folder / name) for name in names):
            return kind
    return ""


@contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turn what a disk, its rights or a name refuse into one line about `target`."""
    try:
        yield
    except OSError as problem:
        raise _told(target, problem) from problem
    except ValueError as problem:
        if "null byte" in str(problem) or "null character" in str(problem):
            raise DataError(f"{str(target)!r}: a path cannot hold the character NUL") from problem
        raise


def _told(target: Path, problem: OSError) -> DataError:
    state = "the old data is untouched" if _is_there(target) else "nothing was written"
    disk = "is a disk of its own or in use as one; choose a folder in it"
    full = f"the disk is full; {state}; free some space and try again"
    rights = f"may not be written ({problem.strerror})"
    if WINDOWS:
        rights += (
            ", or a program holds a file in it open: close the notebooks and programs that use it "
            f"(in this one: delete its markets and arrays); {state}"
        )
    words = {
        errno.ENOSPC: full,
        errno.EDQUOT: full,
        errno.EFBIG: f"a file grew beyond what this system allows one to be (ulimit -f); {state}",
        errno.ENAMETOOLONG: f"the name is too long for a file; {state}",
        errno.EXDEV: disk,
        errno.EBUSY: disk,
        errno.EACCES: rights,
        errno.EPERM: rights,
        errno.EROFS: rights,
    }
    inside = problem.filename not in (None, str(target))
    why = f"{problem.filename}: {problem.strerror}" if inside else problem.strerror or problem
    other = f"could not be written ({why}); {state}"
    return DataError(f"{target}: {words.get(problem.errno or 0, other)}")


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """Yield an empty folder on the disk of temporary files (TMPDIR); it is gone afterwards.

    What killed processes left there is removed first.
    """
    try:
        beside = Path(tempfile.gettempdir())
    except OSError as problem:
        raise DataError(
            f"no folder for temporary files can be written (a full disk?): {problem.strerror}; "
            "free some space or set TMPDIR"
        ) from problem
    WholeFolder(beside / purpose).recover()
    stack = ExitStack()
    with storage_errors(beside):
        work = stack.enter_context(working(beside, purpose))
    with stack:
        yield work.content


def _finish(work: Work) -> None:
    """Complete or undo the exchange in which a process died."""
    state = work.state
    name, own, version = state.get("target"), state.get("ours"), state.get("version")
    if (
        state.get("state") != "swap"
        or not isinstance(name, str)
        or name in ("", ".", "..", PLACE)
        or Path(name).name != name
        or not isinstance(own, list)
    ):
        return
    target = work.folder.parent.parent / name
    if not os.path.lexists(target) and work.old.is_dir():
        with suppress(OSError):
            work.old.rename(target)
    elif target.is_dir() and not target.is_symlink() and _identity(target) == version:
        _rescue(_replaced(work), target, {one for one in own if isinstance(one, str)})


def write_page(path: Path, content: str | bytes, what: str) -> None:
    """Write a text (as UTF-8) or bytes beside the place, then move them there in one step.

    Raises
    ------
    DataError
        It could not be written; `what` says what it is.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        WholeFolder(path).recover()
        with working(path.parent, "page") as work:
            scratch = work.content / "page"
            with scratch.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(f"{path}: the {what} could not be written ({why})") from error
    _log.info("%s: %s written, %s bytes", path, what, len(data))


def force_to_disk(folder: Path) -> None:
    """Flush every file and folder below `folder`, and `folder` itself, to the disk."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_symlink():
            continue
        if path.is_dir():
            WholeFolder(path).flush()
        else:
            # Windows flushes only what is open for writing.
            with path.open("r+b") as file:
                os.fsync(file.fileno())


# -- what is not ours


def _checked(paths: Iterable[str]) -> set[str]:
    """Return relative paths that stay below their folder; anything else is a fault of ours."""
    own = set(paths)
    for path in own:
        parts = PurePosixPath(path).parts
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path:
            raise DataError(f"{path!r}: is no path below the folder")
    return own


def _foreign(folder: Path, own: set[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield what is not ours, folders before what they hold: a folder that holds only ours is."""
    stack = [("", str(folder))]
    while stack:
        prefix, place = stack.pop()
        with os.scandir(place) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            inside = prefix + entry.name
            if inside in own or entry.name == PLACE:
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield inside, entry
            elif not _holds_only(Path(entry.path), inside, own):
                yield inside, entry
                stack.append((f"{inside}/", entry.path))


def _holds_only(folder: Path, inside: str, own: set[str]) -> bool:
    """Whether a folder holds files, and all of them are ours."""
    found = False
    for place, folders, files in os.walk(folder):
        below = Path(place).relative_to(folder)
        for name in files + [one for one in folders if Path(place, one).is_symlink()]:
            if str(PurePosixPath(inside, *below.parts, name)) not in own:
                return False
            found = True
    return found


def _keep_foreign(old: Path, new: Path, own: set[str]) -> None:
    """Give the new version the files of others: the same files under a second name, or copies."""
    for inside, entry in list(_foreign(old, own)):
        place = new / inside
        if entry.is_dir(follow_symlinks=False):
            if place.is_dir() and not place.is_symlink():
                continue
            _refuse_if_taken(old / inside, place)
            place.mkdir()
            shutil.copystat(entry.path, place)
        else:
            _refuse_if_taken(old / inside, place)
            _second_name(entry.path, place)
    # Made last: a folder's times change with what is put into it.
    for inside, entry in list(_foreign(old, own)):
        if entry.is_dir(follow_symlinks=False):
            with suppress(OSError):
                shutil.copystat(entry.path, new / inside)
    WholeFolder(new).flush()


def _refuse_if_taken(old: Path, new: Path) -> None:
    if os.path.lexists(new):
        raise DataError(
            f"{old}: was not written by this program and is in the way of what it writes now; "
            "move it elsewhere"
        )


def _second_name(path: str, place: Path) -> None:
    try:
        os.link(path, place, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(path, place, follow_symlinks=False)


def _rescue(old: Path, target: Path, own: set[str], newer_too: bool = False) -> None:
    """Bring files over that others made in the old version while it was being replaced.

    `newer_too`: also those that they changed meanwhile (by moving a new file over the old one).
    """
    if not old.is_dir():
        return
    for inside, entry in list(_foreign(old, own)):
        place = target / inside
        if entry.is_dir(follow_symlinks=False):
            with suppress(OSError):
                place.mkdir(exist_ok=True)
        elif not os.path.lexists(place) or (newer_too and _differ(Path(entry.path), place)):
            with suppress(OSError):
                os.replace(entry.path, place)


def _differ(one: Path, other: Path) -> bool:
    first, second = one.lstat(), other.lstat()
    return (first.st_size, first.st_mtime_ns) != (second.st_size, second.st_mtime_ns)


# -- the step itself


def _replaced(work: Work) -> Path:
    """Return where the old version is after the swap."""
    return work.old if work.old.is_dir() else work.content


def _swap(work: Work, target: Path) -> None:
    _release(target)
    if not _moved(work.content, target) and not _exchange(work.content, target):
        target.rename(work.old)
        try:
            work.content.rename(target)
        except OSError:
            work.old.rename(target)
            raise
    WholeFolder(target.parent).flush()


def _moved(scratch: Path, target: Path) -> bool:
    """Move a folder to where nothing or an empty folder is; False when something is there."""
    if WINDOWS and target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if target.is_dir() and any(target.iterdir()):
        return False
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


def _identity(path: Path) -> list[int]:
    """Return what tells one folder from every other that is there now."""
    status = path.stat()
    return [status.st_dev, status.st_ino]


# -- files held open by this process (Windows lets nobody move a folder around them)

_holders: dict[Path, list[Any]] = {}


def _release(target: Path) -> None:
    if not WINDOWS:
        return
    for reference in _holders.pop(target, []):
        release = reference()
        if release is not None:
            release()
