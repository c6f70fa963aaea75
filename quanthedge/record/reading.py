"""A run folder as it is read: nothing is opened, read or used as a name before it fits."""

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from quanthedge.documents import printable
from quanthedge.errors import DataError, StrategyError
from quanthedge.record.head import FORMAT, RUN_FILE, STATE, TEXTS, RunHead, names_of, variant_file
from quanthedge.record.run import RunVariant
from quanthedge.record.sealed import (
    LARGEST_TEXT,
    bytes_of,
    changed,
    damaged,
    digest_of,
    first_fault,
    json_of,
    own_digest,
)
from quanthedge.record.tables import TABLES, RecordTable, check_table
from quanthedge.strategy import Strategy

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_head", "read_run", "strategy_of"]

_LARGEST_TABLE = 2 * 2**30  # bytes of a table, on disk and in memory
_MOST_ROWS = 200_000_000


def read_run(folder: Path) -> dict[str, Any]:
    """Return the fields of the :class:`Record` that a folder holds.

    Raises
    ------
    DataError
        The folder is no run folder, is damaged or was changed since it was written; names the file.
    """
    head = read_head(folder)
    with ThreadPoolExecutor(1, "tables") as pool:  # read while those before are made frames
        read = {name: pool.submit(_arrow, folder, _file(name), head) for name in TABLES}
        strategy = strategy_of(folder, head)
        frames = {
            name: _checked(folder, _file(name), read.pop(name).result(), table)
            for name, table in TABLES.items()
        }
    for name in TEXTS[1:]:
        _verified(folder, name, head)
    own = {name: _verified(folder, name, head).decode("utf-8") for name in head.request.own_code}
    given = {
        name: _verified(folder, name, head, _LARGEST_TABLE) for name in head.request.own_tables
    }
    _check_days(folder, frames["ledger"], head, "ledger.parquet")
    state, past = _state(folder, head, frames["ledger"])
    plain = head.model_dump(mode="json")
    variants = {
        name: RunVariant(name, _variant_ledger(folder, name, head), plain["variants"][name])
        for name in head.variants
    }
    return {
        **frames,
        "strategy": strategy,
        "market_info": plain["market"],
        "versions": plain["versions"],
        "timeline": plain["timeline"],
        "notes": plain["notes"],
        "variants": variants,
        "request": {k: v for k, v in plain["request"].items() if v is not None},
        "own_code": own,
        "trials": head.trials,
        "own_tables": given,
        "state": state,
        "past": past,
    }


def read_head(folder: Path) -> RunHead:
    """Return what ``run.json`` holds.

    Raises
    ------
    DataError
        There is none, it is of another version, of another shape, or was changed.
    """
    if not os.path.isfile(folder / RUN_FILE):  # False for what no path can be
        raise DataError(
            f"{folder}: not a run folder (no {RUN_FILE}); `quanthedge run --out` makes one"
        )
    document = json_of(folder, RUN_FILE, bytes_of(folder, RUN_FILE, LARGEST_TEXT))
    form = document.get("format")
    if type(form) is int and form != FORMAT:
        raise DataError(
            f"{folder}: run format {form}, this version reads {FORMAT}; run the strategy again"
        )
    try:
        head = RunHead.model_validate(document)
    except (ValidationError, RecursionError) as error:
        raise damaged(folder, f"{RUN_FILE}: {first_fault(error)}") from error
    if head.digest != own_digest(document):
        raise changed(folder, RUN_FILE)
    asked = head.request
    own = (*asked.own_code, *asked.own_tables)
    missing = {*names_of(head.variants), *own} - {RUN_FILE, *head.files}
    if missing:
        raise damaged(folder, f"{RUN_FILE} has no digest of {min(missing)}")
    return head


def _verified(folder: Path, name: str, head: RunHead, largest: int = LARGEST_TEXT) -> bytes:
    """Return a file's bytes when they are those that were written."""
    data = bytes_of(folder, name, largest)
    if digest_of(data) != head.files[name]:
        raise changed(folder, name)
    return data


def strategy_of(folder: Path, head: RunHead) -> Strategy:
    """Return the strategy, checked as one read from a strategy file, every default written out."""
    document = json_of(folder, "strategy.json", _verified(folder, "strategy.json", head))
    try:
        strategy = Strategy.model_validate(document)
    except (ValidationError, StrategyError, RecursionError) as error:
        raise _of_another_version(folder, head, first_fault(error)) from error
    missing = next(iter(_unlike(strategy.model_dump(mode="json"), document)), None)
    if missing is not None:
        raise _of_another_version(folder, head, f"{missing}: not as this version writes it")
    return strategy


def _unlike(plain: Any, document: Any, place: str = "") -> Iterator[str]:
    """Yield the keys that a strategy's file lacks, or in which it has something else."""
    if isinstance(plain, dict) and isinstance(document, dict):
        for key in dict.fromkeys([*plain, *document]):
            inside = f"{place}.{key}" if place else str(key)
            if key in plain and key in document:
                yield from _unlike(plain[key], document[key], inside)
            else:
                yield inside
    elif plain != document or type(plain) is not type(document):
        yield place or "strategy"


def _file(table: str) -> str:
    return f"{table}.parquet"


def _checked(folder: Path, name: str, read: "pa.Table", table: RecordTable) -> pd.DataFrame:
    """Return a table when it has what readers count on."""
    frame = _pandas(folder, name, read)
    try:
        check_table(frame, table, name)
    except DataError as error:
        raise damaged(folder, str(error)) from error
    return frame


def _arrow(folder: Path, name: str, head: RunHead) -> "pa.Table":
    """Return a table as it lies in its file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = _verified(folder, name, head, _LARGEST_TABLE)
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        about = file.metadata
        size = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
        if size > _LARGEST_TABLE or about.num_rows > _MOST_ROWS:
            raise damaged(folder, f"{name}: {about.num_rows:,} rows, {size:,} bytes")
        return file.read(use_threads=False)  # small ones, for the most part
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise damaged(folder, f"{name}: {error}") from error


def _pandas(folder: Path, name: str, table: "pa.Table") -> pd.DataFrame:
    import pyarrow as pa

    try:
        with warnings.catch_warnings():  # pyarrow makes blocks of columns in its own way
            warnings.simplefilter("ignore", DeprecationWarning)
            frame: pd.DataFrame = table.to_pandas()
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise damaged(folder, f"{name}: {error}") from error
    return frame


def _state(
    folder: Path, head: RunHead, ledger: pd.DataFrame
) -> tuple[dict[str, Any] | None, pd.DataFrame | None]:
    """Return the ledger's state and the digests of its past, held to their shape."""
    if STATE[0] not in head.files or STATE[1] not in head.files:
        return None, None
    document = json_of(folder, STATE[0], _verified(folder, STATE[0], head))
    try:
        from quanthedge.record.kept_ledger import check_kept  # its shapes take time to build

        check_kept(document)
    except (ValidationError, RecursionError) as error:
        raise damaged(folder, f"{STATE[0]}: {first_fault(error)}") from error
    past = _pandas(folder, STATE[1], _arrow(folder, STATE[1], head))
    wrong = [
        name for name in past if past[name].dtype.kind != ("f" if name == "book_return" else "u")
    ]
    if wrong or "book_return" not in past or not past.index.equals(ledger.index):
        raise damaged(folder, f"{STATE[1]}: not a digest of each day of the ledger")
    if document["date"] != f"{ledger.index[-1]:%Y-%m-%d}":
        raise damaged(folder, f"{STATE[0]}: of {document['date']}, not of the run's last day")
    return document, past


def _variant_ledger(folder: Path, name: str, head: RunHead) -> pd.DataFrame:
    """Return the ledger of a variant, which is of the run's days as the run's own is."""
    file = variant_file(name)
    ledger = _checked(folder, file, _arrow(folder, file, head), TABLES["ledger"])
    _check_days(folder, ledger, head, file)
    return ledger


def _check_days(folder: Path, ledger: pd.DataFrame, head: RunHead, name: str) -> None:
    """Refuse a ledger of other days than the run's."""
    days = ledger.index
    if len(days) < 2 or f"{days[1]:%Y-%m-%d}" != head.market.start:
        raise damaged(folder, f"{name} does not begin on {head.market.start}")
    if f"{days[-1]:%Y-%m-%d}" > head.market.end:
        raise damaged(folder, f"{name} goes beyond {head.market.end}")


def _of_another_version(folder: Path, head: RunHead, why: str) -> DataError:
    """Return the error for a strategy that is whole and that this version would not write."""
    by = head.versions.get("quanthedge", "an unknown version")
    line = " ".join(why.split())
    return DataError(
        f"{folder}: this version does not take the run's strategy (strategy.json: {line}; written "
        f"by quanthedge {printable(by)}); run the strategy again"
    )
