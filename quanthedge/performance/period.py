"""Spells of the calendar that a statement can be of: a month, a quarter, a half-year, a year."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from quanthedge.errors import DataError
from quanthedge.typing import Language
from quanthedge.words import notation

__all__ = ["Period"]

_ACCEPTED = "2015, 2015H1, 2015Q1, 2015-03, 2015-03-31, or two of them as 2015-01..2015-06"
_FORM = re.compile(r"(\d{4})(?:-?(?:([Qq])([1-4])|([Hh])([12]))|-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both included, and how they were asked for.

    >>> Period.of("2015Q1")
    Period(first=datetime.date(2015, 1, 1), last=datetime.date(2015, 3, 31), written='2015Q1')
    >>> Period.of("2015-01..2015-06").name("zh"), Period.of("2015-03").name("en")
    ('2015年1月至2015年6月', 'March 2015')
    """

    first: date
    last: date
    written: str

    @classmethod
    def of(cls, written: str) -> Self:
        """Return the period that is written so.

        Raises
        ------
        DataError
            When it is no period, or ends before it begins.
        """
        text = written.strip()
        parts = [part.strip() for part in text.split("..")]
        if len(parts) > 2:
            raise _refused(written)
        ends = [_days(part, written) for part in parts]
        first, last = ends[0][0], ends[-1][1]
        if first > last:
            raise DataError(f"period {written!r} ends before it begins; accepted: {_ACCEPTED}")
        return cls(first, last, text.replace(" ", "").upper())

    def name(self, language: Language) -> str:
        """Return what it is called in a sentence."""
        parts = self.written.split("..")
        between = "至" if language == "zh" else " to "
        return between.join(_named(part, language) for part in parts)


def _refused(written: str) -> DataError:
    return DataError(f"period {written!r} is not known; accepted: {_ACCEPTED}")


def _days(part: str, written: str) -> tuple[date, date]:
    found = _FORM.fullmatch(part)
    if found is None:
        raise _refused(written)
    year, quarter, half = int(found[1]), found[3], found[5]
    first, months = 1, 12
    if quarter:
        first, months = 3 * int(quarter) - 2, 3
    elif half:
        first, months = 6 * int(half) - 5, 6
    elif found[6]:
        first, months = int(found[6]), 1
    try:
        if found[7]:
            day = date(year, first, int(found[7]))
            return day, day
        end = first + months - 1
        return date(year, first, 1), date(year, end, calendar.monthrange(year, end)[1])
    except (ValueError, IndexError) as error:  # month 13, day 31 of a short month, year 0
        raise _refused(written) from error


def _named(part: str, language: Language) -> str:
    found = _FORM.fullmatch(part)
    if found is None:
        return part
    year = int(found[1])
    if found[3]:
        return notation.quarter(year, int(found[3]), language)
    if found[5]:
        return notation.half_year(year, int(found[5]), language)
    if found[7]:
        return notation.day(date(year, int(found[6]), int(found[7])), language)
    if found[6]:
        return notation.month(date(year, int(found[6]), 1), language)
    return notation.year(year, language)
