"""The record of a run as it stood at the close of one of its days.

Nothing in a run looks ahead, so that its tables up to a day are those of a run that ended there;
tests/record/test_cut.py holds them to it. What is known of a whole run only is left out: each
investor's lots at its end, alpha by group over all its days, the figures of variants.
"""

from typing import Any, TypeVar

import pandas as pd

from quanthedge.documents import asked_day
from quanthedge.errors import DataError
from quanthedge.record.run import MarketInfo, Record, made_when_read
from quanthedge.record.tables import TABLES
from quanthedge.words import sentence, texts

__all__ = ["until"]

AnyRecord = TypeVar("AnyRecord", bound=Record)  # a result stays a result

_OF_THE_WHOLE = ("investor_lots", "alpha_groups")  # no row of theirs can be cut
# a decision at the last close is carried out the day after, which is no day of the run
_DECISIONS = (
    "targets",
    "exclusions",
    "coverage",
    "trainings",
    "decisions",
    "allocation",
    "expected",
    "sharing",
)
_CAME_LATER = (
    "realised_return",
    "realised_volatility",
    "z",
)  # of a forecast whose span is not over


def until(record: AnyRecord, day: str | pd.Timestamp) -> AnyRecord:
    """Return a record as it stood at the close of a day, or of the trading day before it.

    What is known of the whole run only is left out: lots of investors, alpha by group, variants.

    Raises
    ------
    DataError
        It is no date, or outside the run.
    """
    last = _day_of(record, day)
    return record if last == record.ledger.index[-1] else record.changed(**_fields(record, last))


def _day_of(record: Record, day: str | pd.Timestamp) -> pd.Timestamp:
    """Return the trading day of a run on or before a date.

    Raises
    ------
    DataError
        It is no date, or outside the run.
    """
    days = pd.DatetimeIndex(record.ledger.index)
    span = f"{days[min(1, len(days) - 1)]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    try:
        asked = pd.Timestamp(asked_day(day))
    except DataError as error:
        raise DataError(f"day {day!r}: accepted: YYYY-MM-DD, from {span}") from error
    if not (days[min(1, len(days) - 1)] <= asked <= days[-1]):
        raise DataError(f"day {day}: outside the run; accepted: {span}")
    return days[int(days.searchsorted(asked, side="right")) - 1]


def _fields(record: Record, last: pd.Timestamp) -> dict[str, Any]:
    """Return the fields of a record that are others when it ends on a day of it."""

    def make(name: str) -> pd.DataFrame:
        return made_when_read(lambda _: _cut(name, getattr(record, name), last))

    info: MarketInfo = {**record.market_info, "end": f"{last:%Y-%m-%d}"}
    told = sentence(
        "as_of",
        texts("quanthedge.record", "words")["as_of"],
        day=info["end"],
        end=record.market_info["end"],
    )
    whole: dict[str, Any] = {
        "market_info": info,
        "notes": [told, *record.notes],
        "variants": {},
        "state": None,
        "past": None,
    }
    return {name: make(name) for name in TABLES} | whole


def _cut(name: str, table: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of a table that were known at a close."""
    if name in _OF_THE_WHOLE:
        return table.iloc[:0]
    if TABLES[name].by_date:
        return table.loc[:last]
    if name == "rules":
        return table[~(table["from"] > last)].reset_index(drop=True)
    known = table["date"] < last if name in _DECISIONS else table["date"] <= last
    found = table[known].reset_index(drop=True)
    return _forecasts(found, last) if name == "risk_forecasts" else found


def _forecasts(table: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return forecasts without what came after the last day."""
    open_still = table["end"] > last
    known = table.assign(end=table["end"].where(~open_still, last))
    known = known.assign(**{name: known[name].where(~open_still) for name in _CAME_LATER})
    return known.assign(counted=known["counted"].where(~open_still, 0))
