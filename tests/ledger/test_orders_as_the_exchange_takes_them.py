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


def test_a_remainder_of_one_share_is_sold_too():
    inputs = calm_inputs(
        days=3, **STAR, targets=[(0, [(0, 250 / 1e5)]), (1, [(0, 1 / 1e5)]), (2, [])],
    )  # fmt: skip
    for trades in both(inputs):
        assert [t[3] for t in trades] == [250, -249, -1]


TWO = {"stocks": 2, "lot": np.array([200, 200]), "step": np.array([1, 1])}


def test_a_sale_that_costs_more_than_it_brings_needs_the_money():
    # 1,243 shares of the second leave 15 yuan; the last two of the first bring 20 and cost 20
    inputs = calm_inputs(
        days=3, **TWO, capital_yuan=12_515.0, commission_min=40.0,
        targets=[(0, [(0, 0.2)]), (1, [(0, 0.0012), (1, 1.0)]), (2, [(1, 1.0)])],
    )  # fmt: skip
    for trades in both(inputs):
        assert [t[0] for t in trades if t[2] == 0] == [0, 1]
    assert reasons_of(inputs)[-1] == "cash"


def test_what_a_purchase_takes_is_not_there_for_the_next_one():
    # each is cut to the same part of the money, and the least commission is not cut with it
    inputs = calm_inputs(
        days=1, **TWO, capital_yuan=1e5, commission_min=1000.0, targets=[(0, [(0, 0.5), (1, 0.5)])],
    )  # fmt: skip
    for trades in both(inputs):
        assert [t[3] for t in trades] == [4_901, 4_899]  # 50,010 and 49,990 yuan


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


def raised(**values):
    """The futures rise on day 1 and fall again on day 3: cash is raised on day 2."""
    futures = {
        "hold": np.zeros(4, int), "fill_price": column([3000, 3000, 3300, 3000]),
        "settlement": column([3000, 3000, 3300, 3300, 3000]),
    }  # fmt: skip
    return calm_inputs(**{"days": 4, "price": 1000.0, "retry_days": 3, **futures, **values})


def test_a_sale_that_waits_goes_on_after_a_forced_one():
    inputs = raised(**BEIJING, targets=[(0, [(0, 0.8)]), (1, [])])
    inputs.volume[1:, 0] = [0, 0, 1e7]
    for trades in both(replace(inputs, participation=0.1)):
        sold = [t[3:5] for t in trades if t[1] == "stock"][1:]
        assert sold == [(-100, "cash_cut"), (-700, "retry")]


def test_a_purchase_that_waits_is_given_up_only_where_a_forced_sale_was_done():
    two = {"stocks": 2, "lot": np.array([100, 100]), "step": np.array([1, 1])}
    inputs = raised(**two, targets=[(0, [(0, 0.4), (1, 0.4)]), (1, [(0, 0.55), (1, 0.4)])])
    for name in ("open", "high", "low", "close", "volume", "amount"):
        getattr(inputs, name)[1:3, 0] = np.nan
    for trades in both(inputs):
        later = [t[2:5] for t in trades if t[1] == "stock"][2:]
        assert later == [(1, -100, "cash_cut"), (0, 150, "retry")]


def test_a_purchase_that_waits_is_given_up_with_a_forced_sale_of_a_single_share():
    # a day later than above; the first opens at its limit on days 2 and 3, and cash is raised on 3
    inputs = raised(
        days=5, hold=np.zeros(5, int), stocks=2, lot=np.array([200, 100]), step=np.array([1, 1]),
        fill_price=column([3000, 3000, 3000, 3300, 3000]),
        settlement=column([3000, 3000, 3000, 3300, 3300, 3000]),
        targets=[
            (0, [(0, 0.25), (1, 0.5)]), (1, [(0, 0.001), (1, 0.79)]), (2, [(0, 0.21), (1, 0.79)]),
        ],
    )  # fmt: skip
    inputs.open[2:4, 0] = 1100.0
    for trades in both(inputs):
        cut = [t[:1] + t[2:5] for t in trades if t[1] == "stock" and t[4] == "cash_cut"]
        assert cut == [(3, 0, -1, "cash_cut"), (3, 1, -100, "cash_cut")]
    assert reasons_of(inputs) == ["limit_up"]  # of day 2 alone


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
