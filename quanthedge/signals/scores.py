"""Scores as plain rows: day, stock, number, and the day on which each became known.

Rows are sorted by day and code in our spelling, numbers that are missing are no rows: a table has
one digest, in whatever shape, order and spelling it was given.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.typing import Days, Floats

__all__ = ["Scores", "sorted_scores"]

Places = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Scores:
    """Rows of a table of scores or weights, sorted by day and code, each pair once.

    Attributes
    ----------
    dates : datetime64[D] [K]
        The day that each row speaks of.
    places : int32 [K]
        Its stock, as a place in ``names``.
    names : str [M]
        Codes as `600519.SH`, sorted; what is no code of a stock stands as it was written.
    values : float64 [K]
        Finite.
    known : datetime64[D] [K] or None
        The day on which each row became known; None: its own day.
    empty : int
        Cells without a number in the table that was given, which are no rows.
    """

    dates: Days
    places: Places
    names: NDArray[np.str_]
    values: Floats
    known: Days | None
    empty: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return (
            f"<Scores: {len(self):,} of {len(self.names):,} codes on "
            f"{len(np.unique(self.dates)):,} days {self.dates[0]} to {self.dates[-1]}>"
        )

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the rows."""
        found = hashlib.sha256("\n".join(self.names.tolist()).encode() + b"\0")
        known = () if self.known is None else (self.known.astype(np.int64),)
        for column in (self.dates.astype(np.int64), self.places, self.values, *known):
            found.update(np.ascontiguousarray(column).tobytes())
        return found.hexdigest()

    def to_parquet(self) -> bytes:
        """Return the rows as a Parquet file: date, code, score and, where it is given, known."""
        columns = {
            "date": pa.array(self.dates, pa.date32()),
            "code": pa.DictionaryArray.from_arrays(
                pa.array(self.places, pa.int32()), pa.array(self.names.tolist(), pa.string())
            ),
            "score": pa.array(self.values, pa.float64()),
        }
        if self.known is not None:
            columns["known"] = pa.array(self.known, pa.date32())
        page = io.BytesIO()
        pq.write_table(pa.table(columns), page, compression="zstd")
        return page.getvalue()


def sorted_scores(
    dates: Days,
    places: Places,
    names: NDArray[np.str_],
    values: Floats,
    known: Days | None,
    where: str,
) -> Scores:
    """Return rows in any order as :class:`Scores`.

    Parameters
    ----------
    dates, places, values, known
        A row each; NaN for a cell without a number.
    names : str [M]
        In any order; two of one spelling are one code.
    where : str
        The table, for messages.

    Raises
    ------
    DataError
        A pair of day and code comes twice, a number is infinite, there is no number at all, or a
        row is known before its day.
    """
    names, same = np.unique(names, return_inverse=True)
    places = same.astype(np.int32)[places]
    order = np.lexsort((places, dates))
    dates, places, values = dates[order], places[order], values[order]
    known = None if known is None else known[order]
    twice = (dates[1:] == dates[:-1]) & (places[1:] == places[:-1])
    if twice.any():
        k = int(twice.argmax())
        raise DataError(
            f"{where}: {int(twice.sum()):,} rows repeat a pair of day and code (first: "
            f"{names[places[k]]} {dates[k]}); accepted: each pair once"
        )
    infinite = np.isinf(values)
    if infinite.any():
        k = int(infinite.argmax())
        raise DataError(
            f"{where}: {int(infinite.sum()):,} values are infinite (first: {names[places[k]]} "
            f"{dates[k]}); accepted: numbers, and NaN for none"
        )
    there = np.isfinite(values)
    if not there.any():
        raise DataError(f"{where}: no number in it ({len(values):,} cells, all NaN)")
    if known is not None:
        known = _checked_known(known, dates, there, names[places], where)
    used, compact = np.unique(places[there], return_inverse=True)
    return Scores(
        dates[there],
        compact.astype(np.int32),
        names[used],
        values[there],
        known,
        int((~there).sum()),
    )


def _checked_known(
    known: Days, dates: Days, there: NDArray[np.bool_], codes: NDArray[np.str_], where: str
) -> Days | None:
    """Return the days on which the rows became known; None where each is the row's own."""
    known, dates, codes = known[there], dates[there], codes[there]
    none = np.isnat(known)
    if none.any():
        k = int(none.argmax())
        raise DataError(
            f"{where}: {int(none.sum()):,} scores have no day on which they became known (first: "
            f"{codes[k]} {dates[k]})"
        )
    early = known < dates
    if early.any():
        k = int(early.argmax())
        raise DataError(
            f"{where}: {int(early.sum()):,} scores are known before their day (first: {codes[k]} "
            f"{dates[k]}, known {known[k]}); date each by the last day that it uses"
        )
    return None if (known == dates).all() else known
