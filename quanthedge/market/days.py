"""Days from whatever a source writes: dates, timestamps, numbers, texts, with or without a zone.

A point in time (a text with an offset, a timestamp stored with a zone, seconds since 1970) is the
day that it was in Shanghai. A time without a zone is taken as Shanghai's.
"""

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError

__all__ = ["EMPTY", "as_dates", "day_of", "shanghai_days"]

Array = np.ndarray[Any, Any]
_SHANGHAI = "Asia/Shanghai"
EMPTY = ["", "NaN", "nan", "NA", "N/A", "null", "None", "NULL", "none"]
_ACCEPTED = "accepted: 20140917, 2014-09-17, a time with its offset (2014-09-17T00:00:00+08:00)"
_TIME = r"(?:[01]\d|2[0-3]):?[0-5]\d(?::?[0-5]\d(?:[.,]\d{1,9})?)?"
_DATE_TEXT = rf"^\s*(\d{{4}})[-/.]?(\d{{2}})[-/.]?(\d{{2}})(?:[ T]?({_TIME}))?\s*$"
_INSTANT = re.compile(
    r"\s*(?P<day>\d{4}[-/.]?\d{2}[-/.]?\d{2})[ T]?(?P<time>" + _TIME + r")\s*"
    r"(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)\s*(?:\[[A-Za-z_/]+\])?\s*",
    re.IGNORECASE,
)
# Seconds, milliseconds, microseconds and nanoseconds since 1970, by the largest value of a column.
_EPOCHS = ((10**9, 10**10, "s"), (10**12, 10**13, "ms"), (10**15, 10**16, "us"),
          (10**18, 9 * 10**18, "ns"))  # fmt: skip
_EPOCH_FROM = date(1980, 1, 1)
_UTC_MIDNIGHT = "160000"  # when Shanghai's day begins, as UTC writes it
_UTC_SUMMER = "150000"  # the same with the summer time of 1986 to 1991


def as_dates(column: pa.Array, where: str) -> pa.Array:
    """Return dates from dates, timestamps, 20140917 (also with time 000000), epochs or texts.

    Parameters
    ----------
    column
        Dates, timestamps (with a zone: the day in Shanghai), whole numbers or texts.
    where
        File and column, for the message.

    Returns
    -------
    date32
        Nulls stay null. A time of day is dropped: daily data only.

    Raises
    ------
    DataError
        A cell is no date; or the times of a column without a zone are 16:00 and nothing else but
        midnight or 15:00 (in the summers of 1986 to 1991), which is midnight in Shanghai as UTC
        writes it, so that days would be the ones before.
    """
    kind = column.type
    if pa.types.is_date(kind):
        return pc.cast(column, pa.date32(), safe=False)
    if pa.types.is_timestamp(kind):
        return _of_timestamps(column, where)
    if pa.types.is_null(kind):
        return column.cast(pa.date32())
    if pa.types.is_floating(kind):
        column = _whole(column, where)
        kind = column.type
    if pa.types.is_integer(kind):
        return _from_numbers(column.cast(pa.int64()), where)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise DataError(f"{where}: is {kind}; {_ACCEPTED}")
    return _of_texts(column, where)


def shanghai_days(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the days in Shanghai of timestamps that are stored with a zone."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    blank = np.asarray(column.is_null())
    instants = pc.cast(column, pa.timestamp(column.type.unit, "UTC")).cast(
        pa.timestamp(column.type.unit)
    )
    stamps = pd.DatetimeIndex(instants.to_numpy(zero_copy_only=False), tz="UTC")
    local = stamps.tz_convert(_SHANGHAI).tz_localize(None).to_numpy().astype("datetime64[D]")
    return pa.array(local, pa.date32(), mask=blank)


def day_of(moment: datetime) -> date:
    """Return a moment's day in Shanghai; one without a zone is taken as Shanghai's.

    >>> day_of(datetime.fromisoformat("2014-01-01T16:00:00+00:00"))
    datetime.date(2014, 1, 2)
    """
    if moment.tzinfo is None:
        return moment.date()
    return moment.astimezone(ZoneInfo(_SHANGHAI)).date()


def _of_timestamps(column: pa.Array, where: str) -> pa.Array:
    if column.type.tz is not None:
        return shanghai_days(column)
    hours = pc.unique(pc.drop_null(column.cast(pa.timestamp("s"), safe=False)).cast(
        pa.time32("s"), safe=False))  # fmt: skip
    _refuse_utc({f"{hour:%H%M%S}" for hour in hours.to_pylist()}, where)
    return pc.cast(column, pa.date32(), safe=False)


def _refuse_utc(times: set[str], where: str) -> None:
    """Refuse a column whose times of day, as HHMMSS, are those of midnight in UTC's writing."""
    if _UTC_MIDNIGHT in times and times <= {_UTC_MIDNIGHT, _UTC_SUMMER, "000000"}:
        raise DataError(
            f"{where}: times of day are 16:00, which is midnight in Shanghai as UTC writes it; "
            "give the zone with the times, or the days alone"
        )


def _whole(column: pa.Array, where: str) -> pa.Array:
    if pc.any(pc.greater(pc.abs(column), 9e18)).as_py():  # also where it is infinite
        largest = pc.max(pc.abs(column)).as_py()
        raise DataError(f"{where}: {largest:g} is no date; {_ACCEPTED}")
    whole = pc.floor(column)
    fine = pc.or_kleene(pc.equal(whole, column), pc.or_(pc.is_null(column), pc.is_nan(column)))
    if not pc.all(fine, min_count=0).as_py():
        raise DataError(f"{where}: fractions are no dates; {_ACCEPTED}")
    return pc.if_else(pc.is_nan(column), None, column).cast(pa.int64())


def _of_texts(column: pa.Array, where: str) -> pa.Array:
    coded = column.dictionary_encode()
    words = coded.dictionary
    empty = pc.is_in(pc.utf8_trim_whitespace(words), pa.array([*EMPTY, "NaT"]))
    plain = pc.replace_substring_regex(words, _DATE_TEXT, r"\1\2\3")
    fine = pc.or_(pc.match_substring_regex(plain, r"^\d{8}$"), empty)
    if pc.all(fine, min_count=0).as_py():
        _refuse_utc(_times_of(words.to_pylist()), where)
        numbers = pc.if_else(empty, None, plain).cast(pa.int64())
        try:
            return _from_numbers(numbers, where).take(coded.indices)
        except DataError:  # the loop below names the text as it stands
            pass
    elif pc.all(pc.or_(pc.match_substring_regex(words, r"^\s*\d{9,19}\s*$"), empty)).as_py():
        numbers = pc.if_else(empty, None, pc.utf8_trim_whitespace(words)).cast(pa.int64())
        return _from_numbers(numbers, where).take(coded.indices)
    _refuse_utc(_times_of(words.to_pylist()), where)
    days = [_day_of_text(word, where) for word in words.to_pylist()]
    return pa.array(days, pa.date32()).take(coded.indices)


def _times_of(words: list[str | None]) -> set[str]:
    """Return the times of day, as HHMMSS, of texts without a zone; without one it is midnight."""
    found = (re.fullmatch(_DATE_TEXT, word or "") for word in words)
    times = {re.sub(r"\D", "", match[4] or "") for match in found if match}
    return {f"{time}000000"[:6] + time[6:].rstrip("0") for time in times}


def _day_of_text(word: str | None, where: str) -> date | None:
    """Return the day of one text, an instant or a plain date."""
    if word is None or word.strip() in (*EMPTY, "NaT"):
        return None
    plain = re.fullmatch(_DATE_TEXT, word)
    instant = _INSTANT.fullmatch(word)
    try:
        if plain:
            return date(*(int(part) for part in plain.groups()[:3]))
        if instant:
            day = re.sub(r"[-/.]", "", instant["day"])
            zone = "+00:00" if instant["zone"].upper() in ("Z", "UTC", "GMT") else instant["zone"]
            time = instant["time"].replace(",", ".")
            return day_of(datetime.fromisoformat(f"{day}T{time}{zone}"))
    except ValueError:
        pass
    raise DataError(f"{where}: {word[:40]!r} is no date; {_ACCEPTED}")


def _from_numbers(column: pa.Array, where: str) -> pa.Array:
    blank = np.asarray(column.is_null())
    number = column.fill_null(19000101).to_numpy()
    unit = _epoch_unit(number[~blank])
    if unit is not None:
        return _from_epochs(number, blank, unit, where)
    timed = (number >= 10**13) & (number < 10**14)
    times = np.where(timed, number % 1_000_000, 0)[~blank]
    _refuse_utc({f"{time:06d}" for time in np.unique(times).tolist()}, where)
    number = np.where(timed, number // 1_000_000, number)
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    fine = (year >= 1900) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = ((np.where(fine, year, 1970) - 1970) * 12 + np.where(fine, month, 1) - 1).astype(
        "datetime64[M]"
    )
    dates = months.astype("datetime64[D]") + (np.where(fine, day, 1) - 1)
    fine &= dates.astype("datetime64[M]") == months
    if not fine.all():
        wrong = number[int((~fine).argmax())]
        raise DataError(f"{where}: {wrong} is no date; {_ACCEPTED}")
    return pa.array(dates, pa.date32(), mask=blank)


def _epoch_unit(numbers: Array) -> str | None:
    """Return the unit of a column of moments since 1970, told by its largest; None for days."""
    largest = int(numbers.max(initial=0))
    return next((unit for low, high, unit in _EPOCHS if low <= largest < high), None)


def _from_epochs(number: Array, blank: Array, unit: str, where: str) -> pa.Array:
    moments = pa.array(number, pa.int64(), mask=blank).cast(pa.timestamp(unit, "UTC"))
    days = shanghai_days(moments)
    early = np.asarray(pc.fill_null(pc.less(days, pa.scalar(_EPOCH_FROM)), False))
    if early.any():
        wrong = number[int(early.argmax())]
        raise DataError(
            f"{where}: {wrong} stands among moments counted from 1970 and is before "
            f"{_EPOCH_FROM}; {_ACCEPTED}"
        )
    return days
