"""Importers: from the layouts in which A-share data is kept to a QuantHedge dataset."""

from quanthedge.sources.entry import LAYOUTS, import_market
from quanthedge.sources.update import update_market

__all__ = ["LAYOUTS", "import_market", "update_market"]
