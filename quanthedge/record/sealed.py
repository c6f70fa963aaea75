"""Bytes of a run folder, and the digests that they are held to."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from quanthedge.errors import DataError
from quanthedge.storage import PlainFile

__all__ = [
    "LARGEST_TEXT",
    "bytes_of",
    "changed",
    "damaged",
    "digest_of",
    "dumped",
    "first_fault",
    "head_bytes",
    "json_of",
    "own_digest",
]

LARGEST_TEXT = 64 * 2**20  # bytes of a JSON file


def bytes_of(folder: Path, name: str, largest: int) -> bytes:
    """Return a file's bytes; one that is larger than any of ours is not read."""
    path = folder / name
    try:
        if not path.is_file():
            raise damaged(folder, f"no file {name}")
        size = path.stat().st_size
        if size > largest:
            raise damaged(folder, f"{name}: {size:,} bytes, accepted: up to {largest:,}")
        return path.read_bytes()
    except OSError as error:
        raise damaged(folder, f"{name}: {error.strerror or error}") from error


def json_of(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    """Return what a JSON file of a folder holds; refuse what is no table of keys."""
    try:
        document = PlainFile.parsed(data.decode("utf-8"), _no_number)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # half a letter is no text
    except (ValueError, RecursionError) as error:
        raise damaged(folder, f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise damaged(folder, f"{name}: a {type(document).__name__}, not a table of keys")
    return document


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def dumped(value: Any) -> bytes:
    """Return plain data as a JSON file."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    return f"{text}\n".encode()


def head_bytes(head: dict[str, Any]) -> bytes:
    """Return ``run.json`` with its own digest."""
    return dumped(head | {"digest": own_digest(head)})


def own_digest(head: Mapping[str, Any]) -> str:
    """Return the digest of all of ``run.json`` but the digest itself."""
    rest = {name: value for name, value in head.items() if name != "digest"}
    return digest_of(json.dumps(rest, ensure_ascii=True, sort_keys=True).encode())


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def first_fault(error: Exception) -> str:
    """Return the first fault that a check found, in a line."""
    if not isinstance(error, ValidationError):
        return str(error)
    item = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:_LETTERS] for part in item["loc"])
    return f"{place}: {item['msg']}" if place else item["msg"]


_LETTERS = 40  # of a key that a message repeats


def damaged(folder: Path, why: str) -> DataError:
    """Return the error for a folder that does not hold what a run has."""
    line = " ".join(why.split())
    return DataError(f"{folder}: the run folder is damaged ({line}); run it again")


def changed(folder: Path, name: str) -> DataError:
    """Return the error for a file whose digest is not the one that was written."""
    return DataError(
        f"{folder / name}: changed since it was written; its figures are not those of the run: put "
        "the file back as it was, or run the strategy again"
    )
