"""Qlib's point-in-time figures: every value with the day on which it became known.

`financial/<code>/<item>.data` holds records of 20 bytes in the order of the days on which they
became known: day (20140917) and period (201402 for a quarter, 2014 for a year) as uint32, the
value as float64, and the byte at which the next revision of the same period stands. `<item>.index`
holds the first year and, for each of its periods, the byte of the first record. Items end in `_q`
(quarterly) or `_a` (annual) and keep these names.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.market.checks import Collector
from quanthedge.storage import claim

__all__ = ["fundamentals"]

Array = np.ndarray[Any, Any]
RECORD = np.dtype([("date", "<u4"), ("period", "<u4"), ("value", "<f8"), ("next", "<u4")])
NONE = 0xFFFFFFFF
_PER_YEAR = {"_q": 4, "_a": 1}
_LARGEST = 64 << 20  # bytes of one item of one stock; a century of daily revisions is below 1 MB


def fundamentals(folder: Path, collector: Collector) -> pa.Table | None:
    """Return the table fundamentals, None when there is nothing.

    Raises
    ------
    DataError
        A file is cut off, or its days, periods or offsets are impossible.
    """
    if not folder.is_dir():
        return None
    pieces: list[pa.Table] = []
    others: list[str] = []
    for stock in sorted(path for path in folder.iterdir() if path.is_dir()):
        code = _code(stock.name)
        if code is None:
            others.append(stock.name)
            continue
        for path in sorted(stock.glob("*.data")):
            if path.stem[-2:] in _PER_YEAR and len(path.stem) > 2:
                pieces.append(_item(path, code, collector))
            else:
                others.append(f"{stock.name}/{path.name}")
    if others:
        what = "of financial/ are no item of an A share and are left out"
        collector.add("info", "fundamentals", "others", len(others), what, others, unit="name")
    if not pieces:
        return None
    table = pa.concat_tables(pieces)
    what = "read from financial/, revisions kept; items keep their suffix _q or _a"
    collector.add("info", "fundamentals", "point in time", table.num_rows, what, unit="value")
    return table


def _code(name: str) -> str | None:
    try:
        code = Code(name.removeprefix("_qlib_")).stock()
    except DataError:
        return None
    return code if Code(code).is_stock else None


def _item(path: Path, code: str, collector: Collector) -> pa.Table:
    records = _records(path)
    per_year = _PER_YEAR[path.stem[-2:]]
    known = _known_days(path, records)
    ends = _period_ends(path, records, per_year)
    _check_index(path, records, per_year)
    key = known.astype(np.int64) * 1_000_000 + ends.astype(np.int64)
    order = np.argsort(key, kind="stable")
    last = np.ones(len(order), dtype=bool)
    last[:-1] = key[order][1:] != key[order][:-1]
    if not last.all():
        what = "replaced by a later record of the same day and period"
        count = int((~last).sum())
        name = f"{code} {path.stem}"
        collector.add("info", "fundamentals", "same day", count, what, [name], unit="record")
    rows = order[last]
    columns = [
        pa.DictionaryArray.from_arrays(np.zeros(len(rows), np.int32), [word]).cast(pa.string())
        for word in (code, path.stem)
    ]
    columns += [pa.array(known[rows], pa.date32()), pa.array(ends[rows], pa.date32())]
    columns.append(pa.array(records["value"][rows]))
    return pa.table(columns, names=["code", "item", "known_date", "period_end", "value"])


def _records(path: Path) -> Array:
    size = path.stat().st_size if path.is_file() else 0
    if not size or size % RECORD.itemsize or size > _LARGEST:
        raise DataError(
            f"{path}: {size:,} bytes; accepted: records of {RECORD.itemsize} bytes, at most "
            f"{_LARGEST >> 20} MB (cut off?)"
        )
    claim(path, bytes=size, rows=size // RECORD.itemsize)
    try:
        return np.fromfile(path, RECORD)
    except OSError as problem:
        raise DataError(f"{path}: unreadable ({problem})") from problem


def _known_days(path: Path, records: Array) -> Array:
    number = records["date"].astype(np.int64)
    days = _dates(number // 10_000, number // 100 % 100, number % 100)
    wrong = np.flatnonzero(np.isnat(days))
    if len(wrong):
        raise DataError(f"{path}: {number[wrong[0]]} is no day; accepted: 20140917")
    falls = np.flatnonzero(np.diff(days).astype(int) < 0)
    if len(falls):
        raise DataError(
            f"{path}: {days[falls[0] + 1]} stands behind {days[falls[0]]}; Qlib keeps records in "
            "the order of their days"
        )
    return days


def _period_ends(path: Path, records: Array, per_year: int) -> Array:
    period = records["period"].astype(np.int64)
    year, quarter = (period // 100, period % 100) if per_year == 4 else (period, 0 * period + 4)
    fine = (quarter >= 1) & (quarter <= 4)
    month = np.where(fine, quarter, 1) * 3
    first = _dates(year, month, np.ones(len(month), dtype=np.int64))
    wrong = np.flatnonzero(np.isnat(first) | ~fine)
    if len(wrong):
        accepted = "201402 (second quarter)" if per_year == 4 else "2014"
        raise DataError(f"{path}: {period[wrong[0]]} is no period; accepted: {accepted}")
    following: Array = (first.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return following - np.timedelta64(1, "D")


def _dates(year: Array, month: Array, day: Array) -> Array:
    """Return days, NaT where there is no such day between 1900 and 2199."""
    fine = (year >= 1900) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = ((np.where(fine, year, 1970) - 1970) * 12 + np.where(fine, month, 1) - 1).astype(
        "datetime64[M]"
    )
    days = months.astype("datetime64[D]") + (np.where(fine, day, 1) - 1)
    fine &= days.astype("datetime64[M]") == months
    days[~fine] = np.datetime64("NaT")
    return np.asarray(days)


def _check_index(path: Path, records: Array, per_year: int) -> None:
    """Check that the index leads to the first record of each period, and revisions onward."""
    index = path.with_suffix(".index")
    size = index.stat().st_size if index.is_file() else 0
    if size < 4 or size % 4 or size > _LARGEST:
        raise DataError(
            f"{index}: missing or cut off ({size:,} bytes); accepted: the first year and one "
            "offset for each period, 4 bytes each"
        )
    first_year, *offsets = np.fromfile(index, "<u4").astype(np.int64).tolist()
    period = records["period"].astype(np.int64)
    for place, offset in enumerate(offsets):
        if offset == NONE:
            continue
        year, part = first_year + place // per_year, place % per_year + 1
        wanted = year * 100 + part if per_year == 4 else year
        row, rest = divmod(offset, RECORD.itemsize)
        if rest or row >= len(period) or period[row] != wanted:
            raise DataError(
                f"{index}: period {wanted} leads to byte {offset:,} of {path.name}, where no "
                "record of it stands; the two files do not belong together"
            )
    onward = records["next"].astype(np.int64)
    rows = np.flatnonzero(onward != NONE)
    next_row, over = np.divmod(onward[rows], RECORD.itemsize)
    fine = (over == 0) & (next_row < len(period)) & (next_row > rows)
    fine[fine] = period[next_row[fine]] == period[rows[fine]]
    if not fine.all():
        raise DataError(
            f"{path}: the record at byte {rows[int((~fine).argmax())] * RECORD.itemsize:,} names a "
            "revision that is not one of the same period further on"
        )
