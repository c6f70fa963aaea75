"""From scores to a book: universe, selection, rebalancing calendar."""

from quanthedge.portfolio.filters import (
    DEFAULT_FILTERS,
    Boards,
    Codes,
    DelistingPeriod,
    Filter,
    Industries,
    Liquidity,
    Listed,
    MarketValue,
    Members,
    Price,
    SpecialTreatment,
    Suspended,
)
from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.selection import Selector, Targets
from quanthedge.portfolio.universe import AllUniverse, IndexUniverse, LargestUniverse, Universe

__all__ = [
    "DEFAULT_FILTERS",
    "AllUniverse",
    "Boards",
    "Codes",
    "DelistingPeriod",
    "Filter",
    "IndexUniverse",
    "Industries",
    "LargestUniverse",
    "Liquidity",
    "Listed",
    "MarketValue",
    "Members",
    "Price",
    "Schedule",
    "Selector",
    "SpecialTreatment",
    "Suspended",
    "Targets",
    "Universe",
]
