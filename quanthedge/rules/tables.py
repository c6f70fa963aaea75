"""The rule book's tables: dated rows with a source and a confidence each, read and checked.

A table is a CSV file in the package's ``data`` folder, or a file of the same name in a folder of
the user's own, which then replaces the packaged one whole. Dates are inclusive at both ends; an
empty start means "in force before the table begins", an empty end means "nothing later is known".
Confidence: A two sources agree, B one good source, C weak or disputed, M memory of the compiler.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

from quanthedge.errors import RuleError
from quanthedge.rules.schemas import SCHEMAS, Schema

__all__ = [
    "CHANGE",
    "CONFIDENCES",
    "TABLES",
    "Row",
    "Source",
    "read_sources",
    "read_table",
    "rules_are_altered",
    "single_keys",
]

CONFIDENCES = "ABCM"
_DATA = Path(__file__).with_name("data")
TABLES = tuple(SCHEMAS)
# What the rows of every table go through while a look-ahead audit tries other future rules.
CHANGE: ContextVar[Callable[[tuple["Row", ...]], tuple["Row", ...]] | None] = ContextVar(
    "change", default=None
)


def rules_are_altered() -> bool:
    """Whether rules are read through a change, as the audit of look-ahead does."""
    return CHANGE.get() is not None


@dataclass(frozen=True)
class Row:
    """One dated rule.

    Attributes
    ----------
    table, line
        Where it stands (line 1 of the file is the header).
    first, last
        First and last day in force, both included; ``None`` = open.
    cells
        The row as written, by column name.
    """

    table: str
    line: int
    first: date | None
    last: date | None
    cells: Mapping[str, str]

    @property
    def confidence(self) -> str:
        """Return the confidence letter."""
        return self.cells["confidence"]

    def number(self, column: str) -> float:
        """Return a cell as a number; an empty cell is NaN, text is a RuleError."""
        text = self.cells[column]
        try:
            return float(text) if text else float("nan")
        except ValueError:
            raise RuleError(
                f"{self.table} line {self.line}: column {column} is {text!r}, a number is expected"
            ) from None

    def covers(self, day: date) -> bool:
        """Say whether the row is in force on a day."""
        return (self.first or date.min) <= day <= (self.last or date.max)

    @property
    def span(self) -> str:
        """Return the dates in force as text."""
        return f"{self.first or 'before the table'} to {self.last or 'now'}"

    @property
    def key(self) -> str:
        """Return what the row is about, as text."""
        names = (name for name in SCHEMAS[self.table].key if name != "listing_day_from")
        return " ".join(self.cells[name] for name in names if self.cells[name])

    @property
    def subject(self) -> str:
        """Return table and key, as an error message names them."""
        return f"{self.table}: {self.key}" if self.key else self.table


def read_table(name: str, folder: Path | None = None) -> tuple[Row, ...]:
    """Return the checked rows of a table.

    Parameters
    ----------
    name
        One of :data:`TABLES`.
    folder
        A folder with tables of the user's own; a file ``<name>.csv`` there replaces the packaged
        one. Its source ids must be in the packaged ``sources.csv`` or in one of that folder.

    Raises
    ------
    RuleError
        The table is unknown, a column is missing, a date, number, confidence or source id is not
        valid, or two rows of one key overlap.
    """
    if name not in SCHEMAS:
        raise RuleError(f"no rule table {name!r}; the tables are {', '.join(TABLES)}")
    path = _DATA / f"{name}.csv"
    if folder is not None:
        _check_folder(folder)
        if (folder / path.name).is_file():
            path = folder / path.name
    rows, change = _read(name, path, folder, path.stat().st_mtime_ns), CHANGE.get()
    return rows if change is None else change(rows)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that would be passed over without a word."""
    if not folder.is_dir():
        raise RuleError(f"rule folder {folder} is not a folder; pass one that holds CSV tables")
    known = {f"{name}.csv" for name in (*TABLES, "sources")}
    unknown = sorted({file.name for file in folder.glob("*.csv")} - known)
    if unknown:
        raise RuleError(
            f"rule folder {folder}: {', '.join(unknown)} is no rule table; "
            f"accepted: {', '.join(sorted(known))}"
        )


class Source(NamedTuple):
    """A document that rules rest on: its kind, what it says, where and of what day it is."""

    kind: str
    title: str
    place: str
    date: str

    @property
    def text(self) -> str:
        """All but the kind, in one line."""
        return ", ".join(part for part in self[1:] if part)


def read_sources(folder: Path | None = None) -> dict[str, Source]:
    """Return what each source id stands for, packaged and the user's own."""
    sources: dict[str, Source] = {}
    for place in (_DATA, folder):
        if place is None or not (place / "sources.csv").is_file():
            continue
        with (place / "sources.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                parts = (row["kind"], row["title_or_content"], row["site_or_repo"], row["date"])
                sources[row["source_id"]] = Source(*parts)
    return sources


@lru_cache(maxsize=64)
def _read(name: str, path: Path, folder: Path | None, written: int) -> tuple[Row, ...]:
    """Read a table once for each time that it was ``written``."""
    schema = SCHEMAS[name]
    known = read_sources(folder)
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = sorted(schema.columns - set(reader.fieldnames or ()))
        if missing:
            raise RuleError(f"{path.name}: column {', '.join(missing)} is missing; add it")
        rows = tuple(
            _checked(name, line, cells, schema, known) for line, cells in enumerate(reader, 2)
        )
    _check_overlaps(rows)
    return rows


def _checked(
    name: str, line: int, cells: dict[str, str], schema: Schema, known: Mapping[str, Source]
) -> Row:
    """Return one row, or say what is wrong with it."""
    where = f"{name} line {line}"
    if None in cells or None in cells.values():
        raise RuleError(f"{where}: the number of cells differs from the header's; quote commas")
    first = _day(cells[schema.start], where)
    last = _day(cells.get(schema.end, ""), where)
    if first is not None and last is not None and last < first:
        raise RuleError(f"{where}: {schema.end} {last} is before {schema.start} {first}")
    if cells["confidence"] not in tuple(CONFIDENCES):
        raise RuleError(
            f"{where}: confidence {cells['confidence']!r}; accepted: {', '.join(CONFIDENCES)}"
        )
    unknown = [source for source in cells["source_ids"].split(";") if source not in known]
    if unknown:
        raise RuleError(
            f"{where}: source {', '.join(map(repr, unknown))} is not in sources.csv; add it there"
        )
    row = Row(name, line, first, last, cells)
    for column in (*schema.numbers, *schema.filled):
        if not cells[column]:
            raise RuleError(f"{where}: column {column} is empty; fill it")
    for column in (*schema.numbers, *schema.optional):
        if cells[column] and not 0 <= row.number(column) < float("inf"):
            raise RuleError(
                f"{where}: column {column} is {cells[column]}; accepted: a number, 0 or more"
            )
    return row


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RuleError(f"{where}: {text!r} is not a date; write it as 2014-09-17") from None


def single_keys(row: Row) -> Iterator[tuple[str, ...]]:
    """Yield every single thing that a row is about: each exchange, board or product."""
    schema = SCHEMAS[row.table]
    parts = [
        [one for item in row.cells[name].split(";") for one in schema.stands_for.get(item, (item,))]
        for name in schema.key
    ]
    yield from product(*parts)


def _check_overlaps(rows: tuple[Row, ...]) -> None:
    spells: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        for key in single_keys(row):
            spells.setdefault(key, []).append(row)
    for key, group in spells.items():
        group.sort(key=lambda row: row.first or date.min)
        for earlier, later in pairwise(group):
            if (earlier.last or date.max) >= (later.first or date.min):
                raise RuleError(
                    f"{later.table}: lines {earlier.line} and {later.line} overlap for "
                    f"{' '.join(key)} ({earlier.span}; {later.span}); each day needs one rule"
                )
