"""Runs brought out of a store: as a table, as days, as run folders of their own."""

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from quanthedge.batch.store.store import Store
from quanthedge.batch.variant import SERIES
from quanthedge.errors import DataError

__all__ = ["days_table", "export", "table_bytes"]

_LETTERS = 12  # of a key that names a folder


def table_bytes(table: pd.DataFrame, path: Path) -> bytes:
    """Return a table as the CSV or Parquet file that a path's ending asks for.

    In a Parquet file a parameter that is a number in one run and a text in another is a text.

    Raises
    ------
    DataError
        Of another ending.
    """
    ending = path.suffix.lower()
    if ending == ".csv":
        return table.to_csv().encode("utf-8")
    if ending != ".parquet":
        raise DataError(f"{path}: ending {ending!r}; accepted: .csv, .parquet, or a folder's name")
    plain = table.copy()
    for name in plain.columns:
        if plain[name].dtype == object:
            kinds = {type(one) for one in plain[name] if not _is_missing(one)}
            if len(kinds) > 1 and not kinds <= {int, float}:
                texts = [None if _is_missing(one) else str(one) for one in plain[name]]
                plain[name] = pd.array(texts, dtype="string")
    page = io.BytesIO()
    plain.to_parquet(page, compression="zstd")
    return page.getvalue()


def days_table(store: Store, keys: Sequence[str]) -> pd.DataFrame:
    """Return the days of runs below each other: index run and date, columns of ``SERIES``."""
    frames = {key: store.days(key) for key in keys}
    if not frames:
        return pd.DataFrame(columns=list(SERIES))
    return pd.concat(frames, names=["run", "date"])


def export(
    store: Store, keys: Sequence[str], folder: Path, *, overwrite: bool = False
) -> list[Path]:
    """Write whole runs out as run folders: one as ``folder``, several below it by their keys.

    Raises
    ------
    DataError
        A run is not kept whole, or a folder holds another run or something else.
    """
    if len(keys) == 1:
        return [store.result(keys[0]).to_parquet(folder, overwrite=overwrite)]
    return [
        store.result(key).to_parquet(folder / key[:_LETTERS], overwrite=overwrite) for key in keys
    ]


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)  # noqa: PLR0124
