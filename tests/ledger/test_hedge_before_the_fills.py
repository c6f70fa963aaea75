"""A hedge that is traded before the stocks are filled: for the book that the orders expect."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import COLUMNS, FUTURE, TRADE_REASONS
from tests.ledger.adapter import kernel_inputs
from tests.oracles.random_market import calm_inputs, random_inputs

ORDERED = [TRADE_REASONS.index(name) for name in ("hedge", "roll")]


def hedged(**overrides):
    """Ten million, 9 in one stock; a lot is worth 900,000."""
    values = {
        "days": 3, "contracts": 1, "capital_yuan": 1e7, "targets": [(0, [(0, 0.9)])],
        "hold": np.zeros(3, int), "fill_price": np.full((3, 1), 3000.0),
        "after_stocks": np.zeros(3, bool), "hedge_ratio": 1.0, "retry_days": 0,
        "margin_rate": np.full((4, 1), 0.05), "target_multiple": 1.0, "call_multiple": 1.0,
    }  # fmt: skip
    return calm_inputs(**{**values, **overrides})


def lots(record):
    return record.ledger[:, COLUMNS.index("lots")].astype(int).tolist()


def test_the_expected_book_is_hedged_and_what_was_not_filled_is_taken_back_on_the_next_day():
    opens = np.full((3, 1), 10.0)
    opens[0] = 11.0  # at the limit: nothing is bought
    before = run_ledger(kernel_inputs(hedged(open=opens)))
    after = run_ledger(kernel_inputs(hedged(open=opens, after_stocks=np.ones(3, bool))))
    assert lots(after) == [0, 0, 0]
    assert lots(before) == [-10, 0, 0]
    first = before.trades[0]
    assert (first[0], first[1], first[3], first[4]) == (0, FUTURE, -10, 3000.0)


def test_the_futures_are_traded_first_and_the_fills_are_hedged_on_the_next_day():
    volume = np.full((3, 1), 1e7)
    volume[0] = 5e6  # 500,000 of 900,000 shares
    inputs = hedged(volume=volume, amount=volume * 10.0, participation=0.1)
    record = run_ledger(kernel_inputs(inputs))
    assert record.trades[:2, 1].tolist() == [FUTURE, 0]
    assert lots(record) == [-10, -6, -6]  # 5 million / 900,000 = 5.6


def test_what_the_money_of_the_next_day_buys_is_not_hedged_today():
    """9 million are sold for another stock; with next_day only the cash buys on the same day."""
    inputs = hedged(
        stocks=2, retry_days=2, targets=[(0, [(0, 0.85)]), (1, [(1, 0.85)])], participation=0.0,
    )  # fmt: skip
    same = run_ledger(kernel_inputs(inputs))
    later = run_ledger(kernel_inputs(replace(inputs, sale_proceeds="next_day")))
    assert lots(same) == [-9, -9, -9]
    assert lots(later) == [-9, -1, -9]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_of_a_days_bars_moves_the_futures_that_come_before_them(seed):
    inputs = random_inputs(seed, days=30, stocks=8)
    inputs = replace(inputs, after_stocks=np.zeros(30, bool))
    true = run_ledger(kernel_inputs(inputs))
    rng = np.random.default_rng(seed)
    days = np.unique(futures_of(true)[:, 0]).astype(int)
    for t in days[:: max(1, days.size // 4)]:
        bars = {}
        for name in ("open", "high", "low", "close", "volume", "amount"):
            bars[name] = getattr(inputs, name).copy()
            bars[name][t] *= rng.uniform(0.7, 1.3)
        other = run_ledger(kernel_inputs(replace(inputs, **bars)))
        mine, theirs = (futures_of(record) for record in (true, other))
        np.testing.assert_array_equal(mine[mine[:, 0] <= t], theirs[theirs[:, 0] <= t])


def futures_of(record):
    rows = record.trades[record.trades[:, 1] == FUTURE]
    return rows[np.isin(rows[:, 12], ORDERED)][:, [0, 2, 3, 4]]


def test_nothing_is_expected_of_a_stock_that_is_suspended():
    bars = {}
    for name in ("open", "high", "low", "close", "volume", "amount"):
        bars[name] = getattr(hedged(), name).copy()
        bars[name][:2] = np.nan
    inputs = hedged(retry_days=2, **bars)
    # on the first day nobody knows; on the second and third it had not traded at the last close
    assert lots(run_ledger(kernel_inputs(inputs))) == [-10, 0, 0]
