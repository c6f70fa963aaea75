"""The problem written down for cvxpy from its definition, in weights, for Clarabel to solve."""

import warnings

import numpy as np

from quanthedge.optimise import Problem
from quanthedge.optimise.solve import solve
from tests.optimise.worlds import any_world

TOLERANCES = (1e-10, 1e-9, 1e-8)  # the first that Clarabel comes to an end with


def objective_by_cvxpy(problem: Problem) -> float | None:
    """Return the least objective, or None where no book keeps the limits."""
    import cvxpy as cp

    p, n = problem, problem.stocks
    weights, bought, sold = cp.Variable(n), cp.Variable(n), cp.Variable(n)
    unit = 1 / n  # the solver sees weights of the order of 1
    w, u, v = weights * unit, bought * unit, sold * unit
    active = w - p.benchmark
    values, vectors = np.linalg.eigh(p.factor_covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    common = (p.exposures @ root).T @ active
    own = cp.multiply(np.sqrt(p.specific), active)
    limits = [
        w == p.held + u - v, cp.sum(w) == p.total, w >= p.lower, w <= p.upper, u >= 0, v >= 0,
    ]  # fmt: skip
    cost = p.buy_rate @ u + p.sell_rate @ v
    if p.impact.any():
        powers = cp.Variable(n)  # in the limits, where a trade of -1e-15 is no fault
        limits.append(cp.power(bought + sold, 1.5) <= powers)
        cost += (p.impact * unit**1.5) @ powers
    value = -p.alpha @ w + cost
    for trade, most in ((u, p.most_bought), (v, p.most_sold)):
        bounded = np.flatnonzero(np.isfinite(most))
        limits.append(trade[bounded] <= most[bounded])
    if p.risk_aversion is not None:
        value += p.risk_aversion / 2 * (cp.sum_squares(common) + cp.sum_squares(own))
    else:
        limits.append(cp.norm(cp.hstack([common, own])) <= p.tracking_error)
    if p.beta is not None:
        limits.append(p.beta @ w == p.beta_target)
    if p.group_bound is not None:
        for g, tilt in enumerate(p.group_tilt):
            inside = np.flatnonzero(p.groups == g)
            off = cp.sum(active[inside]) - tilt if len(inside) else cp.Constant(-tilt)
            limits.append(cp.abs(off) <= p.group_limits[g])
    if p.styles is not None and len(p.styles):
        limits.append(cp.abs(p.exposures[:, p.styles].T @ active) <= p.style_bound)
    if p.turnover is not None:
        limits.append(cp.sum(u + v) <= 2 * p.turnover)
    programme = cp.Problem(cp.Minimize(value / 0.01), limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "may be inaccurate": the residual of ours says more
        for tolerance in TOLERANCES:
            exact = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance) | {
                "max_threads": 1
            }
            programme.solve(solver=cp.CLARABEL, **exact)
            if programme.status.startswith("infeasible"):
                return None
            if programme.value is not None and np.isfinite(programme.value):
                return float(programme.value) * 0.01
    raise AssertionError(programme.status)


def agreement(wanted: int, first: int = 0) -> int:
    """Compare on random problems until so many were solved; how many no book could solve."""
    solved = infeasible = 0
    for seed in range(first, first + 2 * wanted):
        problem = any_world(seed)
        found, least = solve(problem), objective_by_cvxpy(problem)
        if least is None:
            assert found.status == "infeasible", seed
            infeasible += 1
            continue
        assert found.status == "solved", seed
        assert found.kkt_residual < 1e-6, seed
        # 1e-8 of the book: one yuan in 100 million; far below 1e-6 of max(1, |objective|)
        assert abs(found.objective - least) <= 1e-8, seed
        solved += 1
        if solved == wanted:
            break
    assert solved == wanted
    return infeasible
