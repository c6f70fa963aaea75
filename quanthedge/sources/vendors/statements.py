"""Fundamentals from vendors' statements: known on the day of announcement, revisions kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.checks import Collector
from quanthedge.sources.melting import melted
from quanthedge.sources.vendors.keys import code_ranks, days_of, key_numbers
from quanthedge.sources.vendors.trailing import Reported, trailing

__all__ = ["Statement", "dated_rows", "fundamentals_of", "merged"]

Array = np.ndarray[Any, Any]
_KEYS = ("code", "known_date", "period_end")


@dataclass(frozen=True)
class Statement:
    """What is made of one statement table.

    Attributes
    ----------
    items
        Our item by column of the rows.
    flows
        Our prefix (net_profit, revenue) by column: gives PREFIX_ttm and PREFIX_last_annual.
    reported
        Whether flows are cumulative since the year's start, or of single quarters.
    """

    items: Mapping[str, str]
    flows: Mapping[str, str]
    reported: Reported = "cumulative"


def fundamentals_of(
    rows: pa.Table, statement: Statement, name: str, collector: Collector
) -> pa.Table | None:
    """Return the long fundamentals of a statement table; None when it has no item.

    Parameters
    ----------
    rows
        Columns code, known_date, period_end and items; `rank` (higher is better) decides between
        rows of one code, known_date and period_end.

    Notes
    -----
    Figures of a period older than one already public (comparatives, restatements) do not replace
    the newer period's; they do count in the trailing sums from the day they were published.
    """
    rows = _placed(rows, name, collector)
    rows = _best(rows, name, collector)
    current = rows.filter(pa.array(_current(rows)))
    old = rows.num_rows - current.num_rows
    if old:
        what = "of a period older than one already public: used in trailing sums only"
        collector.add("info", name, "older period", old, what)
    parts = []
    named = [column for column in statement.items if column in rows.column_names]
    if named:
        long = current.select([*_KEYS, *named]).rename_columns(
            [*_KEYS, *(statement.items[column] for column in named)]
        )
        items = [statement.items[column] for column in named]
        parts.append(_defined(melted(long, "known_date", "period_end", items, collector)))
    for column, prefix in statement.flows.items():
        if column in rows.column_names:
            parts += _flow(rows, current, column, prefix, statement.reported)
    return pa.concat_tables(parts) if parts else None


def dated_rows(rows: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Return the rows that can be placed in time, the best of those of one key and day."""
    return _best(_placed(rows, name, collector), name, collector)


def _flow(
    rows: pa.Table, current: pa.Table, column: str, prefix: str, reported: Reported
) -> list[pa.Table]:
    sums = trailing(rows, column, f"{prefix}_ttm", reported)
    sums = sums.filter(pa.array(_current(sums)))
    if reported == "single":
        december = sums.filter(pc.equal(pc.month(sums["period_end"]), 12))
        yearly = pa.array([f"{prefix}_last_annual"] * december.num_rows, pa.string())
        return [sums, december.set_column(1, "item", yearly)]
    annual = rows.filter(pc.equal(pc.month(rows["period_end"]), 12))
    annual = annual.filter(pa.array(_current(annual)))
    yearly = pa.table(
        {
            "code": annual["code"],
            "item": pa.array([f"{prefix}_last_annual"] * annual.num_rows, pa.string()),
            "known_date": annual["known_date"],
            "period_end": annual["period_end"],
            "value": annual[column].cast(pa.float64()).fill_null(np.nan),
        }
    )
    return [sums, _defined(yearly)]


def _placed(rows: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Leave out rows that cannot be placed in time."""
    fine = np.asarray(pc.and_(pc.is_valid(rows["known_date"]), pc.is_valid(rows["period_end"])))
    if not fine.all():
        what = (
            "without an announcement date or a period left out: nobody knows when they were public"
        )
        collector.add("info", name, "undated", int((~fine).sum()), what)
    early = np.asarray(pc.fill_null(pc.less(rows["known_date"], rows["period_end"]), False))
    if (early & fine).any():
        what = "announced before their period ended left out"
        collector.add("warning", name, "early", int((early & fine).sum()), what)
    return rows.filter(pa.array(fine & ~early))


def _best(rows: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Keep, of several rows of one key, the one of the highest rank."""
    if "rank" not in rows.column_names:
        order = np.argsort(key_numbers(rows, _KEYS), kind="stable")
        return rows.take(pa.array(order))
    rank = rows["rank"].cast(pa.float64()).to_numpy()
    keys = key_numbers(rows, _KEYS)
    order = np.lexsort((rank, keys))
    keys, rank = keys[order], rank[order]
    beaten = np.zeros(len(keys), dtype=bool)
    beaten[:-1] = (keys[:-1] == keys[1:]) & (rank[:-1] < rank[1:])
    if beaten.any():
        what = (
            "left out: another version of the same report, published on the same day, replaces them"
        )
        collector.add("info", name, "versions", int(beaten.sum()), what)
    return rows.take(pa.array(order[~beaten])).drop_columns(["rank"])


def _current(rows: pa.Table) -> Array:
    """Return the rows whose period is no older than every one their stock has had before."""
    order = np.argsort(key_numbers(rows, _KEYS), kind="stable")
    code = code_ranks(rows["code"])[0][order]
    period = code * (1 << 17) + days_of(rows["period_end"])[order]
    current = np.empty(len(order), dtype=bool)
    current[order] = period >= np.maximum.accumulate(period) if len(order) else True
    return current


def _defined(long: pa.Table) -> pa.Table:
    """Leave out the undefined values before a stock's first defined one of an item."""
    order = np.argsort(key_numbers(long, ["item", "code", "known_date"]), kind="stable")
    long = long.take(pa.array(order))
    group = key_numbers(long, ["item", "code"])
    seen = np.cumsum(np.isfinite(long["value"].to_numpy()))
    starts = np.r_[True, group[1:] != group[:-1]] if len(group) else np.empty(0, dtype=bool)
    before = np.maximum.accumulate(np.where(starts, np.r_[0, seen[:-1]] if len(seen) else seen, 0))
    return long.filter(pa.array(seen > before))


def merged(tables: Sequence[pa.Table | None]) -> pa.Table | None:
    """Return one fundamentals table of several; None when there is none."""
    present = [table for table in tables if table is not None]
    return pa.concat_tables(present) if present else None
