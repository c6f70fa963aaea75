"""Which stocks may be held: filters with counted exclusions, and universes made of them."""

from quanthedge.universe.filters import (
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
