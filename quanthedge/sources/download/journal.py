"""The journal of a download folder: one line for every answer that was received.

``download.jsonl`` begins with the vendor; each further line says which request was answered, when,
with how many rows, and the file's size and sha256. Later lines of a request replace earlier ones.
A line that a crash cut off is ignored: its request is made again.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quanthedge.errors import DataError
from quanthedge.sources.download.pace import CHINA
from quanthedge.sources.download.plan import Request

__all__ = ["Entry", "Journal"]

NAME = "download.jsonl"
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One answer: the request, the days it covers, and the file (`bytes` 0: no rows, no file)."""

    table: str
    key: str
    params: Mapping[str, str]
    first: str | None
    last: str | None
    fetched: str
    rows: int
    bytes: int
    sha256: str

    @classmethod
    def of(
        cls, request: Request, fetched: datetime, rows: int, size: int = 0, sha256: str = ""
    ) -> "Entry":
        """Return the entry of a request that was answered."""
        return cls(
            table=request.table.name,
            key=request.key,
            params=dict(request.params),
            first=None if request.first is None else request.first.isoformat(),
            last=None if request.last is None else request.last.isoformat(),
            fetched=fetched.isoformat(timespec="seconds"),
            rows=rows,
            bytes=size,
            sha256=sha256,
        )

    @property
    def first_day(self) -> date | None:
        """Return the first day covered."""
        return None if self.first is None else date.fromisoformat(self.first)

    @property
    def last_day(self) -> date | None:
        """Return the last day covered."""
        return None if self.last is None else date.fromisoformat(self.last)

    @property
    def fetched_day(self) -> date:
        """Return the day in China on which it was fetched."""
        return datetime.fromisoformat(self.fetched).astimezone(CHINA).date()


def _check_kinds(entry: Entry) -> None:
    """Raise TypeError or ValueError where a line holds something else than an entry does."""
    texts = (entry.table, entry.key, entry.fetched, entry.sha256)
    days = (entry.first, entry.last)
    counts = (entry.rows, entry.bytes)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("table, key, fetched and sha256 are texts")
    if not all(day is None or isinstance(day, str) for day in days):
        raise TypeError("first and last are dates")
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in counts):
        raise ValueError("rows and bytes are whole numbers from 0")
    if not isinstance(entry.params, dict):
        raise TypeError("params are an object")


class Journal:
    """The entries of a folder by table and key; `add` makes an entry durable."""

    def __init__(self, folder: Path, vendor: str, work: Path) -> None:
        self.path = folder / NAME
        self._work = work
        self.entries: dict[tuple[str, str], Entry] = {}
        head = {"format": FORMAT, "vendor": vendor}
        if not self.path.exists():
            self._append(head)
            return
        try:
            text = self.path.read_text(encoding="utf-8")
        except UnicodeDecodeError as problem:
            raise DataError(
                f"{self.path}: is damaged ({problem}); remove the file to fetch everything again"
            ) from problem
        if not text.endswith("\n"):
            text = text[: text.rfind("\n") + 1]
        lines = text.splitlines()
        if not lines:
            self._rewrite([head])
            return
        self._check_head(self._parsed(lines[0], 1), vendor)
        for number, line in enumerate(lines[1:], start=2):
            entry = self._entry(line, number)
            self.entries[entry.table, entry.key] = entry
        self._rewrite([head, *(asdict(entry) for entry in self.entries.values())])

    def add(self, entry: Entry) -> None:
        """Write an entry down; it is on the disk when this returns."""
        self._append(asdict(entry))
        self.entries[entry.table, entry.key] = entry

    def _check_head(self, head: dict[str, Any], vendor: str) -> None:
        if head.get("format") != FORMAT:
            raise DataError(
                f"{self.path}: format {head.get('format')!r}; accepted: {FORMAT} (written by "
                "another version of QuantHedge); download into another folder"
            )
        if head.get("vendor") != vendor:
            raise DataError(
                f"{self.path.parent}: holds tables of {head.get('vendor')!s:.30}, not of {vendor}; "
                "give each vendor a folder of its own"
            )

    def _parsed(self, line: str, number: int) -> dict[str, Any]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise DataError(
                f"{self.path}: line {number} is damaged; remove the file to fetch everything again"
            )
        return value

    def _entry(self, line: str, number: int) -> Entry:
        try:
            entry = Entry(**self._parsed(line, number))
            _check_kinds(entry)
            _ = entry.first_day, entry.last_day, entry.fetched_day
        except (TypeError, ValueError) as problem:
            raise DataError(
                f"{self.path}: line {number} is no entry of a download ({problem}); remove the "
                "file to fetch everything again"
            ) from problem
        return entry

    def _append(self, line: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _rewrite(self, lines: list[dict[str, Any]]) -> None:
        """Replace the file by one without outdated and cut-off lines."""
        part = self._work / NAME
        with part.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)
