"""The record of a run: its tables, and the folder that they are kept in."""

from quanthedge.record.cut import until
from quanthedge.record.folder import RunFolder
from quanthedge.record.request import differences, wanted
from quanthedge.record.run import Record, Request, RunVariant, VariantTerms, made_when_read

__all__ = [
    "Record",
    "Request",
    "RunFolder",
    "RunVariant",
    "VariantTerms",
    "differences",
    "made_when_read",
    "until",
    "wanted",
]
