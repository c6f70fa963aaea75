"""What a user writes by hand (TOML, JSON, CSV, days), taken for no more than it says."""

from quanthedge.documents.changes import apply_changes, place_value
from quanthedge.documents.csv_cells import read_cells
from quanthedge.documents.days import asked_day
from quanthedge.documents.written import (
    check_kinds,
    check_plain,
    parse_value,
    printable,
    read_bytes,
    read_document,
    visible,
)

__all__ = [
    "apply_changes",
    "asked_day",
    "check_kinds",
    "check_plain",
    "parse_value",
    "place_value",
    "printable",
    "read_bytes",
    "read_cells",
    "read_document",
    "visible",
]
