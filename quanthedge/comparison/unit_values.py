"""Unit values of a product, from a CSV file in the usual spellings or from Python."""

import datetime
import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.documents import read_cells
from quanthedge.errors import DataError

__all__ = ["read_unit_values", "unit_values"]

_DATE_COLUMNS = ("date", "日期", "净值日期")
VALUE_COLUMNS = (
    "value", "nav", "unit_value", "cumulative_nav", "净值", "单位净值", "累计净值", "累计单位净值",
    "复权净值", "复权单位净值",
)  # fmt: skip
_DAY = re.compile(
    r"(?P<y>\d{4})(?P<s>[-/.年])(?P<m>\d{1,2})(?:(?P=s)|月)(?P<d>\d{1,2})日?"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_ACCEPTED = "2015-01-31, 2015/1/31, 2015.01.31, 20150131, 2015年1月31日"


def read_unit_values(path: str | Path) -> pd.Series:
    r"""Return unit values from a CSV file, by date, ascending.

    The file has a column of dates (``date``, ``日期``, ``净值日期``) and one of values (``value``,
    ``nav``, ``净值``, ``单位净值``, ``累计净值``, ``复权净值`` ..); others are left. Lines may
    come in any order; a line that repeats another is taken once. For a fund that paid distributions
    give the cumulative or adjusted value.

    Raises
    ------
    DataError
        Naming file, line and column: no such column or two of them, a date or value that cannot be
        read, one date with two values, a value that is not above 0.

    Examples
    --------
    >>> import quanthedge as qh
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "fund.csv"
    >>> _ = path.write_text("date,unit_value\n2014-12-31,1.0000\n2015-01-30,1.0120\n")
    >>> qh.read_unit_values(path).tolist()
    [1.0, 1.012]
    """
    path = Path(path)
    table = read_cells(path, "unit values")
    dates = _column(path, table, _DATE_COLUMNS, "dates")
    values = _column(path, table, VALUE_COLUMNS, "unit values")
    lines = zip(table.index, table[dates], table[values], strict=True)
    return _series(
        path.stem,
        str(path),
        [
            (f"{path}, line {line}, column ", dates, day, values, text)
            for line, day, text in lines
            if str(day).strip() or str(text).strip()  # other columns may go on below
        ],
    )


def unit_values(title: str, given: object) -> tuple[pd.Series, int]:
    """Return unit values that were given in Python, checked as those of a file are.

    Parameters
    ----------
    title : str
        For messages.
    given : Series, table of one column, or mapping
        Values by date: days, times (read as their day; with a time zone as the day in Shanghai), or
        texts as in a file.

    Returns
    -------
    values : Series
        By date, ascending.
    unknown : int
        Dates without a value, which were left out.

    Raises
    ------
    DataError
        When it is something else, a date or value cannot be read, one date has two values, or a
        value is not above 0.
    """
    series = _as_series(title, given)
    dates = _days_in_shanghai(series.index)
    known = series.notna().to_numpy()
    if _is_plain(series[known], dates[known]):
        days = pd.DatetimeIndex(dates[known], name="date")
        plain = pd.Series(series[known].to_numpy(), days, name=title)
        return plain.sort_index(), int((~known).sum())
    rows = [
        (f"comparison: {title}, ", "date", day, "value of {date}", value)
        for day, value in zip(dates[known], series[known].tolist(), strict=True)
    ]
    return _series(title, f"comparison: {title}", rows), int((~known).sum())


def _is_plain(values: pd.Series, days: pd.Index) -> bool:
    """Return whether nothing has to be read or checked one by one: different days, numbers."""
    if not (isinstance(days, pd.DatetimeIndex) and values.dtype == np.float64):
        return False
    numbers = values.to_numpy()
    return bool(
        len(days) and days.is_unique and not days.hasnans
        and np.isfinite(numbers).all() and (numbers > 0.0).all()
    )  # fmt: skip


def _as_series(title: str, given: object) -> pd.Series:
    if isinstance(given, pd.DataFrame) and given.shape[1] == 1:
        given = given.iloc[:, 0]
    if isinstance(given, Mapping):
        given = pd.Series(given, dtype=object)
    if not isinstance(given, pd.Series) or isinstance(given.index, pd.MultiIndex):
        kind = type(given).__name__
        raise DataError(
            f"comparison: {title} is a {kind}; accepted: a Series of unit values by date (or a "
            "table of one column), FixedIncome, Stated, a result or a variant"
        )
    return given


def _days_in_shanghai(index: pd.Index) -> pd.Index:
    """Return days; a point in time is the day on which it falls in Shanghai."""
    if not isinstance(index, pd.DatetimeIndex):
        return index
    here = index if index.tz is None else index.tz_convert("Asia/Shanghai").tz_localize(None)
    return here.normalize()


def _series(name: str, where: str, rows: list[tuple[str, str, object, str, object]]) -> pd.Series:
    """Return values by date from cells; each row knows where it stands."""
    found: dict[pd.Timestamp, tuple[float, str]] = {}
    for place, dates, day, values, text in rows:
        date = _day(place + dates, day)
        value = _value(place + values.format(date=f"{date:%Y-%m-%d}"), text)
        if date in found and found[date][0] != value:
            raise DataError(
                f"{place}{dates}: {date:%Y-%m-%d} has the value {value} here and {found[date][0]} "
                f"in {found[date][1]}; leave one of them"
            )
        found.setdefault(date, (value, place.rstrip(", ").partition(", ")[2] or "another row"))
    if not found:
        raise DataError(f"{where}: no line with a date and a value; at least one is needed")
    days = pd.DatetimeIndex(list(found), name="date")
    return pd.Series([value for value, _ in found.values()], index=days, name=name).sort_index()


def _column(path: Path, table: pd.DataFrame, known: tuple[str, ...], what: str) -> str:
    """Return the one column of a kind."""
    names = [name for name in table.columns if name.lower() in known]
    if len(names) == 1:
        return str(names[0])
    listed = ", ".join(map(str, names or table.columns)) or "none"
    if names:
        raise DataError(f"{path}: several columns of {what} ({listed}); leave one of them")
    raise DataError(f"{path}: no column of {what} among {listed}; accepted: {', '.join(known)}")


def _day(place: str, given: object) -> pd.Timestamp:
    if isinstance(given, datetime.date) and not pd.isna(given):
        return pd.Timestamp(given).tz_localize(None).normalize()
    plain = str(given).strip()
    parts = re.fullmatch(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", plain) or _DAY.fullmatch(plain)
    wrong = DataError(f"{place}: {plain!r}; accepted: {_ACCEPTED}")
    if parts is None:
        raise wrong
    try:
        return pd.Timestamp(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        raise wrong from None


def _value(place: str, given: object) -> float:
    try:
        value = float("nan") if isinstance(given, bool) else float(str(given))
    except ValueError:
        value = float("nan")
    if not (math.isfinite(value) and value > 0.0):
        raise DataError(f"{place}: {given!r}; accepted: a number above 0")
    return value
