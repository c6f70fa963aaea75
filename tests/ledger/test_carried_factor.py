"""The adjustment factor that fits the actions, worked out in blocks, is that of day after day."""

import numpy as np
import pytest

from quanthedge.ledger.corporate_actions import STEP, _carried, _unexplained


@pytest.mark.parametrize("seed", range(6))
def test_a_factor_carried_in_blocks_is_that_of_day_after_day(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, stocks = int(rng.integers(60, 200)), 7  # blocks have 64 days
    steps = np.where(rng.random((days, stocks)) < 0.02, rng.uniform(1.0, 2.0, (days, stocks)), 1.0)
    given = np.vstack([np.ones(stocks), np.cumprod(steps, axis=0)])
    given[:30, 3] = np.nan  # listed later
    cells = np.argwhere(rng.random((days, stocks)) < 0.03)
    cells = cells[~((cells[:, 1] == 3) & (cells[:, 0] < 30))]
    day, stock = cells.T.astype(np.int64)
    own = rng.uniform(1.0, 1.5, day.size)
    by_hand, odd = given.copy(), set()
    for s in range(stocks):
        acts = {int(t): step for t, k, step in zip(day, stock, own, strict=True) if k == s}
        base, grown = None, 1.0
        for t in range(days):
            usual = given[t + 1, s] / given[t, s]
            if t in acts and base is None:
                base = given[t, s]
            if base is not None:
                grown *= acts.get(t, usual)
                by_hand[t + 1, s] = base * grown
            if t not in acts and abs(usual - 1.0) > STEP:
                odd.add((t, s))
    np.testing.assert_array_equal(_carried(given, own, day, stock), by_hand)
    found = set(zip(*(one.tolist() for one in _unexplained(given, day, stock)), strict=True))
    assert found == odd
    assert odd
