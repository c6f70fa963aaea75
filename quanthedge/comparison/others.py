"""What a fund may be set beside: unit values from a file, a stated yield, published headlines."""

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from quanthedge.errors import DataError

__all__ = ["FixedIncome", "Stated", "read_unit_values"]


@dataclass(frozen=True)
class FixedIncome:
    """A product with a stated yield: ``(1 + rate) ** (calendar days / 365)``, no swings shown.

    Attributes
    ----------
    rate : float
        A year.
    """

    rate: float

    def __post_init__(self) -> None:
        """Refuse a rate that no product states."""
        if not -0.5 < self.rate < 1.0:
            raise DataError(f"fixed income at {self.rate} a year; accepted: a fraction, 0.05")


@dataclass(frozen=True)
class Stated:
    """A fund of which only headline numbers were published; nothing else is worked out of them.

    Attributes
    ----------
    annual_return, correlation, volatility, max_drawdown : float or None
    source : str
        Where the numbers stand.
    """

    annual_return: float | None = None
    correlation: float | None = None
    volatility: float | None = None
    max_drawdown: float | None = None
    source: str = ""


def read_unit_values(path: str | Path) -> pd.Series:
    """Return unit values from a CSV file with the columns ``date`` and ``value``, by date.

    Raises
    ------
    DataError
        Naming file, line and column: a column is missing, a date or value cannot be read, a date
        comes twice or out of order, or a value is not above 0.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: unit values cannot be read ({error})") from error
    missing = {"date", "value"} - set(table.columns)
    if missing or table.empty:
        found = ", ".join(map(str, table.columns))
        raise DataError(f"{path}: columns {found}; accepted: date, value, and at least one line")
    days, values = [], []
    for line, (day, value) in enumerate(zip(table["date"], table["value"], strict=True), start=2):
        days.append(_day(path, line, day))
        values.append(_value(path, line, value))
        if len(days) > 1 and days[-1] <= days[-2]:
            raise DataError(f"{path}, line {line}, column date: {day} is not after the line before")
    return pd.Series(values, index=pd.DatetimeIndex(days, name="date"), name=path.stem)


def _day(path: Path, line: int, text: object) -> pd.Timestamp:
    plain = str(text).strip()
    for pattern in ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"):
        try:
            return pd.Timestamp(pd.to_datetime(plain, format=pattern))
        except ValueError:
            continue
    raise DataError(
        f"{path}, line {line}, column date: {plain!r}; accepted: 2015-01-31, 20150131, 2015/01/31"
    )


def _value(path: Path, line: int, text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        value = float("nan")
    if not (math.isfinite(value) and value > 0.0):
        raise DataError(f"{path}, line {line}, column value: {text!r}; accepted: a number above 0")
    return value
