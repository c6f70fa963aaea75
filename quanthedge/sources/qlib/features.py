"""Qlib's feature files: one array of float32 per field and code, aligned to the calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quanthedge.errors import DataError
from quanthedge.storage import claim

__all__ = ["Features"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Features:
    """The files `features/<code>/<field>.day.bin`.

    A file holds a place in the calendar (as float32), then one float32 for each trading day from
    there on, NaN where nothing is known.

    Attributes
    ----------
    folder
        `<root>/features`.
    calendar
        Trading days of `calendars/day.txt`, datetime64[D] [T].
    """

    folder: Path
    calendar: Array

    def has(self, name: str, field: str) -> bool:
        """Whether a code has a field."""
        return (self.folder / name / f"{field}.day.bin").is_file()

    def read(self, name: str, field: str) -> Array | None:
        """Return a field of a code as float64 [T], NaN where the file says nothing; None if absent.

        Raises
        ------
        DataError
            The file is cut off, or does not lie within the calendar.
        """
        path = self.folder / name / f"{field}.day.bin"
        if not path.is_file():
            return None
        days = len(self.calendar)
        size = path.stat().st_size
        if size % 4 or size < 4:
            raise DataError(
                f"{path}: {size} bytes; accepted: a start index and values, 4 bytes each (cut off?)"
            )
        if size // 4 - 1 > days:
            raise DataError(
                f"{path}: {size // 4 - 1:,} values, but calendars/day.txt has only {days:,} days"
            )
        claim(path, bytes=size, rows=size // 4)
        try:
            stored = np.fromfile(path, "<f4", size // 4)
        except OSError as problem:
            raise DataError(f"{path}: unreadable ({problem})") from problem
        start, count = float(stored[0]), len(stored) - 1
        if not (start >= 0 and start == int(min(start, days + 1)) and start + count <= days):
            raise DataError(
                f"{path}: begins with {start:g} and holds {count:,} values; accepted: the place of "
                f"its first value in calendars/day.txt, which has {days:,} days"
            )
        values = np.full(days, np.nan)
        with np.errstate(invalid="ignore"):  # a torn file may hold signalling NaNs
            values[int(start) : int(start) + count] = stored[1:]
        return values

    def needed(self, name: str, fields: Sequence[str]) -> dict[str, Array]:
        """Return fields that must be there."""
        values = {field: self.read(name, field) for field in fields}
        missing = [field for field, found in values.items() if found is None]
        if missing:
            raise DataError(
                f"{self.folder / name}: {missing[0]}.day.bin is missing; needed are "
                f"{', '.join(fields)}"
            )
        return {field: found for field, found in values.items() if found is not None}
