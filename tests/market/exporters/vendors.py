"""Write a market's tables the way data vendors' Python interfaces give them.

Written from the interfaces' descriptions, without looking at the importers: names of columns,
units, spellings of codes and dates, empty cells. A test exports a market, imports it again and
compares.
"""

from tests.market.exporters.vendors_akshare import akshare
from tests.market.exporters.vendors_baostock import baostock
from tests.market.exporters.vendors_common import (
    DATES,
    baostock_code,
    compact,
    dashed,
    dividends_of,
    grid,
    jq_code,
    monthly_lists,
    sample_tables,
    save,
    wide,
    write,
)
from tests.market.exporters.vendors_joinquant import joinquant
from tests.market.exporters.vendors_mapping import mapped
from tests.market.exporters.vendors_tushare import RATIOS, tushare

__all__ = [
    "DATES",
    "RATIOS",
    "akshare",
    "baostock",
    "baostock_code",
    "compact",
    "dashed",
    "dividends_of",
    "grid",
    "joinquant",
    "jq_code",
    "mapped",
    "monthly_lists",
    "sample_tables",
    "save",
    "tushare",
    "wide",
    "write",
]
