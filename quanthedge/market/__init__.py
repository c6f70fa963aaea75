"""Market data: the dataset on disk, its checks, and `Market`, which opens it."""

from quanthedge.market.actions import ex_price
from quanthedge.market.altered import Alteration
from quanthedge.market.blocks import table_slices, whole_stocks
from quanthedge.market.checks.conform import conform
from quanthedge.market.checks.doubles import Double
from quanthedge.market.checks.price_limits import LimitBook, LimitPanel
from quanthedge.market.checks.repeats import neighbours_equal
from quanthedge.market.codes import Code
from quanthedge.market.dataset import Market
from quanthedge.market.days import EMPTY, as_dates, day_of
from quanthedge.market.explain import Explanation
from quanthedge.market.history import ReportHistory
from quanthedge.market.manifest import Manifest
from quanthedge.market.schema import TABLES, Column
from quanthedge.market.table_files import TableFile
from quanthedge.market.writer import NewDataset, write_dataset

__all__ = [
    "EMPTY",
    "TABLES",
    "Alteration",
    "Code",
    "Column",
    "Double",
    "Explanation",
    "LimitBook",
    "LimitPanel",
    "Manifest",
    "Market",
    "NewDataset",
    "ReportHistory",
    "TableFile",
    "as_dates",
    "conform",
    "day_of",
    "ex_price",
    "neighbours_equal",
    "table_slices",
    "whole_stocks",
    "write_dataset",
]
