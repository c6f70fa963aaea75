"""The best book is the one that another solver finds, and its multipliers explain every stock."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quanthedge.optimise import Problem, stationarity
from quanthedge.optimise.optimality import objective_terms
from quanthedge.optimise.solution import Solution
from quanthedge.optimise.solve import solve
from tests.optimise.oracle import agreement, objective_by_cvxpy
from tests.optimise.worlds import world


def tracked(seed: int, error: float = 0.012) -> Problem:
    return world(seed, 60, turnover=None, risk_aversion=None, tracking_error=error)


def with_impact(seed: int, n: int = 60) -> Problem:
    k = np.random.default_rng(seed).uniform(0.002, 0.1, n)
    return world(seed, n, impact=k)


@pytest.mark.slow
def test_random_problems_agree_with_cvxpy_and_keep_the_conditions_of_an_optimum() -> None:
    """`python -m benchmarks.optimiser_agreement` solves 200 of them."""
    infeasible = agreement(50)
    assert infeasible > 3


@pytest.mark.parametrize("seed", range(4))
def test_both_solvers_find_the_same_book(seed: int) -> None:
    for problem in (world(seed), with_impact(seed)):
        one, other = solve(problem), solve(problem, solver="clarabel")
        assert (one.solver, other.solver) == ("piqp", "clarabel")
        assert one.objective == pytest.approx(other.objective, abs=1e-9)
        assert one.weights == pytest.approx(other.weights, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_impact_takes_at_most_five_passes(seed: int) -> None:
    found = solve(with_impact(seed))
    assert found.solver == "piqp"
    assert 1 < found.passes <= 5
    assert found.kkt_residual < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_the_majoriser_never_makes_the_book_worse(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quanthedge.optimise import impact

    seen: list[float] = []
    answer = impact._answer

    def remembered(*parts: Any) -> Solution | None:
        found = answer(*parts)
        seen.append(found.objective if found is not None else np.nan)
        return found

    monkeypatch.setattr(impact, "_answer", remembered)
    monkeypatch.setattr(impact, "_EXPANSION", impact._MAJORISER)
    monkeypatch.setattr(impact, "_GOOD", 0.0)
    solve(with_impact(seed))
    assert len(seen) == 5
    assert (np.diff(seen[1:]) < 1e-11).all()
    assert seen[1] - seen[-1] > 1e-9


@pytest.mark.parametrize("problem", [world(1), with_impact(2), tracked(3)], ids=("qp", "k", "te"))
def test_the_conditions_of_every_stock_add_up_to_nothing(problem: Problem) -> None:
    found = solve(problem)
    parts = stationarity(problem, found)
    assert np.abs(sum(parts.values())).max() < 1e-6
    assert {"alpha", "risk", "linear_cost", "impact", "upper"} <= set(parts)
    one = stationarity(problem, found, np.array([3]))
    assert one["alpha"] == pytest.approx(problem.alpha[[3]])


def shifted(problem: Problem, name: str, step: float) -> Problem:
    if name == "beta":
        return replace(problem, beta_target=problem.beta_target + step)
    if name == "turnover":  # the limit is of purchases and sales
        return replace(problem, turnover=problem.turnover + step / 2)
    if name == "styles":
        return replace(problem, style_bound=problem.style_bound + step * np.eye(6)[0])
    if name == "groups":
        return replace(problem, group_bound=problem.group_limits + step * np.eye(6)[0])
    return replace(problem, total=problem.total + step)


@pytest.mark.parametrize("name", ["total", "beta", "turnover", "styles", "groups"])
def test_a_multiplier_is_what_one_more_unit_takes_off_the_objective(name: str) -> None:
    tight = {"turnover": 0.2, "style_bound": np.full(6, 0.02), "group_bound": 0.01}
    problem = world(6, 80, **tight)
    found, step = solve(problem), 1e-5
    up = solve(shifted(problem, name, step)).objective
    down = solve(shifted(problem, name, -step)).objective
    price = found.multipliers[name][0]
    assert abs(price) > 1e-4
    # a limit with two sides has a signed price; a wider bound is worth its amount on either side
    expected = abs(price) if name in ("styles", "groups") else price
    assert (down - up) / (2 * step) == pytest.approx(expected, rel=1e-3)


def test_bounds_of_one_stock_have_prices_too() -> None:
    problem = world(5, 80)
    found, step = solve(problem), 1e-6
    for name, sign in (("upper", 1), ("lower", -1), ("most_bought", 1), ("most_sold", 1)):
        prices = found.multipliers[name]
        i = int(np.argmax(prices))
        assert prices[i] > 1e-5, name
        moved = getattr(problem, name) + sign * step * (np.arange(80) == i)
        gained = found.objective - solve(replace(problem, **{name: moved})).objective
        assert gained / step == pytest.approx(prices[i], rel=1e-2), name


def test_a_tracking_error_is_kept_and_its_price_is_an_aversion() -> None:
    problem = tracked(3)
    found = solve(problem)
    assert found.solver == "clarabel"
    assert np.sqrt(found.terms.variance) == pytest.approx(0.012, abs=1e-8)
    assert found.objective == pytest.approx(objective_by_cvxpy(problem), abs=1e-8)
    same = solve(replace(problem, tracking_error=None, risk_aversion=found.risk_aversion))
    assert same.weights == pytest.approx(found.weights, abs=1e-5)


def test_nothing_is_bought_and_sold_at_once_even_when_it_costs_nothing() -> None:
    free = np.zeros(100)
    found = solve(world(4, buy_rate=free, sell_rate=free))
    assert (np.minimum(found.buys, found.sells) == 0).all()
    assert found.weights == pytest.approx(found.problem.held + found.buys - found.sells)


def test_terms_add_up_to_the_objective_by_their_definition() -> None:
    problem = with_impact(6)
    found = solve(problem)
    active = found.weights - problem.benchmark
    covariance = problem.exposures @ problem.factor_covariance @ problem.exposures.T
    variance = active @ (covariance + np.diag(problem.specific)) @ active
    trades = np.abs(found.weights - problem.held)
    terms = objective_terms(problem, found.buys, found.sells)
    assert terms == found.terms
    assert terms.variance == pytest.approx(variance)
    assert terms.impact == pytest.approx((problem.impact * trades**1.5).sum())
    total = -terms.alpha + problem.risk_aversion / 2 * variance + terms.linear_cost + terms.impact
    assert found.objective == pytest.approx(total)


def test_the_residual_sees_a_book_that_is_not_the_best() -> None:
    from quanthedge.optimise.optimality import kkt_residual

    problem = world(7)
    found = solve(problem)
    other = solve(replace(problem, alpha=problem.alpha[::-1]))
    wrong = kkt_residual(problem, other.buys, other.sells, found.multipliers, found.risk_aversion)
    assert found.kkt_residual < 1e-9
    assert wrong > 1e-3


def test_what_is_blocked_does_not_trade() -> None:
    problem = world(8)
    found = solve(problem)
    assert (problem.most_bought == 0).any()
    assert (found.buys[problem.most_bought == 0] == 0).all()
    assert (found.sells[problem.most_sold == 0] == 0).all()


def infeasible() -> Solution:
    return solve(world(1, total=3.0))


def test_no_book_is_a_status_without_weights() -> None:
    found = infeasible()
    assert found.status == "infeasible"
    assert np.isnan(found.weights).all()


@pytest.mark.parametrize("n", [1, 2])
def test_one_and_two_stocks_are_books_too(n: int) -> None:
    one = np.full(n, 1 / n)
    problem = Problem(
        alpha=np.arange(n) / 100, exposures=np.zeros((n, 0)), factor_covariance=np.zeros((0, 0)),
        specific=one, benchmark=one, held=one, lower=0 * one, upper=one * 2, risk_aversion=0.0,
    )  # fmt: skip
    found = solve(problem)
    assert found.status == "solved"
    assert found.weights == pytest.approx([1.0] if n == 1 else [0.0, 1.0], abs=1e-6)
