"""Documents that commands write: none takes the place of another without a word.

A document that is there with the same content is left alone. Another one is replaced where it was
made from the same run, lies in its folder and nobody has changed it since; in every other case only
when the user asks for it. Which documents a run folder's are is kept in its ``documents.json``.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from quanthedge.errors import DataError, StrategyError
from quanthedge.storage import storage_errors, write_page

__all__ = ["RECORD", "Shelf", "check_csv"]

RECORD = "documents.json"
_LARGEST = 4 * 2**20  # bytes of a record that is worth reading

_Write = Callable[[Path, str | bytes, str], None]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    run: _Digest
    content: _Digest


_RECORD = TypeAdapter(dict[str, _Entry])


class Shelf:
    """Where a command puts its documents.

    Parameters
    ----------
    overwrite : bool
        The user wants what is there to be replaced.
    run : Path, optional
        Folder of the run that the documents are made from.
    before : str, optional
        Digest of the run whose place that run took in its folder: its documents may go too.
    """

    def __init__(
        self, *, overwrite: bool = False, run: Path | None = None, before: str | None = None
    ) -> None:
        self.overwrite, self.run, self.before = overwrite, run, before
        self.said: dict[Path, str] = {}  # by its key in words.toml, [screen]

    def write(self, path: Path, content: str | bytes, what: str) -> None:
        """Write a document, as :func:`quanthedge.storage.folders.write_page` does, or leave it.

        Raises
        ------
        DataError
            Another document is there, or it cannot be written.
        """
        data = content.encode("utf-8") if isinstance(content, str) else content
        with storage_errors(path):
            before = _content(path)
        if before == data:
            self.said[path] = "already_there"
            return
        if before is not None and not self.overwrite and not self._is_own(path, before):
            raise DataError(
                f"{path}: another {what} is there; --overwrite replaces it, or choose another place"
            )
        write_page(path, data, what)
        self.said[path] = "wrote" if before is None else "wrote_anew"
        self._note(path, data)

    def _place(self, path: Path) -> str | None:
        """Return a document's place in the run's folder; None where it lies elsewhere."""
        if self.run is None:
            return None
        try:
            return path.resolve().relative_to(self.run.resolve()).as_posix()
        except ValueError:
            return None

    def _is_own(self, path: Path, content: bytes) -> bool:
        """Return whether a document is of this run, or the one before it, and as it was written."""
        place = self._place(path)
        if place is None or self.run is None:
            return False
        entry = _record(self.run).get(place)
        if entry is None or entry.content != _digest(content):
            return False
        return entry.run in (_run(self.run), self.before)

    def _note(self, path: Path, content: bytes) -> None:
        place = self._place(path)
        if place is None or self.run is None:
            return
        entry = _Entry(run=_run(self.run), content=_digest(content))
        known = {name: one.model_dump() for name, one in _record(self.run).items()}
        text = json.dumps(known | {place: entry.model_dump()}, ensure_ascii=False, indent=1)
        write_page(self.run / RECORD, f"{text}\n", "list of documents")


def check_csv(out: Path | None) -> None:
    """Refuse to write a table under the name of something else."""
    if out is not None and out.suffix.lower() != ".csv":
        raise StrategyError(f"--out {out}: accepted: a file that ends in .csv")


def _content(path: Path) -> bytes | None:
    """Return what is at a path; None where nothing is.

    Raises
    ------
    DataError
        Something that is no file is in the way.
    """
    if not os.path.lexists(path):
        return None
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: is no file; choose another place")
    return path.read_bytes() if path.is_file() else b""


def _run(folder: Path) -> str:
    """Return what tells the run in a folder from every other."""
    from quanthedge.record import RunFolder

    return RunFolder(folder).head().digest


def _record(folder: Path) -> dict[str, _Entry]:
    """Return what is known of a folder's documents; nothing where the record is not ours."""
    path = folder / RECORD
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return {}
        return _RECORD.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
