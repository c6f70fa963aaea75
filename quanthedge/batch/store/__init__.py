"""Where runs are kept: a catalogue for many writers, files addressed by content."""

from quanthedge.batch.store.filters import SHORT, chosen, column_of
from quanthedge.batch.store.rows import Entry
from quanthedge.batch.store.store import Store

__all__ = ["SHORT", "Entry", "Store", "chosen", "column_of"]
