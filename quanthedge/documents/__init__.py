"""What a user writes by hand (TOML, JSON, CSV, days), taken for no more than it says."""

from quanthedge.documents.csv_cells import read_cells
from quanthedge.documents.days import asked_day
from quanthedge.documents.document import Document
from quanthedge.documents.written import parse_value, printable, read_bytes, visible

__all__ = [
    "Document",
    "asked_day",
    "parse_value",
    "printable",
    "read_bytes",
    "read_cells",
    "visible",
]
