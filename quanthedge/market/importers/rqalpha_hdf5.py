"""Read a bundle's HDF5 files in a process of its own, so that a damaged one cannot take us along.

Run as ``python -m quanthedge.market.importers.rqalpha_hdf5 SOURCE TARGET``: writes one Arrow file a
table of plain numbers, in the bundle's own columns. The HDF5 library is C code that reads offsets
from the file; a crash there is a damaged file here.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError

__all__ = ["extracted"]

TABLES = (
    "stocks", "indexes", "futures", "dividends", "split_factor", "ex_cum_factor",
    "st_stock_days", "suspended_days", "yield_curve",
)  # fmt: skip
NEEDED = ("stocks",)
PIECE = 200_000  # rows
MOST_BYTES = 1 << 31  # of one dataset
FAULT = 65  # exit code: the message on the error stream is the fault


def extracted(source: Path, target: Path) -> dict[str, Path]:
    """Return the Arrow files made of a bundle's HDF5 files, by table.

    Raises
    ------
    DataError
        A file is damaged or not what it should be, or the package h5py is not installed.
    """
    command = [sys.executable, "-m", __name__, str(source.resolve()), str(target.resolve())]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode == FAULT:
        raise DataError(process.stderr.strip().splitlines()[-1])
    if process.returncode:
        said = (process.stderr.strip().splitlines() or ["no word"])[-1][:200]
        raise DataError(f"{source}: the HDF5 library failed on a damaged file ({said})")
    return {
        name: target / f"{name}.arrow" for name in TABLES if (target / f"{name}.arrow").exists()
    }


def _extract(source: Path, target: Path) -> None:
    try:
        import h5py
    except ImportError as problem:
        raise DataError(
            "the rqalpha layout needs the package h5py: pip install 'quanthedge[rqalpha]'"
        ) from problem
    for name in TABLES:
        path = source / f"{name}.h5"
        if not path.is_file():
            if name in NEEDED:
                raise DataError(f"{path}: no such file")
            continue
        try:
            with h5py.File(path, "r") as file:
                _write(target / f"{name}.arrow", _pieces(path, file, h5py))
        except DataError:
            raise
        except Exception as problem:
            raise DataError(f"{path}: damaged or no HDF5 file ({problem})") from problem


def _write(path: Path, pieces: Iterator[pa.RecordBatch]) -> None:
    first = next(pieces, None)
    if first is None:
        return
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as file:
        file.write_batch(first)
        for piece in pieces:
            if piece.schema != first.schema:
                raise DataError(f"{path.stem}.h5: its datasets have different columns")
            file.write_batch(piece)


def _pieces(path: Path, file: Any, h5py: Any) -> Iterator[pa.RecordBatch]:
    """Read the datasets in the order of their names; the name is the column `key`."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for key in sorted(file.keys()):
        if not isinstance(file.get(key, getlink=True), h5py.HardLink):
            raise DataError(f"{path}: '{key[:40]}' is a link to elsewhere; refused")
        dataset = file[key]
        if not isinstance(dataset, h5py.Dataset):
            raise DataError(f"{path}: '{key[:40]}' is no dataset")
        waiting.append(_batch(path, key, dataset))
        rows += waiting[-1].num_rows
        if rows >= PIECE:
            yield _joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches).combine_chunks()
    return table.to_batches()[0] if table.num_rows else batches[0]


def _batch(path: Path, key: str, dataset: Any) -> pa.RecordBatch:
    kind = dataset.dtype
    if dataset.ndim != 1 or dataset.size * kind.itemsize > MOST_BYTES:
        raise DataError(f"{path}: '{key[:40]}' has shape {dataset.shape}; accepted: a list of rows")
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
        _extract(Path(sys.argv[1]), Path(sys.argv[2]))
    except DataError as fault:
        print(str(fault).replace("\n", " "), file=sys.stderr)
        sys.exit(FAULT)
