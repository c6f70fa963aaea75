"""A decision of a day on the sample market: bounds, whole contracts, and why a stock is held."""

from functools import cache

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.errors import DataError, StrategyError
from quanthedge.optimise import Decision, Problem
from quanthedge.risk import RiskModel, index_weights
from quanthedge.risk.model import FittedRiskModel
from tests.sample import sample_market

DAY, BOOK, INDEX = "2015-06-30", 7.5e7, "000300.SH"
BOUNDS = qh.Bounds(active_weight=0.02, industry=0.03, style={"size": 0.2, "other": 0.5})


@cache
def fitted() -> FittedRiskModel:
    return RiskModel(eigen=0).fit(sample_market())


@cache
def inputs():
    market, rng = sample_market(), np.random.default_rng(4)
    row = market.day(DAY)
    listed = np.isfinite(fitted().forecast(row).specific) & (market.delist_index() > row)
    alpha = dict(zip(market.codes[listed], rng.normal(0, 0.01, listed.sum()), strict=True))
    index = index_weights(market, INDEX).on(np.array([row]))[0]
    held = index * rng.uniform(0.2, 1.8, index.size)
    held /= held.sum()
    beta = dict(zip(market.codes, 1 + 0.2 * rng.standard_normal(len(market.codes)), strict=True))
    return alpha, {c: w for c, w in zip(market.codes, held, strict=True) if w > 0}, beta


@cache
def decided(**changes) -> Decision:
    alpha, held, beta = inputs()
    optimiser = qh.Optimiser(benchmark=INDEX, risk_aversion=10.0, bounds=BOUNDS)
    return optimiser.solve(alpha, fitted(), DAY, held, BOOK, beta=beta, contract_yuan=1.3e6)


def test_the_book_keeps_its_bounds_and_is_fully_invested():
    found = decided()
    assert found.status == "solved"
    index = index_weights(sample_market(), INDEX).on(np.array([sample_market().day(DAY)]))[0]
    weights = found.weights.reindex(sample_market().codes).fillna(0.0).to_numpy()
    assert weights.sum() == pytest.approx(1, abs=1e-7)
    alpha, held, _ = inputs()
    free = np.isin(sample_market().codes, [*alpha]) & found.day.can_buy & found.day.can_sell
    assert (np.abs(weights - index)[free] <= 0.02 + 1e-7).all()
    active = weights - index
    groups = sample_market().industry()[0][sample_market().day(DAY)]
    for group in np.unique(groups):
        assert abs(active[groups == group].sum()) <= 0.03 + 1e-7
    exposure = fitted().exposures(DAY).reindex(sample_market().codes).fillna(0.0)
    tilt = active @ exposure.to_numpy()
    for name in fitted().style_names:
        bound = 0.2 if name == "size" else 0.5
        assert abs(tilt[exposure.columns.get_loc(name)]) <= bound + 1e-6
    before = np.array([held.get(code, 0.0) for code in sample_market().codes])
    assert np.abs(weights - before).sum() / 2 <= 0.30 + 1e-7


def test_the_book_of_whole_lots_has_the_beta_of_whole_contracts():
    found = decided()
    assert found.contracts == round(found.contracts) > 0
    beta = inputs()[2]
    wanted = sum(beta[code] * weight for code, weight in found.weights.items())
    assert wanted == pytest.approx(found.contracts * 1.3e6 / BOOK, abs=1e-7)
    assert abs(found.beta) < 0.01
    assert abs(found.lot_loss_bp) < 2


def test_the_terms_of_every_stock_add_up_to_nothing():
    found = decided()
    for code in found.codes:
        table = found.explain(code)["value"]
        assert table.iloc[:-1].sum() == pytest.approx(table["sum"])
        assert abs(table["sum"]) < 1e-2  # of a basis point


def utility(problem: Problem, weights, held):
    """Objective of weights, by its definition."""
    active, trade = weights - problem.benchmark, weights - held
    exposure = problem.exposures.T @ active
    variance = exposure @ problem.factor_covariance @ exposure + problem.specific @ active**2
    cost = problem.buy_rate @ np.maximum(trade, 0) + problem.sell_rate @ np.maximum(-trade, 0)
    cost += problem.impact @ np.abs(trade) ** 1.5
    return problem.alpha @ weights - problem.risk_aversion / 2 * variance - cost


def test_alpha_risk_and_cost_are_what_one_more_unit_changes():
    found, step = decided(), 1e-6
    problem, weights = found.problem, found.solution.weights
    traded = np.flatnonzero(np.abs(weights - problem.held) > 1e-4)
    assert len(traded) > 20
    for i in traded[:10]:
        up, down = weights.copy(), weights.copy()
        up[i], down[i] = up[i] + step, down[i] - step
        slope = (utility(problem, up, problem.held) - utility(problem, down, problem.held)) / (
            2 * step
        )
        table = found.explain(found.codes[i])["value"]
        parts = table[["alpha", "risk", "linear_cost", "impact"]].sum()
        assert parts == pytest.approx(1e4 * slope, abs=0.02)


def test_a_bound_that_binds_is_worth_what_one_more_unit_of_it_earns():
    found, wider = decided(), 1e-4
    alpha, held, beta = inputs()
    optimiser = qh.Optimiser(
        benchmark=INDEX, risk_aversion=10.0,
        bounds=BOUNDS.model_copy(update={"turnover_one_way": 0.30 + wider}),
    )  # fmt: skip
    other = optimiser.solve(alpha, fitted(), DAY, held, BOOK, beta=beta, contract_yuan=1.3e6)
    table = found.binding.set_index("bound")["multiplier"]
    gain = found.solution.objective - other.solution.objective
    if "turnover" not in table.index:
        assert gain == pytest.approx(0, abs=1e-9)
        return
    assert gain == pytest.approx(2 * wider * table["turnover"], rel=0.05)


def test_bounds_that_no_book_keeps_are_loosened_and_listed():
    alpha, held, _ = inputs()
    tight = BOUNDS.model_copy(update={"turnover_one_way": 0.001, "industry": 0.0})
    found = qh.Optimiser(benchmark=INDEX, risk_aversion=10.0, bounds=tight).solve(
        alpha, fitted(), DAY, held, BOOK
    )
    assert found.status == "relaxed"
    assert set(found.relaxed["name"]) >= {"turnover"}
    assert (found.relaxed["given"] > found.relaxed["asked"]).all()
    assert found.row()["relaxed"].startswith("turnover: 0.001 -> ")


def test_fewer_names_cost_something_and_say_so():
    alpha, _, _ = inputs()
    most = qh.Optimiser(
        benchmark=INDEX, risk_aversion=10.0,
        bounds=BOUNDS.model_copy(update={"most_names": 12, "turnover_one_way": None,
                                         "active_weight": 0.10, "industry": None}),
    )  # fmt: skip
    found = most.solve(alpha, fitted(), DAY, {}, BOOK)
    assert len(found.weights) <= 12
    assert found.row()["names_loss_bp"] > 0


def test_a_tracking_error_is_kept_over_the_year():
    alpha, held, _ = inputs()
    optimiser = qh.Optimiser(
        benchmark=INDEX, tracking_error=0.02, bounds=qh.Bounds(turnover_one_way=None)
    )
    found = optimiser.solve(alpha, fitted(), DAY, held, BOOK)
    assert found.row()["tracking_error"] == pytest.approx(0.02, rel=1e-4)


def test_statistical_risk_serves_as_well():
    alpha, held, _ = inputs()
    risk = qh.risk.StatisticalRiskModel(kind="pca", window=120).fit(sample_market())
    plain = qh.Optimiser(benchmark=INDEX, risk_aversion=10.0)
    found = plain.solve(alpha, risk, DAY, held, BOOK)
    assert found.status == "solved"
    styled = plain.model_copy(update={"bounds": qh.Bounds(style={"size": 0.1})})
    with pytest.raises(StrategyError, match="no style of the risk model"):
        styled.solve(alpha, risk, DAY, held, BOOK)


def test_what_cannot_be_meant_is_refused_in_one_line():
    alpha, held, _ = inputs()
    optimiser = qh.Optimiser(benchmark=INDEX, risk_aversion=10.0)
    with pytest.raises(StrategyError, match=r"nav -1.*above 0"):
        optimiser.solve(alpha, fitted(), DAY, held, -1.0)
    with pytest.raises(StrategyError, match="alpha is empty"):
        optimiser.solve({}, fitted(), DAY, held, BOOK)
    with pytest.raises(DataError, match=r"no stock '600999\.XX'"):
        optimiser.solve({"600999.XX": 0.1}, fitted(), DAY, held, BOOK)
    with pytest.raises(DataError, match="not a trading day"):
        optimiser.solve(alpha, fitted(), "2015-07-05", held, BOOK)
    with pytest.raises(StrategyError, match="exactly one of risk_aversion and tracking_error"):
        qh.Optimiser(benchmark=INDEX)
    with pytest.raises(DataError, match="neither in the universe, nor held"):
        decided().explain("000000.SZ")


def test_a_market_cut_at_the_day_decides_the_same_book():
    alpha, held, beta = inputs()
    risk = RiskModel(eigen=0).fit(sample_market().until(DAY))
    optimiser = qh.Optimiser(benchmark=INDEX, risk_aversion=10.0, bounds=BOUNDS)
    found = optimiser.solve(alpha, risk, DAY, held, BOOK, beta=beta, contract_yuan=1.3e6)
    np.testing.assert_array_equal(found.solution.weights, decided().solution.weights)
    np.testing.assert_array_equal(found.lots.trades, decided().lots.trades)
