"""The compiled ledger agrees with the slow reference, fill by fill, on nasty random markets."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from quanthedge.ledger import LedgerState, run_ledger
from quanthedge.ledger.layout import COLUMNS
from tests.ledger.adapter import (
    kernel_inputs,
    kernel_refusals,
    kernel_trades,
    reference_refusals,
    reference_trades,
)
from tests.oracles.ledger import LedgerInputs, run_reference
from tests.oracles.random_market import inputs_strategy, random_inputs


def compare_trades(fast: list[tuple], slow: list[tuple]) -> None:
    """Day, kind, index, quantity and reason are equal; prices and costs but for the last digits."""
    assert [trade[:5] for trade in fast] == [trade[:5] for trade in slow]
    money = [np.array([trade[5:] for trade in trades]) for trades in (fast, slow)]
    np.testing.assert_allclose(*money, rtol=1e-9, atol=2e-6)


def compare(inputs: LedgerInputs) -> None:
    slow = run_reference(inputs)
    fast = run_ledger(kernel_inputs(inputs))

    compare_trades(kernel_trades(fast), reference_trades(slow))
    assert kernel_refusals(fast) == reference_refusals(slow)
    assert [tuple(map(int, row[:3])) for row in fast.contracts] == slow.contracts
    assert [tuple(row[:4]) for row in fast.restated] == slow.restated
    assert (fast.insolvent_day is None) == (slow.status == "ok")
    for t in range(fast.days_run):
        row = slow.ledger[t + 1]
        for k, name in enumerate(COLUMNS):
            expected, got = row[name], fast.ledger[t, k]
            scale = max(1.0, abs(row["equity"]))
            same = np.isclose(got, expected, rtol=1e-9, atol=1e-9 * scale, equal_nan=True)
            assert same, (t, name, got, expected)


@given(inputs_strategy())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_kernel_equals_reference_on_random_markets(inputs: LedgerInputs) -> None:
    compare(inputs)


def compare_a_few() -> None:
    """Compare on markets that find most faults in little time (benchmarks/mutated.py)."""
    for seed in (2, 1, 7, 3):
        compare(random_inputs(seed, days=60, stocks=10))


@pytest.mark.parametrize("seed", range(40))
def test_kernel_equals_reference_on_fixed_seeds(seed: int) -> None:
    compare(random_inputs(seed, days=60, stocks=10))


@pytest.mark.parametrize("seed", range(10))
def test_a_run_resumed_from_its_state_equals_the_uninterrupted_run_bit_for_bit(seed: int) -> None:
    inputs = kernel_inputs(random_inputs(seed, days=60, stocks=10))
    whole = run_ledger(inputs)
    state = LedgerState.opening(inputs)
    begins = [first for first in (0, 20, 40) if first < whole.days_run]  # it may be insolvent
    parts = [run_ledger(inputs, state, first, first + 20) for first in begins]

    for n, part in enumerate(parts):
        days = slice(20 * n, 20 * n + 20)
        np.testing.assert_array_equal(part.ledger[days], whole.ledger[days])
    for name in ("trades", "refusals", "contracts", "restated"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    np.testing.assert_array_equal(state.shares, whole.state.shares)
