"""Unpack a zip or tar archive beside the target, within limits, and never outside its folder."""

import re
import shutil
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from quanthedge.errors import DataError
from quanthedge.storage import claim, working

__all__ = ["ARCHIVES", "unpacked"]

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_MOST_FILES = 500_000
_LARGEST_HEADER = 1 << 20  # bytes of a name or of notes in a tar archive
_FREE_SHARE = 0.8  # of the free disk that may be filled
_PIECE = 1 << 20
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE
)
_NOWHERE = re.compile(r"[\x00-\x1f\x7f<>\"|?*]")  # in no name of a file on Windows


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
        or is larger unpacked than the budget (`quanthedge.storage.budget`) or the disk allows.

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
    room = int(shutil.disk_usage(beside).free * _FREE_SHARE)
    with working(beside, "unpacked") as work:
        folder = work.content
        try:
            (_unzip if source.name.lower().endswith(".zip") else _untar)(
                source, folder, _Room(source, room)
            )
        except DataError:
            raise
        except (
            tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError,
            NotImplementedError, ValueError,
        ) as problem:  # fmt: skip
            raise DataError(f"{source}: damaged or unreadable archive ({problem})") from problem
        yield _single(folder)


class _Room:
    """Counts bytes and files while unpacking and stops at the limit."""

    def __init__(self, source: Path, limit: int) -> None:
        self._source, self._limit = source, limit
        self._files = self._bytes = 0
        self._names: dict[str, str] = {}  # as systems that tell no case apart know them

    def write(self, stream: IO[bytes], folder: Path, name: str) -> None:
        """Unpack one file."""
        self._files += 1
        if self._files > _MOST_FILES:
            raise DataError(f"{self._source}: more than {_MOST_FILES:,} files; unpack it yourself")
        inside = _inside(self._source, name)
        self._alone(inside)
        path = folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while piece := stream.read(_PIECE):
                self._bytes += len(piece)
                claim(self._source, bytes=self._bytes)
                if self._bytes > self._limit:
                    raise DataError(f"{self._source}: unpacks to more than the disk can hold")
                file.write(piece)

    def _alone(self, path: PurePosixPath) -> None:
        """Refuse a name that is, on some system, the name of a file or folder that is there."""
        for one in (path, *list(path.parents)[:-1]):
            known = unicodedata.normalize("NFC", str(one)).casefold()
            now = f"the {'file' if one == path else 'folder'} {str(one)[:80]!r}"
            before = self._names.get(known)
            if before is not None and (before != now or one == path):
                raise DataError(
                    f"{self._source}: has {before} and {now}, which are one on some systems; keep "
                    "one of them"
                )
            self._names[known] = now


def _inside(source: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\x00" in name:
        raise DataError(f"{source}: names a file outside itself ({name[:80]!r}); refused")
    for part in path.parts:
        if _DEVICE.fullmatch(part) or part.endswith((".", " ")) or _NOWHERE.search(part):
            raise DataError(f"{source}: {name[:80]!r} is no name of a file everywhere; refused")
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


class _Member(tarfile.TarInfo):
    """A member of a tar archive whose long names and notes are not read when they are endless."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        plain = self.type in (*tarfile.REGULAR_TYPES, tarfile.DIRTYPE, *_LINKS)
        if not plain and self.size > _LARGEST_HEADER:
            raise DataError(
                f"{archive.name!s}: has a header of {self.size:,} bytes; accepted: "
                f"{_LARGEST_HEADER:,}"
            )
        member: tarfile.TarInfo | None = super()._proc_member(archive)  # type: ignore[misc]
        return member


def _untar(source: Path, folder: Path, room: _Room) -> None:
    with tarfile.open(source, "r:*", tarinfo=_Member) as archive:
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
