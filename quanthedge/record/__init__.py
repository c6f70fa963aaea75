"""The record of a run: its tables, and the folder that they are kept in."""

from quanthedge.record.folder import (
    RUN_FILE,
    earlier_run,
    foreign_files,
    read_head,
    read_run,
    run_content,
    run_files,
    write_run,
)
from quanthedge.record.request import Wanted, differences, wanted
from quanthedge.record.run import (
    MarketInfo,
    Record,
    Request,
    RunVariant,
    VariantTerms,
    made_when_read,
)
from quanthedge.record.tables import TABLES, RecordColumn, RecordTable

__all__ = [
    "RUN_FILE",
    "TABLES",
    "MarketInfo",
    "Record",
    "RecordColumn",
    "RecordTable",
    "Request",
    "RunVariant",
    "VariantTerms",
    "Wanted",
    "differences",
    "earlier_run",
    "foreign_files",
    "made_when_read",
    "read_head",
    "read_run",
    "run_content",
    "run_files",
    "wanted",
    "write_run",
]
