"""Whole lots of several futures: held against every lattice point of small problems."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.hedge.joint import joint_hedge
from quanthedge.hedge.kernels.lots import joint_cost, joint_lots
from quanthedge.typing import Floats

FREE = np.nan


def no_ceiling(products: int) -> Floats:
    return np.full(products, np.inf)


def brute_force(
    exposure: Floats,
    covariance: Floats,
    aversion: float,
    carry: Floats,
    lot_value: Floats,
    lowest: float,
    highest: float,
    most: NDArray[np.int64],
) -> tuple[Floats | None, float]:
    """Cheapest of all whole choices inside the bounds, and its cost."""
    grid = np.array(list(itertools.product(*(range(m + 1) for m in most))), dtype=float)
    short = grid * lot_value
    missing = exposure - short
    cost = 0.5 * aversion * np.einsum("ij,jk,ik->i", missing, covariance, missing) + short @ carry
    total = short.sum(axis=1)
    inside = np.ones(len(grid), dtype=bool)
    if not math.isnan(lowest):
        inside &= total >= lowest
    if not math.isnan(highest):
        inside &= total <= highest
    if not inside.any():
        return None, math.inf
    place = int(np.where(inside, cost, np.inf).argmin())
    return grid[place], float(cost[place])


def problem(seed: int, products: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Exposure, covariance of correlated indices, carry and lot values."""
    random = np.random.default_rng(seed)
    loading = 0.1 * random.normal(size=(products, products + 1))
    loading += 0.25 * random.normal(size=(1, products + 1))
    covariance = loading @ loading.T / (products + 1) + 1e-4 * np.eye(products)
    exposure = random.uniform(-1e6, 8e6, products)
    return (
        exposure,
        covariance,
        random.normal(0.0, 0.05, products),
        random.uniform(0.3e6, 1.5e6, products),
    )


@pytest.mark.parametrize("products", [1, 2, 3])
@pytest.mark.parametrize("ranged", [False, True])
def test_no_whole_choice_is_cheaper(products: int, ranged: bool) -> None:
    # Ceilings keep the lattice small enough to look at all of it.
    compared = 0
    for seed in range(60):
        exposure, covariance, carry, lot_value = problem(seed, products)
        random = np.random.default_rng(1000 + seed)
        most = random.integers(2, 15, products)
        value = max(1e6, exposure.sum())
        low, high = (0.8 * value, 1.2 * value) if ranged else (FREE, FREE)
        arguments = (exposure, covariance, 10 / 5e7, carry, lot_value, low, high)
        expected, cost = brute_force(*arguments, most)
        lots = joint_lots(*arguments, most.astype(float))
        assert (lots >= 0).all()
        assert (lots <= most).all()
        if expected is None:
            continue
        compared += 1
        total = lots @ lot_value
        assert not ranged or low * (1 - 1e-9) <= total <= high * (1 + 1e-9)
        own = joint_cost(lots * lot_value, exposure, covariance, 10 / 5e7, carry)
        assert own <= cost + 1e-8 * abs(cost)  # the stated gap
    assert compared > 40


def test_four_correlated_indices_are_solved_exactly_too() -> None:
    volatility = np.array([0.24, 0.23, 0.28, 0.29])
    correlation = np.full((4, 4), 0.93) + 0.07 * np.eye(4)
    covariance = correlation * np.outer(volatility, volatility)
    exposure = np.array([3.1e6, 1.4e6, 2.7e6, 0.9e6])
    lot_value = np.array([1.05e6, 0.71e6, 1.2e6, 1.1e6])
    carry = np.array([0.01, 0.008, 0.02, 0.02])
    arguments = (exposure, covariance, 10 / 1e7, carry, lot_value, FREE, FREE)
    expected, _ = brute_force(*arguments, np.full(4, 12))
    np.testing.assert_array_equal(joint_lots(*arguments, no_ceiling(4)), expected)


@given(
    exposure=st.floats(0.0, 1e9),
    lot_value=st.floats(1e5, 3e6),
    variance=st.floats(1e-4, 1.0),
)
def test_one_product_without_carry_is_rounded_half_up(
    exposure: float, lot_value: float, variance: float
) -> None:
    lots = joint_lots(
        np.array([exposure]),
        np.array([[variance]]),
        1e-7,
        np.zeros(1),
        np.array([lot_value]),
        FREE,
        FREE,
        no_ceiling(1),
    )
    assert lots[0] == math.floor(exposure / lot_value + 0.5)


def test_a_half_goes_up() -> None:
    lots = joint_lots(
        np.array([2.5e6]), np.eye(1), 1.0, np.zeros(1), np.array([1e6]), FREE, FREE, no_ceiling(1)
    )
    assert lots[0] == 3


def test_carry_takes_lots_away_as_first_order_conditions_say() -> None:
    # h = e - carry / (aversion x variance) = 40m - 0.06 / (1e-7 x 0.0625) = 30.4m
    lots = joint_lots(
        np.array([40e6]),
        np.array([[0.0625]]),
        1e-7,
        np.array([0.06]),
        np.array([1e6]),
        FREE,
        FREE,
        no_ceiling(1),
    )
    assert lots[0] == 30


def test_the_range_of_a_public_fund_is_a_hard_limit() -> None:
    # A carry of 30% a year asks for no hedge at all; 80% of 10m are 8 lots of 1m.
    arguments = (np.array([10e6]), np.array([[0.04]]), 1e-7, np.array([0.3]), np.array([1e6]))
    assert joint_lots(*arguments, FREE, FREE, no_ceiling(1))[0] == 0
    assert joint_lots(*arguments, 8e6, 12e6, no_ceiling(1))[0] == 8
    cheap = (np.array([10e6]), np.array([[0.04]]), 1e-7, np.array([-0.3]), np.array([1e6]))
    assert joint_lots(*cheap, 8e6, 12e6, no_ceiling(1))[0] == 12


def test_bounds_no_lot_meets_are_violated_least() -> None:
    arguments = (np.array([1.4e6]), np.array([[0.04]]), 1e-7, np.zeros(1), np.array([1e6]))
    assert joint_lots(*arguments, 1.3e6, 1.6e6, no_ceiling(1))[0] == 1  # 0.3m short, not 0.4m over
    assert joint_lots(*arguments, 1.45e6, 1.7e6, no_ceiling(1))[0] == 2


def test_a_ceiling_is_filled_by_the_product_that_moves_alike() -> None:
    covariance = 0.0625 * np.array([[1.0, 0.95], [0.95, 1.0]])
    arguments = (np.array([10e6, 0.0]), covariance, 1e-7, np.zeros(2), np.array([1e6, 1e6]))
    np.testing.assert_array_equal(joint_lots(*arguments, FREE, FREE, no_ceiling(2)), [10, 0])
    lots = joint_lots(*arguments, FREE, FREE, np.array([4.0, np.inf]))
    np.testing.assert_array_equal(lots, [4, 6])  # 0.95 x 6m = 5.7m


def test_unknown_covariances_give_the_nearest_lots_of_each() -> None:
    for covariance in (np.zeros((2, 2)), np.full((2, 2), np.nan)):
        lots = joint_lots(
            np.array([3.4e6, 2.6e6]),
            covariance,
            1e-7,
            np.array([0.5, 0.5]),
            np.array([1e6, 1e6]),
            FREE,
            FREE,
            no_ceiling(2),
        )
        np.testing.assert_array_equal(lots, [3, 3])


def test_perfectly_correlated_indices_do_not_stop_it() -> None:
    lots = joint_lots(
        np.array([3e6, 2e6]),
        np.full((2, 2), 0.04),
        1e-7,
        np.array([0.0, 0.001]),
        np.array([1e6, 1e6]),
        FREE,
        FREE,
        no_ceiling(2),
    )
    np.testing.assert_array_equal(lots, [5, 0])


def test_a_book_of_negative_beta_is_left_alone() -> None:
    lots = joint_lots(
        np.array([-5e6]), np.eye(1), 1e-7, np.zeros(1), np.array([1e6]), FREE, FREE, no_ceiling(1)
    )
    assert lots[0] == 0


def test_the_joint_hedge_by_name_says_what_it_leaves() -> None:
    names = ["IF", "IC"]
    covariance = pd.DataFrame([[0.06, 0.055], [0.055, 0.09]], index=names, columns=names)
    hedge = joint_hedge(
        {"IF": 7.3e6, "IC": 2.2e6},
        covariance.loc[names[::-1], names[::-1]],  # the order does not matter
        {"IC": 1e6, "IF": 1e6},
        equity=1e7,
        risk_aversion=10.0,
        carry={"IF": 0.0, "IC": 0.02},
        range_yuan=(8e6, 12e6),
    )
    left = np.array([7.3e6, 2.2e6]) - hedge.lots.to_numpy() * 1e6
    assert hedge.volatility_yuan == pytest.approx(np.sqrt(left @ covariance.to_numpy() @ left))
    assert hedge.carry_yuan == pytest.approx(0.02 * hedge.lots["IC"] * 1e6)
    assert hedge.short_value == pytest.approx(hedge.lots.sum() * 1e6)
    assert hedge.violation_yuan == 0.0


def test_a_joint_hedge_without_a_product_is_refused() -> None:
    covariance = pd.DataFrame([[0.06]], index=["IF"], columns=["IF"])
    with pytest.raises(DataError, match="lot_value has"):
        joint_hedge({"IF": 1e6}, covariance, {"IC": 1e6}, equity=1e7)
    with pytest.raises(DataError, match="a row and a column for each of"):
        joint_hedge({"IC": 1e6}, covariance, {"IC": 1e6}, equity=1e7)
    with pytest.raises(DataError, match="least <= largest"):
        joint_hedge({"IF": 1e6}, covariance, {"IF": 1e6}, equity=1e7, range_yuan=(2.0, 1.0))
