"""The best book of one rebalance, by an interior point method called directly."""

from typing import Any, Literal

import numpy as np

from quanthedge.optimise.matrices import Matrices, matrices, trade_bounds
from quanthedge.optimise.optimality import Raw, as_solution
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution, Terms

__all__ = ["solve"]

Solver = Literal["piqp", "clarabel"]
_TOLERANCE = 1e-10


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
    """
    bounds = trade_bounds(problem)
    if len(bounds.crossed):
        return infeasible(problem, solver)
    made = matrices(problem, bounds)
    raw = _piqp(made)
    if raw.status == "infeasible":
        return infeasible(problem, solver)
    return as_solution(problem, bounds, made, raw, problem.risk_aversion or 0.0, solver)


def infeasible(problem: Problem, solver: str, reason: str = "") -> Solution:
    """Return the answer that there is no book."""
    nothing = np.full(problem.stocks, np.nan)
    return Solution(
        "infeasible", nothing, nothing, nothing, np.nan, Terms(*(np.nan,) * 5), {}, np.nan, np.nan,
        solver, 0, 0, reason=reason,
    )  # fmt: skip


def _piqp(made: Matrices) -> Raw:
    import piqp

    machine = piqp.SparseSolver()
    machine.settings.eps_abs = machine.settings.eps_rel = _TOLERANCE
    machine.settings.eps_duality_gap_abs = machine.settings.eps_duality_gap_rel = _TOLERANCE
    some = len(made.low) > 0
    machine.setup(
        made.hessian, made.linear, made.equality, made.equal_to,
        made.inequality if some else None, made.low if some else None,
        made.high if some else None, made.x_low, made.x_high,
    )  # fmt: skip
    return _told(machine, machine.solve(), made)


def _told(machine: Any, status: Any, made: Matrices) -> Raw:
    import piqp

    found = machine.result
    word = {
        piqp.PIQP_SOLVED: "solved",
        piqp.PIQP_PRIMAL_INFEASIBLE: "infeasible",
    }.get(status, "inaccurate")
    rows = found.z_u - found.z_l if len(made.low) else np.empty(0)
    return Raw(found.x, found.y, rows, found.z_bu - found.z_bl, word, found.info.iter)
