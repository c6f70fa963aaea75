"""CSV files as they are written: every cell a text, every row with the line that it begins on.

Readers of tables that guess (rename a doubled column, skip a line, turn "NA" into nothing, take a
surplus cell for a row's name) would change a user's file in silence; here it is read or refused.
"""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from quanthedge.documents.written import bounded, reason
from quanthedge.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_cells"]

_LARGEST = 256 * 2**20  # bytes of a file
_ENCODINGS = ("utf-8-sig", "gb18030")


def read_cells(path: str | Path, what: str) -> "pd.DataFrame":
    """Return the cells of a CSV file as texts, by column; the index is the line in the file.

    Parameters
    ----------
    path : str or Path
        UTF-8 (with or without mark) or GB 18030. The first line that is not empty names the
        columns; empty lines are left out but counted.
    what : str
        What the file should hold, for messages.

    Raises
    ------
    DataError
        When it cannot be read, two columns have one name, or a row has more cells than columns.
    """
    import pandas as pd

    path = Path(path)
    try:
        raw = bounded(path, _LARGEST)
    except (OSError, ValueError) as problem:
        raise DataError(f"{path}: {what} cannot be read ({reason(problem)})") from problem
    rows = _rows(path, _decoded(path, raw), what)
    if not rows:
        raise DataError(f"{path}: {what} cannot be read as CSV (the file is empty)")
    (line, head), *body = rows
    names = [name.strip() for name in head]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"{path}, line {line}: two columns named {twice!r} among {', '.join(names)}; leave one"
        )
    for line, cells in body:
        if any(cell.strip() for cell in cells[len(names) :]):
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells under {len(names)} columns "
                f"({', '.join(names)}); accepted: as many as columns"
            )
    kept = [(k, name) for k, name in enumerate(names) if name]
    columns = {
        name: pd.array([cells[k] if k < len(cells) else "" for _, cells in body], dtype="object")
        for k, name in kept
    }
    return pd.DataFrame(columns, index=pd.Index([line for line, _ in body], dtype="int64"))


def _decoded(path: Path, raw: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: neither UTF-8 nor GB 18030; save it as CSV in UTF-8")


def _rows(path: Path, text: str, what: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, with the line on which each begins."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    found, begins = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {what} cannot be read as CSV ({error})"
        ) from error
    return found
