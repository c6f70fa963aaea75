"""From wide tables (one column per item or term) to long ones, without changing any as-of."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market import TABLES
from quanthedge.market.checks import Collector

__all__ = ["curve_rows", "melted"]


def melted(
    table: pa.Table,
    known: str,
    period: str | None,
    items: Sequence[str],
    collector: Collector,
) -> pa.Table:
    """Return the long fundamentals of a wide table.

    Parameters
    ----------
    table
        Columns code, `known`, `period` (if any) and one per item; null or NaN = undefined.
    known
        Column with the day on which a row became public.
    period
        Column with the end of the reporting period; None when the source has none: then a row
        that repeats an item's value unchanged says nothing new and is left out (and counted).
    items
        Columns to melt.
    """
    keys = [("code", "ascending"), (known, "ascending")]
    if period is not None:
        keys.append((period, "ascending"))
    table = table.take(pc.sort_indices(table, sort_keys=keys))
    code = table["code"].cast(pa.string()).combine_chunks().dictionary_encode()
    stock = code.indices.to_numpy()
    parts = []
    repeats = 0
    for item in items:
        values = table[item].cast(pa.float64()).fill_null(np.nan).to_numpy()
        keep = np.ones(len(values), dtype=bool)
        if period is None:
            same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
            keep[1:] = ~(same & (stock[1:] == stock[:-1]))
            repeats += int(len(keep) - keep.sum())
        rows = pa.array(np.flatnonzero(keep))
        count = len(rows)
        ends = pa.nulls(count, pa.date32()) if period is None else table[period].take(rows)
        parts.append(
            pa.table(
                [
                    code.cast(pa.string()).take(rows),
                    pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [item]).cast(
                        pa.string()
                    ),
                    table[known].take(rows),
                    ends,
                    pa.array(values[keep]),
                ],
                names=list(TABLES["fundamentals"].column_names),
            )
        )
    if repeats:
        text = f"left out ({known} tables): they repeat an item's value unchanged"
        collector.add("info", "fundamentals", "repeats", repeats, text, unit="value")
    return pa.concat_tables(parts)


def curve_rows(
    table: pa.Table, date: str, terms: Mapping[str, str], whole: float, collector: Collector
) -> pa.Table:
    """Return government_yield_curve of a wide table; days without a term's yield have no row.

    Parameters
    ----------
    table
        Column `date` and one column for each term.
    terms
        Our term (`10Y`) by column.
    whole
        What stands for one: 100 where yields are in percent.
    """
    parts, empty = [], 0
    for column, term in terms.items():
        rate = table[column].cast(pa.float64())
        known = pc.invert(pc.is_null(rate, nan_is_null=True))
        empty += table.num_rows - int(pc.sum(known).as_py() or 0)
        rows = pa.table({"date": table[date], "rate": pc.divide(rate, whole)}).filter(known)
        parts.append(rows.add_column(1, "term", pa.array([term] * rows.num_rows, pa.string())))
    if empty:
        what = "of a day and a term without a yield have no row"
        collector.add("info", "government_yield_curve", "gaps", empty, what, unit="cell")
    return pa.concat_tables(parts)
