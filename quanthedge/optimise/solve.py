"""The best book of one rebalance, by an interior point method called directly."""

from typing import Literal

import numpy as np

from quanthedge.optimise.cone import solve_cones
from quanthedge.optimise.impact import quadratic_passes
from quanthedge.optimise.matrices import Bounds, Matrices, matrices, trade_bounds
from quanthedge.optimise.optimality import as_solution
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution, Terms

__all__ = ["solve"]

Solver = Literal["piqp", "clarabel"]


def solve(problem: Problem, *, solver: Solver = "piqp") -> Solution:
    """Return the best book of a problem.

    Parameters
    ----------
    problem : Problem
    solver : {"piqp", "clarabel"}

    Returns
    -------
    Solution
        Of status "infeasible" where no book keeps all limits.

    Notes
    -----
    A tracking error is a cone, which Clarabel solves; so is what PIQP gives up or calls infeasible.
    """
    bounds = trade_bounds(problem)
    if len(bounds.crossed):
        return infeasible(problem, solver)
    made = matrices(problem, bounds)
    if solver == "piqp" and problem.tracking_error is None:
        found = quadratic_passes(problem, bounds, made)
        if found is not None and found.status == "solved":
            return found
    return _by_cones(problem, bounds, made)


def _by_cones(problem: Problem, bounds: Bounds, made: Matrices) -> Solution:
    """Return Clarabel's answer."""
    raw, aversion = solve_cones(problem, made)
    if raw.infeasible:
        return infeasible(problem, "clarabel")
    return as_solution(problem, bounds, made, raw, aversion, "clarabel")


def infeasible(problem: Problem, solver: str, reason: str = "") -> Solution:
    """Return the answer that there is no book."""
    nothing = np.full(problem.stocks, np.nan)
    return Solution(
        "infeasible", nothing, nothing, nothing, np.nan, Terms(*(np.nan,) * 5), {}, np.nan, np.nan,
        solver, 0, 0, problem, reason=reason,
    )  # fmt: skip
