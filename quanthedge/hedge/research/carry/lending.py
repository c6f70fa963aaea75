"""What can be borrowed of a basket, at what fee: the table that the reverse side needs."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.typing import Days, Floats

__all__ = ["Lent", "lent_on"]

_COLUMNS = ("date", "fee", "available", "collateral")


class Lent(NamedTuple):
    """Terms of borrowing the basket by day, [T] each; NaN before the table begins."""

    fee: Floats  # a year, fraction of the value lent
    available: Floats  # yuan
    collateral: Floats  # kept beside the proceeds of the sale, fraction of the value lent


def lent_on(table: pd.DataFrame, dates: Days) -> Lent:
    """Return the terms that were known at the close of each day.

    Parameters
    ----------
    table : DataFrame
        Columns date (from which a row holds, until the next row), fee (a year, fraction of the
        value), available (yuan of the basket), collateral (fraction of the value, beside the
        proceeds of the sale).
    dates : datetime64[D] [T]

    Raises
    ------
    DataError
        When a column is missing, dates are not ascending, or a number is missing or below 0.
    """
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise DataError(f"lending: no column {missing[0]!r}; needed are {', '.join(_COLUMNS)}")
    days = pd.to_datetime(table["date"]).to_numpy().astype("datetime64[D]")
    if not len(days) or np.isnat(days).any() or (days[1:] <= days[:-1]).any():
        raise DataError("lending: accepted: one row or more, with dates ascending, each once")
    place = np.searchsorted(days, dates, side="right") - 1
    return Lent(*(_column(table, name, place) for name in _COLUMNS[1:]))


def _column(table: pd.DataFrame, name: str, place: NDArray[np.intp]) -> Floats:
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~(values >= 0)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DataError(
            f"lending: {name} of row {first} is {table[name].iloc[first]}; accepted: 0 or more"
        )
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
