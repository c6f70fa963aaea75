"""What every layout gives: small tables in our schema, and the stock bars piece by piece."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from quanthedge.market.checks import Collector

__all__ = ["Layout", "News", "SourceTables"]


@dataclass(frozen=True)
class News:
    """What a source says beside its tables: an update joins it with what a dataset knows.

    Attributes
    ----------
    listing
        Every row of the source's list of stocks (code, list_date, delist_date), also of stocks
        without bars; None where it has no list.
    spans
        Columns code, first, last of its bars where the table stocks is made of them and of the
        list; None where the table stands for itself.
    last_days
        Columns code, list_date, last_day (null = still listed) where the source says when a stock
        was last there instead of when it was gone: the trading day after it is told by a calendar.
    contract_ends
        Columns contract, last_trading_day of the source's list of contracts.
    lists
        Tables made of lists as of some days: each list is whole, so that what it lacks has ended.
    derived
        Columns of stock_daily that are not in the source: worked out or assumed.
    """

    listing: pa.Table | None = None
    spans: pa.Table | None = None
    last_days: pa.Table | None = None
    contract_ends: pa.Table | None = None
    lists: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SourceTables:
    """The tables of one source.

    Attributes
    ----------
    tables
        Small tables by name, in the schema of docs/dataset.md (any order of rows).
    bars
        stock_daily in consecutive pieces sorted by code and date, in the schema; None when the
        source has no stock bars.
    rows
        About how many bars there are, for the progress line.
    news
        What an update needs beside the tables.
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    bars: Iterable[pa.Table] | None = None
    rows: int = 0
    news: News = field(default_factory=News)


@dataclass(frozen=True)
class Layout:
    """How one layout is recognised and read.

    `recognise` looks at names of files only. `read` reports what it converted and left out, and
    raises DataError where the source is not what it seems.
    """

    meaning: str
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Collector], SourceTables]
