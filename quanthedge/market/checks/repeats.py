"""Rows that repeat another row: equal ones are counted once, unequal ones stay and are errors."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.rows import row_names
from quanthedge.market.schema import TableSchema

__all__ = ["counted_once", "neighbours_equal"]

Array = np.ndarray[Any, Any]


def counted_once(table: pa.Table, schema: TableSchema, collector: Collector) -> pa.Table:
    """Return a table, sorted by its key, without the rows that say again what another one says.

    Rows of one key that differ are left for the check of duplicates, which refuses them.
    """
    twice = _same_key_as_before(table, schema)
    if len(twice) == 0:
        return table
    equal = twice[neighbours_equal(table, twice)]
    if len(equal) == 0:
        return table
    examples = row_names(table.take(pa.array(equal[: Collector.EXAMPLES])), schema)
    collector.repeated(schema.name, len(equal), examples)
    keep = np.ones(table.num_rows, dtype=bool)
    keep[equal] = False
    return table.filter(pa.array(keep)).combine_chunks()


def neighbours_equal(table: pa.Table, rows: Array) -> Array:
    """Return, for each of `rows`, whether it has the values of the row before it."""
    same = np.ones(len(rows), dtype=bool)
    here, before = pa.array(rows), pa.array(rows - 1)
    for column in table.columns:
        one, two = column.take(here), column.take(before)
        empty = pc.and_(pc.is_null(one, nan_is_null=True), pc.is_null(two, nan_is_null=True))
        same &= np.asarray(pc.or_(pc.fill_null(pc.equal(one, two), False), empty))
    return same


def _same_key_as_before(table: pa.Table, schema: TableSchema) -> Array:
    """Return the rows whose key is the row before's, int64."""
    same = np.ones(max(table.num_rows - 1, 0), dtype=bool)
    for key in schema.key:
        column = table[key].combine_chunks()
        if pa.types.is_date(column.type):
            values = column.cast(pa.int32()).fill_null(np.iinfo(np.int32).min).to_numpy()
        else:
            known = pa.types.is_dictionary(column.type)
            coded = column if known else column.dictionary_encode()
            values = coded.indices.to_numpy()
        same &= values[1:] == values[:-1]
    return np.flatnonzero(same) + 1
