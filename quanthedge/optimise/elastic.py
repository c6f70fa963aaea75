"""By how much limits have to give before any book keeps them: linear programmes, one a step.

Variables are purchases, sales and a violation for each limit. Total, beta, what may be bought and
sold, and 0 as the least weight are never violated.

References
----------
J. W. Chinneck (2008), Feasibility and Infeasibility in Optimization, Springer: elastic programmes.
"""

from typing import Any

import numpy as np

from quanthedge.optimise.matrices import group_matrix
from quanthedge.optimise.problem import Problem
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["conflict", "least_violations", "loosened_weights", "size_rows"]

_ORDER = ("turnover", "styles", "groups", "size", "active_weight")
_SLIP = 1e-8  # that a violation found may grow by in the steps after it


def size_rows(problem: Problem) -> Bools:
    """Return which of the bounded styles is size [S]."""
    if problem.styles is None:
        return np.zeros(0, dtype=bool)
    return np.asarray(problem.styles == (-1 if problem.size is None else problem.size))


def loosened_weights(problem: Problem, more: float) -> tuple[Floats, Floats]:
    """Return bounds of weights that are wider by `more`, where they may be.

    No lower bound falls below 0 that was not there, and where nothing is to be held (an upper bound
    of 0) no more is than before.
    """
    lower = np.maximum(problem.lower - more, np.minimum(problem.lower, 0.0))
    cap = np.where(problem.upper <= 0, np.maximum(problem.upper, problem.held), np.inf)
    return lower, np.minimum(problem.upper + more, cap)


def least_violations(problem: Problem) -> dict[str, Floats] | None:
    """Return by name (_ORDER) the least violations of each limit, or None where nothing helps.

    "turnover" [1] is of the sum of all trades, "styles" and "size" [S], "groups" [G],
    "active_weight" [1]. The first names of the order that suffice are freed; of these the last is
    made least first.
    """
    programme = _Programme(problem)
    for depth in range(1, len(_ORDER) + 1):
        fixed = {name: np.zeros(programme.sizes[name]) for name in _ORDER[depth:]}
        for name in reversed(_ORDER[:depth]):
            found = programme.least(name, fixed)
            if found is None:
                break
            fixed[name] = found
        else:
            return fixed
    return None


class _Programme:
    """The limits in the columns (purchases, sales, violations), each row ``<= right``."""

    def __init__(self, problem: Problem) -> None:
        from scipy import sparse

        self.problem, n = problem, problem.stocks
        styles = len(size_rows(problem))
        counts = (1, styles, len(problem.group_limits), styles, 1)
        self.sizes = dict(zip(_ORDER, counts, strict=True))
        ends = 2 * n + np.cumsum([0, *counts])
        self.place = {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(_ORDER)}
        self.width = int(ends[-1])
        self.rows: list[Any] = []
        self.right: list[Floats] = []
        eye = sparse.eye(n, format="csr")
        every = np.full(n, self.place["active_weight"].start)
        self._add(eye, problem.upper - problem.held, every)
        self._add(-eye, problem.held - problem.lower, every)
        self._add_common(problem)
        self.matrix, self.limit = sparse.vstack(self.rows, format="csc"), np.concatenate(self.right)
        self.equality, self.equal_to = _equations(problem, self.width)
        low, high = loosened_weights(problem, np.inf)
        most_bought = np.minimum(problem.most_bought, np.maximum(high - problem.held, 0.0))
        most_sold = np.minimum(problem.most_sold, np.maximum(problem.held - low, 0.0))
        self.most = np.concatenate([most_bought, most_sold, np.full(self.width - 2 * n, np.inf)])

    def _add_common(self, problem: Problem) -> None:
        """Add the rows of groups, styles and turnover."""
        from scipy import sparse

        active, n = problem.held - problem.benchmark, problem.stocks
        limits = problem.group_limits
        if len(limits) and problem.groups is not None and problem.group_tilt is not None:
            member = group_matrix(problem.groups, len(limits)).tocsr()
            now = member @ active - problem.group_tilt
            column = self.place["groups"].start + np.arange(len(limits))
            self._add(member, limits - now, column)
            self._add(-member, limits + now, column)
        if problem.styles is not None and problem.style_bound is not None:
            block = sparse.csr_matrix(problem.exposures[:, problem.styles].T)
            now, number = block @ active, np.arange(len(problem.styles))
            column = np.where(size_rows(problem), self.place["size"].start,
                              self.place["styles"].start) + number  # fmt: skip
            self._add(block, problem.style_bound - now, column)
            self._add(-block, problem.style_bound + now, column)
        if problem.turnover is not None:
            row = np.zeros(self.width)
            row[: 2 * n], row[self.place["turnover"]] = 1.0, -1.0
            self.rows.append(sparse.csr_matrix(row))
            self.right.append(np.array([2 * problem.turnover]))

    def _add(self, block: Any, right: Floats, column: Ints) -> None:
        """Add ``block (u - v) <= right + violation``, the violation of each row in its column."""
        from scipy import sparse

        finite = np.flatnonzero(np.isfinite(right))
        n, rows = self.problem.stocks, len(finite)
        of_violation = sparse.csr_matrix(
            (-np.ones(rows), (np.arange(rows), column[finite] - 2 * n)),
            shape=(rows, self.width - 2 * n),
        )
        chosen = block[finite]
        self.rows.append(sparse.hstack([chosen, -chosen, of_violation], format="csr"))
        self.right.append(right[finite])

    def least(self, name: str, fixed: dict[str, Floats]) -> Floats | None:
        """Return the least violations of a name with others fixed; None: no book."""
        cost = np.zeros(self.width)
        cost[self.place[name]] = 1.0
        most = self.most.copy()
        for other, value in fixed.items():
            most[self.place[other]] = np.where(value > 0, value + _SLIP, 0.0)
        found = _linear_programme(cost, self.matrix, self.limit, self.equality, self.equal_to, most)
        return None if found is None else np.maximum(found[self.place[name]], 0.0)


def _linear_programme(
    cost: Floats, matrix: Any, limit: Floats | None, equality: Any, equal_to: Floats, most: Floats
) -> Floats | None:
    """Return the x in [0, most] of least cost; None where there is no x."""
    from scipy.optimize import linprog

    found = linprog(
        cost, A_ub=matrix, b_ub=limit, A_eq=equality, b_eq=equal_to,
        bounds=np.column_stack([np.zeros(len(most)), most]), method="highs",
    )  # fmt: skip
    return None if found.x is None or found.status not in (0, 1) else np.asarray(found.x)


def _equations(problem: Problem, width: int, *, beta: bool = True) -> tuple[Any, Floats]:
    """Return the rows of total and beta over (u, v, ...)."""
    from scipy import sparse

    rows, right = [np.ones(problem.stocks)], [problem.total - problem.held.sum()]
    if beta and problem.beta is not None and problem.beta_target is not None:
        rows.append(problem.beta)
        right.append(problem.beta_target - problem.beta @ problem.held)
    block = np.vstack(rows)
    empty = np.zeros((len(rows), width - 2 * problem.stocks))
    return sparse.csc_matrix(np.hstack([block, -block, empty])), np.array(right)


def conflict(problem: Problem) -> str:
    """Return in words which of the limits that are never loosened contradict one another.

    To be asked when :func:`least_violations` found nothing.
    """
    low, high = loosened_weights(problem, np.inf)
    most_bought = np.minimum(problem.most_bought, np.maximum(high - problem.held, 0.0))
    most_sold = np.minimum(problem.most_sold, np.maximum(problem.held - low, 0.0))
    least, most = float((problem.held - most_sold).sum()), float((problem.held + most_bought).sum())
    stuck = int(((most_bought == 0) & (most_sold == 0)).sum())
    why = (
        "what may be traded (participation, suspensions, price limits; "
        f"{stuck} of {problem.stocks} stocks not at all)"
    )
    if not least - _SLIP <= problem.total <= most + _SLIP:
        return (
            f"total: {problem.total:.6g} is asked, but with {why} the weights add up to between "
            f"{least:.6g} and {most:.6g}"
        )
    if problem.beta is not None and problem.beta_target is not None:
        equality, equal_to = _equations(problem, 2 * problem.stocks, beta=False)
        cost, most_traded = np.r_[problem.beta, -problem.beta], np.r_[most_bought, most_sold]
        ends = []
        for sign in (1.0, -1.0):
            x = _linear_programme(sign * cost, None, None, equality, equal_to, most_traded)
            ends.append(np.nan if x is None else float(problem.beta @ problem.held + cost @ x))
        return (
            f"beta_target: {problem.beta_target:.6g} is asked, but with {why} and weights that add "
            f"up to {problem.total:.6g} beta is between {ends[0]:.6g} and {ends[1]:.6g}"
        )
    return "the limits contradict one another"
