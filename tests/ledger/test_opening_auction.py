"""The cap on what an opening auction takes of an order: by hand, and known before the auction."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.backtesting.plan import prepare
from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import REFUSAL_REASONS
from quanthedge.ledger.terms import Execution
from tests.ledger.adapter import kernel_inputs
from tests.oracles.ledger import run_reference
from tests.oracles.random_market import calm_inputs
from tests.sample import sample_market, small_strategy

SPAN = ("2014-09-17", "2014-10-31")
CAP = ["execution.participation_open=0.5", "execution.auction_share=0.02"]


def fills(inputs):
    """Return signed shares filled by day and reasons of refusals; kernel and reference agree."""
    record = run_ledger(kernel_inputs(inputs))
    slow = run_reference(inputs)
    assert [t.quantity for t in slow.trades] == record.trades[:, 3].tolist()
    assert [r.reason for r in slow.refusals] == [
        REFUSAL_REASONS[int(row[6])] for row in record.refusals
    ]
    return record.trades[:, 3].tolist(), [r.reason for r in slow.refusals]


def test_the_rest_of_an_order_waits_for_the_next_openings():
    # 200,000 of 1,000,000 yuan at 10: 20,000 shares; an opening takes 70,000 yuan, then 80,000
    usual = np.array([[70_000.0], [80_000.0], [80_000.0]])
    inputs = calm_inputs(days=3, targets=[(0, [(0, 0.2)])], auction=usual, retry_days=5)
    assert fills(inputs) == ([7_000, 8_000, 5_000], ["auction", "auction"])


def test_sales_are_cut_likewise_and_an_unknown_turnover_takes_nothing():
    usual = np.array([[1e9], [np.nan], [55_555.0]])
    targets = [(0, [(0, 0.2)]), (1, [])]
    inputs = calm_inputs(days=3, targets=targets, auction=usual, retry_days=5)
    assert fills(inputs) == ([20_000, -5_500], ["auction", "auction"])


def test_the_smaller_of_the_two_caps_is_the_one_that_is_named():
    volume = np.full((1, 1), 40_000.0)
    inputs = calm_inputs(
        days=1, targets=[(0, [(0, 0.2)])], participation=0.1, volume=volume,
        auction=np.full((1, 1), 50_000.0),
    )  # fmt: skip
    assert fills(inputs) == ([4_000], ["volume"])


def test_the_turnover_is_the_median_of_the_twenty_days_before_the_opening():
    market = sample_market()
    found = prepare(small_strategy(*CAP), market, *SPAN)
    amount, first = market.panel("amount"), found.first
    for t in (0, 7, 20):
        before = amount[first + t - 20 : first + t]
        known = np.isfinite(before).sum(axis=0) >= 5
        expected = 0.5 * 0.02 * np.nanmedian(before[:, known], axis=0)
        np.testing.assert_allclose(found.inputs.auction[t, known], expected)
    assert found.inputs.auction.shape == (found.inputs.days.size, market.codes.size)
    assert prepare(small_strategy(), market, *SPAN).inputs.auction.size == 0


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"participation_open": 0.5}, "needs auction_share"),
        ({"participation_open": 0.5, "auction_share": 0.02, "fill": "vwap"}, "fill is 'vwap'"),
        ({"participation_open": 1.5, "auction_share": 0.02}, "less than or equal to 1"),
        ({"participation_open": 0.5, "auction_share": 0.0}, "greater than 0"),
    ],
)
def test_a_cap_without_its_share_or_at_another_fill_is_refused(terms, message):
    with pytest.raises(ValidationError, match=message):
        Execution(**terms)
