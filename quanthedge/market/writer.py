"""Write a dataset: every table checked, whole or not at all, the same bytes for the same data."""

import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market.blocks import table_slices
from quanthedge.market.checks.findings import CheckReport, Collector
from quanthedge.market.checks.inspection import inspect
from quanthedge.market.fingerprint import ContentHash, file_sha256, overall_fingerprint
from quanthedge.market.manifest import (
    MANIFEST,
    Manifest,
    TableEntry,
    is_dataset,
    is_line,
    listed_tables,
)
from quanthedge.market.panels import cache_files
from quanthedge.market.schema import TABLES, TableSchema
from quanthedge.storage import WholeFolder, storage_errors

__all__ = ["NewDataset", "write_dataset"]


def write_dataset(
    target: str | Path,
    tables: Mapping[str, pa.Table],
    *,
    name: str,
    source: str,
    truth: Path | Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> CheckReport:
    """Check tables and write them as a dataset; return what the check found.

    Parameters
    ----------
    target
        Folder to make. Files in it that are not of a dataset stay.
    tables
        Arrow tables by name, in the schema of docs/dataset.md. `stock_daily` must be sorted by
        code and date; the other tables are sorted here.
    name, source
        Short name of the market and one line about where it is from, kept in the manifest.
    truth
        Simulated markets: a folder to copy into `truth/`, or its tables (Arrow) and JSON values
        by name.
    overwrite
        Replace another dataset in the folder, in one step. Without it another one is refused; the
        same one is recognised and left as it is either way.

    Returns
    -------
    CheckReport
        Warnings and notes (errors are raised); `already_there` when nothing had to be written.

    Raises
    ------
    DataError
        The tables have errors, the target cannot be replaced, or the disk is full. Nothing is
        written then, and an older dataset stays as it was.
    """
    tables = dict(tables)
    bars = tables.pop("stock_daily", None)
    pieces = None if bars is None else table_slices(bars)
    new = NewDataset(Path(target), name, source, overwrite=overwrite)
    # what another writes there meanwhile is found when it is done
    with WholeFolder(new.folder).alone():
        return new.write(tables, pieces, truth=truth)


class NewDataset:
    """A dataset that is to be written to a folder.

    Parameters
    ----------
    target
        Folder to make; made or replaced in one step. Files in it that are not of a dataset stay.
    name, source
        As in `write_dataset`.
    overwrite
        Replace another dataset in the folder; without it another one is refused.

    Attributes
    ----------
    folder
        The target's real path.

    Raises
    ------
    DataError
        The target is no folder of its own, is one of runs, holds another dataset (unless
        `overwrite`), or files that are not ours and stand where tables have to go.
    """

    def __init__(self, target: Path, name: str, source: str, *, overwrite: bool = False) -> None:
        self._name, self._source, self._overwrite = name, source, overwrite
        for what, text in (("name", name), ("source", source)):
            if not is_line(text):
                raise DataError(f"{what} {text[:80]!r}: accepted: one line of text")
        self.folder = target
        self._check()

    def write(
        self,
        tables: Mapping[str, pa.Table],
        bars: Iterable[pa.Table] | None,
        *,
        truth: Path | Mapping[str, Any] | None = None,
        collector: Collector | None = None,
        inspected: Callable[[], None] | None = None,
    ) -> CheckReport:
        """Do what `write_dataset` does with stock bars that arrive piece by piece.

        Parameters
        ----------
        tables, bars
            The small tables by name, and stock_daily in consecutive pieces; None without any.
        truth
            As in `write_dataset`.
        collector
            Receives the findings beside those that it has already.
        inspected
            Called when every table was checked and nothing is in its place yet; what it raises
            leaves an older dataset as it was.
        """
        self._check()  # again: what another wrote there since
        collector = Collector() if collector is None else collector
        with suppress(_AlreadyThere), WholeFolder(self.folder).replacing(_dataset_files) as scratch:
            writer = _Writer(scratch)
            try:
                inspect(tables, bars, collector, writer.add)
                writer.finish()
                if inspected is not None:
                    inspected()
            finally:
                writer.close()
            report = collector.report()
            report.raise_errors(f"nothing written to {self.folder}")
            manifest = writer.manifest(self._name, self._source, report.assumptions)
            if truth is None or (self.folder / "truth").is_dir():
                self._compare(manifest, collector)
            manifest.write(scratch)
            if truth is not None:
                _write_truth(scratch / "truth", truth)
        return collector.report()

    def _check(self) -> None:
        """Refuse a folder that this dataset must not be written to."""
        target = self.folder
        with storage_errors(target):
            target = self.folder = target.resolve()
            WholeFolder(target).check_replaceable(runs=is_dataset(target))
        if not target.is_dir():
            return
        if is_dataset(target) and not self._overwrite:
            self._refuse_another()
        ours = _dataset_files(target)
        for path in (MANIFEST, *(f"{table}.parquet" for table in TABLES)):
            if path not in ours and os.path.lexists(target / path):
                raise DataError(
                    f"{target / path}: is in the way and not of a QuantHedge dataset (no "
                    f"{MANIFEST} lists it); choose another target or move it elsewhere"
                )

    def _refuse_another(self) -> None:
        target = self.folder
        try:
            there = Manifest.read(target)
        except DataError as problem:
            said = f"{target}: holds another dataset; --overwrite replaces it"
            raise DataError(said) from problem
        # What updates added to the line of the source does not make it another one.
        origin = there.source.partition("; updated from ")[0]
        if (there.name, origin) != (self._name, self._source):
            raise DataError(
                f"{target}: holds another dataset ('{there.name}': {there.source[:80]}); "
                "--overwrite replaces it"
            )

    def _compare(self, made: Manifest, collector: Collector) -> None:
        """Say that a dataset is already there, or refuse to replace another one."""
        target = self.folder
        try:
            there = Manifest.read(target)
        except DataError:
            return
        same = there.fingerprint == made.fingerprint and there.assumptions == made.assumptions
        if same and (there.name, there.source) == (made.name, made.source):
            files = ((target / f"{name}.parquet", entry) for name, entry in there.tables.items())
            if all(path.is_file() and entry.is_of(path) for path, entry in files):
                collector.already_there()
                raise _AlreadyThere
            return
        if not self._overwrite:
            raise DataError(
                f"{target}: holds older data of the same source; `quanthedge update` adds new "
                "days to it, --overwrite replaces it (nothing was written)"
            )


class _AlreadyThere(Exception):
    """The folder holds the dataset that was about to be written."""


def _dataset_files(folder: Path) -> list[str]:
    """Return the files of a dataset's folder that this program wrote, as relative paths.

    The tables that the manifest lists, the cache of panels, and what `truth/` holds of a simulated
    market. Everything else in the folder is its owner's.
    """
    if not is_dataset(folder):
        return []
    tables = [f"{name}.parquet" for name in listed_tables(folder)]
    truth = folder / "truth"
    known = truth.is_dir() and not truth.is_symlink()
    truths = [
        f"truth/{path.name}"
        for path in (truth.iterdir() if known else ())
        if path.suffix == ".parquet" or path.name == "truth.json"
    ]
    return [MANIFEST, *tables, *truths, *cache_files(folder)]


class _Writer:
    """Writes conforming tables into a folder, piece by piece, and remembers their fingerprints."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, pq.ParquetWriter] = {}
        self._hashes: dict[str, ContentHash] = {}
        self._rows: dict[str, int] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._waiting: deque[Future[None]] = deque()

    def add(self, name: str, table: pa.Table) -> None:
        """Hand rows to the writing thread; at most two pieces wait."""
        self._waiting.append(self._thread.submit(self._add, name, table))
        while len(self._waiting) > 2:
            self._waiting.popleft().result()

    def _add(self, name: str, table: pa.Table) -> None:
        if name not in self._files:
            schema = TABLES[name].among(table.column_names)
            path = self._folder / f"{schema.name}.parquet"
            self._files[name] = _parquet_writer(path, schema)
            self._hashes[name] = ContentHash(schema)
            self._rows[name] = 0
        for group in _row_groups(name, table):
            self._files[name].write_table(group, row_group_size=max(group.num_rows, 1))
        self._hashes[name].update(table)
        self._rows[name] += table.num_rows

    def finish(self) -> None:
        """Wait for the writing thread; its failure is raised here."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """Close every file, also after a failure."""
        self._thread.shutdown(cancel_futures=True)
        for file in self._files.values():
            file.close()

    def manifest(self, name: str, source: str, assumptions: tuple[str, ...]) -> Manifest:
        """Return the manifest of what was written."""
        entries = {}
        for table in self._files:
            path = self._folder / f"{table}.parquet"
            content = self._hashes[table].hexdigest()
            size = path.stat().st_size
            entries[table] = TableEntry(self._rows[table], size, file_sha256(path), content)
        fingerprint = overall_fingerprint({key: entry.content for key, entry in entries.items()})
        return Manifest(name, source, fingerprint, entries, assumptions)


def _parquet_writer(path: Path, schema: TableSchema) -> pq.ParquetWriter:
    """Open a Parquet file; amounts, which hardly repeat, without dictionary."""
    names = schema.column_names if schema.name == "stock_daily" else ()
    split = [name for name in names if name in ("volume", "amount")]
    dictionary = [name for name in names if name not in split] if split else True
    return pq.ParquetWriter(
        path,
        schema.arrow,
        compression="zstd",
        version="2.6",
        use_dictionary=dictionary,
        use_byte_stream_split=split or False,
    )


def _row_groups(name: str, table: pa.Table) -> Iterator[pa.Table]:
    """Cut rows as they are read again: a fundamental item each, otherwise as they come."""
    if name != "fundamentals" or table.num_rows == 0:
        yield table
        return
    item = table["item"].dictionary_encode().combine_chunks().indices.to_numpy()
    cuts = [0, *(np.flatnonzero(item[1:] != item[:-1]) + 1).tolist(), len(item)]
    for begin, end in pairwise(cuts):
        yield table.slice(begin, end - begin)


def _write_truth(folder: Path, truth: Path | Mapping[str, Any]) -> None:
    if isinstance(truth, Path):
        shutil.copytree(truth, folder)
        return
    folder.mkdir()
    values = {}
    for name, value in truth.items():
        if isinstance(value, pa.Table):
            pq.write_table(value, folder / f"{name}.parquet", compression="zstd")
        else:
            values[name] = value
    if values:
        text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
