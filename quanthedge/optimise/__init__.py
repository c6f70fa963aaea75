"""From expected returns, a risk model, costs and bounds to the book that weighs them up."""

from quanthedge.optimise.optimality import stationarity
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Relaxed, Solution, Terms
from quanthedge.optimise.solve import solve

__all__ = ["Problem", "Relaxed", "Solution", "Terms", "solve", "stationarity"]
