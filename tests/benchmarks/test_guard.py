"""The guard of speed: its ratios, its bounds, and what numpy's pass reads."""

import numpy as np
import pytest

from benchmarks.guard import held_and_traded, judged, median_ratio, pass_of_ledger
from benchmarks.ledger import make_inputs
from quanthedge.ledger import run_ledger


class Clock:
    """Seconds that are told in turn."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)

    def __call__(self, work):
        work()
        return self.seconds.pop(0)


def test_ratio_is_the_median_of_pairs_so_that_one_interruption_does_not_move_it():
    clock = Clock(2.0, 1.0, 90.0, 1.0, 3.0, 1.0)
    assert median_ratio(lambda: None, lambda: None, 3, clock) == 3.0


def test_first_calls_are_not_counted():
    calls = []
    median_ratio(lambda: calls.append("ours"), lambda: calls.append("plain"), 1, Clock(1.0, 1.0))
    assert calls == ["ours", "plain", "ours", "plain"]


def test_what_is_above_its_bound_is_named():
    found = judged({"ledger": 7.5, "rank": 1.0}, {"ledger": 5.0, "rank": 4.0})
    assert found == ["ledger: 7.50 times numpy's pass, accepted: 5.0"]


def test_a_ratio_that_is_no_number_is_a_fault():
    assert judged({"ledger": float("nan")}, {"ledger": 5.0})


def test_work_that_takes_five_times_as_long_takes_five_times_the_ratio():
    numbers = np.random.default_rng(1).normal(size=400_000)

    def once():
        return numbers.sum()

    def five_times():
        for _ in range(5):
            once()

    assert median_ratio(five_times, once, 15) == pytest.approx(5.0, rel=0.5)


def test_numpys_pass_reads_what_the_ledger_holds_and_trades():
    inputs = make_inputs(30, 60, 5, every=10, rules=False)
    held, traded = held_and_traded(inputs)
    record = run_ledger(inputs._replace(record_day=np.ones(60, dtype=bool)))
    positions = record.positions.astype(int)
    assert set(held.tolist()) == {day * 30 + stock for day, stock, _, _ in positions}
    stocks = record.trades[record.trades[:, 1] == 0].astype(int)
    assert {day * 30 + stock for day, stock in stocks[:, [0, 2]]} <= set(traded.tolist())


def test_numpys_pass_adds_up_those_places():
    inputs = make_inputs(30, 60, 5, every=10, rules=False)
    held, traded = held_and_traded(inputs)
    bars = inputs.bars
    days, stocks = np.divmod(held, 30)
    expected = sum(
        panel[days, stocks].sum() + panel[days + 1, stocks].sum()
        for panel in (bars.mark, bars.adj_factor)
    )
    expected += len(held)  # betas of one
    days, stocks = np.divmod(traded, 30)
    expected += sum(bar[days, stocks].sum() for bar in (*bars[:7], bars.limit_class))
    assert pass_of_ledger(inputs)() == pytest.approx(expected)
