"""What may be sold and at which prices, worked by hand: kernel and slow reference alike."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.ledger import run_ledger
from tests.ledger.adapter import (
    kernel_inputs,
    kernel_refusals,
    kernel_trades,
    reference_refusals,
    reference_trades,
)
from tests.oracles.ledger import Flow, run_reference
from tests.oracles.random_market import calm_inputs


def column(values):
    """Return one stock's or one contract's history as [T, 1]."""
    return np.array(values, dtype=float)[:, None]


def both(inputs):
    """Return the trades of the kernel and of the reference, which are the same."""
    kernel = kernel_trades(run_ledger(kernel_inputs(inputs)))
    found = reference_trades(run_reference(inputs))
    assert kernel == found
    return kernel, found


def reasons_of(inputs):
    """Return the reasons of the refusals of the kernel and of the reference."""
    kernel = kernel_refusals(run_ledger(kernel_inputs(inputs)))
    assert kernel == reference_refusals(run_reference(inputs))
    return [refusal[-1] for refusal in kernel]


STAR = {"lot": np.array([200]), "step": np.array([1])}
BEIJING = {"lot": np.array([100]), "step": np.array([1])}


@pytest.mark.parametrize(
    ("board", "held", "left", "sold"),
    [
        (STAR, 900, 891, []),  # nine shares are no order
        (STAR, 900, 701, []),  # 199
        (STAR, 900, 700, [-200]),
        (STAR, 900, 599, [-301]),
        (STAR, 900, 100, [-800]),
        (STAR, 900, 0, [-900]),
        (STAR, 250, 60, []),
        (STAR, 250, 49, [-201]),  # 49 are left, to be sold whole
        (BEIJING, 900, 801, []),
        (BEIJING, 900, 799, [-101]),
        ({}, 900, 801, []),
        ({}, 900, 701, [-100]),
    ],
)  # fmt: skip
def test_a_sale_has_a_least_quantity_too(board, held, left, sold):
    inputs = calm_inputs(
        days=2,
        **board,
        targets=[(0, [(0, held / 1e5)]), (1, [(0, left / 1e5)])],
    )
    for trades in both(inputs):
        assert [t[3] for t in trades] == [held, *sold]


def test_a_remainder_below_the_least_quantity_is_sold_whole():
    inputs = calm_inputs(
        days=4,
        **STAR,
        targets=[(0, [(0, 250 / 1e5)]), (1, [(0, 49 / 1e5)]), (2, [(0, 20 / 1e5)]), (3, [])],
    )
    for trades in both(inputs):
        assert [(t[0], t[3]) for t in trades] == [(0, 250), (1, -201), (3, -49)]


def test_the_volume_cap_cuts_a_sale_to_what_may_be_sold():
    inputs = calm_inputs(days=5, **STAR, targets=[(0, [(0, 0.009)]), (1, [])], retry_days=3)
    inputs.volume[1:, 0] = [3500, 1500, 6000, 1200]
    inputs = replace(inputs, participation=0.1)
    for trades in both(inputs):
        # 350 of 900; 150 are no order; 550, all that is left, of 600
        assert [(t[0], t[3]) for t in trades] == [(0, 900), (1, -350), (3, -550)]


def test_a_cap_that_leaves_less_than_an_order_ends_with_it():
    inputs = calm_inputs(
        days=4, **STAR, targets=[(0, [(0, 0.009)]), (1, [(0, 0.005)])], retry_days=3,
    )  # fmt: skip
    inputs.volume[1:, 0] = [2500, 1e7, 1e7]
    inputs = replace(inputs, participation=0.1)
    for trades in both(inputs):
        assert [(t[0], t[3]) for t in trades] == [(0, 900), (1, -250)]  # 150 are no order


def test_a_redemption_sells_no_less_than_an_order():
    def flow(units):
        return {1: Flow(redeemed=units, units_change=-units), 2: Flow(paid_out=units)}

    for units, sold in ((10_000, []), (30_000, [-270])):
        inputs = calm_inputs(days=3, **STAR, targets=[(0, [(0, 0.009)])], flows=flow(units))
        inputs = replace(inputs, capital_yuan=1e5, targets=[(0, [(0, 0.09)])])
        for trades in both(inputs):
            assert [t[3] for t in trades] == [900, *sold], units


@pytest.mark.parametrize(("board", "cut"), [(STAR, -200), (BEIJING, -100), ({}, -100)])
def test_forced_sales_are_orders_too(board, cut):
    # the futures rise: 68,200 yuan are raised from 800 shares at 1,000 yuan: 68.2 of them
    inputs = calm_inputs(
        days=3,
        price=1000.0,
        **board,
        hold=np.zeros(3, int),
        targets=[(0, [(0, 0.8)])],
        fill_price=column([3000, 3000, 3300]),
        settlement=column([3000, 3000, 3300, 3300]),
    )
    for trades in both(inputs):
        assert [t[3] for t in trades if t[4] == "cash_cut"] == [cut]


def test_a_bar_whose_fill_price_is_not_known_is_not_called_suspended():
    inputs = calm_inputs(days=2, targets=[(0, [(0, 0.1)])], fill="vwap", retry_days=1)
    inputs.amount[0, 0] = np.nan
    assert reasons_of(inputs) == ["no_price"]
    inputs.volume[0, 0] = 0.0
    assert reasons_of(inputs) == ["no_price"]
    for name in ("open", "high", "low", "close", "volume", "amount"):
        getattr(inputs, name)[0, 0] = np.nan
    assert reasons_of(inputs) == ["suspended"]


def test_a_limit_that_is_not_known_refuses_its_side_and_says_so():
    inputs = calm_inputs(days=1, targets=[(0, [(0, 0.1)])])
    inputs.limit_class[0, 0] = 7
    assert reasons_of(inputs) == ["limit_unknown"]


def test_a_penny_stock_moves_a_tick_though_its_limit_is_less():
    # 5% of 0.04 yuan is less than a tick: it may close at 0.03 or 0.05, and 0.04 is no limit
    for price, refused in ((0.04, []), (0.05, ["limit_up"])):
        inputs = calm_inputs(days=1, price=0.04, targets=[(0, [(0, 0.1)])])
        inputs.limit_class[0, 0] = 1
        inputs.open[0, 0] = price
        assert reasons_of(inputs) == refused


@pytest.mark.parametrize(("price", "bought"), [(110.0, True), (110.01, False)])
def test_beijing_s_limit_up_is_cut_down(price, bought):
    inputs = calm_inputs(days=1, price=84.63, targets=[(0, [(0, 0.1)])], inward=np.array([True]))
    inputs.limit_class[0, 0] = 4
    inputs.open[0, 0] = price
    assert reasons_of(inputs) == ([] if bought else ["limit_up"])
