"""Read a bundle's HDF5 files in a process of its own, so that a damaged one cannot take us along.

Run as ``python -m quanthedge.sources.rqalpha.hdf5 SOURCE TARGET``: writes one Arrow file a
table of plain numbers, in the bundle's own columns. The HDF5 library is C code that reads offsets
from the file; a crash there is a damaged file here.
"""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError, needs
from quanthedge.storage import Budget, claim

__all__ = ["extracted"]

TABLES = (
    "stocks", "indexes", "futures", "dividends", "split_factor", "ex_cum_factor",
    "st_stock_days", "suspended_days", "yield_curve",
)  # fmt: skip
_NEEDED = ("stocks",)
_PIECE = 200_000  # rows
_GIGABYTE = 1 << 30
_LONGEST_KEY = 64  # bytes: a code; each row carries it
_FAULT = 65  # exit code: the message on the error stream is the fault


@dataclass
class _Seen:
    """What the datasets of a file claim so far."""

    bytes: int = 0
    rows: int = 0


def extracted(source: Path, target: Path) -> dict[str, Path]:
    """Return the Arrow files made of a bundle's HDF5 files, by table.

    Raises
    ------
    DataError
        A file is damaged or not what it should be, or the package h5py is not installed.
    """
    command = [sys.executable, "-m", __name__, str(source.resolve()), str(target.resolve())]
    process = _read_while_we_live(command)
    if process.returncode == _FAULT:
        raise DataError(process.stderr.strip().splitlines()[-1])
    if process.returncode:
        said = (process.stderr.strip().splitlines() or ["no word"])[-1][:200]
        raise DataError(f"{source}: the HDF5 library failed on a damaged file ({said})")
    return {
        name: target / f"{name}.arrow" for name in TABLES if (target / f"{name}.arrow").exists()
    }


def _read_while_we_live(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a reader that holds the other end of a pipe: when we are killed, it sees it close."""
    theirs, ours = os.pipe()
    try:
        return subprocess.run(
            command, stdin=theirs, capture_output=True, encoding="utf-8", errors="replace",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"}, check=False,
        )  # fmt: skip
    finally:
        os.close(theirs)
        os.close(ours)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it ended."""

    def wait() -> None:
        os.read(0, 1)  # not sys.stdin: its lock would be held when we end
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _extract(source: Path, target: Path) -> None:
    with needs("rqalpha"):
        import h5py
    for name in TABLES:
        path = source / f"{name}.h5"
        if not path.is_file():
            if name in _NEEDED:
                raise DataError(f"{path}: no such file")
            continue
        _limit_memory(Budget.now().of_file(path))
        try:
            with h5py.File(path, "r") as file:
                _write(target / f"{name}.arrow", _pieces(path, file, h5py))
        except DataError:
            raise
        except MemoryError as problem:
            raise DataError(f"{path}: needs more memory than there is") from problem
        except Exception as problem:
            if getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise DataError(
                    f"{target}: the disk of temporary files is full, or a file grew beyond what "
                    "the system allows; free some space or set TMPDIR"
                ) from problem
            raise DataError(f"{path}: damaged or no HDF5 file ({problem})") from problem


def _limit_memory(most: int) -> None:
    """Keep the HDF5 library, which unpacks whatever a chunk holds, within the budget.

    Where the system can (not on Windows): three copies of a file's largest content and a gigabyte.
    """
    try:
        import resource

        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = used * resource.getpagesize() + 3 * most + _GIGABYTE
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _write(path: Path, pieces: Iterator[pa.RecordBatch]) -> None:
    first = next(pieces, None)
    if first is None:
        return
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as file:
        file.write_batch(first)
        for piece in pieces:
            file.write_batch(piece)


def _pieces(path: Path, file: Any, h5py: Any) -> Iterator[pa.RecordBatch]:
    """Read the datasets in the order of their names; the name is the column `key`."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    seen = _Seen()
    first: pa.Schema | None = None
    for key in sorted(file.keys()):
        if not isinstance(file.get(key, getlink=True), h5py.HardLink):
            raise DataError(f"{path}: '{key[:40]}' is a link to elsewhere; refused")
        dataset = file[key]
        if not isinstance(dataset, h5py.Dataset):
            raise DataError(f"{path}: '{key[:40]}' is no dataset")
        batch = _batch(path, key, dataset, seen)
        first = batch.schema if first is None else first
        if batch.schema != first:
            raise DataError(
                f"{path}: '{key[:40]}' has other columns than the first of the file "
                f"({_columns_apart(batch.schema, first)}); all must have the same"
            )
        waiting.append(batch)
        rows += waiting[-1].num_rows
        if rows >= _PIECE:
            yield _joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def _columns_apart(own: pa.Schema, first: pa.Schema) -> str:
    """Return in what the columns of a dataset differ from those of the first one."""
    for name in [*first.names, *own.names]:
        if name not in own.names:
            return f"no {name}"
        if name not in first.names:
            return f"{name} too"
        if own.field(name).type != first.field(name).type:
            return f"{name} as {own.field(name).type}, not {first.field(name).type}"
    return "in another order"


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches).combine_chunks()
    return table.to_batches()[0] if table.num_rows else batches[0]


def _batch(path: Path, key: str, dataset: Any, seen: _Seen) -> pa.RecordBatch:
    kind = dataset.dtype
    if dataset.ndim != 1:
        raise DataError(f"{path}: '{key[:40]}' has shape {dataset.shape}; accepted: a list of rows")
    if len(key.encode("utf-8", "surrogatepass")) > _LONGEST_KEY:
        raise DataError(f"{path}: '{key[:40]}...' is no code; accepted: {_LONGEST_KEY} bytes")
    if dataset.is_virtual or dataset.external:
        raise DataError(f"{path}: '{key[:40]}' keeps its values in another file; refused")
    rows = int(dataset.size)
    chunk = dataset.chunks[0] if dataset.chunks else 0  # unpacked whole, also for one row
    seen.rows += rows
    seen.bytes += max(rows, chunk) * (kind.itemsize + _LONGEST_KEY)
    claim(path, bytes=seen.bytes, rows=seen.rows)
    fields = {name: kind.fields[name][0] for name in kind.names} if kind.names else {"value": kind}
    wrong = [name for name, field in fields.items() if field.kind not in "iuf"]
    if wrong:
        raise DataError(
            f"{path}: '{key[:40]}', column {wrong[0]} is {fields[wrong[0]]}; numbers needed"
        )
    values = dataset[:]
    keys = pa.DictionaryArray.from_arrays(np.zeros(len(values), np.int32), [key])
    columns = [pa.array(values[name] if kind.names else values) for name in fields]
    arrays = [keys.cast(pa.string()), *columns]
    return pa.RecordBatch.from_arrays(arrays, names=["key", *fields])


if __name__ == "__main__":
    try:
        _end_with_parent()
        with Budget.now().counted():
            _extract(Path(sys.argv[1]), Path(sys.argv[2]))
    except DataError as fault:
        sys.stderr.write(str(fault).replace("\n", " ") + "\n")
        sys.exit(_FAULT)
