"""What a solver found, told in the terms of the problem: weights, terms, multipliers, residuals.

Signs: every limit is written ``g(w) <= 0`` with a multiplier >= 0, every equation ``e(w) = 0`` with
a multiplier of either sign, and the Lagrangian is objective + sum of multipliers times g and e. The
multiplier of a limit is therefore what one more unit of it would take off the objective. A limit
with two sides (a group, a style) has one signed multiplier: positive at its upper side, negative at
its lower. With the common part of stock i

    pull_i = -alpha_i + lambda (V (w - b))_i + total + beta_i beta + group_g(i)
             + sum over s of B_is style_s + upper_i - lower_i,

a solution has, for every stock,

     pull_i + buy_rate_i  + push_i + turnover + most_bought_i - no_purchase_i = 0
    -pull_i + sell_rate_i + push_i + turnover + most_sold_i   - no_sale_i     = 0

where ``push_i = 1.5 impact_i |w_i - held_i|^0.5`` is the marginal impact.
"""

from dataclasses import dataclass

from quanthedge.optimise.problem import Problem
from quanthedge.typing import Floats

__all__ = ["Relaxed", "Solution", "Terms"]

_MULTIPLIERS = (
    "total", "beta", "groups", "styles", "turnover", "lower", "upper", "most_bought", "most_sold",
    "no_purchase", "no_sale",
)  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """Parts of the objective: it is -alpha + risk + linear_cost + impact.

    Attributes
    ----------
    alpha : float
        alpha'w: expected return of the book beyond the benchmark's.
    risk : float
        (lambda / 2) times the active variance; 0 under a tracking error.
    linear_cost, impact : float
    variance : float
        Active variance over the horizon, whatever its price.
    """

    alpha: float
    risk: float
    linear_cost: float
    impact: float
    variance: float


@dataclass(frozen=True)
class Relaxed:
    """A bound that had to be loosened.

    Attributes
    ----------
    name : str
        "turnover", "styles", "groups", "size", "active_weight" (all bounds of weights alike),
        "upper" or "lower" (of one stock, which its own trades cannot bring inside) or
        "tracking_error".
    item : int
        Column of the exposures, group or stock; -1 where there is one for all.
    asked, given : float
        The bound that was asked for, and the one that the solution keeps. For "active_weight" how
        much wider than asked every bound is: 0 was asked.
    price : float
        What one more unit of the bound given would still take off the objective, in expected
        return of the book over the horizon: its multiplier there.
    """

    name: str
    item: int
    asked: float
    given: float
    price: float


@dataclass(frozen=True, eq=False)
class Solution:
    """The book that weighs expected return, risk and cost up.

    Attributes
    ----------
    status : str
        "solved"; "inaccurate" when a solver stopped beyond its tolerances (the residual says how
        far); "infeasible" when no book keeps the limits: then weights are NaN and `reason` says
        what conflicts.
    weights, buys, sells : float64 [n]
        Never both bought and sold: weights = held + buys - sells.
    objective : float
    terms : Terms
    multipliers : dict of str to float64
        By name (_MULTIPLIERS); "total", "beta" and "turnover" have length 1, "groups" G, "styles"
        S, the others n. What is not asked for has zeros or length 0.
    risk_aversion : float
        lambda; under a tracking error the one that it comes to.
    kkt_residual : float
        Largest of: violation of a limit, distance of the two equations above to 0, a multiplier of
        the wrong sign, and the sum of |multiplier times slack|; worked out from the problem.
    solver : str
    passes, iterations : int
        Quadratic problems solved, and steps of the solver in all of them.
    problem : Problem
        The one that it solves: with the bounds given where some were loosened.
    relaxed : tuple of Relaxed
    reason : str
    """

    status: str
    weights: Floats
    buys: Floats
    sells: Floats
    objective: float
    terms: Terms
    multipliers: dict[str, Floats]
    risk_aversion: float
    kkt_residual: float
    solver: str
    passes: int
    iterations: int
    problem: Problem
    relaxed: tuple[Relaxed, ...] = ()
    reason: str = ""
