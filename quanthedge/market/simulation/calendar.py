"""An approximate Chinese trading calendar for any year, and the days that hang on it.

Weekdays without public holidays: New Year, Spring Festival (a week from its eve), Qingming,
Labour Day, Dragon Boat, Mid-Autumn, National Day (a week). Holidays on a Tuesday or Thursday
bridge to the weekend. Lunar dates come from mean new moons, within a day of the real ones; days
that the State Council chose by hand are not known to any formula.
"""

from typing import Any

import numpy as np

from quanthedge.rules import third_friday

__all__ = [
    "DAYS_PER_YEAR",
    "expiry_days",
    "first_on_or_after",
    "reconstitution_days",
    "trading_days",
]

Days = np.ndarray[Any, np.dtype[np.datetime64]]
# Of this calendar (2010 to 2018: 244.7): what settings say of a year is spread over so many days.
# Figures are annualised by quanthedge.rules.TRADING_DAYS_A_YEAR, here as everywhere.
DAYS_PER_YEAR = 244
_NEW_MOON = 10_962.76  # days from 1970-01-01 to the mean new moon of January 2000, UT
_MONTH_DAYS = 29.530588853
_BEIJING = 8 / 24


def trading_days(start: np.datetime64, end: np.datetime64) -> Days:
    """Return the trading days from `start` to `end`, both included.

    >>> trading_days(np.datetime64("2013-01-01"), np.datetime64("2013-01-07"))
    array(['2013-01-02', '2013-01-03', '2013-01-04', '2013-01-07'], dtype='datetime64[D]')
    """
    days = np.arange(start, end + np.timedelta64(1, "D"), dtype="datetime64[D]")
    years = range(_year(start), _year(end) + 1)
    holidays = np.concatenate([_holidays(year) for year in range(years[0] - 1, years[-1] + 2)])
    weekday = (days.astype(np.int64) + 3) % 7 < 5
    kept: Days = days[weekday & ~np.isin(days, holidays)]
    return kept


def expiry_days(calendar: Days) -> dict[str, np.datetime64]:
    """Return the futures' last trading day of each month ("1301") that the calendar reaches."""
    months = np.arange(
        calendar[0].astype("datetime64[M]"), calendar[-1].astype("datetime64[M]") + 1
    )
    days = {}
    for month in months:
        year, number = _year(month), int(month.astype(np.int64)) % 12 + 1
        plain = np.busday_offset(f"{year:04d}-{number:02d}", 2, roll="forward", weekmask="Fri")
        if calendar[0] <= plain <= calendar[-1]:
            day = third_friday(year, number, calendar)
            days[f"{year % 100:02d}{number:02d}"] = day
    return days


def reconstitution_days(calendar: Days) -> list[int]:
    """Return the days on which index members change.

    The first trading day after the second Friday of June and December.
    """
    months = np.unique(calendar.astype("datetime64[M]"))
    chosen = [month for month in months if int(month.astype(np.int64)) % 12 in (5, 11)]
    rows = []
    for month in chosen:
        year, number = _year(month), int(month.astype(np.int64)) % 12 + 1
        friday = np.busday_offset(f"{year:04d}-{number:02d}", 1, roll="forward", weekmask="Fri")
        row = int(np.searchsorted(calendar, friday, side="right"))
        if 0 < row < len(calendar):
            rows.append(row)
    return rows


def first_on_or_after(calendar: Days, year: int, month: int, day: int) -> int:
    """Return the row of the first trading day on or after a date."""
    return int(np.searchsorted(calendar, np.datetime64(f"{year:04d}-{month:02d}-{day:02d}")))


def _year(date: np.datetime64) -> int:
    return int(date.astype("datetime64[Y]").astype(np.int64)) + 1970


def _holidays(year: int) -> Days:
    """Return every day without trading for a holiday of the year (weekends may be among them)."""
    spring = _new_moon(year, "01-21")
    dragon = _new_moon(year, "05-24") + np.timedelta64(4, "D")
    autumn = _new_moon(year, "08-25") + np.timedelta64(14, "D")
    qingming = 4 + (year % 4 == 3) + (year % 4 == 2)
    single = [
        np.datetime64(f"{year}-01-01", "D"),
        np.datetime64(f"{year}-04-{qingming:02d}", "D"),
        np.datetime64(f"{year}-05-01", "D"),
        dragon,
        autumn,
    ]
    weeks = [
        np.arange(spring - 1, spring + 6, dtype="datetime64[D]"),
        np.arange(f"{year}-10-01", f"{year}-10-08", dtype="datetime64[D]"),
    ]
    return np.concatenate([*(_bridged(day) for day in single), *weeks])


def _new_moon(year: int, from_day: str) -> np.datetime64:
    """Return the Beijing date of the first mean new moon on or after a day of the year."""
    earliest = float(np.datetime64(f"{year}-{from_day}", "D").astype(np.int64))
    count = np.ceil((earliest - _BEIJING - _NEW_MOON) / _MONTH_DAYS)
    moon = _NEW_MOON + count * _MONTH_DAYS + _BEIJING
    return np.datetime64(int(np.floor(moon)), "D")


def _bridged(day: np.datetime64) -> Days:
    """Return a one-day holiday with the days that bridge it to the weekend."""
    weekday = (int(day.astype(np.int64)) + 3) % 7
    before = {1: 1}.get(weekday, 0)
    after = {3: 1, 5: 0, 6: 1}.get(weekday, 0)
    first, last = day - np.timedelta64(before, "D"), day + np.timedelta64(after, "D")
    return np.arange(first, last + np.timedelta64(1, "D"), dtype="datetime64[D]")
