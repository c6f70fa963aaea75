"""What each vendor calls the items of whole statements (`statement_items.csv`)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pyarrow import csv

__all__ = ["reported_items"]

Sheet = Literal["income", "balance", "cash flow"]


@cache
def _rows() -> list[dict[str, str]]:
    return list(csv.read_csv(Path(__file__).with_name("statement_items.csv")).to_pylist())


def reported_items(vendor: str, tables: Mapping[str, Sheet]) -> dict[str, dict[str, str]]:
    """Return our items of the table statements by a vendor's table and its column.

    >>> reported_items("tushare", {"cashflow": "cash flow"})["cashflow"]["n_cashflow_act"]
    'operating_cash_flow'
    """
    return {
        table: {row[vendor]: row["item"] for row in _rows() if row["sheet"] == sheet}
        for table, sheet in tables.items()
    }
