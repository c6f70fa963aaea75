"""Fewer names: small holdings are given up, and what that costs is told.

A least weight or a largest number of names is no convex limit. Holdings that are too small are
dropped and the book is solved on the rest, the smallest half of them in each round, so that the
rest can take up what was dropped before it is judged itself.

References
----------
D. Bienstock (1996), Computational study of a family of mixed-integer quadratic programming
problems, Mathematical Programming 74: the exact problem, which is not solved here.
"""

from dataclasses import dataclass, replace

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution
from quanthedge.optimise.solve import Solver, solve
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["FewerNames", "fewer_names"]

_HELD = 1e-7  # a weight below it is none: 10 yuan in 100 million


@dataclass(frozen=True, eq=False)
class FewerNames:
    """A book without small holdings.

    Attributes
    ----------
    solution : Solution
        Of the problem without the names that were dropped.
    dropped : int64
        Places of the stocks that were given up.
    kept_small : int64
        Places that are below the least weight, or too many, and had to stay: they cannot be sold,
        have a lower bound above 0, or no book keeps the limits without them.
    loss : float
        Objective lost: expected return over the horizon as a fraction of the book.
    rounds : int
        Problems solved after the first.
    """

    solution: Solution
    dropped: Ints
    kept_small: Ints
    loss: float
    rounds: int


def fewer_names(
    solution: Solution,
    *,
    least_weight: float = 0.0,
    most_names: int | None = None,
    solver: Solver = "piqp",
) -> FewerNames:
    """Return the book of a solution without holdings that are too small, and what it costs.

    Parameters
    ----------
    solution : Solution
        Of :func:`solve` or :func:`solve_relaxed`.
    least_weight : float
        Smaller holdings are given up.
    most_names : int, optional
        Beyond it the smallest are given up.
    solver : {"piqp", "clarabel"}

    Raises
    ------
    StrategyError
        On an infeasible solution, a negative weight or fewer than one name.
    """
    if solution.status == "infeasible":
        raise StrategyError("fewer_names: the solution is infeasible; accepted: a book")
    if not 0 <= least_weight < np.inf or (most_names is not None and most_names < 1):
        raise StrategyError(
            f"fewer_names: least_weight {least_weight}, most_names {most_names}; accepted: a "
            "weight >= 0, a number of names >= 1"
        )
    problem, now, rounds = solution.problem, solution, 0
    stays = _cannot_go(problem)
    gone: Bools = np.zeros(problem.stocks, dtype=bool)
    while True:
        may_go = _too_small(now.weights, stays, least_weight, most_names)
        if not len(may_go):
            break
        found, count = None, (len(may_go) + 1) // 2
        while found is None and count:
            tried = gone.copy()
            tried[may_go[:count]] = True
            made = solve(_without(problem, tried), solver=solver)
            rounds += 1
            found = made if made.status == "solved" else None
            count = count if found is not None else count // 2
        if found is None:
            break
        now, gone = found, tried
    small = _too_small(now.weights, np.zeros_like(stays), least_weight, most_names)
    loss = now.objective - solution.objective
    now = replace(now, relaxed=solution.relaxed)
    return FewerNames(now, np.flatnonzero(gone), np.sort(small), loss, rounds)


def _cannot_go(problem: Problem) -> Bools:
    """Return who has to be held: a lower bound above 0, or more held than may be sold."""
    return (problem.lower > 0) | (problem.held > problem.most_sold)


def _too_small(weights: Floats, stays: Bools, least: float, most_names: int | None) -> Ints:
    """Return the holdings that are too small or too many and may go, the smallest first."""
    held = np.flatnonzero(weights > _HELD)
    over = 0 if most_names is None else len(held) - most_names
    held = held[~stays[held]]
    held = held[np.argsort(weights[held], kind="stable")]
    return held[: max(over, int((weights[held] < least * (1 - 1e-6)).sum()))]


def _without(problem: Problem, gone: Bools) -> Problem:
    """Return the problem in which some stocks are not held."""
    return replace(
        problem,
        upper=np.where(gone, 0.0, problem.upper),
        lower=np.where(gone, np.minimum(problem.lower, 0.0), problem.lower),
        most_bought=np.where(gone & (problem.held <= 0), 0.0, problem.most_bought),
    )
