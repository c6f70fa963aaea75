"""The quadratic problem in purchases, sales and exposures, as sparse matrices.

Only trades that are free become variables: ``x = (u of who may be bought, v of who may be sold,
f)``. Bounds of the weights become bounds of the trades: a book that buys and sells one stock at
once loses nothing by netting, so with u v = 0

    max(0, lower - held) <= u <= min(most_bought, max(0, upper - held))
    max(0, held - upper) <= v <= min(most_sold,   max(0, held - lower))

is the same as bounds of w, without a row for each stock. The Hessian is diagonal but for the K x K
covariance and a pair for each stock that may be bought as well as sold.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.optimise.problem import Problem
from quanthedge.typing import Floats, Ints

__all__ = ["Bounds", "Matrices", "matrices", "trade_bounds"]

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Bounds:
    """Least and largest trades [n]; a trade whose two are one is no variable."""

    least_bought: Floats
    most_bought: Floats
    least_sold: Floats
    most_sold: Floats

    @property
    def crossed(self) -> Ints:
        """Return the stocks that cannot get inside their own bounds."""
        bad = self.least_bought > self.most_bought
        return np.flatnonzero(bad | (self.least_sold > self.most_sold))


def trade_bounds(problem: Problem) -> Bounds:
    """Return what bounds of weights and trades leave of each stock's purchases and sales."""
    held = problem.held
    up, down = np.maximum(problem.upper - held, 0.0), np.maximum(held - problem.lower, 0.0)
    most_bought = np.minimum(problem.most_bought, up)
    most_sold = np.minimum(problem.most_sold, down)
    return Bounds(
        _met(np.maximum(problem.lower - held, 0.0), most_bought), most_bought,
        _met(np.maximum(held - problem.upper, 0.0), most_sold), most_sold,
    )  # fmt: skip


def _met(least: Floats, most: Floats) -> Floats:
    """Return the least trades, those above the largest by rounding alone pulled onto them."""
    return np.where((least > most) & (least - most < _ROUNDING), most, least)


@dataclass(frozen=True)
class Matrices:
    """``min x'P x / 2 + c'x``, ``A x = b``, ``h_low <= G x <= h_high``, ``x_low <= x <= x_high``.

    The order of x: `bought` and `sold` (places of stocks), then the K exposures. Rows of A: the K
    exposures, total, beta where there is one. Rows of G: groups, turnover, where there are any.
    `fixed_bought` and `fixed_sold` [n] are trades that are no variables.
    """

    hessian: Any
    linear: Floats
    equality: Any
    equal_to: Floats
    inequality: Any
    low: Floats
    high: Floats
    x_low: Floats
    x_high: Floats
    bought: Ints
    sold: Ints
    fixed_bought: Floats
    fixed_sold: Floats

    def trades(self, x: Floats) -> tuple[Floats, Floats]:
        """Return purchases and sales [n] of a solution."""
        bought, sold = self.fixed_bought.copy(), self.fixed_sold.copy()
        bought[self.bought] = x[: len(self.bought)]
        sold[self.sold] = x[len(self.bought) : len(self.bought) + len(self.sold)]
        return bought, sold


def matrices(problem: Problem, bounds: Bounds) -> Matrices:
    """Return the problem without impact and cone as sparse matrices."""
    from scipy import sparse

    bought = np.flatnonzero(bounds.most_bought > bounds.least_bought)
    sold = np.flatnonzero(bounds.most_sold > bounds.least_sold)
    fixed_bought, fixed_sold = bounds.least_bought.copy(), bounds.least_sold.copy()
    fixed_bought[bought] = 0.0
    fixed_sold[sold] = 0.0
    start = problem.held + fixed_bought - fixed_sold
    k, trades = problem.exposures.shape[1], len(bought) + len(sold)
    equality, equal_to = _equalities(problem, bought, sold, start)
    inequality, low, high = _inequalities(problem, bought, sold, start, fixed_bought + fixed_sold)
    hessian, linear = _objective(problem, bought, sold, start)
    x_low = np.concatenate([bounds.least_bought[bought], bounds.least_sold[sold], np.zeros(k)])
    x_high = np.concatenate([bounds.most_bought[bought], bounds.most_sold[sold], np.zeros(k)])
    x_low[trades:], x_high[trades:] = -np.inf, np.inf
    if problem.styles is not None and problem.style_bound is not None:
        x_low[trades + problem.styles] = -problem.style_bound
        x_high[trades + problem.styles] = problem.style_bound
    return Matrices(
        sparse.csc_matrix(hessian), linear, sparse.csc_matrix(equality), equal_to,
        sparse.csc_matrix(inequality), low, high, x_low, x_high, bought, sold, fixed_bought,
        fixed_sold,
    )  # fmt: skip


def _equalities(problem: Problem, bought: Ints, sold: Ints, start: Floats) -> tuple[Any, Floats]:
    """Return the rows of f = B'(w - b), total and beta."""
    from scipy import sparse

    k = problem.exposures.shape[1]
    columns = [problem.exposures, np.ones((problem.stocks, 1))]
    target = [problem.exposures.T @ (start - problem.benchmark)]
    target.append(np.array([problem.total - start.sum()]))
    if problem.beta is not None and problem.beta_target is not None:
        columns.append(problem.beta[:, None])
        target.append(np.array([problem.beta_target - float(problem.beta @ start)]))
    whole = np.hstack(columns)
    whole[:, :k] *= -1.0
    own = np.vstack([np.eye(k), np.zeros((whole.shape[1] - k, k))])
    rows = np.hstack([whole[bought].T, -whole[sold].T, own])
    return sparse.csc_matrix(rows), np.concatenate(target)


def _inequalities(
    problem: Problem, bought: Ints, sold: Ints, start: Floats, fixed: Floats
) -> tuple[Any, Floats, Floats]:
    """Return the rows of groups and turnover with their two sides."""
    from scipy import sparse

    k, trades = problem.exposures.shape[1], len(bought) + len(sold)
    rows, low, high = [sparse.csr_matrix((0, trades + k))], [np.empty(0)], [np.empty(0)]
    limits = problem.group_limits
    if len(limits) and problem.groups is not None and problem.group_tilt is not None:
        member = group_matrix(problem.groups, len(limits))
        now = member @ (start - problem.benchmark) - problem.group_tilt
        empty = sparse.csr_matrix((member.shape[0], k))
        rows.append(sparse.hstack([member[:, bought], -member[:, sold], empty], format="csr"))
        low.append(-limits - now)
        high.append(limits - now)
    if problem.turnover is not None:
        one = np.concatenate([np.ones(trades), np.zeros(k)])
        rows.append(sparse.csr_matrix(one))
        low.append(np.array([-np.inf]))
        high.append(np.array([2 * problem.turnover - fixed.sum()]))
    return sparse.vstack(rows), np.concatenate(low), np.concatenate(high)


def group_matrix(groups: Ints, count: int) -> Any:
    """Return who belongs to which group, [G, n] of 0 and 1."""
    from scipy import sparse

    inside = np.flatnonzero(groups >= 0)
    shape = (count, len(groups))
    return sparse.csc_matrix((np.ones(len(inside)), (groups[inside], inside)), shape=shape)


def _objective(problem: Problem, bought: Ints, sold: Ints, start: Floats) -> tuple[Any, Floats]:
    """Return Hessian and linear part of alpha, risk and linear costs."""
    from scipy import sparse

    k, stocks = problem.exposures.shape[1], problem.stocks
    aversion = problem.risk_aversion or 0.0
    own = aversion * problem.specific
    gradient = own * (start - problem.benchmark) - problem.alpha
    linear = np.concatenate([
        gradient[bought] + problem.buy_rate[bought],
        problem.sell_rate[sold] - gradient[sold],
        np.zeros(k),
    ])  # fmt: skip
    place = np.full(stocks, -1)
    place[sold] = len(bought) + np.arange(len(sold))
    both = np.flatnonzero(place[bought] >= 0)  # who may be bought as well as sold
    trades, pair = len(bought) + len(sold), place[bought[both]]
    factors = np.arange(trades, trades + k)
    rows = np.concatenate([np.arange(trades), both, pair, np.repeat(factors, k)])
    columns = np.concatenate([np.arange(trades), pair, both, np.tile(factors, k)])
    joint = -own[bought[both]]
    common = aversion * problem.factor_covariance
    values = np.concatenate([own[bought], own[sold], joint, joint, common.ravel()])
    hessian = sparse.csc_matrix((values, (rows, columns)), shape=(trades + k,) * 2)
    hessian.sort_indices()
    return hessian, linear
