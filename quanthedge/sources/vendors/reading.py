"""Read a vendor's tables from a folder: one file each, or a folder of files by day or by code.

A table `daily` is ``daily.csv``, ``daily.parquet`` or ``daily.feather``, or the files in (and
below) the folder ``daily/``. Rows of one key, in one file or in two, are counted once when they
are equal, and are an error that names them when they differ.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.files import SUFFIXES, as_codes
from quanthedge.sources.vendors.columns import MEANINGS, Field, VendorTable, kind_of
from quanthedge.sources.vendors.keys import code_ranks, key_numbers, neighbours_equal
from quanthedge.sources.vendors.pieces import (
    ARROW,
    CODES,
    Convert,
    piece_of,
    plain_convert,
)

__all__ = ["Folder", "any_present", "read_files"]

Array = np.ndarray[Any, Any]
_MOST_FILES = 100_000
_LEFT_OUT = {
    "stock": "no A shares",
    "index": "no indices of the exchanges, CSI or CNI",
    "contract": "no index futures",
    "security": "no A shares, indices or index futures",
}


@dataclass(frozen=True)
class Folder:
    """A vendor's folder: which tables it has, and their rows in our columns."""

    source: Path
    collector: Collector

    @cached_property
    def names(self) -> dict[str, list[Path]]:
        """Return the files of every table by the table's name; a table kept twice is an error."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self.source.iterdir()):
            if path.is_file() and path.suffix in SUFFIXES:
                name, files = path.stem, [path]
            elif path.is_dir() and not path.name.startswith("."):
                name, files = path.name, _files_in(path)
                if not files:
                    continue
            else:
                continue
            if name in found:
                raise DataError(
                    f"{self.source}: table '{name}' is there twice, as {found[name][0].name} and "
                    f"{path.name}; keep one"
                )
            found[name] = files
        return found

    def has(self, table: VendorTable) -> bool:
        """Whether the folder has a file of the table."""
        return any(name in self.names for name in table.files)

    def read(self, table: VendorTable) -> pa.Table | None:
        """Return a table in our columns, sorted by its key; None when it is not there."""
        paths = [path for name in table.files for path in self.names.get(name, ())]
        if not paths:
            return None
        return read_files(self.source, paths, table, self.collector)

    def report_unused(self, used: Sequence[str], why: dict[str, str] | None = None) -> None:
        """Note every table that was not read, with the reason where there is one."""
        for name, files in self.names.items():
            if name not in used:
                reason = (why or {}).get(name, "table not used")
                what = f"not imported ({reason})"
                self.collector.add("info", name, "not used", len(files), what, unit="file")


def any_present(source: Path, names: Iterable[str], least: int = 1) -> bool:
    """Whether the folder has at least some of the tables, each a file or a folder."""
    if not source.is_dir():
        return False
    found = {
        path.name if path.is_dir() else path.stem
        for path in source.iterdir()
        if path.is_dir() or path.suffix in SUFFIXES
    }
    return len(found & set(names)) >= least


def _files_in(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if len(files) > _MOST_FILES:
        raise DataError(f"{folder}: {len(files):,} files; accepted: at most {_MOST_FILES:,}")
    root = folder.resolve()
    for path in files:
        if not path.resolve().is_relative_to(root):
            raise DataError(
                f"{path}: leads outside its folder; copy the file instead of linking it"
            )
    return files


def read_files(
    source: Path,
    paths: Sequence[Path],
    table: VendorTable,
    collector: Collector,
    convert: Convert | None = None,
) -> pa.Table:
    """Return the rows of files in our columns, sorted by the table's key.

    Rows of codes of another kind than the column's (funds among stocks, total-return indices,
    continuous contracts, other products) are left out and counted.
    """
    with ThreadPoolExecutor(2) as pool:
        read = pool.map(lambda path: piece_of(path, source, table, convert or plain_convert), paths)
        pieces = list(read)
    starts = np.cumsum([0, *(rows for _, rows in pieces)])
    columns = _joined(pieces, table)
    files = np.repeat(np.arange(len(paths), dtype=np.int32), np.diff(starts))
    for field in table.fields:
        if field.kind in CODES and field.name in columns:
            columns[field.name] = _coded(columns[field.name], field, starts, paths)
    for field in table.fields:
        if field.kind in CODES and field.name in columns:
            keep = _ours(columns[field.name], field.kind, table.files[0], collector)
            if not keep.all():
                _replace(columns, partial(_kept, keep=pa.array(keep)))
                files = files[keep]
    return _without_overlaps(columns, files, paths, table, collector)


def _ours(codes: pa.Array, kind: str, name: str, collector: Collector) -> Array:
    """Return the rows of the column's kind, bool [rows]; the others are counted and named."""
    ranks, words = code_ranks(codes)
    wanted = {"security": ("stock", "index", "contract")}.get(kind, (kind,))
    ours = np.array([word is not None and kind_of(word) in wanted for word in words], dtype=bool)
    if ours.all() or len(ranks) == 0:
        return np.ones(len(ranks), dtype=bool)
    keep = np.asarray(ours[ranks])
    absent = int(codes.null_count)
    if absent:
        what = "of continuous contracts or of other products left out"
        collector.add("info", name, "other contracts", absent, what)
    others = [word for word, kept in zip(words, ours, strict=True) if not kept and word]
    if others:
        what = f"of {len(others):,} securities that are {_LEFT_OUT[kind]} left out"
        collector.add("info", name, _LEFT_OUT[kind], int((~keep).sum()) - absent, what, others)
    return keep


def _joined(pieces: list[tuple[dict[str, pa.Array], int]], table: VendorTable) -> dict[str, Any]:
    """Join the files' columns one by one, so that only one of them is in memory twice."""
    kinds = {field.name: field.kind for field in table.fields}
    wanted = dict.fromkeys((*kinds, "adjust"))
    columns = {}
    for name in wanted:
        if any(name in found for found, _ in pieces):
            empty = ARROW[kinds.get(name, "text")]
            columns[name] = pa.concat_arrays(
                [found.pop(name) if name in found else pa.nulls(n, empty) for found, n in pieces]
            )
    return columns


def _kept(column: pa.Array, keep: pa.Array) -> pa.Array:
    return column.filter(keep)


def _replace(columns: dict[str, Any], change: Callable[[Any], Any]) -> None:
    """Change columns one by one, so that only one of them is in memory twice."""
    for name in list(columns):
        columns[name] = change(columns.pop(name))


def _coded(words: pa.Array, field: Field, starts: Array, paths: Sequence[Path]) -> pa.Array:
    """Return codes in our spelling; a text that is no code is named with its file."""
    meaning = MEANINGS[field.kind]
    where = f"{paths[0]}: column '{field.found[0] if field.found else field.name}'"
    if len(paths) == 1:
        return as_codes(words, where, meaning)
    try:
        return as_codes(words, "codes", meaning)
    except DataError:
        for path, begin, end in zip(paths, starts[:-1], starts[1:], strict=True):
            as_codes(words.slice(begin, end - begin), f"{path}: column '{field.name}'", meaning)
        raise


def _without_overlaps(
    columns: dict[str, Any],
    files: Array,
    paths: Sequence[Path],
    described: VendorTable,
    collector: Collector,
) -> pa.Table:
    """Sort by the key; count equal rows of one key once, refuse unequal ones."""
    key = [name for name in described.key if name in columns]
    numbers = key_numbers(pa.table(columns), key)
    order = np.argsort(numbers, kind="stable")
    if (np.diff(order) < 0).any():
        _replace(columns, lambda column: column.take(pa.array(order)))
        numbers, files = numbers[order], files[order]
    table = pa.table(columns)
    twice = np.flatnonzero(numbers[1:] == numbers[:-1]) + 1
    if len(twice) == 0:
        return table
    same = neighbours_equal(table, twice)
    if not same.all():
        row = int(twice[~same][0])
        raise DataError(f"{described.files[0]}: {_conflict(table, row, key, files, paths)}")
    what = "that stand twice with the same values counted once"
    examples = list(_examples(table, twice, key))
    collector.add("info", described.files[0], "overlap", len(twice), what, examples)
    keep = np.ones(table.num_rows, dtype=bool)
    keep[twice] = False
    return table.filter(pa.array(keep))


def _conflict(
    table: pa.Table, row: int, key: Sequence[str], files: Array, paths: Sequence[Path]
) -> str:
    """Say which file has, or which files have, two unequal rows of one key."""
    first, second = (table.slice(k, 1).to_pylist()[0] for k in (row - 1, row))
    named = ", ".join(str(first[name]) for name in key)
    differ = [name for name in table.column_names if first[name] != second[name]]
    said = "; ".join(f"{name} {first[name]} and {second[name]}" for name in differ[:3])
    one, two = paths[files[row - 1]], paths[files[row]]
    where = f"{one} has two rows of" if one == two else f"{one} and {two} differ in the row"
    return f"{where} {named}: {said}; keep the right one"


def _examples(table: pa.Table, rows: Array, key: Sequence[str]) -> Iterator[str]:
    for row in rows[:3]:
        yield " ".join(str(table[name][int(row)].as_py()) for name in key)
