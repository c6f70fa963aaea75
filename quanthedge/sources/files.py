"""Reading users' files: CSV in any usual encoding, Parquet, Feather; texts, dates and flags.

Every problem is one DataError that names the file, and the column and value where it can.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from quanthedge.errors import DataError
from quanthedge.market import EMPTY, Code, TableFile, as_dates
from quanthedge.storage import claim

__all__ = [
    "SUFFIXES",
    "as_codes",
    "as_dates",
    "as_flags",
    "as_numbers",
    "as_texts",
    "column_of",
    "read_file",
    "readable",
    "refuse_blank_lines",
]

SUFFIXES = (".csv", ".parquet", ".feather")
_ENCODINGS = ("utf-8", "gb18030")
_SAFE_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._\-]*")


def read_file(path: Path, texts: Sequence[str] = ()) -> pa.Table:
    """Return a table file; the columns of `texts` stay text in CSV files (codes with zeros).

    Raises
    ------
    DataError
        The file is missing, of another kind, damaged, or in an unknown encoding; or a column is
        there twice.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        if path.suffix == ".parquet":
            table = TableFile(path).parquet()
        elif path.suffix == ".feather":
            table = TableFile(path).feather()
        elif path.suffix == ".csv":
            table = _read_csv(path, texts)
        else:
            raise DataError(f"{path}: accepted are {', '.join(SUFFIXES)}")
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as problem:
        reason = (str(problem).splitlines() or [type(problem).__name__])[0][:200]
        raise DataError(f"{path}: unreadable as {path.suffix[1:]} ({reason})") from problem
    names = table.column_names
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(f"{path}: column '{doubled[0]}' is there twice; keep one")
    return table


def _read_csv(path: Path, texts: Sequence[str]) -> pa.Table:
    claim(path, bytes=path.stat().st_size)
    with path.open("rb") as file:
        head = file.read(4_000_000)
    for encoding in _ENCODINGS:
        try:
            head[: len(head) - 4].decode(encoding) if len(head) == 4_000_000 else head.decode(
                encoding
            )
        except UnicodeDecodeError as problem:
            if len(head) == 4_000_000 and problem.start > len(head) - 12:
                break  # cut in the middle of a character
            continue
        break
    else:
        raise DataError(f"{path}: neither UTF-8 nor GB18030 text; save it as UTF-8")
    if b"\x00" in head:
        raise DataError(f"{path}: holds NUL bytes, so it is no CSV text")
    refuse_blank_lines(path)
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(texts, pa.string()),
        null_values=EMPTY,
        strings_can_be_null=True,
    )
    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(encoding=encoding, block_size=16 << 20),
        convert_options=convert,
    )


def refuse_blank_lines(path: Path) -> None:
    """Refuse an empty line before or between rows: the reader would skip it without a word."""
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        begin = 0 if text[:2] == b"\r\n" or text[:1] == b"\n" else -1
        places = [at for at in (text.find(b"\n\n"), text.find(b"\n\r\n"), begin) if at >= 0]
        if places and text[min(places) :].strip():
            line = text[: min(places)].count(b"\n") + (2 if min(places) else 1)
            raise DataError(
                f"{path}: line {line} is empty and lines follow; remove it, or put back what stood "
                "there"
            )


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a damaged Parquet file raises while it is read into a DataError."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as problem:
        reason = (str(problem).splitlines() or [type(problem).__name__])[0][:200]
        raise DataError(f"{path}: unreadable as Parquet ({reason})") from problem


def _plain_file(folder: Path, name: str) -> Path:
    """Return a file inside a folder by a name from the data; DataError when it leads elsewhere."""
    if not _SAFE_NAME.fullmatch(name) or ".." in name:
        raise DataError(f"{folder}: {name[:60]!r} is no plain file name; refused")
    return folder / name


def column_of(table: pa.Table, path: Path | str, name: str) -> pa.Array:
    """Return a column in one chunk; DataError when it is missing."""
    if name not in table.column_names:
        found = ", ".join(map(str, table.column_names))[:300]
        raise DataError(f"{path}: column '{name}' is missing (found {found})")
    column = table[name].combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column


def as_texts(column: pa.Array, where: str) -> pa.Array:
    """Return texts; whole numbers are written out."""
    if pa.types.is_integer(column.type) or pa.types.is_null(column.type):
        return column.cast(pa.string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string())
    raise DataError(f"{where}: is {column.type}; accepted: text")


def as_codes(column: pa.Array, where: str, meaning: Callable[[Code], Any]) -> pa.Array:
    """Return codes in our spelling (see `quanthedge.market.codes`), naming file and column."""
    try:
        return Code.column(column, meaning)
    except DataError as problem:
        raise DataError(f"{where}: {problem}") from problem


def as_numbers(column: pa.Array, where: str) -> pa.Array:
    """Return float64; texts are read as numbers, empty ones are null."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        trimmed = pc.utf8_trim_whitespace(column)
        trimmed = pc.if_else(pc.is_in(trimmed, pa.array([*EMPTY, "--", "-"])), None, trimmed)
        try:
            return trimmed.cast(pa.float64())
        except pa.ArrowInvalid as problem:
            reason = str(problem).splitlines()[0][:120]
            raise DataError(f"{where}: {reason}; accepted: numbers") from problem
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        return column.cast(pa.float64())
    raise DataError(f"{where}: is {kind}; accepted: numbers")


def as_flags(column: pa.Array, where: str, words: Mapping[str, bool] | None = None) -> pa.Array:
    """Return booleans from booleans, 0 and 1, or the given words; anything else is refused."""
    if pa.types.is_boolean(column.type):
        flags = column
    else:
        known = words or {"1": True, "0": False, "true": True, "false": False}
        if pa.types.is_floating(column.type):
            column = pc.cast(column, pa.int64(), safe=False)
        texts = pc.utf8_lower(pc.utf8_trim_whitespace(as_texts(column, where)))
        coded = texts.dictionary_encode()
        distinct = coded.dictionary.to_pylist()
        wrong = [word for word in distinct if word not in known]
        if wrong:
            accepted = ", ".join(known)
            raise DataError(f"{where}: {wrong[0][:40]!r} is no flag; accepted: {accepted}")
        flags = pa.array([known[word] for word in distinct], pa.bool_()).take(coded.indices)
    if flags.null_count:
        raise DataError(f"{where}: {flags.null_count} cells are empty; accepted: true or false")
    return flags
