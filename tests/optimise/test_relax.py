"""Limits that contradict one another are loosened in their order, and by no more than it takes."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quanthedge.optimise import Problem, solve_relaxed
from quanthedge.optimise.relax import MARGIN
from quanthedge.optimise.solution import Solution
from quanthedge.optimise.solve import solve
from tests.optimise.worlds import world

N = 60


def names(found: Solution) -> list[str]:
    return [one.name for one in found.relaxed]


def test_nothing_is_loosened_where_a_book_keeps_every_limit() -> None:
    problem = world(1, N)
    found = solve_relaxed(problem)
    assert found.relaxed == ()
    assert found.objective == solve(problem).objective


def test_turnover_gives_way_first_and_by_the_least() -> None:
    found = solve_relaxed(world(1, N, turnover=0.01))
    assert names(found) == ["turnover"]
    row = found.relaxed[0]
    assert row.asked == 0.01
    assert found.status == "solved"
    assert solve(world(1, N, turnover=row.given - 2 * MARGIN)).status == "infeasible"
    assert (found.buys + found.sells).sum() <= 2 * row.given + 1e-9


def test_the_price_of_turnover_is_what_more_of_it_gains() -> None:
    found = solve_relaxed(world(1, N, turnover=0.01))
    row, step = found.relaxed[0], 1e-7
    more = solve(world(1, N, turnover=row.given + step))
    assert (found.objective - more.objective) / step == pytest.approx(row.price, rel=0.01)


def test_bounds_may_be_infinite() -> None:
    endless = np.full(N, np.inf)
    found = solve_relaxed(world(1, N, turnover=0.01, upper=endless, lower=np.zeros(N)))
    assert names(found) == ["turnover"]


def tilted(**changes: Any) -> Problem:
    """Return a book that holds no tilted stock: its second style is asked to be exactly 0."""
    problem = world(1, N, turnover=None, **changes)
    exposures = problem.exposures.copy()
    exposures[:, 7] = 1.0  # of all stocks alike: an active exposure of total - 1
    return replace(problem, exposures=exposures, styles=np.array([7]), style_bound=np.zeros(1))


@pytest.mark.parametrize(("size", "name"), [(None, "styles"), (7, "size")])
def test_a_style_gives_way_by_what_no_book_can_avoid(size: int | None, name: str) -> None:
    found = solve_relaxed(tilted(size=size))
    assert names(found) == [name]
    row = found.relaxed[0]
    assert (row.item, row.asked) == (7, 0.0)
    assert row.given == pytest.approx(0.02 + MARGIN, abs=1e-7)  # 98% are invested


def test_other_styles_give_way_before_size_does() -> None:
    problem = tilted()
    exposures = problem.exposures.copy()
    exposures[:, 8] = 3 * problem.beta  # bounded too, and fixed by beta
    both = replace(problem, exposures=exposures, styles=np.array([7, 8]), style_bound=np.zeros(2))
    target = float(problem.beta @ problem.benchmark)
    found = solve_relaxed(replace(both, size=7, beta_target=target))
    assert names(found) == ["size"]
    found = solve_relaxed(replace(both, size=7, beta_target=target - 0.01))
    assert names(found) == ["styles", "size"]
    assert found.relaxed[0].given == pytest.approx(0.03 + MARGIN, abs=1e-6)


def test_one_industry_full_of_suspended_stocks_does_not_free_the_others() -> None:
    problem = world(1, N, turnover=None, group_bound=0.02)
    mine = problem.groups == 2
    held = np.where(mine, problem.held + 0.01, problem.held)
    held *= 0.97 / held.sum()
    stuck = replace(
        problem, held=held, lower=np.minimum(problem.lower, held),
        upper=np.maximum(problem.upper, held) + 0.01,
        most_bought=np.where(mine, 0, np.inf), most_sold=np.where(mine, 0, np.inf),
    )  # fmt: skip
    found = solve_relaxed(stuck)
    assert names(found) == ["groups"]
    excess = float((held - problem.benchmark)[mine].sum())
    assert found.relaxed[0].item == 2
    assert found.relaxed[0].given == pytest.approx(excess + MARGIN, abs=1e-7)


def test_a_stock_that_cannot_be_sold_keeps_what_it_has_and_the_rest_its_bounds() -> None:
    problem = world(1, N, turnover=None)
    i = int(np.argmax(problem.held))
    upper, most_sold = problem.upper.copy(), problem.most_sold.copy()
    upper[i], most_sold[i] = problem.lower[i], 0.0
    found = solve_relaxed(replace(problem, upper=upper, most_sold=most_sold))
    assert [(one.name, one.item) for one in found.relaxed] == [("upper", i)]
    assert found.weights[i] == pytest.approx(problem.held[i])


def test_weights_widen_alike_and_last() -> None:
    free: dict[str, Any] = {
        "turnover": 0.2, "most_bought": np.full(N, np.inf), "most_sold": np.full(N, np.inf),
        "beta": None, "beta_target": None, "group_bound": None, "styles": None,
        "style_bound": None,
    }  # fmt: skip
    problem = world(1, N, **free)
    narrow = np.full(N, 0.98 / N - 0.001)
    found = solve_relaxed(replace(problem, lower=0 * narrow, upper=narrow))
    assert names(found)[-1] == "active_weight"
    assert found.relaxed[-1].given == pytest.approx(0.001 + MARGIN, abs=1e-7)
    assert found.weights.min() >= -1e-9


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"most_bought": np.zeros(N), "total": 0.99}, "total: 0.99 is asked, .* 0.97$"),
        ({"beta_target": 3.0}, "beta_target: 3 is asked, .* beta is between"),
    ],
    ids=("cash", "beta"),
)
def test_what_is_never_loosened_is_named_when_it_contradicts_itself(
    changes: dict[str, Any], says: str
) -> None:
    found = solve_relaxed(world(1, N, **changes))
    assert found.status == "infeasible"
    assert re.search(says, found.reason)
    assert "\n" not in found.reason


def test_a_tracking_error_is_reached_by_turnover_if_it_can_be() -> None:
    problem = world(1, N, risk_aversion=None, tracking_error=0.03, turnover=None)
    least = solve(replace(problem, alpha=np.zeros(N), tracking_error=None, risk_aversion=1e3))
    reached = float(np.sqrt(least.terms.variance))
    able = solve_relaxed(replace(problem, tracking_error=reached * 1.1, turnover=0.1))
    assert names(able) == ["turnover"]
    unable = solve_relaxed(replace(problem, tracking_error=reached * 0.5))
    assert names(unable) == ["tracking_error"]
    assert unable.relaxed[0].given == pytest.approx(reached, rel=0.01)
    assert unable.status == "solved"
