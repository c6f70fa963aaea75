"""What every layout gives: small tables in our schema, and the stock bars piece by piece."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from quanthedge.market.checks.findings import ASSUMED, Collector

__all__ = ["Layout", "SourceTables", "assume"]


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
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    bars: Iterable[pa.Table] | None = None
    rows: int = 0


@dataclass(frozen=True)
class Layout:
    """How one layout is recognised and read.

    `recognise` looks at names of files only. `read` reports what it converted and left out, and
    raises DataError where the source is not what it seems.
    """

    meaning: str
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Collector], SourceTables]


def assume(collector: Collector, table: str, what: str) -> None:
    """Report an assumption about data that the source does not hold; it stays in the manifest.

    >>> collector = Collector()
    >>> assume(collector, "stock_daily", "is_st is not in the source: no stock counts as ST")
    >>> print(collector.report().warnings[0])
    stock_daily: is_st is not in the source: no stock counts as ST
    """
    collector.add("warning", table, ASSUMED, 0, what)
