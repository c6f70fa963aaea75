"""Unpack a zip or tar archive beside the target, within limits, and never outside its folder."""

import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from quanthedge.errors import DataError

__all__ = ["ARCHIVES", "unpacked"]

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
MOST_FILES = 500_000
MOST_TIMES_LARGER = 200  # what a market packs to; a bomb packs a thousand times and more
FREE_SHARE = 0.8  # of the free disk that may be filled
PIECE = 1 << 20


@contextmanager
def unpacked(source: Path, beside: Path) -> Iterator[Path]:
    """Give the folder with an archive's contents; it is gone afterwards.

    Parameters
    ----------
    source
        The archive; other paths are given back as they are.
    beside
        Folder in which the temporary folder is made (the disk of the target).

    Raises
    ------
    DataError
        The archive is damaged, encrypted, names files outside itself, holds links or devices,
        or is larger unpacked than 200 times its size or than the disk can hold.

    Notes
    -----
    Sizes are counted while unpacking, not read from the archive. Archives inside it stay packed.
    """
    if not source.is_file():
        yield source
        return
    if not source.name.lower().endswith(ARCHIVES):
        raise DataError(
            f"{source}: is a file; give the folder that holds the data, or an archive "
            f"({', '.join(ARCHIVES)})"
        )
    beside.mkdir(parents=True, exist_ok=True)
    room = min(
        max(source.stat().st_size * MOST_TIMES_LARGER, 50 << 20),
        int(shutil.disk_usage(beside).free * FREE_SHARE),
    )
    with TemporaryDirectory(prefix=".unpacked-", dir=beside) as folder:
        try:
            (_unzip if source.name.lower().endswith(".zip") else _untar)(
                source, Path(folder), _Room(source, room)
            )
        except DataError:
            raise
        except (
            tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError,
            NotImplementedError, ValueError,
        ) as problem:  # fmt: skip
            raise DataError(f"{source}: damaged or unreadable archive ({problem})") from problem
        yield _single(Path(folder))


class _Room:
    """Counts bytes and files while unpacking and stops at the limit."""

    def __init__(self, source: Path, limit: int) -> None:
        self._source, self._limit = source, limit
        self._files = 0

    def write(self, stream: IO[bytes], folder: Path, name: str) -> None:
        """Unpack one file."""
        self._files += 1
        if self._files > MOST_FILES:
            raise DataError(f"{self._source}: more than {MOST_FILES:,} files; unpack it yourself")
        path = folder / _inside(self._source, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while piece := stream.read(PIECE):
                self._limit -= len(piece)
                if self._limit < 0:
                    raise DataError(
                        f"{self._source}: unpacks to more than {MOST_TIMES_LARGER} times its size "
                        "or than the disk can hold; unpack it yourself if you trust it"
                    )
                file.write(piece)


def _inside(source: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\x00" in name:
        raise DataError(f"{source}: names a file outside itself ({name[:80]!r}); refused")
    return path


def _unzip(source: Path, folder: Path, room: _Room) -> None:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            kind = member.external_attr >> 28
            if member.is_dir():
                _inside(source, member.filename)
                continue
            if kind not in (0, 8):  # links and devices
                raise DataError(f"{source}: '{member.filename[:80]}' is no plain file; refused")
            with archive.open(member) as stream:
                room.write(stream, folder, member.filename)


def _untar(source: Path, folder: Path, room: _Room) -> None:
    with tarfile.open(source, "r:*") as archive:
        for member in archive:
            if member.isdir():
                _inside(source, member.name)
                continue
            if not member.isfile():
                raise DataError(f"{source}: '{member.name[:80]}' is no plain file; refused")
            stream = archive.extractfile(member)
            if stream is not None:
                room.write(stream, folder, member.name)


def _single(folder: Path) -> Path:
    """Go down while a folder holds nothing but one folder."""
    while True:
        inside = [path for path in folder.iterdir() if not path.name.startswith("__MACOSX")]
        if len(inside) != 1 or not inside[0].is_dir():
            return folder
        folder = inside[0]
