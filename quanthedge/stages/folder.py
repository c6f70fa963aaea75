"""Results of stages in a folder: whole files with digests, bounded in size, shared by processes.

A result is a folder of its own, ``STAGE/KEY``: ``result.json`` says whose it is and how it is put
together, and has digests of that and of the arrays (``.npy``) and frames (``.arrow``) beside it. It
is written elsewhere
and moved to its place when it is whole; whoever comes second finds it there. What is damaged is
taken away and worked out again. A result's ``result.json`` is touched when it is read: by these
times the oldest go when the folder exceeds its limit.
"""

import io
import json
import logging
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import xxhash
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.storage import PlainFile, storage_errors, working

__all__ = ["DEFAULT_LIMIT", "StageFolder"]

DEFAULT_LIMIT = 10 * 2**30  # bytes
_MARK = "quanthedge-stages.json"
_ABOUT = {"format": "quanthedge-stages", "version": 1}
_STRUCTURE = "result.json"
_MAPPED = 2**20  # bytes from which on a part is mapped: of a large one not all may be asked
_HEAD = 2**16 + 10  # bytes that the head of an array of version 1.0 may take
_NAME = re.compile(r"[a-z][a-z_]{0,40}")
_KEY = re.compile(r"[0-9a-f]{64}")
_LOG = logging.getLogger(__name__)
_PART = re.compile(r"[0-9]{1,6}\.(npy|arrow)")
_SPARE = 16  # a folder is looked through when a process has added this part of what it may hold
_MOST = 2000  # results in a folder
_ADDED: dict[Path, int] = {}  # bytes since this process last looked a folder through
# what reading a result of another shape can end in
_DAMAGE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError,
    MemoryError, pa.ArrowException,
)  # fmt: skip


class StageFolder:
    """A folder of kept results.

    Parameters
    ----------
    path : Path
        Made when it is missing.
    limit : int
        Bytes that it may take.

    Raises
    ------
    DataError
        It holds something else, or cannot be made.
    """

    def __init__(self, path: Path, limit: int = DEFAULT_LIMIT) -> None:
        if limit < 0:
            raise DataError(f"cache {path}: a limit of {limit} bytes; accepted: 0 and more")
        self.path = path
        self.limit = limit
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            mark = path / _MARK
            if not mark.exists():
                if any(not file.name.startswith(_MARK) for file in path.iterdir()):
                    raise DataError(
                        f"{path}: holds files and no {_MARK}, so it is no cache of stages; name "
                        "an empty folder or a new one"
                    )
                whole = path / f"{_MARK}.{os.getpid()}"  # others may do the same just now
                whole.write_text(json.dumps(_ABOUT), encoding="utf-8")
                whole.replace(mark)
        self._check_mark(mark)

    def read(self, name: str, key: str, kinds: Mapping[str, type]) -> Any | None:
        """Return a result, or None when it is not there or is damaged (it is then taken away)."""
        place = self._place(name, key)
        if self._leads_away(place) or not (place / _STRUCTURE).is_file():
            return None
        try:
            self._check_plain(place / _STRUCTURE)
            told = json.loads((place / _STRUCTURE).read_bytes())
            if told.pop("digest") != _digest_of(told) or told["of"] != [name, key]:
                raise ValueError(f"{_STRUCTURE} was changed, or is another result's")
            parts = {
                part: self._part(place, part, digest) for part, digest in told["parts"].items()
            }
            result = _put_together(told["value"], parts, kinds)
        except _DAMAGE as problem:
            _LOG.warning("cache %s: %s %s is damaged: %s", self.path, name, key[:12], problem)
            _take_away(place)
            return None
        with suppress(OSError):  # a folder that may only be read is read all the same
            os.utime(place / _STRUCTURE)
        return result

    def write(self, name: str, key: str, result: Any) -> None:
        """Write a result whole, unless another process was quicker; then trim the folder."""
        place = self._place(name, key)
        if place.exists() or self._leads_away(place):
            return
        parts: dict[str, bytes] = {}
        value = _taken_apart(result, parts)
        digests = {part: xxhash.xxh3_64_hexdigest(data) for part, data in parts.items()}
        if sum(map(len, parts.values())) > self.limit:
            return
        with storage_errors(self.path), working(self.path, "stage") as work:
            scratch = work.folder / "new"
            scratch.mkdir()
            for part, data in parts.items():
                (scratch / part).write_bytes(data)
            told = {"of": [name, key], "value": value, "parts": digests}
            structure = json.dumps({**told, "digest": _digest_of(told)})
            (scratch / _STRUCTURE).write_text(structure, encoding="utf-8")
            place.parent.mkdir(exist_ok=True)
            try:
                scratch.replace(place)
            except OSError:
                if not place.exists():
                    raise
        self._make_room(sum(map(len, parts.values())))

    def _make_room(self, added: int) -> None:
        """Trim after the first result of a process, and whenever it has added a part of the limit.

        Looking through hundreds of results takes longer than writing one.
        """
        so_far = _ADDED.get(self.path, self.limit) + added
        if so_far * _SPARE >= self.limit:
            self.trim(self.limit - self.limit // _SPARE)
            so_far = 0
        _ADDED[self.path] = so_far

    def contents(self) -> pd.DataFrame:
        """Return a row a result: stage, key, bytes, last_used."""
        rows = []
        for file in sorted(self.path.glob(f"*/*/{_STRUCTURE}")):
            place = file.parent
            named = _NAME.fullmatch(place.parent.name) and _KEY.fullmatch(place.name)
            if not named or self._leads_away(place):
                continue
            try:
                size = sum(part.stat().st_size for part in place.iterdir())
                used = file.stat().st_mtime
            except OSError:
                continue  # another process has just taken it away
            rows.append((place.parent.name, place.name, size, pd.Timestamp(used, unit="s")))
        return pd.DataFrame(rows, columns=["stage", "key", "bytes", "last_used"])

    def trim(self, limit: int | None = None) -> int:
        """Take away what was not used for the longest time until the limit holds; return how many.

        2,000 results are kept at most.

        While another process trims, nothing is done.
        """
        limit = self.limit if limit is None else limit
        try:
            with FileLock(self.path / ".trim.lock", timeout=0):
                found = self.contents().sort_values("last_used", ascending=False)
                over = found[(found["bytes"].cumsum() > limit) | (np.arange(len(found)) >= _MOST)]
                for stage, key in zip(over["stage"], over["key"], strict=True):
                    _take_away(self._place(stage, key))
                return len(over)
        except Timeout:
            return 0

    def _place(self, name: str, key: str) -> Path:
        if not (_NAME.fullmatch(name) and _KEY.fullmatch(key)):
            raise DataError(f"stage {name!r} {key!r}: accepted are a word and 64 hex digits")
        return self.path / name / key

    def _check_mark(self, mark: Path) -> None:
        try:
            told = PlainFile(mark).json()
        except (OSError, ValueError):
            told = None
        if told != _ABOUT:
            raise DataError(
                f"{mark}: not that of this version's cache of stages; name another folder"
            )

    def _leads_away(self, place: Path) -> bool:
        """Whether a link stands where a folder of ours should: what lies behind it is not ours."""
        return any(one.is_symlink() for one in (self.path, place.parent, place))

    def _check_plain(self, path: Path) -> None:
        """Refuse what is no plain file, or has more bytes than the folder may hold."""
        if path.is_symlink() or not path.is_file() or path.stat().st_size > self.limit:
            raise ValueError(f"{path.name} is no plain file, or too large")

    def _part(self, place: Path, part: str, digest: str) -> Any:
        if not _PART.fullmatch(part):
            raise ValueError(f"{part!r} is no name of a part")
        self._check_plain(place / part)
        large = (place / part).stat().st_size >= _MAPPED
        read = partial(np.memmap, mode="r") if large else np.fromfile
        data = np.asarray(read(place / part, dtype=np.uint8))
        if xxhash.xxh3_64_hexdigest(data.data) != digest:
            raise ValueError(f"{part} was changed")
        if part.endswith(".npy"):
            return _array(data)
        with pa.ipc.open_stream(data) as stream:
            return stream.read_all().to_pandas()


def _array(data: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the array of a file's bytes, in their place: no second copy of it is made."""
    head = io.BytesIO(data[:_HEAD].tobytes())
    version = np.lib.format.read_magic(head)
    if version != (1, 0):
        raise ValueError(f"arrays of version {version}")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(head)
    if kind.hasobject:
        raise ValueError("an array of objects")
    return data[head.tell() :].view(kind).reshape(shape, order="F" if by_columns else "C")


def _digest_of(told: Mapping[str, Any]) -> str:
    """Return the digest of what a result's `result.json` says."""
    return xxhash.xxh3_64_hexdigest(json.dumps(told, sort_keys=True).encode())


def _take_away(place: Path) -> None:
    """Remove a result's own files, and its folder unless somebody put other files there."""
    with suppress(OSError):
        for file in sorted(place.iterdir()):
            if file.name == _STRUCTURE or _PART.fullmatch(file.name):
                with suppress(OSError):
                    file.unlink()
        place.rmdir()


def _taken_apart(value: Any, parts: dict[str, bytes]) -> Any:  # noqa: PLR0911 -- a line a kind
    """Return a result as JSON, its arrays and frames put beside as bytes."""
    if isinstance(value, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        return {"part": _added(parts, buffer.getvalue(), "npy")}
    if isinstance(value, pd.DataFrame):
        table, sink = pa.Table.from_pandas(value), pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return {"part": _added(parts, sink.getvalue().to_pybytes(), "arrow")}
    if isinstance(value, np.datetime64):
        return {"date": str(value)}
    if isinstance(value, np.generic):
        return _taken_apart(value.item(), parts)
    if value is None or isinstance(value, bool | int | str):
        return {"plain": value}
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        inner = {name: _taken_apart(getattr(value, name), parts) for name in value._fields}
        return {"kind": type(value).__name__, "fields": inner}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {one.name: _taken_apart(getattr(value, one.name), parts) for one in fields(value)}
        return {"kind": type(value).__name__, "fields": inner}
    if isinstance(value, Mapping):
        return {"map": [[key, _taken_apart(one, parts)] for key, one in value.items()]}
    if isinstance(value, tuple | list):
        word = "tuple" if isinstance(value, tuple) else "list"
        return {word: [_taken_apart(one, parts) for one in value]}
    raise TypeError(f"a {type(value).__name__} cannot be kept in a folder")


def _added(parts: dict[str, bytes], data: bytes, ending: str) -> str:
    name = f"{len(parts)}.{ending}"
    parts[name] = data
    return name


def _put_together(  # noqa: PLR0911 -- a line a kind
    told: Any, parts: Mapping[str, Any], kinds: Mapping[str, type]
) -> Any:
    """Return the result that JSON and parts describe; only declared classes are made."""
    if "part" in told:
        return parts[told["part"]]
    if "date" in told:
        return np.datetime64(told["date"])
    if "plain" in told:
        return told["plain"]
    if "float" in told:
        return float.fromhex(told["float"])
    if "kind" in told:
        inner = {name: _put_together(one, parts, kinds) for name, one in told["fields"].items()}
        return kinds[told["kind"]](**inner)
    if "map" in told:
        return {key: _put_together(one, parts, kinds) for key, one in told["map"]}
    word = "tuple" if "tuple" in told else "list"
    found = [_put_together(one, parts, kinds) for one in told[word]]
    return tuple(found) if word == "tuple" else found
