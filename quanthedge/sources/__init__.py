"""Importers: from the layouts in which A-share data is kept to a QuantHedge dataset."""

from quanthedge.sources.entry import import_market
from quanthedge.sources.layouts import layout_names
from quanthedge.sources.rqalpha.pickle import read_pickle, read_plain_pickle
from quanthedge.sources.source import Layout, News, SourceTables, assume
from quanthedge.sources.update import update_market

__all__ = [
    "Layout",
    "News",
    "SourceTables",
    "assume",
    "import_market",
    "layout_names",
    "read_pickle",
    "read_plain_pickle",
    "update_market",
]
