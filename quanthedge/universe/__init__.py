"""Which stocks may be held: filters with counted exclusions, and universes made of them."""

from quanthedge.universe.filters import (
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
from quanthedge.universe.universe import AllUniverse, IndexUniverse, LargestUniverse, Universe

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
    "SpecialTreatment",
    "Suspended",
    "Universe",
]
