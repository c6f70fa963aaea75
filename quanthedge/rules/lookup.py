"""Dated look-up: rows of the rule book become arrays over the days of a run, and are remembered."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.documents import asked_day
from quanthedge.errors import DataError, RuleError
from quanthedge.rules.tables import CONFIDENCES, Row, read_table
from quanthedge.typing import Bools, Days, Floats

__all__ = ["RuleReader", "as_days"]

_USED_COLUMNS = ["table", "key", "from", "to", "value", "confidence", "source_ids", "note"]


def as_days(dates: object) -> Days:
    """Return dates as an array of days, [T]; RuleError when they are not dates or not sorted."""
    try:
        plain = isinstance(getattr(dates, "dtype", None), np.dtype)  # others have a time zone
        given = np.asarray(dates) if plain else np.asarray(dates, dtype=object)
        fine = given.dtype.kind == "M" and np.datetime_data(given.dtype)[0] not in "YMW"
        days = given.astype("datetime64[D]") if fine else _asked_days(given)
    except (TypeError, ValueError, DataError) as error:
        raise RuleError(f"dates: {error}") from error
    if days.ndim != 1 or len(days) == 0:
        raise RuleError(f"dates: shape {days.shape}; pass a list of at least one day")
    if np.isnat(days).any() or (days[1:] <= days[:-1]).any():
        raise RuleError("dates: a day is missing, double or out of order; pass them sorted")
    return days


def _asked_days(given: np.ndarray[Any, Any]) -> Days:
    flat = [asked_day(one) for one in given.ravel().tolist()]
    return np.array(flat, dtype="datetime64[D]").reshape(given.shape)


class RuleReader:
    """Reads dated rules into arrays and keeps the rows that were used.

    Parameters
    ----------
    days
        Sorted days of the run, [T].
    accept_confidence
        Confidence letters that may be used.
    folder
        A folder with the user's own tables, or None.
    """

    def __init__(
        self, days: Days, accept_confidence: str = CONFIDENCES, folder: Path | None = None
    ) -> None:
        letters = set(accept_confidence)
        if not letters or not letters <= set(CONFIDENCES):
            raise RuleError(
                f"accept_confidence is {accept_confidence!r}; accepted: letters of {CONFIDENCES}"
            )
        self.days = days
        self.accepted = "".join(sorted(letters))
        self.folder = folder
        self._used: dict[tuple[str, int], dict[str, object]] = {}

    def rows(self, table: str, wanted: Callable[[Row], bool]) -> list[Row]:
        """Return the rows of a table that are wanted, whatever their confidence."""
        return [row for row in read_table(table, self.folder) if wanted(row)]

    def accepts(self, row: Row) -> bool:
        """Say whether a row's confidence is accepted."""
        return row.confidence in self.accepted

    def use(self, row: Row, *columns: str) -> None:
        """Remember that a row was used, with the values of some of its columns."""
        values = ", ".join(f"{name} {row.cells[name] or 'none'}" for name in columns)
        self._used[row.table, row.line] = {
            "table": row.table,
            "key": row.key,
            "from": pd.Timestamp(row.first) if row.first else pd.NaT,
            "to": pd.Timestamp(row.last) if row.last else pd.NaT,
            "value": values,
            "confidence": row.confidence,
            "source_ids": row.cells["source_ids"],
            "note": row.cells["note"],
        }

    def used(self) -> pd.DataFrame:
        """Return the rows that were used, one line each, in the order of the tables."""
        lines = [self._used[place] for place in sorted(self._used)]
        return pd.DataFrame(lines, columns=_USED_COLUMNS)

    def mask(self, row: Row) -> Bools:
        """Return the days on which a row is in force, [T]."""
        inside = np.ones(len(self.days), dtype=np.bool_)
        if row.first is not None:
            inside &= self.days >= np.datetime64(row.first, "D")
        if row.last is not None:
            inside &= self.days <= np.datetime64(row.last, "D")
        return inside

    def series(
        self, rows: Sequence[Row], columns: Sequence[str], needed: Bools | None = None
    ) -> list[Floats]:
        """Return one array [T] for each column, from the row in force on each day.

        Parameters
        ----------
        rows
            Rows of one key; no two are in force on one day.
        columns
            Names of the number columns.
        needed
            Days that must be covered, [T]; None = all. Other days are NaN where no row is.

        Raises
        ------
        RuleError
            A needed day is not covered, or only by a row whose confidence is not accepted.
        """
        arrays = [np.full(len(self.days), np.nan) for _ in columns]
        for row in self.cover(rows, columns, needed):
            for array, column in zip(arrays, columns, strict=True):
                array[self.mask(row)] = row.number(column)
        return arrays

    def cover(
        self, rows: Sequence[Row], columns: Sequence[str], needed: Bools | None = None
    ) -> list[Row]:
        """Return the rows in force on some day, after making sure that they cover all of them.

        Parameters and errors are those of `series`; the cells need not be numbers.
        """
        open_days = np.ones(len(self.days), np.bool_) if needed is None else needed.copy()
        in_force = [row for row in rows if self.mask(row).any()]
        accepted = [row for row in in_force if self.accepts(row)]
        for row in accepted:
            open_days &= ~self.mask(row)
            self.use(row, *columns)
        for row in in_force:
            if row not in accepted:
                self._refuse(row, open_days & self.mask(row), columns)
        if open_days.any():
            raise RuleError(self._uncovered(rows, open_days))
        return accepted

    def forbid_refused(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        """Raise when a row in force during the run has a confidence that is not accepted."""
        for row in rows:
            if not self.accepts(row):
                self._refuse(row, self.mask(row), columns)

    def _refuse(self, row: Row, days: Bools, columns: Sequence[str]) -> None:
        if not days.any():
            return
        values = ", ".join(f"{name} {row.cells[name] or 'none'}" for name in columns)
        raise RuleError(
            f"{row.table}: on {self.days[days][0]} only line {row.line} covers {row.key} "
            f"({row.span}; {values}), and its confidence is {row.confidence} where "
            f"{self.accepted} is accepted; accept it with accept_confidence="
            f"'{''.join(sorted({*self.accepted, row.confidence}))}', choose other dates or pass a "
            f"table of your own in `folder`"
        )

    def _uncovered(self, rows: Sequence[Row], days: Bools) -> str:
        missing = self.days[days]
        what = rows[0].subject if rows else "the rule book"
        return (
            f"{what}: no rule on {missing[0]} ({len(missing)} days of the run); covered: "
            f"{_covered(rows)}; choose dates inside or pass a table of your own in `folder`"
        )


def _covered(rows: Sequence[Row]) -> str:
    """Return the dates that rows cover as text, spans that touch joined."""
    spans: list[tuple[date, date]] = []
    for row in sorted(rows, key=lambda row: row.first or date.min):
        first, last = row.first or date.min, row.last or date.max
        if spans and first - spans[-1][1] == timedelta(days=1):
            first = spans.pop()[0]
        spans.append((first, last))
    texts = [
        f"{'the beginning' if first == date.min else first} to "
        f"{'now' if last == date.max else last}"
        for first, last in spans
    ]
    return ", ".join(texts) or "nothing"
