"""Moves of holdings are held against the limit of their own day, not against one for all."""

import numpy as np
import pytest

from quanthedge.backtesting.notes import _beyond_limits
from quanthedge.rules.stock_limits import LimitClass
from tests.ledger.adapter import kernel_inputs
from tests.oracles.random_market import calm_inputs

MAIN, STAR = 0, 4
LIMITS = {
    MAIN: 0.10,
    2: 0.20,
    STAR: 0.20,
    6: 0.30,
    LimitClass.UNREFORMED: 0.05,
    LimitClass.FREE: np.inf,
}


@pytest.mark.parametrize(
    ("board", "place", "close", "beyond"),
    [
        (0, MAIN, 11.0, False),
        (0, MAIN, 11.5, True),
        (2, STAR, 11.9, False),  # 19% on a board of 20%
        (2, STAR, 12.5, True),
        (0, LimitClass.UNREFORMED, 10.8, True),
        (0, LimitClass.FREE, 10.8, False),
        (
            0,
            LimitClass.FREE,
            28.0,
            True,
        ),  # no limit that day, and more than the board's: to be looked at
        (2, LimitClass.FREE, 11.9, False),
        (0, MAIN, 8.5, True),
        (0, MAIN, np.nan, False),
    ],
)
def test_a_close_is_odd_beyond_its_own_limit(board, place, close, beyond):
    limits = np.full((2, LimitClass.NO_BOARD), np.nan)
    for one, limit in LIMITS.items():
        limits[:, one] = limit
    inputs = calm_inputs(days=2, board=np.array([board]), limit_up=limits, limit_down=limits)
    inputs.close[1, 0] = close
    inputs.limit_class[1, 0] = place
    day, stock = _beyond_limits(kernel_inputs(inputs))
    assert list(zip(day, stock, strict=True)) == [(1, 0)] * beyond
