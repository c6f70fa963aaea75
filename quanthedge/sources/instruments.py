"""What trading platforms' codes and files have in common."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.checks import Collector

__all__ = ["spans_of_days", "stocks_of_bars", "union_calendar"]

Array = np.ndarray[Any, Any]


def union_calendar(dates: Iterable[Array], collector: Collector) -> pa.Table:
    """Return the table calendar: every day on which a file has a bar."""
    parts = [part.astype("datetime64[D]") for part in dates]
    days = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype="datetime64[D]")
    days = days[~np.isnat(days)]
    collector.assume("calendar", "the source has none: every day with a bar is a trading day")
    return pa.table({"date": pa.array(days, pa.date32())})


def stocks_of_bars(first: dict[str, Any], collector: Collector) -> pa.Table:
    """Return the table stocks of stocks known by their bars only (first bar by code)."""
    what = "list_date is not in the source: the first bar is taken; none counts as delisted"
    collector.assume("stocks", what)
    codes = sorted(first)
    days = np.array([first[code] for code in codes], dtype="datetime64[D]")
    return pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "list_date": pa.array(days, pa.date32()),
            "delist_date": pa.nulls(len(codes), pa.date32()),
        }
    )


def spans_of_days(days: Mapping[str, Array]) -> pa.Table:
    """Return code, first and last of the days of bars by code."""
    codes = sorted(days)
    ends = [(days[code].min(), days[code].max()) for code in codes]
    first, last = (np.array([end[k] for end in ends], dtype="datetime64[D]") for k in (0, 1))
    return pa.table({"code": pa.array(codes, pa.string()), "first": pa.array(first, pa.date32()),
                     "last": pa.array(last, pa.date32())})  # fmt: skip
