"""Compare what a thing gives on the true market and on one with another future."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.lookahead.report import Moved

__all__ = ["Part", "first_moved", "frame_parts"]

Array = np.ndarray[Any, Any]


class Part(NamedTuple):
    """One result as an array by day (first axis), with names for its cells.

    Attributes
    ----------
    name
        What it is.
    dates
        Day of each row, datetime64[D] [R].
    values
        [R] or [R, ...]: numbers, flags or texts.
    codes
        Name of each column where the part is by stock.
    settled
        Whether rows of the last day count. False: a run also notes its last day, which the same
        day of a longer run does not have.
    """

    name: str
    dates: Array
    values: Array
    codes: Array | None = None
    settled: bool = True


def first_moved(
    true: Part, other: Part, cut: np.datetime64, alteration: str, tolerance: float
) -> tuple[int, Moved | None]:
    """Return how many cells up to the cut were compared, and the first one that moved."""

    def moved(**cell: Any) -> Moved:
        return Moved(true.name, alteration, str(cut), **cell)

    mine, theirs = _until(true, cut), _until(other, cut)
    if len(mine.dates) != len(theirs.dates) or (mine.dates != theirs.dates).any():
        date = _first_difference(mine.dates, theirs.dates)
        return 0, moved(
            date=date, code="", before=f"{len(mine.dates)} rows", after=f"{len(theirs.dates)} rows"
        )
    if mine.values.shape != theirs.values.shape:
        return 0, moved(
            date=str(cut), code="", before=f"shape {mine.values.shape}",
            after=f"shape {theirs.values.shape}",
        )  # fmt: skip
    different = _different(mine.values, theirs.values, tolerance)
    if not different.any():
        return mine.values.size, None
    cell = tuple(int(axis[0]) for axis in np.nonzero(different))
    code = "" if mine.codes is None or len(cell) < 2 else str(mine.codes[cell[1]])
    return mine.values.size, moved(
        date=str(mine.dates[cell[0]]), code=code, before=_written(mine.values[cell]),
        after=_written(theirs.values[cell]), cells=int(different.sum()),
    )  # fmt: skip


def _until(part: Part, cut: np.datetime64) -> Part:
    keep = part.dates <= cut if part.settled else part.dates < cut
    return part._replace(dates=part.dates[keep], values=part.values[keep])


def _first_difference(mine: Array, theirs: Array) -> str:
    shared = min(len(mine), len(theirs))
    differ = np.flatnonzero(mine[:shared] != theirs[:shared])
    longer = mine if len(mine) > len(theirs) else theirs
    place = int(differ[0]) if len(differ) else shared
    return str(longer[place])


def _different(mine: Array, theirs: Array, tolerance: float) -> Array:
    if mine.dtype.kind in "fc" and theirs.dtype.kind in "fc":
        same = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
        if tolerance > 0:
            with np.errstate(invalid="ignore"):
                # Against the largest of the day: a sum that cancels to nothing keeps its rounding.
                size = np.where(np.isfinite(mine), np.abs(mine), 0.0)
                size = size.reshape(len(size), -1).max(axis=1, initial=0.0)
                scale = tolerance * np.maximum(size, 1e-300)
                same |= np.abs(mine - theirs) <= scale.reshape(-1, *[1] * (mine.ndim - 1))
        return np.asarray(~same)
    return np.asarray(mine != theirs)


def _written(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, (float, np.floating)) else str(value)


def frame_parts(name: str, frame: pd.DataFrame, *, settled: bool = True) -> list[Part]:
    """Return each column of a table with dates (a column or the index) as a part."""
    dates = pd.DatetimeIndex(frame["date"] if "date" in frame.columns else frame.index)
    days = dates.to_numpy().astype("datetime64[D]")
    return [
        Part(f"{name} {column}", days, _plain(frame[column]), settled=settled)
        for column in frame.columns
        if column != "date"
    ]


def _plain(column: pd.Series) -> Array:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64)
    return column.astype(str).to_numpy(dtype=str)
