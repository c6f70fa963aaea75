"""Compare what a thing gives on the true market and on one with another future."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.studies.lookahead.report import Moved

__all__ = ["Cut", "Known", "Part", "compare", "frame_parts"]

Array = np.ndarray[Any, Any]
Known = Literal["close", "open", "fill", "never"]
STOCK_FILLS = "stock fills"  # the part by which it is judged whether stocks were filled otherwise


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
        Name of each column where the part is by stock or contract.
    known
        When a row is known: at the "close" of its day, before or at its "open", or once the stocks
        are filled ("fill"). "never": not compared.
    labels
        Name of each column where columns are different things.
    rounding
        Relative difference that counts as none, where sums are made in another order.
    """

    name: str
    dates: Array
    values: Array
    codes: Array | None = None
    known: Known = "close"
    labels: Sequence[str] | None = None
    rounding: float = 0.0


class Cut(NamedTuple):
    """After which day the future was changed, and how.

    ``opened`` is the next day where what is known at its open was left as it was.
    """

    day: np.datetime64
    alteration: str
    opened: np.datetime64 | None = None


def compare(
    true: Sequence[Part], other: Sequence[Part], cut: Cut, tolerance: float
) -> tuple[int, list[Moved]]:
    """Return how many cells were compared, and the first one that moved of each part.

    Where stocks were filled otherwise on the next day, what is decided after these fills is not
    compared.
    """
    theirs = {part.name: part for part in other}
    alike = cut.opened is None or _filled_alike(true, theirs, cut.opened)
    cells, findings = 0, []
    for part in true:
        if part.known == "never":
            continue
        if part.name not in theirs:
            missing = Moved(
                part.name, cut.alteration, str(cut.day), str(cut.day), "", "there", "gone"
            )
            findings.append(missing)
            continue
        last = cut.day
        if cut.opened is not None and (part.known == "open" or (part.known == "fill" and alike)):
            last = cut.opened
        compared, moved = _first_moved(part, theirs[part.name], cut, last, tolerance)
        cells += compared
        if moved is not None:
            findings.append(moved)
    findings += [
        Moved(name, cut.alteration, str(cut.day), str(cut.day), "", "absent", "there")
        for name in sorted(theirs.keys() - {part.name for part in true})
    ]
    return cells, findings


def _filled_alike(true: Sequence[Part], theirs: dict[str, Part], day: np.datetime64) -> bool:
    mine = next((part for part in true if part.name == STOCK_FILLS), None)
    if mine is None or STOCK_FILLS not in theirs:
        return True
    other = theirs[STOCK_FILLS]
    return np.array_equal(mine.values[mine.dates == day], other.values[other.dates == day])


def _first_moved(
    true: Part, other: Part, cut: Cut, last: np.datetime64, tolerance: float
) -> tuple[int, Moved | None]:
    """Return how many cells up to a last day were compared, and the first one that moved."""

    def moved(name: str, **cell: Any) -> Moved:
        return Moved(name, cut.alteration, str(cut.day), **cell)

    true, other = _same_columns(_until(true, last), _until(other, last))
    if len(true.dates) != len(other.dates) or (true.dates != other.dates).any():
        return 0, moved(
            true.name, date=_first_difference(true.dates, other.dates), code="",
            before=f"{len(true.dates)} rows", after=f"{len(other.dates)} rows",
        )  # fmt: skip
    if true.values.shape != other.values.shape:
        return 0, moved(
            true.name, date=str(last), code="", before=f"shape {true.values.shape}",
            after=f"shape {other.values.shape}",
        )  # fmt: skip
    different = _different(true.values, other.values, max(tolerance, true.rounding))
    if not different.any():
        return true.values.size, None
    cell = tuple(int(axis[0]) for axis in np.nonzero(different))
    named = len(cell) > 1
    code = str(true.codes[cell[1]]) if named and true.codes is not None else ""
    label = f" {true.labels[cell[1]]}" if named and true.labels is not None else ""
    return true.values.size, moved(
        true.name + label, date=str(true.dates[cell[0]]), code=code,
        before=_written(true.values[cell]), after=_written(other.values[cell]),
        cells=int(different.sum()),
    )  # fmt: skip


def _until(part: Part, last: np.datetime64) -> Part:
    dates = part.dates
    if len(dates) and (dates[1:] >= dates[:-1]).all():
        keep: Any = slice(0, int(np.searchsorted(dates, last, side="right")))
    else:
        keep = dates <= last
    return part._replace(dates=dates[keep], values=part.values[keep])


def _same_columns(true: Part, other: Part) -> tuple[Part, Part]:
    """Keep the columns that both have, where columns have names: contracts come with the days."""
    if true.codes is None or other.codes is None or np.array_equal(true.codes, other.codes):
        return true, other
    _, mine, theirs = np.intersect1d(true.codes, other.codes, return_indices=True)
    return (
        true._replace(codes=true.codes[mine], values=true.values[:, mine]),
        other._replace(codes=other.codes[theirs], values=other.values[:, theirs]),
    )


def _first_difference(mine: Array, theirs: Array) -> str:
    shared = min(len(mine), len(theirs))
    differ = np.flatnonzero(mine[:shared] != theirs[:shared])
    longer = mine if len(mine) > len(theirs) else theirs
    place = int(differ[0]) if len(differ) else shared
    return str(longer[place])


def _different(mine: Array, theirs: Array, tolerance: float) -> Array:
    if mine.size == 0:
        return np.zeros(mine.shape, dtype=np.bool_)
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
    if mine.dtype.kind == "O" or theirs.dtype.kind == "O":
        return _different_objects(mine, theirs)
    return np.asarray(mine != theirs)


def _different_objects(mine: Array, theirs: Array) -> Array:
    """Compare texts, dates and missing values as they are written."""
    pairs = zip(mine.ravel().tolist(), theirs.ravel().tolist(), strict=True)
    found = np.array([str(one) != str(other) for one, other in pairs], dtype=np.bool_)
    return found.reshape(mine.shape)


def _written(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, (float, np.floating)) else str(value)


def frame_parts(name: str, frame: pd.DataFrame, *, known: Known = "close") -> list[Part]:
    """Return each column of a table with dates (a column or the index) as a part."""
    dates = pd.DatetimeIndex(frame["date"] if "date" in frame.columns else frame.index)
    days = dates.to_numpy().astype("datetime64[D]")
    return [
        Part(f"{name} {column}", days, _plain(frame[column]), known=known)
        for column in frame.columns
        if column != "date"
    ]


def _plain(column: pd.Series) -> Array:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.astype(str).to_numpy(dtype=str)
