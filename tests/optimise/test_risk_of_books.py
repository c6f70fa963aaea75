"""An optimiser looks for what a risk model misses: its books against a covariance that is known."""

from functools import cache

import numpy as np
import pytest

from quanthedge.optimise import Problem
from quanthedge.optimise.solve import solve
from quanthedge.risk import RiskModel
from quanthedge.risk.model import FittedRiskModel
from quanthedge.risk.regression import factor_returns
from tests.risk.small_worlds import World, days_of, world

CALM = RiskModel(regime=0, structural=False, shrink=0)  # the world has one level and no fat tails
MODELS = {
    "usual": CALM,
    "forgetful": CALM.model_copy(
        update={"volatility_half_life": 8.0, "correlation_half_life": 8.0, "eigen": 0.0}
    ),
}


@cache
def made() -> World:
    return world(seed=21, days=500, stocks=160, industries=20, styles=5, halted=0.0)


@cache
def fitted(name: str) -> FittedRiskModel:
    of, model = made().of, MODELS[name]
    found = factor_returns(of)
    return FittedRiskModel(model, days_of(*of.returns.shape), of, found, model._moments(of, found),
                           model._specific(of, found))  # fmt: skip


def ratio(name: str, *, by_factors: bool) -> float:
    """True over forecast risk of optimised books; alphas of single stocks, or of factors alone."""
    size, rng, found = made().of.size[0].astype(float), np.random.default_rng(5), []
    benchmark, n = size / size.sum(), len(size)
    for row in (300, 400, 499):
        forecast = fitted(name).forecast(row)
        for _ in range(8):
            bets = forecast.exposures @ rng.normal(0, 1e-4, len(forecast.factors))
            alpha = bets if by_factors else rng.normal(0, 3e-4, n)
            problem = Problem(
                alpha=alpha, exposures=forecast.exposures, factor_covariance=forecast.covariance,
                specific=forecast.specific, benchmark=benchmark, held=np.zeros(n),
                lower=np.full(n, -9.0), upper=np.full(n, 9.0), most_bought=np.full(n, 9.0),
                most_sold=np.full(n, 9.0), risk_aversion=10.0,
            )  # fmt: skip
            solution = solve(problem)
            assert solution.status == "solved"
            found.append(true_variance(solution.weights - benchmark) / solution.terms.variance)
    return float(np.sqrt(np.mean(found)))


def true_variance(active: np.ndarray) -> float:
    of = made().of
    groups = len(of.industries) - 1
    design = np.hstack(
        [np.ones((len(active), 1)), np.eye(groups)[of.industry[0]], of.styles[0].astype(float)]
    )
    exposure = active @ design
    return float(exposure @ made().covariance @ exposure + active**2 @ made().specific)


@pytest.mark.parametrize("by_factors", [False, True])
def test_optimised_books_are_hardly_riskier_than_forecast_with_the_eigenfactor_step(by_factors):
    assert ratio("usual", by_factors=by_factors) < 1.15


def test_a_model_that_forgets_too_soon_is_found_out_by_the_optimiser():
    assert ratio("forgetful", by_factors=True) > 1.15
