"""Contracts held long as well as short: days worked by hand, and random markets."""

import numpy as np
import pytest

from quanthedge.errors import LedgerError
from quanthedge.ledger import HedgeBook, run_ledger
from tests.ledger.adapter import kernel_inputs, kernel_trades
from tests.ledger.test_futures_leg import LOT, column, future_refusals, hedged, run
from tests.ledger.test_kernel_beside_reference import compare
from tests.oracles.random_market import random_both_sides


def turning(signs, **overrides):
    """A book whose hedge is short (1) or long (-1) of a hundred lots, by day."""
    days = len(signs)
    ratio = np.array([[float(sign)] for sign in [*signs, signs[-1]]])
    return hedged(
        days=days, beta_method="given", book_ratio=ratio,
        **{"targets": [(t, [(0, 0.5)]) for t in range(days)], "both_sides": True, **overrides},
    )  # fmt: skip


def futures_trades(record):
    return [trade[:5] for trade in kernel_trades(record) if trade[1] == "future"]


def test_a_hedge_below_nothing_is_held_long_and_earns_what_the_contract_gains():
    settlement = np.array([[3000.0], [3000.0], [3030.0], [3015.0]])
    record = run(turning([-1, -1, -1], settlement=settlement, targets=[(0, [(0, 0.5)])]))

    assert column(record, "lots").tolist() == [100, 100, 100]
    assert column(record, "futures_pnl")[1:].tolist() == [100 * 300 * 30.0, -100 * 300 * 15.0]
    assert column(record, "futures_notional")[0] == -100 * LOT
    assert column(record, "margin_required")[0] > 0.0


def test_without_both_sides_a_hedge_below_nothing_is_none():
    record = run(turning([-1, -1], both_sides=False))
    assert not column(record, "lots").any()


def test_from_short_to_long_the_short_lots_are_closed_first_in_an_order_of_their_own():
    record = run(turning([1, 1, -1]))

    assert column(record, "lots").tolist() == [-100, -100, 100]
    assert futures_trades(record) == [
        (0, "future", 0, -100, "hedge"),
        (2, "future", 0, 100, "hedge"),
        (2, "future", 0, 100, "hedge"),
    ]


def test_at_the_upper_limit_no_lot_is_opened_long_and_at_the_lower_none_is_closed():
    locked = np.zeros((3, 1), dtype=bool)
    no_buy, no_sale = locked.copy(), locked.copy()
    no_buy[0] = True
    no_sale[2] = True
    record = run(turning([-1, -1, 1], no_buy=no_buy, no_sale=no_sale))

    assert column(record, "lots").tolist() == [0, 100, 100]
    assert future_refusals(record) == [
        (0, "future", 0, "buy", 100, 0, "limit_up"),
        (2, "future", 0, "sell", 100, 0, "limit_down"),
    ]


def test_long_lots_are_delivered_at_the_settlement_price():
    record = run(turning([-1, -1, -1], last_day=np.array([1]), hold=np.array([0, 0, -1])))
    assert futures_trades(record)[-1] == (1, "future", 0, -100, "delivery")


def test_long_lots_beside_a_range_or_an_aversion_are_refused():
    inputs = kernel_inputs(turning([-1, -1]))
    for asked in ({"range_low": 0.8, "range_high": 1.2}, {"aversion": 2.0}):
        hedge = HedgeBook.of([inputs.hedge.sleeve(0)._replace(**asked)])
        with pytest.raises(LedgerError, match="both_sides"):
            run_ledger(inputs._replace(hedge=hedge))


@pytest.mark.parametrize("seed", range(40))
def test_kernel_equals_reference_with_long_and_short_lots(seed: int) -> None:
    compare(random_both_sides(seed, days=40, stocks=6))
