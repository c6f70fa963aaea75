"""From a market's day to a problem: the ledger's own costs, who can be traded, whole contracts."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import numpy as np
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.errors import StrategyError
from quanthedge.ledger import Costs
from quanthedge.ledger.kernels.prices import size_impact
from quanthedge.optimise import Bounds, ContractHedge, market_days
from quanthedge.optimise.market import MarketDay, posed
from quanthedge.risk import RiskForecast, index_weights
from quanthedge.rules import StockCosts
from tests.sample import sample_market, small_strategy

INDEX = "000300.SH"
FALL = "2014-05-21"  # stocks closed at both limits, others were suspended
PLAIN = Bounds(industry=None, turnover_one_way=None, active_weight=0.02)


def row_of(day):
    return int(sample_market().day(day))


@cache
def day_of(day) -> MarketDay:
    return market_days(sample_market(), np.array([row_of(day)]), Costs(), INDEX)[0]


def forecast_of(day: MarketDay) -> RiskForecast:
    """Risk of one factor that all stocks have alike."""
    n = len(day.codes)
    specific = np.where(day.listed, 0.01, np.nan)
    return RiskForecast(day.date, 20, day.codes, ("country",), np.ones((n, 1)), np.eye(1) * 0.001,
                        specific)  # fmt: skip


def problem_of(day, held=None, book=1e8, bounds=PLAIN, **more):
    n = len(day.codes)
    held = np.zeros(n) if held is None else held
    alpha = np.where(day.listed, 0.001, np.nan)
    return posed(day, forecast_of(day), alpha, held, book, bounds, aversion=10.0, **more)


def test_the_rates_are_those_that_the_ledger_charges():
    market, day = sample_market(), day_of("2015-06-30")
    known = StockCosts.between([day.date], market.codes, Costs(), list_dates=market.list_dates())
    yuan, listed = 1e6, np.flatnonzero(day.listed)
    cost = known.cost_of(
        np.full(len(day.codes), yuan), 0.0, price=np.where(day.listed, day.price, 1.0), day=0
    )
    np.testing.assert_allclose(yuan * day.buy_rate[listed], cost[listed], rtol=1e-12)
    cost = known.cost_of(
        0.0, np.full(len(day.codes), yuan), price=np.where(day.listed, day.price, 1.0), day=0
    )
    np.testing.assert_allclose(yuan * day.sell_rate[listed], cost[listed], rtol=1e-12)


def test_impact_is_the_ledgers_law_at_the_usual_turnover():
    day, book, traded = day_of("2015-06-30"), 3e8, 0.004
    found = problem_of(day, book=book, impact_coefficient=0.7)
    for k, n in enumerate(found.stocks):
        if not day.turnover_yuan[n]:  # suspended for a month
            assert not day.can_buy[n]
            assert not day.can_sell[n]
            continue
        yuan = size_impact(traded * book, day.turnover_yuan[n], np.nan, day.volatility[n], 0.7)
        assert found.problem.impact[k] * traded**1.5 * book == pytest.approx(yuan, rel=1e-12)


def test_the_volatility_of_impact_is_the_one_that_the_ledger_is_given():
    prepared = prepare(small_strategy(), sample_market(), "2015-06-25", "2015-07-03")
    row = row_of("2015-06-30")
    own = prepared.inputs.volatility[row - prepared.first + 1]
    np.testing.assert_array_equal(own, day_of("2015-06-30").volatility)


def test_usual_turnover_is_the_median_of_the_days_traded():
    market, row, day = sample_market(), row_of("2015-07-10"), day_of("2015-07-10")
    amount = market.panel("amount")[row - 19 : row + 1]
    for n in range(0, len(market.codes), 7):
        traded = amount[:, n][amount[:, n] > 0]
        assert day.turnover_yuan[n] == (np.median(traded) if traded.size else 0.0)


def test_what_closed_at_a_limit_or_did_not_trade_is_blocked_on_that_side():
    market, row, day = sample_market(), row_of(FALL), day_of(FALL)
    before, close = market.panel("pre_close")[row], market.panel("close")[row]
    traded, special = market.panel("traded")[row], market.panel("is_st")[row]
    at_limit = []
    for n in np.flatnonzero(day.listed):
        if not traded[n]:
            assert not day.can_buy[n]
            assert not day.can_sell[n]
            continue
        rate = Decimal("0.05") if special[n] else Decimal("0.1")
        exact = Decimal(f"{before[n]:.2f}")
        low = float((exact * (1 - rate)).quantize(Decimal("0.01"), ROUND_HALF_UP))
        high = float((exact * (1 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP))
        assert day.can_sell[n] == (close[n] > low + 1e-6)
        assert day.can_buy[n] == (close[n] < high - 1e-6)
        at_limit += [close[n] <= low + 1e-6, -int(close[n] >= high - 1e-6)]
    assert {1, -1} <= {int(one) for one in at_limit}
    found = problem_of(day, participation=0.1)
    np.testing.assert_array_equal(found.problem.most_sold[~day.can_sell[found.stocks]], 0.0)
    free = day.can_buy[found.stocks]
    np.testing.assert_allclose(
        found.problem.most_bought[free],
        0.1 * day.turnover_yuan[found.stocks][free] / 1e8 * (day.listed[found.stocks][free]),
    )


def test_what_is_held_and_cannot_be_sold_stays_inside_its_bounds():
    day = day_of(FALL)
    held = np.zeros(len(day.codes))
    stuck = np.flatnonzero(day.listed & ~day.can_sell & (day.benchmark < 0.1))[:3]
    held[stuck] = 0.3
    found = problem_of(day, held=held)
    at = np.searchsorted(found.stocks, stuck)
    np.testing.assert_allclose(found.problem.upper[at], 0.3)
    assert found.blocked == 3


def test_candidates_are_the_universe_the_benchmark_and_what_is_held():
    day = day_of("2015-06-30")
    universe = np.zeros(len(day.codes), dtype=bool)
    inside = np.flatnonzero(day.listed & (day.benchmark > 0))
    universe[inside[:20]] = True
    held = np.zeros(len(day.codes))
    outside = np.flatnonzero(day.listed & (day.benchmark == 0) & ~universe)[0]
    held[outside] = 0.01
    found = problem_of(day, held=held, universe=universe)
    assert set(found.stocks) == {*np.flatnonzero(day.benchmark > 0), outside}
    place = {n: k for k, n in enumerate(found.stocks)}
    assert found.problem.upper[place[outside]] == 0.0
    assert found.problem.most_bought[place[outside]] == 0.0
    member = place[inside[30]]
    assert (found.problem.upper[member], found.problem.lower[member]) == (0.0, 0.0)
    own = place[inside[0]]
    weight = day.benchmark[inside[0]]
    assert found.problem.upper[own] == pytest.approx(weight + 0.02)
    assert found.problem.lower[own] == pytest.approx(max(0.0, weight - 0.02))


def test_beta_is_that_of_the_whole_contracts_of_the_benchmark():
    day, contract, book = day_of("2015-06-30"), 1_300_000.0, 7.5e7
    beta = np.where(np.arange(len(day.codes)) % 3 == 0, np.nan, 1.1)
    found = problem_of(day, book=book, hedge=ContractHedge(beta, contract, 0.8))
    exposure = sum(
        weight * (1.0 if np.isnan(one) else one)
        for weight, one in zip(day.benchmark, beta, strict=True)
    )
    lots = round(0.8 * exposure * book / contract)
    assert found.lots == lots
    assert found.problem.beta_target * 0.8 * book == pytest.approx(lots * contract)
    none = problem_of(day, book=book, hedge=ContractHedge(beta, np.nan))
    assert none.problem.beta is None


def test_a_style_that_the_risk_model_lacks_is_refused_by_name():
    with pytest.raises(StrategyError, match=r"bounds.style charm: no style .* accepted: none"):
        problem_of(day_of(FALL), bounds=Bounds(style={"charm": 0.1}))


@pytest.mark.parametrize("day", ["2015-06-30", FALL])
def test_a_market_cut_at_the_day_says_the_same(day):
    market, row = sample_market(), row_of(day)
    rows = np.array([row_of("2014-04-30"), row])
    cut = market.until(day)
    for whole, known in zip(
        market_days(market, np.append(rows, row + 30), Costs(), INDEX),
        market_days(cut, rows, Costs(), INDEX),
        strict=False,
    ):
        for name in MarketDay.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(whole, name), getattr(known, name), name)


def test_the_benchmark_is_the_index_of_the_day():
    market, day = sample_market(), day_of(FALL)
    found = index_weights(market, INDEX).on(np.array([row_of(FALL)]))[0]
    np.testing.assert_array_equal(day.benchmark, found)
