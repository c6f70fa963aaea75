"""Where a worker finds the market of a job: on the path that it is named by, or sent to it.

A market is named by its fingerprint and the path that the sweep sees. A worker that finds a
dataset of that fingerprint on that path opens it there, by memory maps of its own. One that does
not is sent the dataset's files once, into a marked folder among its own temporary things, which the
worker's Dask removes with them; every file is held against the SHA-256 that the manifest states
before the folder takes its name.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from quanthedge.batch.variant import Place
from quanthedge.errors import DataError
from quanthedge.market import TABLES, Manifest

__all__ = [
    "MOST_SENT",
    "Absent",
    "Parcel",
    "at_hand",
    "begin",
    "fingerprint_of",
    "finish",
    "parcels",
    "remove",
    "sent_bytes",
    "take",
]

MOST_SENT = 4 * 2**30  # bytes of a market that is sent; a larger one belongs in a shared folder
_SPARE = 1.1  # of the market's bytes that a worker's disk must have free
PARCEL = 8 * 2**20
_FOLDER, _MARK, _MANIFEST = "quanthedge-market", "quanthedge-sent.json", "manifest.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Absent(NamedTuple):
    """Why a worker cannot run a job as it is: its market, or its versions, are others.

    Attributes
    ----------
    worker : str
    reason : str
    sendable : bool
        Whether sending the market would help.
    """

    worker: str
    reason: str
    sendable: bool


class Parcel(NamedTuple):
    """A part of a dataset's file."""

    name: str
    offset: int
    data: bytes


def at_hand(place: Place, below: Path | None = None) -> Path:
    """Return the folder of a market as this process sees it.

    Parameters
    ----------
    place : Place
    below : Path, optional
        Folder of a worker in which markets are that were sent.

    Raises
    ------
    DataError
        Neither the path nor what was sent is the market of that fingerprint.
    """
    wanted = fingerprint_of(place)
    try:
        found = Manifest.read(place.folder).fingerprint
        reason = f"{place.folder}: fingerprint {found[:12]}, not {wanted[:12]}"
    except DataError as problem:
        found, reason = "", str(problem)
    if found == wanted:
        return place.folder
    if below is not None:
        sent = _sent(below, wanted)
        if (sent / _MARK).is_file() and Manifest.read(sent).fingerprint == wanted:
            return sent
    raise DataError(reason)


def fingerprint_of(place: Place) -> str:
    """Return the fingerprint of the whole dataset, of a market that may be cut at a day ("@")."""
    return place.fingerprint.partition("@")[0]


# -- sending


def sent_bytes(folder: Path) -> int:
    """Return the bytes of a dataset that are sent."""
    return sum((folder / name).stat().st_size for name in _files(Manifest.read(folder)))


def parcels(folder: Path) -> Iterator[Parcel]:
    """Yield a dataset's files in parts; the manifest comes first."""
    for name in _files(Manifest.read(folder)):
        with (folder / name).open("rb") as file:
            offset = 0
            while data := file.read(PARCEL):
                yield Parcel(name, offset, data)
                offset += len(data)


def _files(manifest: Manifest) -> list[str]:
    return [_MANIFEST, *(f"{name}.parquet" for name in sorted(manifest.tables))]


# -- at the worker


def begin(below: Path, fingerprint: str, size: int) -> None:
    """Make room for a market of so many bytes.

    Raises
    ------
    DataError
        The disk has not that much free.
    """
    part = _part(below, fingerprint)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    free = shutil.disk_usage(part).free
    if free < _SPARE * size:
        raise DataError(
            f"{below}: {free / 1e6:,.0f} MB free, a market of {size / 1e6:,.0f} MB is to be sent; "
            "share its folder, or give workers a local directory on a larger disk"
        )


def take(below: Path, fingerprint: str, parcel: Parcel) -> None:
    """Write a part of a file.

    Raises
    ------
    DataError
        It is no file of a dataset.
    """
    if parcel.name != _MANIFEST and parcel.name.removesuffix(".parquet") not in TABLES:
        raise DataError(f"{parcel.name[:80]!r}: no file of a dataset")
    path = _part(below, fingerprint) / parcel.name
    with path.open("r+b" if parcel.offset else "wb") as file:
        file.seek(parcel.offset)
        file.write(parcel.data)


def finish(below: Path, fingerprint: str) -> None:
    """Check what was sent and give it its name.

    Raises
    ------
    DataError
        A file is missing or another one, or the market is not that of the fingerprint.
    """
    part, whole = _part(below, fingerprint), _sent(below, fingerprint)
    manifest = Manifest.read(part)
    manifest.verify_files(part)
    for name, entry in manifest.tables.items():
        if not entry.is_of(part / f"{name}.parquet"):
            raise DataError(f"{name}.parquet: arrived damaged")
    if manifest.fingerprint != fingerprint:
        raise DataError(f"sent a market of {manifest.fingerprint[:12]}, not {fingerprint[:12]}")
    mark: dict[str, Any] = {"format": _FOLDER, "fingerprint": fingerprint}
    (part / _MARK).write_text(json.dumps(mark), encoding="utf-8")
    if whole.exists():
        shutil.rmtree(whole)
    part.replace(whole)


def remove(below: Path, fingerprint: str) -> bool:
    """Remove a market that was sent; False where there is none."""
    shutil.rmtree(_part(below, fingerprint), ignore_errors=True)
    whole = _sent(below, fingerprint)
    if not (whole / _MARK).is_file():
        return False
    shutil.rmtree(whole, ignore_errors=True)
    return True


def _sent(below: Path, fingerprint: str) -> Path:
    if not _SHA256.fullmatch(fingerprint):
        raise DataError(f"fingerprint {fingerprint[:80]!r}; accepted: 64 hex digits")
    return below / _FOLDER / fingerprint


def _part(below: Path, fingerprint: str) -> Path:
    return _sent(below, fingerprint).with_suffix(".part")
