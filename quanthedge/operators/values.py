"""What operators take and give back: arrays by day and stock, or tables of dates x codes."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError, StrategyError
from quanthedge.typing import Bools, Floats, Ints

__all__ = [
    "RowsAsked",
    "Taken",
    "Values",
    "beside",
    "choose_rows",
    "least_known",
    "read_only",
    "same_labels",
    "series_by_row",
    "take",
    "universe_of",
    "whole_number",
]

Values = TypeVar("Values", NDArray[np.float64], NDArray[np.float32], pd.DataFrame)
RowsAsked = Sequence[int] | Ints | None

_PIECE = 65_536  # numbers that are looked at together


class Taken(NamedTuple):
    """Values [T, N] as float64, and the way back to the kind they came in."""

    array: Floats
    back: Callable[[Floats, Ints | None], Any]  # result, and the rows it has of the values


def take(values: Any, name: str) -> Taken:
    """Return values as float64 [T, N].

    Raises
    ------
    DataError
        No array or table with two axes, no numbers, an infinity, dates out of order.
    """
    if isinstance(values, pd.DataFrame):
        index = values.index
        if isinstance(index, pd.DatetimeIndex) and not index.is_monotonic_increasing:
            raise DataError(f"{name}: its dates are not in order; sort_index() puts them so")
        kinds = {str(kind) for kind in values.dtypes}
        raw = values.to_numpy()
        _refuse_others(raw, name, ", ".join(sorted(kinds)))
        narrow = kinds == {"float32"}

        def frame(found: Floats, rows: Ints | None) -> pd.DataFrame:
            days = index if rows is None else index[rows]
            kept = found.astype(np.float32) if narrow else found
            return pd.DataFrame(kept, index=days, columns=values.columns)

        return Taken(_floats(raw, name), frame)
    if not isinstance(values, np.ndarray):
        raise DataError(
            f"{name} is a {type(values).__name__}; accepted: an array [days, stocks] or a "
            "DataFrame of dates x codes"
        )
    _refuse_others(values, name, str(values.dtype))
    single = values.dtype == np.float32
    return Taken(
        _floats(values, name), lambda found, _: found.astype(np.float32) if single else found
    )


def _refuse_others(raw: NDArray[Any], name: str, kind: str) -> None:
    if raw.dtype.kind not in "fiub":
        raise DataError(f"{name} has numbers of dtype {kind}; accepted: floats, integers, booleans")
    if raw.ndim != 2:
        raise DataError(f"{name} has the shape {raw.shape}; accepted: two axes, days x stocks")


def _floats(raw: NDArray[Any], name: str) -> Floats:
    array = np.ascontiguousarray(np.asarray(raw), dtype=np.float64)
    if raw.dtype.kind == "f" and _has_infinity(array):
        bad = np.isinf(array)
        day, stock = np.argwhere(bad)[0]
        raise DataError(
            f"{name}: {int(bad.sum()):,} infinities (first: row {day}, column {stock}); NaN says "
            "that there is no observation"
        )
    return read_only(array)


def _has_infinity(array: Floats) -> bool:
    """Return whether an array [T, N] has one; looked through in pieces that a cache holds."""
    step = max(1, _PIECE // max(1, array.shape[1]))
    pieces = (array[begin : begin + step] for begin in range(0, len(array), step))
    return any(bool(np.isinf(piece).any()) for piece in pieces)


def read_only(array: Floats) -> Floats:
    """Return a view that cannot be written to: kernels are compiled for these, once."""
    view = array.view()
    view.flags.writeable = False
    return view


def beside(other: Any, first: Any, name: str, first_name: str) -> Floats:
    """Return a second array of the same shape; a table must have the first's dates and codes."""
    same_labels(other, first, name, first_name)
    array = take(other, name).array
    if array.shape != np.shape(first):
        raise DataError(
            f"{name} has the shape {array.shape}, {first_name} {np.shape(first)}; they must agree"
        )
    return array


def same_labels(other: Any, first: Any, name: str, first_name: str) -> None:
    """Refuse two tables of other dates or codes: their columns would be taken for one another."""
    if isinstance(other, pd.DataFrame) and isinstance(first, pd.DataFrame):
        same = other.index.equals(first.index) and other.columns.equals(first.columns)
        if not same:
            raise DataError(
                f"{name} and {first_name} differ in dates or codes; reindex one of them"
            )


def choose_rows(rows: RowsAsked, days: int) -> tuple[Ints, Ints | None, Ints | None]:
    """Return the days to compute, ascending and distinct, and which of them each asked row is.

    The second is nothing where the rows asked for are ascending and distinct themselves.

    Raises
    ------
    StrategyError
        A row is no day of the values: a negative one would be a day of the future.
    """
    if rows is None:
        return np.arange(days), None, None
    raw = np.asarray(rows)
    if raw.size == 0:
        raw = raw.astype(np.int64)
    if raw.ndim != 1 or raw.dtype.kind not in "iu":
        raise StrategyError("rows: accepted: whole numbers, places in the axis of days")
    asked = raw.astype(np.int64)
    if asked.size and (asked.min() < 0 or asked.max() >= days):
        raise StrategyError(
            f"rows {asked.min()}..{asked.max()} reach outside the days, which are 0..{days - 1}"
        )
    if (asked[1:] > asked[:-1]).all():
        return asked, None, asked
    distinct, place = np.unique(asked, return_inverse=True)
    return distinct, place, asked


def whole_number(value: Any, name: str, least: int) -> int:
    """Return a parameter that has to be a whole number of at least so much."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise StrategyError(f"{name} {value!r}; accepted: a whole number, {least} or more")
    return int(value)


def least_known(window: int, min_share: float, fewest: int) -> int:
    """Return how many days of a window must be numbers."""
    if not 0.0 < min_share <= 1.0:
        raise StrategyError(f"min_share {min_share!r}; accepted: above 0, at most 1")
    return max(fewest, int(np.ceil(min_share * window - 1e-9)))


def series_by_row(found: Floats, first: Any) -> Any:
    """Return one number a row: a Series by date where the values came as a table."""
    return pd.Series(found, index=first.index) if isinstance(first, pd.DataFrame) else found


def universe_of(where: Any, first: Any) -> Bools | None:
    """Return the mask of a universe, [R, N]; None stays None."""
    if where is None:
        return None
    same_labels(where, first, "where", "x")
    mask = np.asarray(where)
    if mask.dtype != np.bool_ or mask.shape != np.shape(first):
        raise DataError(
            f"where: {mask.dtype} {mask.shape}; accepted: booleans of the shape {np.shape(first)}"
        )
    return mask
