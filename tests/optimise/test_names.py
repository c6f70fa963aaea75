"""Small holdings are given up at a loss that is told."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from quanthedge.errors import StrategyError
from quanthedge.optimise import Problem
from quanthedge.optimise.names import fewer_names
from quanthedge.optimise.solve import solve
from tests.optimise.worlds import world

N = 60


def free_world(seed: int, n: int = N) -> Problem:
    """Return a rebalance in which every stock may be sold to nothing."""
    endless = np.full(n, np.inf)
    problem = world(seed, n, turnover=None, most_bought=endless, most_sold=endless)
    return replace(problem, lower=np.zeros(n), upper=problem.benchmark + 0.1)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_holding_is_below_the_least_weight(seed: int) -> None:
    before = solve(free_world(seed))
    after = fewer_names(before, least_weight=0.01)
    weights = after.solution.weights
    assert ((before.weights > 1e-7) & (before.weights < 0.01)).any()
    assert weights[weights > 1e-7].min() >= 0.01 * (1 - 1e-6)
    assert (weights[after.dropped] <= 1e-7).all()
    assert len(after.kept_small) == 0
    assert after.loss == after.solution.objective - before.objective
    assert after.loss > 0


def test_no_more_names_are_held_than_asked_for() -> None:
    after = fewer_names(solve(free_world(1)), most_names=15)
    assert (after.solution.weights > 1e-7).sum() <= 15
    assert after.solution.kkt_residual < 1e-6


def test_the_loss_is_near_the_least_that_any_choice_of_names_has() -> None:
    problem = free_world(5, 10)
    problem = replace(
        problem, exposures=problem.exposures[:, :2], styles=None, style_bound=None,
        factor_covariance=problem.factor_covariance[:2, :2], groups=None, group_bound=None,
        group_tilt=None, upper=np.ones(10), beta=None, beta_target=None,
    )  # fmt: skip
    before = solve(problem)
    losses = []
    for kept in itertools.combinations(range(10), 3):
        upper = np.where(np.isin(np.arange(10), kept), 1.0, 0.0)
        losses.append(solve(replace(problem, upper=upper)).objective - before.objective)
    after = fewer_names(before, most_names=3)
    assert (after.solution.weights > 1e-7).sum() == 3
    assert min(losses) - 1e-9 <= after.loss <= np.quantile(losses, 0.1)


def test_what_cannot_be_sold_stays_and_is_named() -> None:
    problem = free_world(1)
    i = int(np.flatnonzero((problem.held > 0) & (problem.held < 0.01))[0])
    stuck = np.where(np.arange(N) == i, 0.0, np.inf)
    after = fewer_names(solve(replace(problem, most_sold=stuck)), least_weight=0.02)
    assert i not in after.dropped


def test_a_wrong_call_ends_in_one_line() -> None:
    before = solve(free_world(1))
    for wrong in ({"least_weight": -1.0}, {"most_names": 0}):
        with pytest.raises(StrategyError, match="accepted"):
            fewer_names(before, **wrong)
    with pytest.raises(StrategyError, match="infeasible"):
        fewer_names(solve(world(1, total=3.0)), least_weight=0.1)
