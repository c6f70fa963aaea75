"""Where runs are kept: a catalogue for many writers, files addressed by content."""

from quanthedge.batch.store.exporting import days_table, export, table_bytes
from quanthedge.batch.store.filters import SHORT, chosen, column_of
from quanthedge.batch.store.reproduction import Reproduction, reproduce
from quanthedge.batch.store.rows import Entry
from quanthedge.batch.store.side_by_side import SideBySide, compare
from quanthedge.batch.store.store import Store
from quanthedge.batch.store.tables import ABOUT
from quanthedge.batch.store.whole import key_of

__all__ = [
    "ABOUT",
    "SHORT",
    "Entry",
    "Reproduction",
    "SideBySide",
    "Store",
    "chosen",
    "column_of",
    "compare",
    "days_table",
    "export",
    "key_of",
    "reproduce",
    "table_bytes",
]
