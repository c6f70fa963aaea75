"""Files that a user writes by hand (TOML, JSON, CSV), taken for no more than they say."""

from quanthedge.documents.csv_cells import read_cells
from quanthedge.documents.written import (
    bounded,
    check_kinds,
    check_plain,
    parse_value,
    printable,
    read_bytes,
    read_document,
    reason,
    visible,
)

__all__ = [
    "bounded",
    "check_kinds",
    "check_plain",
    "parse_value",
    "printable",
    "read_bytes",
    "read_cells",
    "read_document",
    "reason",
    "visible",
]
