"""Market data: the dataset on disk, its checks, and `Market`, which opens it."""

from quanthedge.market.actions import ex_price
from quanthedge.market.altered import ALTERATIONS, Alteration, altered
from quanthedge.market.blocks import Axes, table_slices, whole_stocks
from quanthedge.market.checks.conform import conform
from quanthedge.market.checks.doubles import Double
from quanthedge.market.checks.moves import GRACE
from quanthedge.market.checks.price_limits import BarRows, LimitBook, LimitPanel
from quanthedge.market.checks.repeats import neighbours_equal
from quanthedge.market.checks.whole import check_fingerprint
from quanthedge.market.codes import Code
from quanthedge.market.dataset import BEFORE_CALENDAR, OPENED, Market
from quanthedge.market.days import EMPTY, as_dates, day_of
from quanthedge.market.explain import Explanation
from quanthedge.market.fingerprint import file_sha256
from quanthedge.market.history import ReportHistory
from quanthedge.market.manifest import Manifest, check_folder
from quanthedge.market.panels import PANELS, cache_place
from quanthedge.market.schema import (
    STATE_OWNERS,
    STATEMENT_ITEMS,
    STOCK_ITEMS,
    TABLES,
    Column,
)
from quanthedge.market.table_files import (
    parquet_file,
    read_feather,
    read_numbers,
    read_parquet,
    sound_texts,
)
from quanthedge.market.writer import Progress, check_target, write_dataset, write_streamed

__all__ = [
    "ALTERATIONS",
    "BEFORE_CALENDAR",
    "EMPTY",
    "GRACE",
    "OPENED",
    "PANELS",
    "STATEMENT_ITEMS",
    "STATE_OWNERS",
    "STOCK_ITEMS",
    "TABLES",
    "Alteration",
    "Axes",
    "BarRows",
    "Code",
    "Column",
    "Double",
    "Explanation",
    "LimitBook",
    "LimitPanel",
    "Manifest",
    "Market",
    "Progress",
    "ReportHistory",
    "altered",
    "as_dates",
    "cache_place",
    "check_fingerprint",
    "check_folder",
    "check_target",
    "conform",
    "day_of",
    "ex_price",
    "file_sha256",
    "neighbours_equal",
    "parquet_file",
    "read_feather",
    "read_numbers",
    "read_parquet",
    "sound_texts",
    "table_slices",
    "whole_stocks",
    "write_dataset",
    "write_streamed",
]
