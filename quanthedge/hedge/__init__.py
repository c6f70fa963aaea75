"""Hedge with index futures: contracts, roll, ratios, comparison, and how much to hedge."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quanthedge.hedge.asked import Substitution
from quanthedge.hedge.contracts.chain import (
    contract_chain,
)
from quanthedge.hedge.contracts.schedule import ContractSchedule
from quanthedge.hedge.ratios.ratios import BetaRatio, DollarNeutral, HedgeRatio, MinimumVariance
from quanthedge.hedge.rule import HedgeRule
from quanthedge.hedge.timing import Knowledge, StockFill

if TYPE_CHECKING:  # for readers of types
    from quanthedge.hedge.contracts.discount import annual_discount as annual_discount
    from quanthedge.hedge.contracts.leg import futures_leg as futures_leg
    from quanthedge.hedge.joint import joint_hedge as joint_hedge
    from quanthedge.hedge.ratios.pro_forma import book_ratios as book_ratios
    from quanthedge.hedge.research.basis import basis_table as basis_table
    from quanthedge.hedge.research.books import Book as Book
    from quanthedge.hedge.research.books import index_book as index_book
    from quanthedge.hedge.research.books import random_book as random_book
    from quanthedge.hedge.research.carry.lending import lent_on as lent_on
    from quanthedge.hedge.research.carry.panel import carry_opportunity as carry_opportunity
    from quanthedge.hedge.research.carry.terms import CarryTerms as CarryTerms
    from quanthedge.hedge.research.carry.trades import carry_trades as carry_trades
    from quanthedge.hedge.research.comparison import compare_hedges as compare_hedges
    from quanthedge.hedge.research.desk import basis_desk as basis_desk

# What research alone needs is imported when it is asked for.
_LAZY = {
    "annual_discount": "contracts.discount",
    "Book": "research.books",
    "CarryTerms": "research.carry.terms",
    "basis_desk": "research.desk",
    "basis_table": "research.basis",
    "book_ratios": "ratios.pro_forma",
    "carry_opportunity": "research.carry.panel",
    "carry_trades": "research.carry.trades",
    "lent_on": "research.carry.lending",
    "compare_hedges": "research.comparison",
    "futures_leg": "contracts.leg",
    "index_book": "research.books",
    "joint_hedge": "joint",
    "random_book": "research.books",
}

__all__ = [
    "BetaRatio",
    "Book",
    "CarryTerms",
    "ContractSchedule",
    "DollarNeutral",
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
    "carry_opportunity",
    "carry_trades",
    "compare_hedges",
    "contract_chain",
    "futures_leg",
    "index_book",
    "joint_hedge",
    "lent_on",
    "random_book",
]


def __getattr__(name: str) -> Any:
    """Import research on first use (PEP 562)."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.hedge.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.hedge' has no attribute {name!r}")
