"""Runs that are kept whole, with their run folder; and what a result is as an entry of a store."""

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from quanthedge.batch.store.files import RECORD, Files
from quanthedge.batch.store.rows import Entry, read_series, sha256
from quanthedge.batch.variant import SERIES, Outcome, Variant
from quanthedge.errors import DataError
from quanthedge.record import Record, RunFolder, wanted
from quanthedge.storage import PlainFile, storage_errors, working
from quanthedge.trials import Catalogue, digest

if TYPE_CHECKING:
    from quanthedge.backtesting import Result

__all__ = ["entry_of", "keep", "key_of", "open_whole", "series_of"]

_LARGEST = 64 << 20  # bytes of a run.json
_LOG = logging.getLogger(__name__)


def key_of(run: Record) -> str:
    """Return what identifies a run: the digest of :func:`quanthedge.backtesting.asked`."""
    return digest(wanted(run.strategy, dict(run.market_info), run.versions, dict(run.request)))


def series_of(run: Record) -> pd.DataFrame:
    """Return the daily columns that a store keeps of a run."""
    return run.ledger[list(SERIES)]


def entry_of(result: "Result", *, label: str = "", sweep: str = "", seconds: float) -> Entry:
    """Return a result as an entry: its figures are the numbers of its summary."""
    key, info = key_of(result), result.market_info
    figures = {
        one.key: math.nan if one.value is None else float(one.value)
        for one in result.summary()
        if one.unit != "date" and (one.value is None or isinstance(one.value, int | float))
    }
    variant = Variant(0, {}, result.strategy, info["start"], info["end"], key)
    outcome = Outcome(0, key, figures, series_of(result), None, seconds)
    return Entry(variant, outcome, dict(info), sweep, label)


def keep(catalogue: Catalogue, files: Files, key: str, result: "Result") -> Path:
    """Keep the run folder of a run that the store knows; return where it is.

    Raises
    ------
    DataError
        The store does not know the run, or the result is of another one.
    """
    place = files.record(key)
    if key_of(result) != key:
        raise DataError(
            f"{files.folder}: the result given to keep is of another run than {key[:8]}"
        )
    with catalogue.reading() as connection:
        _done(connection, files.folder, key)
        known = connection.execute("SELECT record FROM runs WHERE key = ?", (key,)).fetchone()[0]
    if known is not None and _is_as_kept(place, known):
        return place
    with storage_errors(files.folder), working(files.folder, "keep") as work:
        new = work.content / RECORD
        result.to_parquet(new)
        with catalogue.writing() as connection:
            known = _done(connection, files.folder, key)
            data = files.read(files.series(key), known)
            if not read_series(data, SERIES).equals(series_of(result)):
                _LOG.warning("run %s: its folder has other days than the store has of it", key)
            if place.is_dir():  # damaged, or left by a process that was killed
                result.to_parquet(place, overwrite=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                new.replace(place)
            mark = sha256((place / RunFolder.HEAD).read_bytes())
            connection.execute("UPDATE runs SET record = ? WHERE key = ?", (mark, key))
    return place


def open_whole(catalogue: Catalogue, files: Files, key: str) -> "Result":
    """Return the result of a run that is kept whole.

    Raises
    ------
    DataError
        Only its days are kept, or its folder is damaged or not the one that was kept.
    """
    from quanthedge.backtesting import Result

    with catalogue.reading() as connection:
        _done(connection, files.folder, key)
        found = connection.execute("SELECT record FROM runs WHERE key = ?", (key,)).fetchone()[0]
    if found is None:
        raise DataError(
            f"run {key[:8]}: the store has its days only, no run folder; "
            f"`quanthedge reproduce {key[:8]} --keep` runs it again and keeps it whole"
        )
    place = files.record(key)
    check_whole(place, found)
    return Result.open(place)


def _is_as_kept(place: Path, digest: str) -> bool:
    try:
        check_whole(place, digest)
    except DataError:
        return False
    return True


def check_whole(place: Path, digest: str) -> None:
    """Refuse a run folder whose ``run.json`` is not the one that was kept."""
    try:
        data = PlainFile(place / RunFolder.HEAD, _LARGEST).content()
    except OSError as error:
        raise DataError(f"{place / RunFolder.HEAD}: cannot be read ({error.strerror})") from error
    if sha256(data) != digest:
        raise DataError(f"{place / RunFolder.HEAD}: changed since it was kept")


def _done(connection: Any, folder: Path, key: str) -> str:
    """Return the digest of the days of a run that is done."""
    query = "SELECT series FROM runs WHERE key = ? AND status = 'done'"
    found = connection.execute(query, (key,)).fetchone()
    if found is None:
        raise DataError(f"{folder}: no run {key!r} that is done")
    return str(found[0])
