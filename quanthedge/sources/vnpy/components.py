"""Index members of a vn.py lab: Python shelves, read without running anything in them.

`component/<index>` is a shelf that maps a day (`2014-09-17`) to a pickled list of symbols. Python
keeps shelves as an SQLite file (from 3.13 on) or as a pair `.dat` and `.dir`; both are read here.
A pickle is a program: only the few instructions that build a list of texts are followed.
"""

import io
import pickletools
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.market.checks import Collector
from quanthedge.sources.files import as_dates

__all__ = ["components"]

Array = np.ndarray[Any, Any]
_LARGEST = 256 << 20
_LARGEST_LIST = 1 << 20  # bytes of one day's list
_MOST_MEMBERS = 20_000
_MOST_STEPS = 100_000_000  # of SQLite's machine; twenty years of daily lists take a thousandth
_SQLITE_MARK = b"SQLite format 3\x00"
_ENTRY = re.compile(r"'([^']{1,40})', \(([0-9]{1,12}), ([0-9]{1,12})\)")
_SYMBOL = re.compile(r"[0-9]{6}\.(?:SSE|SZSE|BSE)")
_IGNORED = {"PROTO", "FRAME", "MARK", "STOP", "APPEND", "APPENDS"}
_TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "UNICODE"}
_KEEP = {"BINPUT", "LONG_BINPUT", "MEMOIZE", "PUT"}
_TAKE = {"BINGET", "LONG_BINGET", "GET"}


def components(folder: Path, collector: Collector) -> pa.Table | None:
    """Return index_code, code and date of every member on every day; None when there is nothing.

    Raises
    ------
    DataError
        A shelf is damaged, or holds something else than lists of symbols.
    """
    pieces = []
    for name, path in _shelves(folder, collector).items():
        pieces.append(_members(name, path, collector))
    return pa.concat_tables(pieces) if pieces else None


def _shelves(folder: Path, collector: Collector) -> dict[str, Path]:
    """Return the shelves by index symbol."""
    found: dict[str, Path] = {}
    others = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        symbol = path.name.removesuffix(".dat")
        if path.suffix in (".dir", ".bak"):
            continue
        named = path.is_file() and _SYMBOL.fullmatch(symbol)
        if not named or not (path.suffix == ".dat" or _is_sqlite(path)):
            others.append(path.name)
        elif symbol in found:
            raise DataError(f"{folder}: {found[symbol].name} and {path.name} are one shelf twice")
        else:
            found[symbol] = path
    if others:
        what = (
            "in component/ are no shelf that can be read (SQLite, or .dat with .dir) and are left "
            "out; a shelf in another form is rewritten by opening and saving it with Python 3.13"
        )
        collector.add("warning", "index_members", "shelves", len(others), what, others, unit="file")
    return found


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MARK)) == _SQLITE_MARK


def _members(name: str, path: Path, collector: Collector) -> pa.Table:
    index = Code(name).index()
    if path.stat().st_size > _LARGEST:
        raise DataError(f"{path}: larger than {_LARGEST >> 20} MB; this is no list of members")
    place: dict[str, int] = {}
    days: list[str] = []
    lists: list[Array] = []
    for day, pickled in _of_pair(path) if path.suffix == ".dat" else _of_sqlite(path):
        symbols = _symbols(path, day, pickled)
        days.append(day)
        lists.append(np.unique([place.setdefault(symbol, len(place)) for symbol in symbols]))
    codes = [_stock(symbol) for symbol in place]
    dates = as_dates(pa.array(days, pa.string()), f"{path}: days")
    member = pa.array(np.concatenate(lists).astype(np.int32) if lists else [], pa.int32())
    sizes = [len(found) for found in lists]
    table = pa.table(
        {
            "code": pa.array(codes, pa.string()).take(member),
            "date": dates.take(pa.array(np.repeat(np.arange(len(lists)), sizes), pa.int64())),
        }
    )
    others = [symbol for symbol, code in zip(place, codes, strict=True) if code is None]
    if others:
        what = "are no A share and are left out of the index's members"
        collector.add("info", "index_members", "symbols", len(others), what, others, unit="symbol")
        table = table.filter(pc.is_valid(table["code"]))
    return table.add_column(0, "index_code", pa.array([index] * len(table), pa.string()))


def _stock(symbol: str) -> str | None:
    try:
        code = Code(symbol).stock()
    except DataError:
        return None
    return code if Code(code).is_stock else None


def _of_pair(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield days and pickles of a shelf kept as `.dat` and `.dir`."""
    catalogue = path.with_suffix(".dir")
    if not catalogue.is_file() or catalogue.stat().st_size > _LARGEST:
        raise DataError(f"{path}: {catalogue.name} beside it is missing; copy the whole shelf")
    stored = path.read_bytes()
    for line in catalogue.read_text(encoding="latin-1").splitlines():
        entry = _ENTRY.fullmatch(line.strip())
        if entry is None:
            raise DataError(f"{catalogue}: {line[:60]!r} is no entry of a shelf")
        begin, size = int(entry[2]), int(entry[3])
        if begin + size > len(stored):
            raise DataError(f"{path}: {entry[1]} lies behind the file's end (cut off?)")
        yield entry[1], stored[begin : begin + size]


def _of_sqlite(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield days and pickles of a shelf kept as SQLite; the file is only read, within limits."""
    steps = 0

    def watch() -> int:
        nonlocal steps
        steps += 1
        return int(steps > _MOST_STEPS // 10_000)

    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_LIST)
            database.set_progress_handler(watch, 10_000)
            database.execute("PRAGMA trusted_schema = OFF")
            kinds = database.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'Dict'"
            ).fetchall()
            if len(kinds) != 1 or not re.match(r"CREATE TABLE\b", str(kinds[0][0])):
                raise DataError(f"{path}: an SQLite file without a table Dict, so no Python shelf")
            for key, value in database.execute("SELECT CAST(key AS TEXT), value FROM Dict"):
                if not isinstance(key, str) or not isinstance(value, bytes):
                    raise DataError(f"{path}: holds something else than days and lists")
                yield key, value
        finally:
            database.close()
    except (sqlite3.Error, UnicodeDecodeError) as problem:
        raise DataError(f"{path}: damaged shelf ({problem})") from problem


def _symbols(path: Path, day: str, pickled: bytes) -> list[str]:
    """Return the texts of a pickled list of texts; anything else is refused, nothing is run."""
    if len(pickled) > _LARGEST_LIST:
        raise DataError(f"{path}: the list of {day[:40]!r} is larger than {_LARGEST_LIST >> 20} MB")
    try:
        return _texts(pickled)
    except (ValueError, LookupError) as problem:
        what = str(problem)[:80]
        raise DataError(f"{path}: {day[:40]!r} is no pickled list of symbols ({what})") from problem


def _texts(pickled: bytes) -> list[str]:
    """Follow the instructions of a pickle that build one list of texts."""
    found: list[str] = []
    memo: dict[Any, str | None] = {}
    lists = 0
    last: str | None = None
    for code, argument, _place in pickletools.genops(io.BytesIO(pickled)):
        if code.name in _TEXTS:
            last = str(argument)
            found.append(last)
        elif code.name == "EMPTY_LIST":
            lists, last = lists + 1, None
        elif code.name in _KEEP:
            memo[len(memo) if argument is None else argument] = last
        elif code.name in _TAKE:
            last = memo[argument]
            if last is None:
                raise ValueError("a list within itself")
            found.append(last)
        elif code.name not in _IGNORED:
            raise ValueError(f"instruction {code.name}")
        if len(found) > _MOST_MEMBERS:
            raise ValueError(f"more than {_MOST_MEMBERS:,} symbols")
    if lists != 1:
        raise ValueError(f"{lists} lists")
    return found
