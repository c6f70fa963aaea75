"""Unit values from a CSV file, in the spellings that custodians, sales pages and Excel write."""

import io
import math
import re
from pathlib import Path

import pandas as pd

from quanthedge.documents import bounded, reason
from quanthedge.errors import DataError

__all__ = ["read_unit_values"]

DATE_COLUMNS = ("date", "日期", "净值日期")
VALUE_COLUMNS = (
    "value", "nav", "unit_value", "cumulative_nav", "净值", "单位净值", "累计净值", "累计单位净值",
    "复权净值", "复权单位净值",
)  # fmt: skip
_DAY = re.compile(
    r"(?P<y>\d{4})(?P<s>[-/.年])(?P<m>\d{1,2})(?:(?P=s)|月)(?P<d>\d{1,2})日?"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_LARGEST = 64 * 2**20  # bytes of a file
_ACCEPTED = "2015-01-31, 2015/1/31, 2015.01.31, 20150131, 2015年1月31日"


def read_unit_values(path: str | Path) -> pd.Series:
    """Return unit values from a CSV file, by date, ascending.

    The file has a column of dates (``date``, ``日期``, ``净值日期``) and one of values (``value``,
    ``nav``, ``净值``, ``单位净值``, ``累计净值``, ``复权净值`` ..); others are left. Lines may
    come in any order; a line that repeats another is taken once. For a fund that paid distributions
    give the cumulative or adjusted value.

    Raises
    ------
    DataError
        Naming file, line and column: no such column or two of them, a date or value that cannot be
        read, one date with two values, a value that is not above 0.
    """
    path = Path(path)
    table = _table(path)
    dates = _column(path, table, DATE_COLUMNS, "dates")
    values = _column(path, table, VALUE_COLUMNS, "unit values")
    found: dict[pd.Timestamp, tuple[float, int]] = {}
    for line, (day, text) in enumerate(zip(table[dates], table[values], strict=True), start=2):
        if not str(day).strip() and not str(text).strip():
            continue  # an empty line at the end, as Excel leaves it
        date = _day(path, line, dates, day)
        value = _value(path, line, values, text)
        if date in found and found[date][0] != value:
            raise DataError(
                f"{path}, line {line}, column {dates}: {date:%Y-%m-%d} has the value {value} here "
                f"and {found[date][0]} in line {found[date][1]}; leave one of them"
            )
        found.setdefault(date, (value, line))
    if not found:
        raise DataError(f"{path}: no line with a date and a value; at least one is needed")
    days = pd.DatetimeIndex(list(found), name="date")
    series = pd.Series([value for value, _ in found.values()], index=days, name=path.stem)
    return series.sort_index()


def _table(path: Path) -> pd.DataFrame:
    """Return the cells as text; UTF-8 (with or without mark) or GB 18030."""
    try:
        raw = bounded(path, _LARGEST)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: unit values cannot be read ({reason(error)})") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise DataError(f"{path}: neither UTF-8 nor GB 18030; save it as CSV in UTF-8")
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except ValueError as error:
        raise DataError(f"{path}: unit values cannot be read as CSV ({error})") from error
    return table.rename(columns=lambda name: str(name).strip())


def _column(path: Path, table: pd.DataFrame, known: tuple[str, ...], what: str) -> str:
    """Return the one column of a kind."""
    names = [name for name in table.columns if name.lower() in known]
    if len(names) == 1:
        return str(names[0])
    listed = ", ".join(map(str, names or table.columns)) or "none"
    if names:
        raise DataError(f"{path}: several columns of {what} ({listed}); leave one of them")
    raise DataError(f"{path}: no column of {what} among {listed}; accepted: {', '.join(known)}")


def _day(path: Path, line: int, column: str, text: object) -> pd.Timestamp:
    plain = str(text).strip()
    parts = re.fullmatch(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", plain) or _DAY.fullmatch(plain)
    wrong = DataError(f"{path}, line {line}, column {column}: {plain!r}; accepted: {_ACCEPTED}")
    if parts is None:
        raise wrong
    try:
        return pd.Timestamp(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        raise wrong from None


def _value(path: Path, line: int, column: str, text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        value = float("nan")
    if not (math.isfinite(value) and value > 0.0):
        raise DataError(
            f"{path}, line {line}, column {column}: {text!r}; accepted: a number above 0"
        )
    return value
