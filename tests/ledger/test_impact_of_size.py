"""The square-root impact inside the ledger: by hand, at its edges, and what it is known by."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.backtesting.plan import prepare
from quanthedge.errors import StrategyError
from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import COLUMNS
from quanthedge.strategy import Strategy
from tests.ledger.adapter import kernel_inputs
from tests.oracles.ledger import run_reference
from tests.oracles.random_market import calm_inputs
from tests.sample import sample_market, small_strategy

SPAN = ("2014-09-17", "2014-10-31")


def impacts(inputs):
    """Return the impact of each fill, which kernel and reference must give alike."""
    slow = [trade.impact for trade in run_reference(inputs).trades]
    fast = run_ledger(kernel_inputs(inputs)).trades[:, 11]
    np.testing.assert_allclose(fast, slow, rtol=1e-12)
    return slow


def market(**overrides):
    """Return one stock at 10 yuan, of which 5,000,000 yuan a day are traded, sd 3% a day."""
    days = overrides.pop("days", 1)
    known = {
        "volume": np.full((days, 1), 5e5),
        "amount": np.full((days, 1), 5e6),
        "volatility": np.full((days + 1, 1), 0.03),
        "targets": [(0, [(0, 0.2)])],
        "impact_coefficient": 1.0,
    }
    return calm_inputs(days=days, **(known | overrides))


def test_an_order_of_four_per_cent_of_the_turnover_costs_a_fifth_of_a_days_volatility() -> None:
    # 0.2 x 1,000,000 = 200,000 yuan of 5,000,000: sqrt(0.04) = 0.2; 0.2 x 3% x 200,000 = 1,200
    assert impacts(market()) == pytest.approx([1_200.0])
    # the fixed slippage comes on top: 200,000 x 5 bp = 100
    assert impacts(market(slippage=5e-4)) == pytest.approx([1_300.0])
    assert impacts(market(impact_coefficient=0.5)) == pytest.approx([600.0])
    assert impacts(market(impact_coefficient=0.0)) == [0.0]


def test_the_cost_leaves_the_stock_account_and_the_equity_of_the_day() -> None:
    record = run_ledger(kernel_inputs(market()))
    row = dict(zip(COLUMNS, record.ledger[0], strict=True))
    assert row["impact"] == pytest.approx(1_200.0)
    assert row["stock_cash"] == pytest.approx(800_000.0 - 1_200.0)
    assert row["equity"] == pytest.approx(1_000_000.0 - 1_200.0)


def test_the_volatility_is_that_of_the_close_before_and_the_turnover_that_of_the_day() -> None:
    spread = np.array([[0.01], [0.02], [0.09]])
    turnover = np.array([[5e6], [2e7]])
    found = impacts(
        market(days=2, volatility=spread, amount=turnover, targets=[(0, [(0, 0.2)]), (1, [])])
    )
    # day 0: 1% x sqrt(200,000 / 5,000,000); day 1 sells: 2% x sqrt(200,000 / 20,000,000)
    assert found == pytest.approx([0.01 * 0.2 * 2e5, 0.02 * 0.1 * 2e5])


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ({"volatility": np.full((2, 1), np.nan)}, 0.0),
        # volume at the fill price: 400,000 shares x 10 = 4,000,000
        ({"amount": np.full((1, 1), np.nan), "volume": np.full((1, 1), 4e5)}, 0.03 * 0.05**0.5),
        ({"amount": np.zeros((1, 1)), "volume": np.full((1, 1), 4e5)}, 0.03 * 0.05**0.5),
        ({"amount": np.zeros((1, 1)), "volume": np.zeros((1, 1))}, 0.03),
        # more than the whole turnover, without a cap: sqrt(200,000 / 50,000) = 2
        ({"amount": np.full((1, 1), 5e4)}, 0.06),
    ],
)
def test_what_is_not_known_has_a_rule(lost: dict, expected: float) -> None:
    assert impacts(market(**lost)) == pytest.approx([expected * 2e5])


def test_a_book_of_all_the_money_leaves_room_for_the_impact() -> None:
    inputs = market(targets=[(0, [(0, 1.0)])], commission_rate=1e-3, impact_coefficient=3.0)
    record = run_ledger(kernel_inputs(inputs))
    (trade,) = record.trades
    row = dict(zip(COLUMNS, record.ledger[0], strict=True))
    assert 0.0 <= row["stock_cash"] == pytest.approx(1e6 - trade[5] - trade[6] - trade[11])
    assert trade[11] == pytest.approx(3.0 * 0.03 * (trade[5] / 5e6) ** 0.5 * trade[5])
    # the whole order would have cost 3 x 3% x sqrt(0.2) = 4% of a million
    assert 950_000 < trade[5] < 980_000
    assert [int(r[6]) for r in record.refusals] == [4]  # cash


@given(
    st.lists(st.floats(0.0, 10.0), min_size=2, max_size=4, unique=True),
    st.floats(0.05, 0.7),  # the money is enough at any coefficient
    st.floats(1e6, 1e9),
)
@settings(max_examples=60, deadline=None)
def test_a_higher_coefficient_never_leaves_more(
    coefficients: list[float], weight: float, turnover: float
) -> None:
    left = []
    for coefficient in sorted(coefficients):
        inputs = market(
            days=2,
            amount=np.full((2, 1), turnover),
            targets=[(0, [(0, weight)]), (1, [])],
            impact_coefficient=coefficient,
        )
        left.append(run_ledger(kernel_inputs(inputs)).ledger[-1, 0])
    assert all(more >= less for more, less in pairwise(left))


def with_coefficient(coefficient: float) -> Strategy:
    strategy = small_strategy()
    costs = strategy.costs.model_copy(update={"impact_coefficient": coefficient})
    return strategy.model_copy(update={"costs": costs})


def test_the_volatility_of_a_run_is_that_of_the_twenty_days_before() -> None:
    market_ = sample_market()
    prepared = prepare(with_coefficient(1.0), market_, *SPAN)
    returns = np.asarray(market_.panel("simple_return"), dtype=np.float64)
    for t in (0, 5, 20):
        last = prepared.first - 1 + t  # row t of the ledger is the close before its day t
        window = returns[last - 19 : last + 1]
        known = np.isfinite(window).sum(axis=0)
        expected = np.full(window.shape[1], np.nan)
        for i in np.flatnonzero(known >= 5):
            expected[i] = np.std(window[np.isfinite(window[:, i]), i], ddof=1)
        expected[np.isnan(expected)] = np.nanmedian(expected)
        np.testing.assert_allclose(prepared.inputs.volatility[t], expected, rtol=1e-9)


def test_the_volatility_does_not_know_the_future() -> None:
    market_ = sample_market()
    whole = prepare(with_coefficient(1.0), market_, *SPAN).inputs.volatility
    cut = prepare(with_coefficient(1.0), market_.until("2014-10-10"), SPAN[0], "2014-10-10")
    known = cut.inputs.volatility
    np.testing.assert_array_equal(known, whole[: len(known)])


def test_without_a_coefficient_no_volatility_is_worked_out() -> None:
    assert prepare(with_coefficient(0.0), sample_market(), *SPAN).inputs.volatility.size == 0


def test_a_coefficient_out_of_range_is_refused() -> None:
    with pytest.raises(StrategyError, match=r"costs\.impact_coefficient"):
        small_strategy("costs.impact_coefficient=-1")
