"""A malformed rebalance ends at the door in one line."""

from typing import Any

import numpy as np
import pytest

from quanthedge.errors import StrategyError
from quanthedge.optimise import Problem
from tests.optimise.worlds import world

N = 100
HOLE = np.where(np.arange(N) == 7, np.nan, 0.0)
BELOW = np.where(np.arange(N) == 7, -0.001, 0.001)
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "length": ({"alpha": np.zeros(99)}, "exposures is of shape"),
    "hole": ({"alpha": HOLE}, "alpha is nan at 7"),
    "infinite": ({"held": np.full(N, np.inf)}, "held is inf"),
    "kind": ({"held": np.full(N, "a")}, "held is of kind"),
    "crossed": ({"lower": np.full(N, 0.2), "upper": np.full(N, 0.1)}, "lower is 0.2 above"),
    "cost": ({"buy_rate": BELOW}, "buy_rate is -0.001 at 7"),
    "impact": ({"impact": BELOW}, "impact is -0.001 at 7"),
    "trade": ({"most_sold": BELOW}, "most_sold is -0.001 at 7"),
    "variance": ({"specific": BELOW}, "specific is -0.001 at 7"),
    "covariance": ({"factor_covariance": -np.eye(12)}, "an eigenvalue of -1"),
    "lopsided": ({"factor_covariance": np.triu(np.ones((12, 12)))}, "not symmetric"),
    "wide": ({"factor_covariance": np.eye(11)}, r"shape \(11, 11\)"),
    "both": ({"tracking_error": 0.01}, "exactly one of risk_aversion"),
    "neither": ({"risk_aversion": None}, "exactly one of risk_aversion"),
    "aversion": ({"risk_aversion": -1.0}, "risk_aversion is -1.0"),
    "no error": ({"risk_aversion": None, "tracking_error": 0.0}, "tracking_error is 0.0"),
    "turnover": ({"turnover": -0.1}, "turnover is -0.1"),
    "total": ({"total": np.nan}, "total is nan"),
    "beta": ({"beta_target": None}, "beta and beta_target go together"),
    "groups": ({"groups": None}, "need groups"),
    "fractions": ({"groups": np.full(N, 0.5)}, "groups is of fractions"),
    "group": ({"groups": np.full(N, -2)}, "groups is -2"),
    "tilt": ({"group_tilt": np.zeros(2)}, "group_tilt is 2 groups"),
    "bounds": ({"group_bound": np.zeros(2)}, "group_bound is of shape"),
    "styles": ({"style_bound": None}, "styles and style_bound go together"),
    "column": ({"styles": np.arange(7, 13)}, "columns of exposures, 0 to 11"),
    "twice": ({"styles": np.full(6, 7)}, "each column once"),
    "few": ({"style_bound": np.zeros(2)}, "2 bounds of 6 styles"),
    "size": ({"size": 12}, "size is 12"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_rebalance_is_refused_in_one_line(name: str) -> None:
    changes, says = CASES[name]
    with pytest.raises(StrategyError, match=says) as caught:
        world(1, N, **changes)
    assert "\n" not in str(caught.value)


def test_a_covariance_that_is_singular_or_negative_by_rounding_is_accepted() -> None:
    root = np.random.default_rng(1).normal(size=(12, 3))
    problem = world(1, N, factor_covariance=root @ root.T - 1e-13 * np.eye(12))
    assert np.linalg.eigvalsh(problem.factor_covariance)[0] > -1e-14


def test_costs_and_limits_that_are_not_given_are_none() -> None:
    one = np.full(2, 0.5)
    problem = Problem(
        alpha=one, exposures=np.ones((2, 1)), factor_covariance=np.eye(1), specific=one,
        benchmark=one, held=one, lower=0 * one, upper=one, risk_aversion=1.0,
    )  # fmt: skip
    assert (problem.buy_rate == 0).all()
    assert np.isinf(problem.most_sold).all()
    assert len(problem.group_limits) == 0
