"""From expected returns, a risk model, costs and bounds to the book that weighs them up."""

from quanthedge.optimise.names import FewerNames, fewer_names
from quanthedge.optimise.optimality import objective_terms, stationarity
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.relax import solve_relaxed
from quanthedge.optimise.solution import Relaxed, Solution, Terms
from quanthedge.optimise.solve import solve

__all__ = [
    "FewerNames",
    "Problem",
    "Relaxed",
    "Solution",
    "Terms",
    "fewer_names",
    "objective_terms",
    "solve",
    "solve_relaxed",
    "stationarity",
]
