"""Whether a book is the best one: terms of the objective, multipliers, residuals, by definition."""

from typing import NamedTuple

import numpy as np

from quanthedge.optimise.matrices import Bounds, Matrices
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution, Terms
from quanthedge.typing import Floats, Ints

__all__ = ["Raw", "as_solution", "kkt_residual", "objective_terms", "stationarity"]

_ACCURATE = 1e-6  # residual of a solved problem
_DUST = 1e-7  # of the book: 10 yuan in 100 million; a smaller trade that is not worth it is none


class Raw(NamedTuple):
    """What a solver returned, in the order of the matrices.

    Multipliers of two-sided limits are signed: positive where the upper side binds.
    """

    x: Floats
    equality: Floats  # [K + 1 or 2], of A x = b
    inequality: Floats  # of G x
    bounds: Floats  # of x
    infeasible: bool
    iterations: int


def objective_terms(problem: Problem, buys: Floats, sells: Floats) -> Terms:
    """Return the parts of the objective of trades [n]."""
    weights = problem.held + buys - sells
    active = weights - problem.benchmark
    exposure = problem.exposures.T @ active
    variance = float(
        exposure @ problem.factor_covariance @ exposure + (problem.specific * active**2).sum()
    )
    return Terms(
        float(problem.alpha @ weights),
        (problem.risk_aversion or 0.0) / 2 * variance,
        float(problem.buy_rate @ buys + problem.sell_rate @ sells),
        float(problem.impact @ (buys + sells) ** 1.5),
        variance,
    )


def as_solution(
    problem: Problem, bounds: Bounds, made: Matrices, raw: Raw, aversion: float, solver: str
) -> Solution:
    """Return a solver's answer as a solution of the problem.

    Parameters
    ----------
    aversion : float
        lambda: the problem's own, or what the multiplier of the cone comes to.
    """
    buys, sells = _netted(*made.trades(raw.x))
    common = _common_multipliers(problem, made, raw)
    pull = common_pull(problem, problem.held + buys - sells, common, aversion)
    buys, sells = _without_dust(problem, bounds, pull, float(common["turnover"][0]), buys, sells)
    multipliers = common | _own(problem, bounds, made, raw, common, pull, buys, sells)
    terms = objective_terms(problem, buys, sells)
    objective = -terms.alpha + terms.risk + terms.linear_cost + terms.impact
    residual = kkt_residual(problem, buys, sells, multipliers, aversion)
    return Solution(
        "solved" if residual < _ACCURATE else "inaccurate", problem.held + buys - sells, buys,
        sells, objective, terms, multipliers, aversion, residual, solver, 1, raw.iterations,
        problem,
    )  # fmt: skip


def _netted(bought: Floats, sold: Floats) -> tuple[Floats, Floats]:
    """Return trades without what is bought and sold at once."""
    net = np.maximum(bought, 0.0) - np.maximum(sold, 0.0)
    return np.maximum(net, 0.0), np.maximum(-net, 0.0)


def common_terms(
    problem: Problem, weights: Floats, multipliers: dict[str, Floats], aversion: float
) -> dict[str, Floats]:
    """Return by name what one more unit of each stock costs through what stocks have in common."""
    active = weights - problem.benchmark
    exposure = problem.exposures.T @ active
    n = problem.stocks
    found = {
        "alpha": -problem.alpha,
        "risk": aversion
        * (problem.exposures @ (problem.factor_covariance @ exposure) + problem.specific * active),
        "total": np.full(n, multipliers["total"][0]),
        "beta": np.zeros(n) if problem.beta is None else problem.beta * multipliers["beta"][0],
        "groups": np.zeros(n),
        "styles": np.zeros(n),
    }
    if problem.groups is not None and len(multipliers["groups"]):
        padded = np.append(multipliers["groups"], 0.0)  # -1: none
        found["groups"] = padded[problem.groups]
    if problem.styles is not None:
        found["styles"] = problem.exposures[:, problem.styles] @ multipliers["styles"]
    return found


def common_pull(
    problem: Problem, weights: Floats, multipliers: dict[str, Floats], aversion: float
) -> Floats:
    """Return the sum of the common terms [n]."""
    parts = common_terms(problem, weights, multipliers, aversion)
    return np.asarray(np.sum(list(parts.values()), axis=0))


def _trade_cost(problem: Problem, size: Floats, turnover: float) -> tuple[Floats, Floats]:
    """Return marginal costs [n] of a purchase and of a sale."""
    shared = 1.5 * problem.impact * np.sqrt(size) + turnover
    return problem.buy_rate + shared, problem.sell_rate + shared


def _without_dust(
    problem: Problem, bounds: Bounds, pull: Floats, turnover: float, buys: Floats, sells: Floats
) -> tuple[Floats, Floats]:
    """Return trades without the dust that an interior point leaves where less is worth it."""
    of_bought = -(pull + problem.buy_rate + turnover)
    of_sold = pull - problem.sell_rate - turnover
    kept = []
    for size, gain, least in (
        (buys, of_bought, bounds.least_bought), (sells, of_sold, bounds.least_sold)
    ):  # fmt: skip
        worth = np.divide(
            np.maximum(gain, 0.0), 1.5 * problem.impact,
            out=np.where(gain > 0, np.inf, 0.0), where=problem.impact > 0,
        ) ** 2  # fmt: skip
        dust = (size < _DUST) & (least == 0)
        kept.append(np.where(dust, np.minimum(size, worth), size))
    return kept[0], kept[1]


def _common_multipliers(problem: Problem, made: Matrices, raw: Raw) -> dict[str, Floats]:
    """Return the multipliers of what stocks have in common by name."""
    k, groups = problem.exposures.shape[1], len(problem.group_limits)
    trades = len(made.bought) + len(made.sold)
    found = {
        "total": raw.equality[k : k + 1],
        "beta": raw.equality[k + 1 :] if problem.beta is not None else np.zeros(1),
        "groups": raw.inequality[:groups],
        "styles": np.empty(0),
        "turnover": np.zeros(1),
    }
    if problem.styles is not None:
        found["styles"] = raw.bounds[trades + problem.styles]
    if problem.turnover is not None:
        found["turnover"] = np.maximum(raw.inequality[groups : groups + 1], 0.0)
    return found


def _own(
    problem: Problem,
    bounds: Bounds,
    made: Matrices,
    raw: Raw,
    common: dict[str, Floats],
    pull: Floats,
    buys: Floats,
    sells: Floats,
) -> dict[str, Floats]:
    """Return the multipliers of each stock's own limits.

    The solver's where a stock is traded, what its equation asks for where it is not. The bound of a
    trade comes from a bound of the weight or of the trade, whichever is tighter; of the side that
    is not traded, the multiplier of ">= 0" is what is left of the sum of both equations.
    """
    cost_b, cost_s = _trade_cost(problem, buys + sells, float(common["turnover"][0]))
    of_bought, of_sold = -(pull + cost_b), pull - cost_s
    selling = np.where(buys + sells > 0, sells > buys, of_sold > of_bought)
    z = np.where(selling, of_sold, of_bought)
    for places, first, mine in ((made.bought, 0, ~selling), (made.sold, len(made.bought), selling)):
        found = raw.bounds[first : first + len(places)]
        traded = (mine & (buys + sells >= _DUST))[places]
        z[places[traded]] = found[traded]
    room = np.where(selling, problem.held - problem.lower, problem.upper - problem.held)
    most = np.where(selling, problem.most_sold, problem.most_bought)
    forced = np.where(selling, bounds.least_sold, bounds.least_bought) > 0
    by_trade, over, under = most <= room, np.maximum(z, 0.0), np.maximum(-z, 0.0)
    trade, weight = np.where(by_trade, over, 0.0), np.where(by_trade, 0.0, over)
    push, zero = np.where(forced, under, 0.0), np.where(forced, 0.0, under)
    other = cost_b + cost_s + trade - zero
    return {
        "lower": np.where(selling, weight, push),
        "upper": np.where(selling, push, weight),
        "most_bought": np.where(selling, 0.0, trade),
        "most_sold": np.where(selling, trade, 0.0),
        "no_purchase": np.where(selling, other, zero),
        "no_sale": np.where(selling, zero, other),
    }


def stationarity(
    problem: Problem, solution: Solution, stocks: Ints | None = None
) -> dict[str, Floats]:
    """Return by name the terms that add up to 0 for each stock of a solution.

    Everything is what one more unit of the stock is worth: alpha, then with a minus sign what it
    costs in risk, trade and limits. For a stock that is sold the trade's terms are those of a sale,
    with the other sign, as more of the stock is a smaller sale.

    Parameters
    ----------
    stocks : int64 [m], optional
        Places of the stocks; all by default.

    Returns
    -------
    dict of str to float64 [m]
        alpha, risk, total, beta, groups, styles, lower, upper, linear_cost, impact, turnover,
        most_traded (participation, or not tradable), not_traded; their sum is 0 to rounding and
        the accuracy of the solver.
    """
    chosen = np.arange(problem.stocks) if stocks is None else np.asarray(stocks)
    found = _conditions(
        problem, solution.weights, solution.multipliers, solution.risk_aversion, solution.sells > 0
    )
    return {name: -part[chosen] for name, part in found.items()}


def _conditions(
    problem: Problem,
    weights: Floats,
    multipliers: dict[str, Floats],
    aversion: float,
    selling: np.ndarray,
) -> dict[str, Floats]:
    """Return the terms of the equation of purchases, or minus that of sales, for each stock."""
    found = common_terms(problem, weights, multipliers, aversion)
    sign = np.where(selling, -1.0, 1.0)
    found["lower"], found["upper"] = -multipliers["lower"], multipliers["upper"]
    found["linear_cost"] = sign * np.where(selling, problem.sell_rate, problem.buy_rate)
    found["impact"] = sign * 1.5 * problem.impact * np.sqrt(np.abs(weights - problem.held))
    found["turnover"] = sign * multipliers["turnover"][0]
    found["most_traded"] = sign * np.where(
        selling, multipliers["most_sold"], multipliers["most_bought"]
    )
    found["not_traded"] = -sign * np.where(
        selling, multipliers["no_sale"], multipliers["no_purchase"]
    )
    return found


def kkt_residual(
    problem: Problem,
    buys: Floats,
    sells: Floats,
    multipliers: dict[str, Floats],
    aversion: float,
) -> float:
    """Return how far trades and multipliers are from the conditions of an optimum.

    The largest of: violation of a limit, distance of the equations of purchases and sales to 0, a
    multiplier of the wrong sign, and the sum of |multiplier times slack| (the duality gap).
    """
    weights = problem.held + buys - sells
    slacks = _slacks(problem, weights, buys, sells, multipliers)
    violated = [max(float(-slack.min(initial=0.0)), 0.0) for slack, _ in slacks]
    gap = [float(np.abs(slack[price != 0] * price[price != 0]).sum()) for slack, price in slacks]
    signs = [max(float(-price.min(initial=0.0)), 0.0) for _, price in slacks]
    equations = [abs(float(weights.sum()) - problem.total)]
    if problem.beta is not None and problem.beta_target is not None:
        equations.append(abs(float(problem.beta @ weights) - problem.beta_target))
    for side in (False, True):
        parts = _conditions(problem, weights, multipliers, aversion, np.full(problem.stocks, side))
        equations.append(float(np.abs(sum(parts.values())).max(initial=0.0)))
    if problem.tracking_error is not None:
        variance = objective_terms(problem, buys, sells).variance
        slack = problem.tracking_error - np.sqrt(variance)
        violated.append(max(-slack, 0.0))
        gap.append(abs(slack) * aversion * np.sqrt(variance))
    return max(*violated, *signs, *equations, sum(gap))


def _slacks(
    problem: Problem,
    weights: Floats,
    buys: Floats,
    sells: Floats,
    multipliers: dict[str, Floats],
) -> list[tuple[Floats, Floats]]:
    """Return (slack, multiplier) of every limit, each >= 0 at an optimum."""
    m = multipliers
    found = [
        (weights - problem.lower, m["lower"]),
        (problem.upper - weights, m["upper"]),
        (problem.most_bought - buys, m["most_bought"]),
        (problem.most_sold - sells, m["most_sold"]),
        (buys, m["no_purchase"]),
        (sells, m["no_sale"]),
    ]
    active = weights - problem.benchmark
    if problem.turnover is not None:
        spare = 2 * problem.turnover - (buys + sells).sum()
        found.append((np.array([spare]), m["turnover"]))
    limits = problem.group_limits
    if len(limits) and problem.groups is not None and problem.group_tilt is not None:
        inside = problem.groups >= 0
        sums = np.bincount(problem.groups[inside], active[inside], len(limits))
        found += _two_sided(sums - problem.group_tilt, limits, m["groups"])
    if problem.styles is not None and problem.style_bound is not None:
        exposure = problem.exposures[:, problem.styles].T @ active
        found += _two_sided(exposure, problem.style_bound, m["styles"])
    return found


def _two_sided(value: Floats, bound: Floats, price: Floats) -> list[tuple[Floats, Floats]]:
    return [(bound - value, np.maximum(price, 0.0)), (bound + value, np.maximum(-price, 0.0))]
