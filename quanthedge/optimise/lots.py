"""From weights to shares: whole lots of the board, chosen by what a yuan is worth, and their loss.

Purchases are rounded down to whole lots and sales up, which leaves cash. The cash is spent lot by
lot, each time where a yuan takes most off the objective, until no lot that can be paid takes
anything off. Kept exactly: cash is not negative, no weight above its upper bound, participation,
stocks that cannot be traded. Weights may fall short of a lower bound by a lot, and sums of them
(industries, styles, turnover, beta) move by the same order; what it costs is the loss:

    objective of the lots - objective of the weights + (price of the budget) (sum w - total)
                          + (price of beta) (beta'w - target)

where the prices are the multipliers of the two equations.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanthedge.optimise.optimality import common_terms
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution
from quanthedge.typing import Floats, Ints

__all__ = ["Lots", "whole_lots"]

_BP = 1e4
_EXACT = 1e-6  # of a share: what floating point adds to a whole number
_PAID = 1e-12  # of the book


@dataclass(frozen=True, eq=False)
class Lots:
    """A book in whole lots.

    Attributes
    ----------
    trades : float64 [n]
        Shares, negative when sold: whole lots, or all that is held.
    weights : float64 [n]
        Of the stock book after the trades, at the price of the decision.
    cash : float
        Of the stock book; left because no lot that it pays for helps.
    loss_bp : float
        Of the objective over the horizon, basis points of the book.
    """

    trades: Floats
    weights: Floats
    cash: float
    loss_bp: float


class _Board(NamedTuple):
    """Weights of a share, and shares of the least order and of a step, all [n]."""

    share: Floats
    lot: Floats
    step: Floats


def whole_lots(solution: Solution, book_yuan: float, price: Floats, lot: Ints, step: Ints) -> Lots:
    """Return the book in whole lots that loses least of a solution, by the greedy rule above.

    Parameters
    ----------
    solution : Solution
        With weights; the bounds kept are those of its problem.
    book_yuan : float
    price : float64 [n]
        Yuan a share, above 0.
    lot, step : int64 [n]
        Smallest number of shares that may be bought, and the step above it.
    """
    problem = solution.problem
    board = _Board(price / book_yuan, lot.astype(np.float64), step.astype(np.float64))
    trades = _rounded(problem, solution, board)
    state = _State(problem, solution, board, trades)
    state.spend()
    weights = state.weights()
    loss = state.value() - _priced(problem, solution, solution.weights)
    return Lots(state.trades, weights, float(problem.total - weights.sum()), loss * _BP)


def _rounded(problem: Problem, solution: Solution, board: _Board) -> Floats:
    """Return trades in shares: purchases rounded down, sales up as far as may be sold."""
    wanted = (solution.weights - problem.held) / board.share
    above = np.floor((wanted - board.lot) / board.step + _EXACT) * board.step
    bought = np.where(wanted >= board.lot - _EXACT, board.lot + above, 0.0)
    most, all_of_it = problem.most_sold / board.share, problem.held / board.share
    sold = np.ceil(-wanted / board.step - _EXACT) * board.step
    sold = np.where(sold > most, np.floor(most / board.step + _EXACT) * board.step, sold)
    ends = (sold >= all_of_it) | (solution.weights < board.share * _EXACT)
    sold = np.where(ends & (all_of_it <= most + _EXACT), all_of_it, np.minimum(sold, all_of_it))
    return np.where(wanted > _EXACT, bought, np.where(wanted < -_EXACT, -sold, 0.0))


class _State:
    """Trades so far, and what a further step of each stock would change."""

    def __init__(self, problem: Problem, solution: Solution, board: _Board, trades: Floats) -> None:
        self.problem, self.board, self.trades = problem, board, trades
        self.solution = solution
        own = np.einsum(
            "ik,kl,il->i", problem.exposures, problem.factor_covariance, problem.exposures,
            optimize=True,
        )  # fmt: skip
        self.curvature = solution.risk_aversion * (own + problem.specific)
        common = common_terms(
            problem, solution.weights, solution.multipliers, solution.risk_aversion
        )
        self.fixed = sum(common[name] for name in ("alpha", "total", "beta", "groups", "styles"))
        self.turnover = float(solution.multipliers["turnover"][0])

    def weights(self) -> Floats:
        return np.asarray(self.problem.held + self.trades * self.board.share)

    def value(self) -> float:
        return _priced(self.problem, self.solution, self.weights())

    def spend(self) -> None:
        """Buy back or sell on until cash is not negative, then spend it where it is worth most."""
        cash = self.problem.total - float(self.weights().sum())
        exposure = self.problem.exposures.T @ (self.weights() - self.problem.benchmark)
        while True:
            short = cash < -_PAID
            move = self._less() if short else self._more(cash)
            change = self._change(move, exposure)
            size = np.abs(move) * self.board.share
            rate = np.where(size > 0, change / np.where(size > 0, size, 1.0), np.inf)
            best = int(np.argmin(rate))
            if not np.isfinite(rate[best]) or (not short and change[best] >= 0):
                return
            self.trades[best] += move[best]
            step = move[best] * self.board.share[best]
            cash -= step
            exposure = exposure + step * self.problem.exposures[best]

    def _more(self, cash: float) -> Floats:
        """Return the next step up of each stock that can be paid, in shares; 0 where none."""
        odd = np.mod(-self.trades, self.board.step)
        back = np.where((odd > _EXACT) & (odd < self.board.step - _EXACT), odd, self.board.step)
        first = np.where(np.abs(self.trades) < _EXACT, self.board.lot, self.board.step)
        move = np.where(self.trades < -_EXACT, np.minimum(back, -self.trades), first)
        after = self.trades + move
        size = move * self.board.share
        allowed = size <= cash + _PAID
        allowed &= after * self.board.share <= self.problem.most_bought + _PAID
        allowed &= self.weights() + size <= self.problem.upper + _PAID
        return np.where(allowed, move, 0.0)

    def _less(self) -> Floats:
        """Return the next step down of each stock: a lot less bought, or one more sold."""
        least = np.abs(self.trades - self.board.lot) < _EXACT
        move = np.where((self.trades > _EXACT) & least, self.board.lot, self.board.step)
        held = self.problem.held / self.board.share + self.trades
        move = np.minimum(move, held)
        sold = -(self.trades - move) * self.board.share
        allowed = (move > _EXACT) & (sold <= self.problem.most_sold + _PAID)
        return np.where(allowed, -move, 0.0)

    def _change(self, move: Floats, exposure: Floats) -> Floats:
        """Return what each stock's move changes of the objective, its sums priced."""
        p = self.problem
        step = move * self.board.share
        pull = p.exposures @ (p.factor_covariance @ exposure)
        pull = pull + p.specific * (self.weights() - p.benchmark)
        now = self.trades * self.board.share
        slope = self.fixed + self.solution.risk_aversion * pull
        short = self.weights() < p.lower - _PAID
        slope = slope - np.where(short, self.solution.multipliers["lower"], 0.0)
        cost = _cost(p, now + step) - _cost(p, now)
        cost += self.turnover * (np.abs(now + step) - np.abs(now))
        return np.asarray(slope * step + 0.5 * self.curvature * step**2 + cost)


def _cost(problem: Problem, trade: Floats) -> Floats:
    """Return what trades cost, [n], fractions of the book."""
    size = np.abs(trade)
    rate = np.where(trade > 0, problem.buy_rate, problem.sell_rate)
    return np.asarray(rate * size + problem.impact * size**1.5)


def _priced(problem: Problem, solution: Solution, weights: Floats) -> float:
    """Return the objective of weights, with what is passed or missed at its multiplier."""
    active, prices = weights - problem.benchmark, solution.multipliers
    trade = weights - problem.held
    exposure = problem.exposures.T @ active
    variance = exposure @ problem.factor_covariance @ exposure + problem.specific @ active**2
    found = -problem.alpha @ weights + solution.risk_aversion / 2 * variance
    found += _cost(problem, trade).sum()
    found += prices["total"][0] * (weights.sum() - problem.total)
    if problem.beta is not None and problem.beta_target is not None:
        found += prices["beta"][0] * (problem.beta @ weights - problem.beta_target)
    if problem.turnover is not None:
        found += prices["turnover"][0] * max(np.abs(trade).sum() - 2 * problem.turnover, 0.0)
    if problem.groups is not None and problem.group_tilt is not None and len(prices["groups"]):
        inside, count = problem.groups >= 0, len(problem.group_limits)
        sums = np.bincount(problem.groups[inside], active[inside], count) - problem.group_tilt
        found += _passed(sums, problem.group_limits, prices["groups"])
    if problem.styles is not None and problem.style_bound is not None:
        found += _passed(exposure[problem.styles], problem.style_bound, prices["styles"])
    found += prices["lower"] @ np.maximum(problem.lower - weights, 0.0)
    return float(found)


def _passed(value: Floats, bound: Floats, price: Floats) -> float:
    """Return what is passed of limits with two sides, at their signed multipliers."""
    over = np.maximum(value - bound, 0.0) @ np.maximum(price, 0.0)
    return float(over + np.maximum(-value - bound, 0.0) @ np.maximum(-price, 0.0))
