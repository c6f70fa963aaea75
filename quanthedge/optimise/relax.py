"""Limits that no book keeps together are loosened in a stated order, each by the least that helps.

The order is turnover, styles but size, industries, size, active weight. What comes later is kept
as long as loosening what comes before is enough: among all books that keep what is never loosened
(total, beta, participation, suspensions and price limits, no short sales), the sum of violations
of the last that is needed is made least, then, with that fixed, of the one before, and so on.
Groups and styles give way each by itself, so that one industry full of suspended stocks does not
free the others. Bounds of weights widen alike; those of stocks whose own trades cannot bring them
inside are loosened first, and only as far as these trades do not reach.

A tracking error that cannot be kept inside of the limits given is reached by more turnover (the
least that does); where no turnover does, it is loosened to the least that any reaches.

The bound given is the least one plus MARGIN, so that the solver has room to choose.
"""

from dataclasses import replace

import numpy as np

from quanthedge.optimise.elastic import conflict, least_violations, loosened_weights, size_rows
from quanthedge.optimise.matrices import trade_bounds
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Relaxed, Solution
from quanthedge.optimise.solve import Solver, solve
from quanthedge.typing import Floats

__all__ = ["MARGIN", "solve_relaxed"]

MARGIN = 1e-5
_NOTHING = 1e-7  # a violation of that size is rounding of the linear programme
_ROOM = 1e-3  # of the least tracking error: what a loosened one is above it


def solve_relaxed(problem: Problem, *, solver: Solver = "piqp") -> Solution:
    """Return the best book, with limits loosened where none keeps them all.

    Parameters
    ----------
    problem : Problem
    solver : {"piqp", "clarabel"}

    Returns
    -------
    Solution
        `relaxed` lists what was loosened, from what to what, and what more of it would be worth;
        `problem` is the one with the bounds given. Of status "infeasible" where what is never
        loosened contradicts itself; `reason` says which and what can be reached.
    """
    found = solve(problem, solver=solver)
    if found.status != "infeasible":
        return found
    given = reachable = _reachable(problem)
    if reachable is not problem:
        found = solve(given, solver=solver)
    if found.status == "infeasible":
        violations = least_violations(reachable)
        if violations is None:
            return replace(found, reason=conflict(problem))
        given = _loosened(reachable, violations)
        found = solve(given, solver=solver)
    if found.status == "infeasible" and given.tracking_error is not None:
        given = _tracked(given, given.tracking_error)
        found = solve(given, solver=solver)
    if found.status == "infeasible":
        return replace(found, reason="no solver finds a book of the loosened limits")
    return replace(found, relaxed=tuple(_rows(problem, reachable, given, found)))


def _reachable(problem: Problem) -> Problem:
    """Return the problem with bounds that each stock can get inside by its own trades."""
    bounds = trade_bounds(problem)
    if not len(bounds.crossed):
        return problem
    above = bounds.least_sold > bounds.most_sold
    below = bounds.least_bought > bounds.most_bought
    return replace(
        problem,
        upper=np.where(above, problem.held - problem.most_sold, problem.upper),
        lower=np.where(below, problem.held + problem.most_bought, problem.lower),
    )


def _loosened(problem: Problem, violations: dict[str, Floats]) -> Problem:
    """Return the problem with the bounds that violations ask for."""
    given = {
        name: np.where(found > _NOTHING, found + MARGIN, 0.0) for name, found in violations.items()
    }
    changed: dict[str, object] = {}
    if given["active_weight"][0] > 0:
        lower, upper = loosened_weights(problem, float(given["active_weight"][0]))
        changed |= {"lower": lower, "upper": upper}
    if problem.turnover is not None and given["turnover"][0] > 0:
        changed["turnover"] = problem.turnover + float(given["turnover"][0]) / 2
    if problem.style_bound is not None:
        changed["style_bound"] = problem.style_bound + given["styles"] + given["size"]
    if len(problem.group_limits):
        changed["group_bound"] = problem.group_limits + given["groups"]
    return replace(problem, **changed)  # type: ignore[arg-type]


def _tracked(problem: Problem, asked: float) -> Problem:
    """Return the problem with a tracking error that can be kept, by more turnover if that helps."""
    free = replace(problem, turnover=None)
    least, traded = _least_tracking(free)
    error = asked if least < asked else least * (1 + _ROOM)
    given = replace(problem, tracking_error=error)
    if problem.turnover is None or _least_tracking(problem)[0] < error:
        return given
    low, high = problem.turnover, traded
    while high - low > MARGIN:
        middle = (low + high) / 2
        enough = _least_tracking(replace(problem, turnover=middle))[0] < error
        low, high = (low, middle) if enough else (middle, high)
    return replace(given, turnover=high + MARGIN)


def _least_tracking(problem: Problem) -> tuple[float, float]:
    """Return the least tracking error inside of the other limits, and its one-way turnover."""
    nothing = np.zeros(problem.stocks)
    found = solve(
        replace(
            problem, alpha=nothing, buy_rate=nothing, sell_rate=nothing, impact=nothing,
            tracking_error=None, risk_aversion=100.0,
        )
    )  # fmt: skip
    if found.status == "infeasible":
        return np.inf, np.inf
    return float(np.sqrt(found.terms.variance)), float((found.buys + found.sells).sum() / 2)


def _rows(asked: Problem, reachable: Problem, given: Problem, found: Solution) -> list[Relaxed]:
    """Return what was loosened, in the order of loosening."""
    prices, rows = found.multipliers, []
    if (
        asked.turnover is not None
        and given.turnover is not None
        and given.turnover > asked.turnover
    ):
        price = 2 * float(prices["turnover"][0])  # the limit is of purchases and sales
        rows.append(Relaxed("turnover", -1, asked.turnover, given.turnover, price))
    styles = []
    if asked.styles is not None and asked.style_bound is not None and given.style_bound is not None:
        for i in np.flatnonzero(given.style_bound > asked.style_bound):
            name, price = "size" if size_rows(asked)[i] else "styles", abs(prices["styles"][i])
            item, bounds = int(asked.styles[i]), (asked.style_bound[i], given.style_bound[i])
            styles.append(Relaxed(name, item, float(bounds[0]), float(bounds[1]), float(price)))
    groups = [
        Relaxed("groups", int(g), float(asked.group_limits[g]), float(given.group_limits[g]),
                float(abs(prices["groups"][g])))
        for g in np.flatnonzero(given.group_limits > asked.group_limits)
    ]  # fmt: skip
    rows += [one for one in styles if one.name == "styles"]
    rows += groups + [one for one in styles if one.name == "size"]
    rows += _weight_rows(asked, reachable, given, prices)
    old, new = asked.tracking_error, given.tracking_error
    if old is not None and new is not None and new > old:
        rows.append(Relaxed("tracking_error", -1, old, new, found.risk_aversion * new))
    return rows


def _weight_rows(
    asked: Problem, reachable: Problem, given: Problem, prices: dict[str, Floats]
) -> list[Relaxed]:
    rows = []
    for name in ("upper", "lower"):
        old, new = getattr(asked, name), getattr(reachable, name)
        rows += [
            Relaxed(name, int(i), float(old[i]), float(new[i]), float(prices[name][i]))
            for i in np.flatnonzero(old != new)
        ]
    wider = 0.0
    for new, old in ((given.upper, reachable.upper), (reachable.lower, given.lower)):
        bounded = np.isfinite(new) & np.isfinite(old)
        wider = max(wider, float(np.max(new[bounded] - old[bounded], initial=0.0)))
    if wider > 0:
        price = float(prices["upper"].sum() + prices["lower"].sum())
        rows.append(Relaxed("active_weight", -1, 0.0, wider, price))
    return rows
