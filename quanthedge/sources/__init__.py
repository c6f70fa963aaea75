"""Importers: from the layouts in which A-share data is kept to a QuantHedge dataset."""

from quanthedge.sources.entry import import_market
from quanthedge.sources.rqalpha.pickle import read_pickle
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.update import update_market

__all__ = [
    "Layout",
    "SourceTables",
    "import_market",
    "read_pickle",
    "update_market",
]
