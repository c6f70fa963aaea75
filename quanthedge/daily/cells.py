"""Tables that trading systems export, as texts: CSV, tab-separated text (also called .xls), xlsx.

Exports begin with lines of their own (account, totals, rules) before the headings; the headings are
the first line that has one of the words looked for. Nothing is guessed of a cell: texts stay texts.
"""

import csv
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from quanthedge.errors import DataError, needs
from quanthedge.storage import claim

__all__ = ["Sheet", "number_in", "read_sheets"]

_LARGEST = 64 * 2**20  # bytes of a file
_MOST_LINES = 200_000
_MOST_CELLS = 4_000_000
_NOTHING = {
    "#N/A",
    "#NA",
    "#VALUE!",
    "N/A",
    "NA",
    "n/a",
    "NULL",
    "null",
    "None",
    "NaN",
    "nan",
    "<NA>",
}
_ENCODINGS = ("utf-8-sig", "gb18030")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


class Sheet(NamedTuple):
    """Rows of one table: where it stands, its headings, and each row's line and cells."""

    place: str
    head: list[str]
    rows: list[tuple[int, list[str]]]

    def cell(self, row: list[str], names: Iterable[str]) -> str | None:
        """Return a row's cell under the first of some headings that the table has."""
        for name in names:
            if name in self.head:
                place = self.head.index(name)
                return row[place] if place < len(row) else ""
        return None


def read_sheets(path: Path, what: str, headings: Iterable[str]) -> list[Sheet]:
    """Return the tables of a file that have one of the headings.

    Raises
    ------
    DataError
        The file cannot be read, or has no such heading.
    """
    wanted = set(headings)
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"{path}: {what} of more than {_LARGEST:,} bytes")
        raw = path.read_bytes()
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise DataError(f"{path}: {what} cannot be read ({why})") from problem
    if raw.startswith(_OLE):
        raise DataError(f"{path}: an old Excel file; save it as .xlsx or .csv")
    tables = _of_workbook(path, what) if raw.startswith(_ZIP) else {str(path): _of_text(path, raw)}
    found = []
    for place, lines in tables.items():
        at = next((k for k, cells in enumerate(lines) if wanted & set(cells)), None)
        if at is None:
            continue
        body = [(k + 1, cells) for k, cells in enumerate(lines) if k > at and any(cells)]
        found.append(Sheet(place, lines[at], body))
    if not found:
        raise DataError(
            f"{path}: {what} without a heading that is known; accepted: one of "
            f"{', '.join(list(headings)[:8])} ..."
        )
    return found


def _of_text(path: Path, raw: bytes) -> list[list[str]]:
    """Return the lines of a text, by commas or tabs."""
    text = None
    if raw.startswith(_UTF16):
        text = raw.decode("utf-16", errors="replace")
    for encoding in _ENCODINGS:
        if text is None:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    if text is None:
        raise DataError(f"{path}: neither UTF-8 nor GBK; save it as CSV in UTF-8")
    if "\0" in text:
        raise DataError(f"{path}: no text; accepted: CSV, tab-separated text or .xlsx")
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise DataError(f"{path}: {len(lines):,} lines, accepted: up to {_MOST_LINES:,}")
    tabs = sum("\t" in line for line in lines)
    split = "\t" if 2 * tabs > len(lines) else ","
    try:
        return [[_plain(cell) for cell in row] for row in csv.reader(lines, delimiter=split)]
    except csv.Error as problem:
        raise DataError(f"{path}: cannot be read as a table ({problem})") from problem


def _of_workbook(path: Path, what: str) -> dict[str, list[list[str]]]:
    """Return the lines of each sheet; a workbook may claim a million rows of 16,384 cells."""
    with needs("excel"):
        from openpyxl import load_workbook
    try:
        with zipfile.ZipFile(path) as parts:
            claim(path, bytes=sum(part.file_size for part in parts.infolist()))
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            return {
                f"{path}, sheet {sheet.title}": _of_sheet(path, sheet) for sheet in book.worksheets
            }
        finally:
            book.close()
    except DataError:
        raise
    except Exception as problem:  # whatever a damaged workbook makes of its reader
        raise DataError(f"{path}: {what} cannot be read ({type(problem).__name__})") from problem


def _of_sheet(path: Path, sheet: Any) -> list[list[str]]:
    sheet.reset_dimensions()  # what a file claims of them is not believed
    lines: list[list[str]] = []
    cells = 0
    for row in sheet.iter_rows(values_only=True):
        cells += len(row)
        if len(lines) == _MOST_LINES or cells > _MOST_CELLS:
            raise DataError(
                f"{path}, sheet {sheet.title}: more than {_MOST_LINES:,} lines or {_MOST_CELLS:,} "
                "cells; remove what is not of the table"
            )
        lines.append([_plain(_written(value)) for value in row])
    return lines


def _written(value: object) -> str:
    """Return a cell's value as text: whole numbers without a point, nothing for an error."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    return "" if text in _NOTHING else text


def _plain(cell: str) -> str:
    """Return a cell without what keeps a spreadsheet from changing it: ="600519", '600519."""
    text = cell.strip().strip("\ufeff")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.lstrip("'").strip()


def number_in(text: str | None, place: str) -> float | None:
    """Return the number in a cell; None where it is empty.

    Raises
    ------
    DataError
        It is no number.

    Examples
    --------
    >>> number_in("1,200.50", "a"), number_in("--", "a")
    (1200.5, None)
    """
    plain = "" if text is None else text.replace(",", "").replace("，", "").strip()
    if plain in ("", "-", "--", "—"):
        return None
    if not _NUMBER.fullmatch(plain):
        raise DataError(f"{place}: {plain[:30]!r} is no number")
    return float(plain)
