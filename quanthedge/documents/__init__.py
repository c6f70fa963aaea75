"""Files that a user writes by hand (TOML, JSON, CSV), taken for no more than they say."""

from quanthedge.documents.changes import apply_changes, place_value
from quanthedge.documents.csv_cells import read_cells
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
