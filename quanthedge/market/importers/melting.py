"""From wide fundamentals (one column per item) to the long table, without changing any as-of."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.checks.findings import Collector
from quanthedge.market.schema import TABLES

__all__ = ["melted"]


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
