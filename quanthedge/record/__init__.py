"""The record of a run: its tables, and the folder that they are kept in."""

from quanthedge.record.folder import earlier_run, foreign_files, read_run, write_run
from quanthedge.record.request import Wanted, differences, wanted
from quanthedge.record.run import (
    MarketInfo,
    Record,
    Request,
    RunVariant,
    VariantTerms,
)
from quanthedge.record.tables import TABLES, check_table

__all__ = [
    "TABLES",
    "MarketInfo",
    "Record",
    "Request",
    "RunVariant",
    "VariantTerms",
    "Wanted",
    "check_table",
    "differences",
    "earlier_run",
    "foreign_files",
    "read_run",
    "wanted",
    "write_run",
]
