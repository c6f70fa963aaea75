"""The open dataset behind a `Market` and its cut versions: files verified, tables read once."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.blocks import Axes, Block
from quanthedge.market.fingerprint import file_xxh3
from quanthedge.market.manifest import Manifest
from quanthedge.market.panels import MEMO, PanelCache, cache_place
from quanthedge.market.schema import TABLES
from quanthedge.market.table_files import TableFile
from quanthedge.storage import PlainFile, working

__all__ = ["Store"]

Array = np.ndarray[Any, Any]


class Store:
    """A dataset whose files were found sound.

    Attributes
    ----------
    path, manifest
        Folder and manifest.
    axes
        The whole calendar and the codes.
    dates, days, first_day
        The days of the stock bars, their number, and the first one's place in the calendar.
    panels
        The cache of panels.
    made, frames
        Arrays and frames derived from the small tables, kept for the next call.
    """

    altered = False  # whether what it gives is other than its files

    def __init__(self, path: Path) -> None:
        self.path = Manifest.folder(path)
        self._version = _version(self.path)
        self.manifest = Manifest.read(self.path)
        self.manifest.verify_files(self.path)
        _verify_contents(self.path, self.manifest)
        self.frames: dict[str, pd.DataFrame] = {}
        self.made: dict[str, Array] = {}
        self._tables: dict[str, pa.Table] = {}
        calendar = self.table("calendar")["date"].to_numpy()
        codes = np.asarray(self.stocks["code"].to_pylist(), dtype=str)
        self.axes = Axes(calendar, codes)
        first, last = _date_range(self.path / "stock_daily.parquet")
        self.first_day = int(np.searchsorted(calendar, first))
        self.dates = calendar[self.first_day : int(np.searchsorted(calendar, last)) + 1]
        self.days = len(self.dates)
        self.panels = PanelCache(
            self.path,
            self.manifest.fingerprint,
            (self.days, len(codes)),
            self.first_day,
            self.blocks,
        )

    @property
    def source(self) -> tuple[Callable[..., "Store"], tuple[Any, ...]]:
        """What makes the same store again, in another process too."""
        return Store, (self.path,)

    def _check_version(self) -> None:
        """Refuse to mix tables of two versions, when the dataset was replaced since it was opened.

        Called after a file was opened: the folder is replaced whole.
        """
        if _version(self.path) != self._version:
            raise DataError(
                f"{self.path}: the dataset was replaced by a newer one since it was opened; "
                "open it again"
            )

    @property
    def stocks(self) -> pa.Table:
        """The table stocks, sorted by code."""
        return self.table("stocks")

    def table(self, name: str) -> pa.Table:
        """Read a small table once; DataError when the dataset has none of that name."""
        if name not in self.manifest.tables:
            raise DataError(
                f"market '{self.manifest.name}' has no table {name}; import a source that has it "
                "(quanthedge import ... --with ...)"
            )
        if name not in self._tables:
            self._tables[name] = TABLES[name].whole(_read(self.path / f"{name}.parquet"))
            self._check_version()
        return self._tables[name]

    def frame(self, name: str) -> pd.DataFrame:
        """Read a small table once as a frame; dates are midnight timestamps."""
        if name not in self.frames:
            frame = self.table(name).to_pandas(date_as_object=False)
            dates = frame.select_dtypes("datetime").columns
            self.frames[name] = frame.astype(dict.fromkeys(dates, "datetime64[s]"))
        return self.frames[name]

    def blocks(self) -> Iterator[Block]:
        """Read the stock bars by row group; every row group holds whole stocks."""
        with TableFile(self.path / "stock_daily.parquet").opened() as file:
            self._check_version()
            for group in range(file.num_row_groups):
                yield Block.of(file.read_row_group(group).combine_chunks(), self.axes)

    @cached_property
    def items(self) -> dict[str, np.datetime64]:
        """Fundamental items with the first day on which any value was known."""
        if "fundamentals" not in self.manifest.tables:
            return {}
        with TableFile(self.path / "fundamentals.parquet").opened() as file:
            groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        names = list(TABLES["fundamentals"].column_names)
        item, known = names.index("item"), names.index("known_date")
        firsts = [
            (group.column(item).statistics.min, group.column(known).statistics.min)
            for group in groups
        ]
        return {name: np.datetime64(first, "D") for name, first in firsts}

    def fundamental_rows(self, item: str) -> pa.Table:
        """Read the rows of one item; they are a row group of their own."""
        group = list(self.items).index(item)
        with TableFile(self.path / "fundamentals.parquet").opened() as file:
            self._check_version()
            return file.read_row_group(group, columns=["code", "known_date", "period_end", "value"])


def _version(path: Path) -> tuple[int, int] | None:
    """Return what tells one version of a dataset's folder from the next."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _read(path: Path) -> pa.Table:
    try:
        return TableFile(path).parquet().combine_chunks()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as problem:
        raise DataError(f"{path}: unreadable ({problem}); import the data again") from problem


def _date_range(path: Path) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and last date of the stock bars from the file's statistics."""
    with TableFile(path).opened() as file:
        metadata = file.metadata
        column = metadata.schema.names.index("date")
        bounds = [
            metadata.row_group(group).column(column).statistics
            for group in range(metadata.num_row_groups)
        ]
    first = min(bound.min for bound in bounds)
    last = max(bound.max for bound in bounds)
    return np.datetime64(first, "D"), np.datetime64(last, "D")


def _verify_contents(path: Path, manifest: Manifest) -> None:
    """Check every byte of the tables at every opening.

    SHA-256 as the manifest says; XXH3, which is ten times as fast, when these bytes were found
    sound before and their XXH3 was written down in the cache.
    """
    names = sorted(manifest.tables)
    with ThreadPoolExecutor(2) as pool:
        sums = list(pool.map(file_xxh3, (path / f"{name}.parquet" for name in names)))
    present = {
        name: [manifest.tables[name].sha256, found] for name, found in zip(names, sums, strict=True)
    }
    if _known_sums(path) == present:
        return
    for name in names:
        if not manifest.tables[name].is_of(path / f"{name}.parquet"):
            raise DataError(
                f"{path / f'{name}.parquet'}: its contents differ from the manifest: the table "
                "was changed or damaged after the import; import the data again"
            )
    memo = cache_place(path) / MEMO
    if not memo.parent.is_symlink():
        with suppress(OSError):
            memo.parent.mkdir(parents=True, exist_ok=True)
            with working(memo.parent, "memo") as work:
                (work.content / MEMO).write_text(json.dumps(present), encoding="utf-8")
                (work.content / MEMO).replace(memo)


def _known_sums(path: Path) -> Any:
    try:
        return PlainFile(cache_place(path) / MEMO).json()
    except (OSError, ValueError):
        return None
