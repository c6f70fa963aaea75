"""The files of a store: its mark, and where the days and the folder of each run lie."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from quanthedge.batch.store.rows import sha256
from quanthedge.errors import DataError
from quanthedge.storage import PlainFile, WholeFolder, storage_errors, working
from quanthedge.trials import Catalogue

__all__ = ["RECORD", "RUNS", "SERIES_FILE", "TABLES", "Files", "is_key", "is_table", "place_of"]

MARK = "quanthedge-store.json"
RUNS = "runs"
SERIES_FILE = "series.parquet"
RECORD = "record"
TABLES = "signals"
_TABLE = re.compile(rf"{TABLES}/[0-9a-f]{{16}}\.parquet")
_FORMAT = 1
_KEY = re.compile(r"[0-9a-f]{64}")
_FLUSHED_AT_ONCE = 8  # files that wait for the disk together
_LARGEST = 2**30  # bytes of a series' file
# what may be in a folder that becomes a store: another process may make it one just now
_OURS_BEFORE = {MARK, Catalogue.NAME, f"{Catalogue.NAME}-journal", ".quanthedge", RUNS, TABLES}


def is_key(text: object) -> bool:
    """Return whether a text is the key of a run: 64 hex digits."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def is_table(text: str) -> bool:
    """Return whether a text is the name of a table's file in a store."""
    return _TABLE.fullmatch(text) is not None


def place_of(key: str) -> str:
    """Return the folder of a run below that of all runs, with "/".

    Raises
    ------
    DataError
        The key is none: it may come out of a file, and becomes a path here.
    """
    if not is_key(key):
        raise DataError(f"store: {str(key)[:80]!r} is no key of a run; accepted: 64 hex digits")
    return f"{key[:2]}/{key}"


class Files:
    """Paths of a store, and the files in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, *, make: bool) -> None:
        """See whether the folder is a store; make it one where it is empty and that is asked for.

        Raises
        ------
        DataError
            It is none, or of another format.
        """
        mark = self.folder / MARK
        with storage_errors(self.folder):
            if os.path.lexists(mark):
                self._check_mark(mark)
                WholeFolder(self.folder / RUNS).recover()
                return
            there = set(os.listdir(self.folder)) if self.folder.is_dir() else set()
            if not make or there - _OURS_BEFORE:
                what = "holds other things" if there else "there is nothing"
                raise DataError(
                    f"{self.folder}: is no store of runs ({what}); "
                    + ("choose an empty folder" if make else "`quanthedge sweep --out` makes one")
                )
            with working(self.folder, "store") as work:
                text = json.dumps({"format": _FORMAT, "what": "a store of runs of QuantHedge"})
                new = work.content / MARK
                _written(new, f"{text}\n".encode())
                new.replace(mark)

    def _check_mark(self, mark: Path) -> None:
        try:
            form = PlainFile(mark).json()["format"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(f"{mark}: is damaged; put it back, or choose another folder") from error
        if form != _FORMAT:
            raise DataError(f"{mark}: format {form!r}, this version reads {_FORMAT}")

    def has_runs(self) -> bool:
        """Whether the folder of any run is there."""
        return any(is_key(path.name) for path in (self.folder / RUNS).glob("*/*"))

    def run(self, key: str) -> Path:
        """Return the folder of a run."""
        return self.folder / RUNS / place_of(key)

    def series(self, key: str) -> Path:
        """Return the file of a run's days."""
        return self.run(key) / SERIES_FILE

    def table(self, name: str) -> Path:
        """Return the file of a table of scores or weights that runs have in common.

        Raises
        ------
        DataError
            The name is none: it may come out of a file, and becomes a path here.
        """
        if not is_table(name):
            raise DataError(f"store: {name[:80]!r} is no table of a run")
        return self.folder / name

    def record(self, key: str) -> Path:
        """Return the run folder of a run that is kept whole."""
        return self.run(key) / RECORD

    def read(self, path: Path, digest: str | None) -> bytes:
        """Return a file's bytes when they are those that were written; any, without a digest.

        Raises
        ------
        DataError
            The file is missing, cannot be read, or was changed.
        """
        try:
            if path.stat().st_size > _LARGEST:
                raise DataError(f"{path}: is larger than any series of a run")
            data = PlainFile(path, _LARGEST).content()
        except OSError as error:
            raise DataError(
                f"{path}: cannot be read ({error.strerror}); run it again: "
                "`quanthedge runs check --repair`"
            ) from error
        if digest is not None and sha256(data) != digest:
            raise DataError(
                f"{path}: changed since it was written; its figures are not those of the run: "
                "put the file back as it was, or run it again: `quanthedge runs check --repair`"
            )
        return data

    @contextmanager
    def waiting(self, data: Mapping[str, bytes]) -> Iterator[Callable[[str], None]]:
        """Write files beside their places; yield what moves one into its own, by key or name."""
        if not data:
            yield lambda _key: None
            return
        with working(self.folder, "add") as work:
            if any(not is_key(name) for name in data):
                (work.content / TABLES).mkdir()
            with ThreadPoolExecutor(_FLUSHED_AT_ONCE) as pool:
                list(pool.map(lambda key: _written(work.content / key, data[key]), data))

            def put(name: str) -> None:
                place = self.series(name) if is_key(name) else self.table(name)
                if not is_key(name) and place.exists():
                    return
                place.parent.mkdir(parents=True, exist_ok=True)
                (work.content / name).replace(place)

            yield put


def _written(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
