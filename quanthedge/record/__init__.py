"""The record of a run: its tables, and the folder that they are kept in."""

from quanthedge.record.cut import until
from quanthedge.record.folder import earlier_run, foreign_files, run_content, run_files, write_run
from quanthedge.record.head import RUN_FILE
from quanthedge.record.reading import read_head, read_run
from quanthedge.record.request import differences, wanted
from quanthedge.record.run import Record, Request, RunVariant, VariantTerms, made_when_read

__all__ = [
    "RUN_FILE",
    "Record",
    "Request",
    "RunVariant",
    "VariantTerms",
    "differences",
    "earlier_run",
    "foreign_files",
    "made_when_read",
    "read_head",
    "read_run",
    "run_content",
    "run_files",
    "until",
    "wanted",
    "write_run",
]
