"""What a dataset's manifest and columns say of each table: rows, dates, size, digest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from quanthedge.market.manifest import Manifest
from quanthedge.market.quality.bars import BarCounts
from quanthedge.market.schema import TABLES

__all__ = ["TableFacts", "table_facts"]


@dataclass(frozen=True)
class TableFacts:
    """One table: rows, first and last date, size and SHA-256 of its values."""

    name: str
    rows: int
    first: str
    last: str
    bytes: int
    content: str


def table_facts(
    manifest: Manifest, tables: Mapping[str, pa.Table], counts: BarCounts
) -> list[TableFacts]:
    """Return the facts of every table of a dataset, in the order of the schema."""
    facts = []
    for name in TABLES:
        if name not in manifest.tables:
            continue
        entry, first, last = manifest.tables[name], "", ""
        if name == "stock_daily":
            first, last = str(counts.trading_days[0]), str(counts.trading_days[-1])
        else:
            dates = [column.name for column in TABLES[name].columns if column.kind == "date"]
            values = tables[name][dates[0]].to_numpy().astype("datetime64[D]")
            values = values[~np.isnat(values)]
            if len(values):
                first, last = str(values.min()), str(values.max())
        facts.append(TableFacts(name, entry.rows, first, last, entry.bytes, entry.content))
    return facts
