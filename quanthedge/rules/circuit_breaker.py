"""The days on which the circuit breaker closed the stock and futures exchanges early.

It was in force in the first week of 2016 only. The CSI 300 moving by 5% halted trading for 15
minutes, by 7% for the day. After the second halt nothing could be bought or sold, at whatever
price a data file shows as the close. Sources: row by row in ``data/circuit_breaker.csv``.
"""

import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import as_days
from quanthedge.rules.tables import Row, read_table

__all__ = ["circuit_breaker_days", "minutes_traded"]

_TIMES: Final = ("first_halt", "resumed", "closed")
_SESSION: Final = (("09:30", "11:30"), ("13:00", "15:00"))


def circuit_breaker_days(dates: object = None, *, folder: Path | None = None) -> pd.DataFrame:
    """Return the days that the circuit breaker cut short.

    Parameters
    ----------
    dates
        Days of a run, [T], sorted; only those among them are returned. None: all.
    folder
        Tables of the user's own that replace packaged ones of the same name.

    Returns
    -------
    DataFrame
        Index date. first_halt, resumed, closed: times as "13:34"; minutes_traded: of the 240 of
        the continuous session, from full minutes; share_traded: the same as a fraction;
        confidence, sources (ids). Empty where no day was cut short.

    Raises
    ------
    RuleError
        The dates are not sorted days, or a time in the table is not one of the session.

    Notes
    -----
    A fill at the opening was possible on these days. A fill at the close was not: the last trades
    were done before ``closed``. The day's average price covers ``share_traded`` of the session.

    Examples
    --------
    >>> circuit_breaker_days()[["first_halt", "closed", "minutes_traded"]]
               first_halt closed  minutes_traded
    date
    2016-01-04      13:13  13:34             139
    2016-01-07      09:42  09:59              14
    """
    rows = [row for row in read_table("circuit_breaker", folder) if row.cells["item"] == "event"]
    lines = [_line(row) for row in rows]
    columns = [*_TIMES, "minutes_traded", "share_traded", "confidence", "sources"]
    table = pd.DataFrame(lines, columns=["date", *columns])
    table = table.astype({"date": "datetime64[s]"}).set_index("date").sort_index()
    if dates is None:
        return table
    return table[np.isin(table.index.to_numpy().astype("datetime64[D]"), as_days(dates))]


def minutes_traded(row: Row) -> int:
    """Return the minutes of continuous trading on the day of an event."""
    halt, resumed, closed = (_minutes(row, row.cells[name]) for name in _TIMES)
    if not halt <= resumed <= closed:
        raise RuleError(
            f"circuit_breaker line {row.line}: first_halt, resumed and closed are not in order"
        )
    return halt + closed - resumed


def _line(row: Row) -> tuple[object, ...]:
    traded = minutes_traded(row)
    times = (row.cells[name] for name in _TIMES)
    share = traded / _minutes(row, _SESSION[-1][1])
    return row.first, *times, traded, share, row.confidence, row.cells["source_ids"]


def _minutes(row: Row, time: str) -> int:
    """Return the minutes of continuous trading from the opening to a time."""
    before = 0
    for first, last in _SESSION:
        if re.fullmatch(r"\d\d:[0-5]\d", time) and first <= time <= last:
            return before + _clock(time) - _clock(first)
        before += _clock(last) - _clock(first)
    raise RuleError(
        f"circuit_breaker line {row.line}: time {time!r} is not in the session; "
        "accepted: 09:30 to 11:30 and 13:00 to 15:00"
    )


def _clock(time: str) -> int:
    return 60 * int(time[:2]) + int(time[3:])
