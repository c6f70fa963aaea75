"""From expected returns, a risk model, costs and bounds to the book that weighs them up."""

from quanthedge.optimise.bounds import Bounds
from quanthedge.optimise.decision import Decision, decision_table
from quanthedge.optimise.lots import Lots, whole_lots
from quanthedge.optimise.market import (
    ContractHedge,
    MarketDay,
    Posed,
    impact_volatility,
    market_days,
    posed,
    usual_turnover,
)
from quanthedge.optimise.optimality import stationarity
from quanthedge.optimise.optimiser import Optimiser, TradingTerms, industries_of
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Relaxed, Solution, Terms
from quanthedge.optimise.solve import solve

__all__ = [
    "Bounds",
    "ContractHedge",
    "Decision",
    "Lots",
    "MarketDay",
    "Optimiser",
    "Posed",
    "Problem",
    "Relaxed",
    "Solution",
    "Terms",
    "TradingTerms",
    "decision_table",
    "impact_volatility",
    "industries_of",
    "market_days",
    "posed",
    "solve",
    "stationarity",
    "usual_turnover",
    "whole_lots",
]
