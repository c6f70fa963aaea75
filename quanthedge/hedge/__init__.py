"""Hedge with index futures: contracts, roll, ratios, comparison, and how much to hedge."""

from importlib import import_module
from typing import Any

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

# What research alone needs is imported when it is asked for.
_RESEARCH = {
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
    if name in _RESEARCH:
        return getattr(import_module(f"quanthedge.hedge.{_RESEARCH[name]}"), name)
    raise AttributeError(f"module 'quanthedge.hedge' has no attribute {name!r}")
