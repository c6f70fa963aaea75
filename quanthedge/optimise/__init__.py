"""From expected returns, a risk model, costs and bounds to the book that weighs them up."""

from quanthedge.optimise.bounds import Bounds
from quanthedge.optimise.decision import Decision
from quanthedge.optimise.market import ContractHedge, impact_volatility, market_days
from quanthedge.optimise.optimality import stationarity
from quanthedge.optimise.optimiser import Optimiser, TradingTerms
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.relax import solve_relaxed

__all__ = [
    "Bounds",
    "ContractHedge",
    "Decision",
    "Optimiser",
    "Problem",
    "TradingTerms",
    "impact_volatility",
    "market_days",
    "solve_relaxed",
    "stationarity",
]
