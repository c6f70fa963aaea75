"""Which part of an answer is still to be fetched, and how new days join the old ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa

from quanthedge.sources.download.changes import changes_between
from quanthedge.sources.download.journal import Entry
from quanthedge.sources.download.pace import CHINA
from quanthedge.sources.download.plan import ONE_DAY, Request
from quanthedge.sources.files import as_dates, column_of

__all__ = ["Todo", "days_between", "extended", "todo"]

_OVERLAP = timedelta(days=10)  # days fetched twice when a file is extended, to see old ones change
_A_MOMENT = timedelta(hours=1)


@dataclass(frozen=True)
class Todo:
    """What is to be done about a request.

    Attributes
    ----------
    kind
        "nothing", "later" (it is not final, but was fetched a moment ago), "whole" (fetch all of
        it) or "extension" (fetch the end of it).
    request
        What to ask the vendor.
    sure
        Days up to here were final when they were fetched: a difference in them is a change of
        history. None: nothing was final.
    """

    kind: Literal["nothing", "later", "whole", "extension"]
    request: Request
    sure: date | None = None


def todo(request: Request, entry: Entry | None, now: datetime, again_after: date | None) -> Todo:
    """Say what to do about a request, given what is kept of it.

    Parameters
    ----------
    request
        The request.
    entry
        What is kept; None: nothing.
    now
        The moment.
    again_after
        Days after this one are fetched again even when they are final; None: none are.
    """
    if entry is None or dict(entry.params) != dict(request.params):
        return Todo("whole", request)
    if request.last is None:
        same_day = entry.fetched_day >= now.astimezone(CHINA).date()
        return Todo("nothing" if same_day else "whole", request, entry.fetched_day)
    sure = _sure(entry, request)
    again = again_after is not None and request.last > again_after
    if _covers(entry, request) and not again:
        if sure is not None and sure >= request.last:
            return Todo("nothing", request, sure)
        if _lately(entry, request, now):
            return Todo("later", request)
    extendable = request.span is not None and entry.rows > 0 and _begins(entry, request)
    if sure is None or entry.first_day is None or not extendable:
        return Todo("whole", request, sure)
    begin = min(sure - _OVERLAP, again_after or date.max) + ONE_DAY
    return Todo("extension", replace(request, first=max(entry.first_day, begin)), sure)


def _begins(entry: Entry, request: Request) -> bool:
    """Whether the first day asked for is covered."""
    first = entry.first_day
    return request.first is None or (first is not None and first <= request.first)


def _covers(entry: Entry, request: Request) -> bool:
    """Whether all days asked for were asked for before."""
    last = entry.last_day
    reaches = last is not None and request.last is not None and last >= request.last
    return reaches and _begins(entry, request)


def _lately(entry: Entry, request: Request, now: datetime) -> bool:
    """Whether an answer that may still grow was fetched so lately that it can wait."""
    if request.table.settles:
        return entry.fetched_day >= now.astimezone(CHINA).date()
    return now - datetime.fromisoformat(entry.fetched) < _A_MOMENT


def _sure(entry: Entry, request: Request) -> date | None:
    """Return the last day that was final when it was fetched."""
    if entry.last_day is None or entry.first_day is None:
        return None
    sure = min(entry.last_day, entry.fetched_day - timedelta(days=request.table.settles + 1))
    return sure if request.span is not None or sure >= entry.last_day else None


def days_between(table: pa.Table, column: str, first: date, last: date) -> pa.Table:
    """Return the rows from one day to another."""
    if table.num_rows == 0:
        return table
    days = as_dates(column_of(table, "answer", column), f"column '{column}'")
    days = days.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    inside = (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))
    return table.filter(pa.array(inside))


def extended(old: pa.Table, new: pa.Table, what: Todo, identity: Sequence[str]) -> pa.Table | None:
    """Return the old rows with the new ones behind them.

    None when the whole answer must be fetched: the days that both cover differ, so that days before
    them may differ too, or the columns are others.
    """
    begin, span, sure = what.request.first, what.request.span, what.sure
    if begin is None or span is None or sure is None:
        return None
    overlap = days_between(old, span.column, begin, sure)
    again = days_between(new, span.column, begin, sure)
    if new.num_rows == 0:
        again = overlap.slice(0, 0)
    if changes_between(overlap, again, identity):
        return None
    before = days_between(old, span.column, date.min, begin - ONE_DAY)
    if new.num_rows == 0:
        return before
    try:
        return pa.concat_tables([before, new], promote_options="permissive")
    except pa.ArrowException:
        return None
