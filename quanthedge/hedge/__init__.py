"""Hedge with index futures: contracts, roll, ratios, comparison, and how much to hedge."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quanthedge.hedge.asked import Substitution
from quanthedge.hedge.contracts.chain import (
    ContractChain,
    FuturesMarket,
    contract_chain,
)
from quanthedge.hedge.contracts.schedule import (
    BEYOND,
    ContractSchedule,
    Fill,
    contract_schedule,
    fill_prices,
)
from quanthedge.hedge.ratios.ratios import (
    AlphaScaled,
    BetaRatio,
    DollarNeutral,
    DynamicCorrelation,
    ErrorCorrection,
    EwmaRatio,
    FixedRatio,
    HedgeHistory,
    HedgeRatio,
    MinimumVariance,
)
from quanthedge.hedge.rule import HedgeRule, target_lots
from quanthedge.hedge.timing import Knowledge, StockFill, fill_price_of, fills_known

if TYPE_CHECKING:  # for readers of types
    from quanthedge.hedge.contracts.discount import annual_discount as annual_discount
    from quanthedge.hedge.contracts.leg import futures_leg as futures_leg
    from quanthedge.hedge.joint import joint_hedge as joint_hedge
    from quanthedge.hedge.ratios.pro_forma import book_ratios as book_ratios
    from quanthedge.hedge.research.basis import basis_table as basis_table
    from quanthedge.hedge.research.books import Book as Book
    from quanthedge.hedge.research.books import index_book as index_book
    from quanthedge.hedge.research.books import random_book as random_book
    from quanthedge.hedge.research.comparison import HedgeComparison as HedgeComparison
    from quanthedge.hedge.research.comparison import compare_hedges as compare_hedges
    from quanthedge.hedge.research.desk import basis_desk as basis_desk

# What research alone needs is imported when it is asked for.
_LAZY = {
    "annual_discount": "contracts.discount",
    "Book": "research.books",
    "HedgeComparison": "research.comparison",
    "basis_desk": "research.desk",
    "basis_table": "research.basis",
    "book_ratios": "ratios.pro_forma",
    "compare_hedges": "research.comparison",
    "futures_leg": "contracts.leg",
    "index_book": "research.books",
    "joint_hedge": "joint",
    "random_book": "research.books",
}

__all__ = [
    "BEYOND",
    "AlphaScaled",
    "BetaRatio",
    "Book",
    "ContractChain",
    "ContractSchedule",
    "DollarNeutral",
    "DynamicCorrelation",
    "ErrorCorrection",
    "EwmaRatio",
    "Fill",
    "FixedRatio",
    "FuturesMarket",
    "HedgeComparison",
    "HedgeHistory",
    "HedgeRatio",
    "HedgeRule",
    "Knowledge",
    "MinimumVariance",
    "StockFill",
    "Substitution",
    "annual_discount",
    "basis_desk",
    "basis_table",
    "book_ratios",
    "compare_hedges",
    "contract_chain",
    "contract_schedule",
    "fill_price_of",
    "fill_prices",
    "fills_known",
    "futures_leg",
    "index_book",
    "joint_hedge",
    "random_book",
    "target_lots",
]


def __getattr__(name: str) -> Any:
    """Import research on first use (PEP 562)."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.hedge.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.hedge' has no attribute {name!r}")
