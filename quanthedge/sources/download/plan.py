"""What is to be fetched: requests, each of which becomes one file, and when an answer is final."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.sources.download.pace import Caller

__all__ = ["ONE_DAY", "Period", "Request", "Span", "Stages", "Table", "Vendor", "chosen_tables"]

ONE_DAY = timedelta(days=1)
_KEY = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._\-]*(/[0-9A-Za-z_][0-9A-Za-z._\-]*)?")


@dataclass(frozen=True)
class Span:
    """How a request says from which day to which, and the column that holds the day.

    >>> Span("start_date", "end_date", "trade_date", "%Y%m%d").params(date(2014, 9, 17),
    ...     date(2015, 7, 31))
    {'start_date': '20140917', 'end_date': '20150731'}
    """

    first: str
    last: str
    column: str
    form: str

    def params(self, first: date, last: date) -> dict[str, str]:
        """Return the two parameters."""
        return {self.first: first.strftime(self.form), self.last: last.strftime(self.form)}


@dataclass(frozen=True)
class Table:
    """One interface of a vendor.

    Attributes
    ----------
    name
        The interface, and the folder of its files.
    by
        What one file holds: "once", "day", "month", "quarter", "code", ... (see the vendor's plan).
    columns
        Columns that an answer must have.
    identity
        Columns that tell rows apart; empty: whole rows are compared.
    variants
        Parameters by the name that the file gets; one request for each.
    call
        The function or interface, when it is not `name`.
    column
        The day column of a span.
    empty
        Whether an answer may have no rows.
    settles
        Days after the last day of an answer until it no longer grows.
    most
        Rows that the vendor gives at most in one answer; 0: no limit known.
    usual
        Whether it is fetched unless other tables are asked for.
    needs
        Tables that the plan of this one reads.
    """

    name: str
    by: str
    columns: tuple[str, ...]
    identity: tuple[str, ...] = ()
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"": {}})
    call: str = ""
    column: str = ""
    empty: bool = False
    settles: int = 0
    most: int = 0
    usual: bool = True
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """One question to a vendor; its answer is the file ``<table>/<key>.parquet``.

    Attributes
    ----------
    first, last
        The days that the answer covers; `last` None: the state of today.
    span
        Set where the answer of more days is the answer of fewer days with rows added, so that a
        file can be extended.
    """

    table: Table
    key: str
    params: Mapping[str, str]
    first: date | None = None
    last: date | None = None
    span: Span | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or ".." in self.key:
            raise DataError(
                f"{self.table.name}: the vendor gives the code {self.key[:60]!r}, which is no "
                "plain file name; refused"
            )

    @property
    def call(self) -> str:
        """Return the vendor's function or interface."""
        return self.table.call or self.table.name

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"{self.table.name}/{self.key}"

    def asked(self) -> dict[str, str]:
        """Return all parameters, with the days of a span."""
        if self.span is None or self.first is None or self.last is None:
            return dict(self.params)
        return {**self.params, **self.span.params(self.first, self.last)}

    def since(self, first: date) -> "Request":
        """Return the same request for fewer days."""
        return replace(self, first=first)


@dataclass(frozen=True)
class Period:
    """The days that were asked for, up to today."""

    start: date
    end: date

    def years(self) -> Iterator[int]:
        """Return the years."""
        yield from range(self.start.year, self.end.year + 1)

    def months(self) -> Iterator[tuple[date, date]]:
        """Return the first and last day of each month, within the period."""
        first = self.start
        while first <= self.end:
            following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
            yield first, min(following - ONE_DAY, self.end)
            first = following

    def quarter_ends(self) -> Iterator[date]:
        """Return the ends of quarters within the period."""
        for year in self.years():
            for month, day in ((3, 31), (6, 30), (9, 30), (12, 31)):
                if self.start <= date(year, month, day) <= self.end:
                    yield date(year, month, day)


Stages = Iterator[list[Request]]
Read = Callable[[str, Sequence[str]], pa.Table | None]


class Vendor(Protocol):
    """What a vendor's module offers: its tables, the plan, and the answer to one request."""

    name: str
    per_minute: float
    tables: Sequence[Table]

    def stages(self, tables: Sequence[Table], period: Period, read: Read, today: date) -> Stages:
        """Return requests in stages; later ones are planned with the answers of earlier ones."""
        ...

    def ask(self, request: Request, caller: Caller) -> pa.Table:
        """Return the answer; DataError, Refused, Failed, or TryAgain after the last attempt."""
        ...

    def close(self) -> None:
        """End the session."""
        ...


def chosen_tables(vendor: Vendor, names: Sequence[str] | None) -> list[Table]:
    """Return the tables asked for (None: the usual ones) and those that their plan needs.

    Raises
    ------
    DataError
        The vendor has no such table.
    """
    known = {table.name: table for table in vendor.tables}
    wrong = [name for name in names or () if name not in known]
    if wrong:
        usual = ", ".join(name for name, table in known.items() if table.usual)
        others = ", ".join(name for name, table in known.items() if not table.usual)
        accepted = f"{usual}; and, on demand: {others}" if others else usual
        raise DataError(f"{vendor.name} has no table {wrong[0]!r}; accepted: {accepted}")
    if names is not None and not names:
        raise DataError("no tables asked for; leave --tables out for the usual ones")
    wanted = set(names) if names else {name for name, table in known.items() if table.usual}
    for name in list(wanted):
        wanted |= set(known[name].needs)
    return [table for table in vendor.tables if table.name in wanted]
