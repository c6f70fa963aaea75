"""Market data: the dataset on disk, its checks, its importers, and `Market`, which opens it."""

from quanthedge.market.checks.findings import CheckReport, Finding
from quanthedge.market.checks.whole import check_dataset, check_fingerprint, check_tables
from quanthedge.market.dataset import Market
from quanthedge.market.importers import import_market, update_market
from quanthedge.market.writer import write_dataset

__all__ = [
    "CheckReport",
    "Finding",
    "Market",
    "check_dataset",
    "check_fingerprint",
    "check_tables",
    "import_market",
    "update_market",
    "write_dataset",
]
