"""Whole lots: what the board allows, no cash that is missing, a loss that a MILP confirms."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.optimise import Problem
from quanthedge.optimise.lots import whole_lots
from quanthedge.optimise.solve import solve
from tests.optimise.worlds import world

BOOK = 1e8


def board(seed, n):
    """Prices and lots as on the main board, every tenth stock with lots of 200 and steps of 1."""
    rng = np.random.default_rng(seed + 1000)
    lot = np.where(np.arange(n) % 10 == 9, 200, 100)
    return np.round(rng.lognormal(2.7, 0.7, n), 2), lot, np.where(lot == 200, 1, 100)


def lots_of(seed, n=100, book=BOOK, **changes):
    problem = world(seed, n, **changes)
    solution = solve(problem)
    assert solution.status == "solved"
    prices = board(seed, n)
    return problem, solution, prices, whole_lots(solution, book, *prices)


@pytest.mark.parametrize("seed", range(8))
def test_trades_are_whole_lots_or_all_that_is_held(seed):
    problem, _, (price, lot, step), found = lots_of(seed)
    held = problem.held * BOOK / price
    bought = found.trades > 1e-6
    assert (found.trades[bought] >= lot[bought] - 1e-6).all()
    over = (found.trades - lot)[bought] / step[bought]
    np.testing.assert_allclose(over, np.round(over), atol=1e-6)
    sold = found.trades < -1e-6
    whole = np.abs(found.trades[sold] / step[sold] - np.round(found.trades[sold] / step[sold]))
    everything = np.abs(found.trades[sold] + held[sold]) < 1e-6
    assert (everything | (whole < 1e-6)).all()


@pytest.mark.parametrize("seed", range(8))
def test_no_cash_is_missing_and_no_hard_limit_is_passed(seed):
    problem, _, (price, _, _), found = lots_of(seed)
    share = price / BOOK
    assert found.cash >= -1e-12
    assert found.cash < 2e-4  # of the book: less than the dearest lots
    assert (found.weights <= np.maximum(problem.upper, problem.held) + 1e-12).all()
    assert (found.weights >= -1e-12).all()
    assert (found.trades * share <= problem.most_bought + 1e-9).all()
    assert (-found.trades * share <= problem.most_sold + 1e-9).all()
    np.testing.assert_allclose(found.weights, problem.held + found.trades * share, atol=1e-15)


@pytest.mark.parametrize("seed", range(8))
def test_lots_of_a_hundred_million_cost_less_than_two_basis_points(seed):
    *_, found = lots_of(seed)
    assert 0 <= found.loss_bp < 2
    *_, small = lots_of(seed, book=BOOK / 100)
    assert small.loss_bp > found.loss_bp  # a book of a million feels its lots


@pytest.mark.parametrize("seed", range(4))
def test_lots_come_close_to_the_best_that_a_milp_finds(seed):
    """The objective of stocks without common risk is a sum, so every choice of lots is linear."""
    n, book = 60, 1e7
    rng = np.random.default_rng(seed)
    problem = replace(
        world(seed, n), factor_covariance=np.zeros((12, 12)), impact=rng.uniform(0, 0.02, n),
        beta=None, beta_target=None, groups=None, group_bound=None, group_tilt=None,
        styles=None, style_bound=None, turnover=None, lower=np.zeros(n), risk_aversion=20.0,
    )  # fmt: skip
    solution, prices = solve(problem), board(seed, n)
    found = whole_lots(solution, book, *prices)
    best = best_lots(problem, solution, found.trades, book, *prices)
    mine = priced(problem, solution, np.arange(n), found.trades * prices[0] / book).sum()
    assert best <= mine + 1e-11
    assert (mine - best) * 1e4 < 0.02  # basis points of the book


def priced(problem: Problem, solution, stocks, trade):
    """Objective of each stock's trade, its weight at the price of the budget."""
    weight = problem.held[stocks] + trade
    active = weight - problem.benchmark[stocks]
    rate = np.where(trade > 0, problem.buy_rate[stocks], problem.sell_rate[stocks])
    found = -problem.alpha[stocks] * weight + rate * np.abs(trade)
    found += problem.impact[stocks] * np.abs(trade) ** 1.5
    found += problem.risk_aversion / 2 * problem.specific[stocks] * active**2
    return found + solution.multipliers["total"][0] * weight


def best_lots(problem, solution, near, book, price, lot, step):
    """The least objective over all lots within four steps of some trades, by a MILP."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    choices = []
    for i, own in enumerate(near):
        around = own + np.arange(-4, 5) * max(step[i], 100)
        options = np.unique(np.append(around, [0.0, -problem.held[i] * book / price[i]]))
        trade = options * price[i] / book
        good = (options <= 0) | (options >= lot[i])
        good &= (trade <= problem.most_bought[i] + 1e-9) & (-trade <= problem.most_sold[i] + 1e-9)
        after = problem.held[i] + trade
        good &= (after >= -1e-12) & (after <= max(problem.upper[i], problem.held[i]) + 1e-12)
        choices += [(i, one) for one in trade[good]]
    stocks = np.array([i for i, _ in choices])
    trade = np.array([one for _, one in choices])
    value = priced(problem, solution, stocks, trade)
    one_each = (stocks == np.arange(len(near))[:, None]).astype(float)
    room = problem.total - problem.held.sum()
    scale = 1e7  # so that the solver's own gap, 1e-6, is nothing
    made = milp(
        scale * value,
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(trade[None, :], -np.inf, room + 1e-12),
        ],
        integrality=np.ones(len(value)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-9},
    )
    assert made.success
    return made.fun / scale
