"""Open the file of a table: Parquet, Feather, CSV, or a pickle of a table or of plain data.

Nothing that is read becomes code. A pickle is a program, and is not run: see
:mod:`quanthedge.signals.pickled`.
"""

import gzip
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from quanthedge.documents import printable
from quanthedge.errors import DataError
from quanthedge.market import TableFile
from quanthedge.storage import claim

__all__ = ["read_table"]

_PIECE = 2**24  # bytes that are unpacked at once
_PICKLES = (".pkl", ".pickle", ".pk", ".p")
_ACCEPTED = "accepted: .parquet, .feather, .csv (also .csv.gz), .pkl of a table"


def read_table(path: Path) -> pd.DataFrame:
    """Return a file as a frame, its columns as they stand there.

    Raises
    ------
    DataError
        There is no such file, it is of no kind that is read, or it is damaged.
    """
    ending = path.suffix.lower()
    if not path.is_file():
        raise DataError(f"{printable(path)}: no such file")
    if ending in _PICKLES:
        return _of_pickle(path)
    if ending not in (".parquet", ".feather", ".csv", ".gz"):
        raise DataError(f"{printable(path)}: {_ACCEPTED}")
    try:
        if ending in (".parquet", ".feather"):
            file = TableFile(path)
            table = file.parquet() if ending == ".parquet" else file.feather()
            frame: pd.DataFrame = table.to_pandas(date_as_object=False)
            return frame
        return _of_csv(path)
    except DataError:
        raise
    except (OSError, ValueError, TypeError, pa.ArrowException) as problem:
        line = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise DataError(f"{printable(path)}: cannot be read ({line})") from problem


def _of_csv(path: Path) -> pd.DataFrame:
    claim(path, bytes=path.stat().st_size)
    text = _unpacked(path) if path.suffix.lower() == ".gz" else path.read_bytes()
    head = pd.read_csv(io.BytesIO(text), header=None, nrows=1, dtype=str)
    names = [str(name).strip() for name in head.iloc[0].tolist()]
    named = [name for name in names if name not in ("", "nan")]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{printable(path)}: the column {printable(twice)!r} comes twice")
    return pd.read_csv(io.BytesIO(text), low_memory=False)


def _unpacked(path: Path) -> bytes:
    """Return what a compressed file holds; one that claims more than the budget is not unpacked."""
    found = bytearray()
    with gzip.open(path) as file:
        while piece := file.read(_PIECE):
            found += piece
            claim(path, bytes=len(found))
    return bytes(found)


def _of_pickle(path: Path) -> pd.DataFrame:
    """Return a pickled table, the rows of a list of dictionaries, or the columns of one."""
    from quanthedge.signals.pickled import read_pickled

    try:
        found = read_pickled(path)
    except DataError as problem:
        raise DataError(
            f"{problem}; write the frame as Parquet once, where it was made: "
            f"frame.to_parquet('{path.stem}.parquet')"
        ) from problem
    try:
        return _frame(found)
    except (ValueError, TypeError, AttributeError) as problem:
        raise DataError(
            f"{printable(path)}: a pickled {type(found).__name__} that is no table; accepted: a "
            "list of rows as dictionaries, or a dictionary of columns"
        ) from problem


def _frame(found: Any) -> pd.DataFrame:
    if isinstance(found, pd.Series):
        return found.to_frame(found.name if isinstance(found.name, str) else "score")
    if isinstance(found, pd.DataFrame):
        return found
    if isinstance(found, dict):
        return pd.DataFrame({str(name): column for name, column in found.items()})
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        return pd.DataFrame(found)
    raise TypeError(type(found).__name__)
