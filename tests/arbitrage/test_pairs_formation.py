"""Which spreads a formation chooses: brute force, known truths, statsmodels."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.arbitrage.kernels.pairs_states import REASONS, states
from quanthedge.arbitrage.pairs_deviation import deviations
from quanthedge.arbitrage.pairs_formation import NONE, Stocks, chosen
from tests.oracles import arbitrage as oracle

DAYS, FORMATION = 400, 250
ROW = FORMATION - 1


def made(seed: int = 0, stocks: int = 24) -> Stocks:
    """Random walks in three industries; 0 and 1 revert to one another, 5 to its industry."""
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_normal((DAYS, stocks)) + 0.008 * rng.standard_normal((DAYS, 1))
    returns[:, 1] = returns[:, 0] + np.diff(reverting(rng, 0.01, 0.8), prepend=0.0)
    returns[:, 5] = returns[:, 8:16].mean(axis=1) + np.diff(reverting(rng, 0.01, 0.8), prepend=0.0)
    industry = np.broadcast_to(np.repeat([3, 7, 9], stocks // 3), returns.shape).copy()
    industry[:, 5] = 7
    return Stocks(returns, np.ones(returns.shape, dtype=bool), industry)


def reverting(rng, scale, b):
    path = np.zeros(DAYS)
    for t in range(1, DAYS):
        path[t] = b * path[t - 1] + scale * rng.standard_normal()
    return path


def everybody(stocks: Stocks) -> np.ndarray:
    return np.ones(stocks.returns.shape[1], dtype=bool)


def test_the_closest_pairs_are_those_of_brute_force():
    stocks = made(1)
    found = chosen(stocks, ROW, FORMATION, everybody(stocks), "distance", 12)
    every = {}
    for i in range(24):
        for j in range(i + 1, 24):
            if stocks.industry[ROW, i] == stocks.industry[ROW, j]:
                window = slice(0, FORMATION)
                every[i, j] = oracle.squared_distance(
                    stocks.returns[window, i], stocks.returns[window, j]
                )
    best = sorted(every, key=every.__getitem__)[:12]
    assert list(zip(found.first, found.second, strict=True)) == best
    np.testing.assert_allclose(found.figure, [every[pair] for pair in best])
    assert sum(spreads for _, spreads in found.tried.values()) == len(every)


def test_the_pair_that_belongs_together_is_found_by_distance_and_by_test():
    for seed in range(5):
        stocks = made(seed)
        near = chosen(stocks, ROW, FORMATION, everybody(stocks), "distance", 1)
        assert (near.first[0], near.second[0]) == (0, 1)
        tested = chosen(stocks, ROW, FORMATION, everybody(stocks), "cointegration", 5)
        assert (tested.first[0], tested.second[0]) == (0, 1)
        assert tested.beta[0] == pytest.approx(1.0, abs=0.1)
        assert tested.figure[0] < 0.01


def test_walks_that_do_not_belong_together_pass_the_test_as_often_as_its_size():
    rng = np.random.default_rng(11)
    stocks = Stocks(0.01 * rng.standard_normal((FORMATION, 46)), np.ones((FORMATION, 46), bool),
                    np.zeros((FORMATION, 46), dtype=np.int64))  # fmt: skip
    for seed in range(46 // 2):  # pairs of their own, so that tests are independent
        stocks.industry[:, 2 * seed : 2 * seed + 2] = seed
    found = chosen(stocks, ROW, FORMATION, everybody(stocks), "cointegration", 46)
    assert len(found.tested) == 23
    assert sum(p <= 0.05 for _, _, p in found.tested) <= 4  # 5% of 23; 5 or more: 0.6%


def test_each_test_is_that_of_statsmodels_on_log_prices():
    from statsmodels.tsa.stattools import coint

    stocks = made(2)
    found = chosen(stocks, ROW, FORMATION, everybody(stocks), "cointegration", 3)
    logs = np.log(np.cumprod(1 + stocks.returns[:FORMATION], axis=0))
    assert len(found.tested) == 15
    for i, j, p in found.tested[:4]:
        theirs = coint(logs[:, i], logs[:, j], trend="c", maxlag=1, autolag=None)[1]
        assert p == pytest.approx(theirs, rel=1e-6)
    assert found.tests == dict(
        pd.Series([stocks.industry[ROW, i] for i, _, _ in found.tested]).value_counts()
    )


def test_residuals_are_those_against_the_rest_of_the_industry():
    stocks = made(3)
    found = chosen(stocks, ROW, FORMATION, everybody(stocks), "residual", 24)
    assert 5 in found.first[:3]
    assert (found.second == NONE).all()
    for k, stock in enumerate(found.first[:4]):
        others = [n for n in range(24) if stocks.industry[ROW, n] == stocks.industry[ROW, stock]]
        others.remove(stock)
        mean = stocks.returns[:FORMATION, others].mean(axis=1)
        beta = np.polyfit(mean, stocks.returns[:FORMATION, stock], 1)[0]
        assert found.beta[k] == pytest.approx(beta)
        z = deviations(stocks, ROW, FORMATION, ROW + 30, found, "residual")[:, k]
        path = np.cumsum(
            stocks.returns[FORMATION : FORMATION + 30, stock]
            - beta * stocks.returns[FORMATION : FORMATION + 30, others].mean(axis=1)
        )
        np.testing.assert_allclose(z[1:], (path - found.mean[k]) / found.sigma[k])


@pytest.mark.parametrize("method", ["distance", "cointegration"])
def test_deviations_go_on_from_the_window(method):
    stocks = made(4)
    found = chosen(stocks, ROW, FORMATION, everybody(stocks), method, 3)
    z = deviations(stocks, ROW, FORMATION, ROW + 40, found, method)
    assert z.shape == (41, found.first.size)
    for k, (i, j) in enumerate(zip(found.first, found.second, strict=True)):
        prices = np.cumprod(1 + stocks.returns[: ROW + 41, [i, j]], axis=0)
        values = np.log(prices) if method == "cointegration" else prices
        spread = values[:, 0] - found.beta[k] * values[:, 1] - found.mean[k]
        np.testing.assert_allclose(z[:, k], spread[ROW:] / found.sigma[k], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["distance", "cointegration", "residual"])
def test_a_choice_does_not_depend_on_what_comes(method):
    stocks = made(5)
    other = Stocks(stocks.returns.copy(), stocks.traded, stocks.industry.copy())
    other.returns[ROW + 1 :] = 0.5
    other.industry[ROW + 1 :] = 1
    one, two = (chosen(s, ROW, FORMATION, everybody(s), method, 6) for s in (stocks, other))
    for here, there in zip(one[:7], two[:7], strict=True):
        np.testing.assert_array_equal(here, there)
    z = deviations(other, ROW, FORMATION, ROW, two, method)
    np.testing.assert_array_equal(z, deviations(stocks, ROW, FORMATION, ROW + 9, one, method)[:1])


@pytest.mark.parametrize("method", ["distance", "cointegration", "residual"])
def test_nobody_to_choose_from_gives_nothing(method):
    stocks = made(6)
    found = chosen(stocks, ROW, FORMATION, ~everybody(stocks), method, 6)
    assert found.first.size == 0
    assert deviations(stocks, ROW, FORMATION, ROW + 5, found, method).shape == (6, 0)


@pytest.mark.parametrize("stop", [3.0, np.inf])
@pytest.mark.parametrize("seed", range(10))
def test_states_are_those_of_a_slow_walk(seed, stop):
    rng = np.random.default_rng(seed)
    z = np.cumsum(rng.standard_normal((200, 8)), axis=0) * 0.4
    z[rng.random(z.shape) < 0.02] = np.nan
    flags = [rng.random(z.shape) < share for share in (0.8, 0.8, 0.02, 0.02)]
    held, reason = states(z, *flags, 1.5, 0.2, stop)
    for k in range(8):
        slow = oracle.pair_states(z[:, k], *(flag[:, k] for flag in flags), 1.5, 0.2, stop)
        assert held[:, k].tolist() == slow
    before = np.vstack([np.zeros_like(held[:1]), held[:-1]])
    assert ((reason > 0) == ((before != 0) & (held == 0))).all()
    assert {REASONS[k] for k in np.unique(reason)} >= {"", "reverted", "left"}
