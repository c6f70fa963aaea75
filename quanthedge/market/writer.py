"""Write a dataset: every table checked, whole or not at all, the same bytes for the same data."""

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market.blocks import table_slices
from quanthedge.market.checks.findings import ASSUMED, CheckReport, Collector
from quanthedge.market.checks.inspection import inspect
from quanthedge.market.fingerprint import ContentHash, file_sha256, overall_fingerprint
from quanthedge.market.manifest import Manifest, TableEntry, is_dataset
from quanthedge.market.schema import TABLES, TableSchema
from quanthedge.market.storage import replacing

__all__ = ["Progress", "check_target", "write_dataset", "write_streamed"]

Progress = Callable[[str], None]  # told in words what is being done


def write_dataset(
    target: str | Path,
    tables: Mapping[str, pa.Table],
    *,
    name: str,
    source: str,
    truth: Path | Mapping[str, Any] | None = None,
) -> CheckReport:
    """Check tables and write them as a dataset; return what the check found.

    Parameters
    ----------
    target
        Folder to make. An older dataset there is replaced in one step; any other non-empty
        folder is refused.
    tables
        Arrow tables by name, in the schema of docs/dataset.md. `stock_daily` must be sorted by
        code and date; the other tables are sorted here.
    name, source
        Short name of the market and one line about where it is from, kept in the manifest.
    truth
        Simulated markets: a folder to copy into `truth/`, or its tables (Arrow) and JSON values
        by name.

    Returns
    -------
    CheckReport
        Warnings and notes (errors are raised).

    Raises
    ------
    DataError
        The tables have errors, the target cannot be replaced, or the disk is full. Nothing is
        written then, and an older dataset stays as it was.
    """
    tables = dict(tables)
    bars = tables.pop("stock_daily", None)
    pieces = None if bars is None else table_slices(bars)
    return write_streamed(Path(target), tables, pieces, name=name, source=source, truth=truth)


def write_streamed(
    target: Path,
    tables: Mapping[str, pa.Table],
    bars: Iterable[pa.Table] | None,
    *,
    name: str,
    source: str,
    truth: Path | Mapping[str, Any] | None = None,
    collector: Collector | None = None,
    inspected: Callable[[], None] | None = None,
) -> CheckReport:
    """Do what `write_dataset` does with stock bars that arrive piece by piece.

    `inspected` is called when every table was checked and nothing is in its place yet; what it
    raises leaves an older dataset as it was.
    """
    target = target.resolve()
    check_target(target)
    collector = Collector() if collector is None else collector
    with replacing(target) as scratch:
        writer = _Writer(scratch)
        try:
            inspect(tables, bars, collector, writer.add)
            writer.finish()
            if inspected is not None:
                inspected()
        finally:
            writer.close()
        collector.report().raise_errors(f"nothing written to {target}")
        assumptions = tuple(f.text for f in collector.report() if f.rule == ASSUMED)
        writer.manifest(name, source, assumptions).write(scratch)
        if truth is not None:
            _write_truth(scratch / "truth", truth)
    return collector.report()


def check_target(target: Path) -> None:
    """Refuse to replace anything but an older dataset or an empty folder."""
    if target.is_dir():
        if any(target.iterdir()) and not is_dataset(target):
            raise DataError(
                f"{target}: the folder is not empty and not a QuantHedge dataset; "
                "choose another target or empty it yourself"
            )
    elif target.exists():
        raise DataError(f"{target}: is a file; the target must be a folder")


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
            schema = TABLES[name]
            path = self._folder / f"{name}.parquet"
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
