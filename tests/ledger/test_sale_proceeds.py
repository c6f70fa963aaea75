"""What the purchase money was: the same fill, a later price of the day, or the next day."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import COLUMNS, REFUSAL_REASONS, TRADE_REASONS
from quanthedge.ledger.terms import Execution
from tests.ledger.adapter import kernel_inputs
from tests.oracles.ledger import Flow
from tests.oracles.random_market import calm_inputs, inputs_strategy


def switched(**overrides):
    """All money in the first stock on day 0; on day 1 it is sold for the second one."""
    opens, low, averages = [10.0, 10.0, 10.0], [10.0, 9.5, 10.0], [10.0, 10.5, 10.0]
    both = lambda column: np.array([[one, one] for one in column])  # noqa: E731
    values = {
        "days": 3, "stocks": 2, "capital_yuan": 1e5, "retry_days": 2, "participation": 0.0,
        "open": both(opens), "low": both(low), "high": both([10.0, 11.0, 10.0]),
        "volume": np.full((3, 2), 1e6), "amount": both(averages) * 1e6,
        "targets": [(0, [(0, 0.6)]), (1, [(1, 0.95)])], "fill": "open",
    }  # fmt: skip
    return calm_inputs(**{**values, **overrides})


def run(inputs, how):
    return run_ledger(kernel_inputs(replace(inputs, sale_proceeds=how)))


def purchases(record, day):
    """Quantity, price and reason of the purchases of a day."""
    rows = record.trades[(record.trades[:, 0] == day) & (record.trades[:, 3] > 0)]
    return [(int(r[3]), r[4], TRADE_REASONS[int(r[12])]) for r in rows]


def refused(record, day):
    rows = record.refusals[record.refusals[:, 0] == day]
    return [(int(r[4]), int(r[5]), REFUSAL_REASONS[int(r[6])]) for r in rows]


def test_in_the_same_auction_the_sale_pays_for_the_purchase_at_the_open():
    record = run(switched(), "same_auction")
    assert purchases(record, 1) == [(9_500, 10.0, "rebalance")]
    assert not refused(record, 1)


def test_after_the_fill_the_morning_cash_buys_at_the_open_and_the_sale_at_the_average():
    # 40,000 of cash: 4,000 shares at 10.00; 60,000 of the sale: 5,500 at 10.50 = 57,750
    record = run(switched(), "after_fill")
    assert purchases(record, 1) == [(4_000, 10.0, "rebalance"), (5_500, 10.5, "proceeds")]
    assert not refused(record, 1)
    cash = record.ledger[1, COLUMNS.index("stock_cash")]
    assert cash == pytest.approx(40_000 + 60_000 - 40_000 - 57_750)


def test_on_the_next_day_the_retry_has_the_money_of_the_sale():
    record = run(switched(), "next_day")
    assert purchases(record, 1) == [(4_000, 10.0, "rebalance")]
    assert refused(record, 1) == [(9_500, 4_000, "cash")]
    assert purchases(record, 2) == [(5_500, 10.0, "retry")]


def test_both_parts_together_are_held_to_the_cap_on_volume():
    volume = np.full((3, 2), 1e6)
    volume[1, 1] = 60_000
    inputs = switched(participation=0.1, volume=volume, amount=volume * 10.5)
    record = run(inputs, "after_fill")
    # at most 6,000 of 9,500 in the day: 4,000 with cash, 2,000 with the sale
    assert purchases(record, 1) == [(4_000, 10.0, "rebalance"), (2_000, 10.5, "proceeds")]
    assert refused(record, 1) == [(9_500, 6_000, "volume")]


def test_each_part_is_an_order_with_its_own_least_commission():
    record = run(switched(commission_rate=1e-4, commission_min=5.0), "after_fill")
    rows = record.trades[(record.trades[:, 0] == 1) & (record.trades[:, 3] > 0)]
    assert len(rows) == 2
    np.testing.assert_allclose(rows[:, 6], np.maximum(5.0, rows[:, 5] * 1e-4))
    assert (rows[:, 6] == 5.0).any()


def test_a_stock_without_an_average_price_is_bought_with_the_morning_cash_alone():
    amount = np.full((3, 2), 1.05e7)
    amount[1, 1] = np.nan
    record = run(switched(amount=amount), "after_fill")
    assert purchases(record, 1) == [(4_000, 10.0, "rebalance")]
    assert refused(record, 1) == [(9_500, 4_000, "no_price")]


def test_a_stock_without_an_average_price_takes_no_part_in_sharing_the_proceeds():
    # 100,000 yuan for 103,550: both others are cut alike
    prices = {
        name: np.tile([[10.0], [price]], 4)
        for name, price in {"open": 10.0, "low": 9.5, "high": 11.0, "amount": 10.9}.items()
    }
    prices["amount"] *= 1e6
    prices["amount"][1, 1] = np.nan
    record = run(
        calm_inputs(
            days=2, stocks=4, capital_yuan=1e5, volume=np.full((2, 4), 1e6), fill="open", **prices,
            targets=[(0, [(0, 1.0)]), (1, [(1, 0.05), (2, 0.475), (3, 0.475)])],
        ), "after_fill",
    )  # fmt: skip
    assert purchases(record, 1) == [(4_500, 10.9, "proceeds")] * 2
    assert (500, 0, "no_price") in refused(record, 1)


def test_a_stock_at_its_limit_at_the_open_is_not_bought_later_in_the_day():
    opens = np.full((3, 2), 10.0)
    opens[1, 1] = 11.0
    record = run(switched(open=opens), "after_fill")
    assert purchases(record, 1) == []
    assert refused(record, 1) == [(9_500, 0, "limit_up")]


def test_what_is_left_for_the_later_price_is_never_less_than_the_least_order():
    # STAR: 200 shares at least. Cash for 900 of 1,000 shares: 800 at the open, 200 later.
    inputs = switched(
        lot=np.array([100, 200]), step=np.array([100, 1]), capital_yuan=1e4,
        targets=[(0, [(0, 0.1)]), (1, [(1, 1.0)])],
    )  # fmt: skip
    record = run(inputs, "after_fill")
    assert purchases(record, 1)[0] == (800, 10.0, "rebalance")
    assert sum(quantity for quantity, *_ in purchases(record, 1)) == 800  # 2,000 buy 190 at 10.50


def test_a_redemption_that_is_owed_is_kept_before_anything_is_bought():
    flows = {1: Flow(redeemed=30_000.0, units_change=-30_000.0)}
    inputs = switched(flows=flows, targets=[(0, [(0, 0.6)]), (1, [(1, 0.6)])])
    record = run(inputs, "next_day")
    # 40,000 of cash less 30,000 owed
    assert purchases(record, 1) == [(1_000, 10.0, "rebalance")]


def test_the_money_of_the_days_sales_is_not_there_for_a_margin_call_of_the_day():
    # 5 million of shares are sold, 4 million bought with the morning's cash; margin goes up
    margin = np.full((4, 1), 0.12)
    margin[2:] = 0.6
    inputs = switched(
        capital_yuan=1e7, hold=np.zeros(3, int), fill_price=np.full((3, 1), 3000.0),
        targets=[(0, [(0, 0.5)]), (1, [(1, 0.4)])], margin_rate=margin, hedge_ratio=1.0,
    )  # fmt: skip
    cut = {how: "margin_cut" in reasons(run(inputs, how)) for how in ("same_auction", "next_day")}
    assert cut == {"same_auction": False, "next_day": True}


def reasons(record):
    return {TRADE_REASONS[int(one)] for one in record.trades[:, 12]}


@given(inputs_strategy())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_purchase_is_paid_with_money_that_is_not_there_yet(inputs):
    for how in ("after_fill", "next_day"):
        fill = "open" if how == "after_fill" else inputs.fill
        record = run(replace(inputs, fill=fill), how)
        cash = record.ledger[: record.days_run, COLUMNS.index("stock_cash")]
        assert (cash >= -1e-6).all()
        for day in np.unique(record.trades[:, 0]):
            check_the_day(record, inputs, day, how)


def check_the_day(record, inputs, day, how):
    """Purchases of the first price fit into the cash of the morning, futures included."""
    rows = record.trades[(record.trades[:, 0] == day) & (record.trades[:, 1] == 0)]
    reason = np.array([TRADE_REASONS[int(one)] for one in rows[:, 12]])
    first = (rows[:, 3] > 0) & np.isin(reason, ("rebalance", "retry", "flow"))
    paid = rows[first][:, 5].sum() + rows[first][:, [6, 7, 8, 9, 11]].sum()
    # nothing is bought where all the cash, or more, is kept for other things
    assert paid <= max(0.0, morning_cash(record, inputs, int(day))) + 1e-6
    if how == "next_day":
        assert "proceeds" not in reason
    elif "proceeds" in reason:
        assert (rows[:, 3] < 0).any()


def morning_cash(record, inputs, t):
    """Upper bound of the stock account before the day's trades: both accounts at the last close.

    Subscriptions, dividends, payments for delisted shares and the loan of the morning are added.
    """

    def on(day, name):
        return record.ledger[day, COLUMNS.index(name)] if day >= 0 else 0.0

    before = inputs.capital_yuan if t == 0 else on(t - 1, "stock_cash") + on(t - 1, "futures_cash")
    drawn = max(0.0, on(t, "loan") - on(t - 1, "loan"))
    today = record.trades[record.trades[:, 0] == t]
    gone = today[today[:, 12] == TRADE_REASONS.index("delisting")][:, 5].sum()
    due = on(t - 1, "dividends_receivable") + on(t, "dividends")
    return before + drawn + gone + due + on(t, "subscriptions")


@pytest.mark.parametrize("fill", ["vwap", "close"])
def test_money_of_sales_that_are_complete_at_the_close_has_no_later_price(fill):
    with pytest.raises(ValidationError, match=r"after_fill needs execution\.fill open"):
        Execution(fill=fill, sale_proceeds="after_fill")
    assert Execution(fill=fill, sale_proceeds="next_day").fill == fill


def test_the_next_day_needs_an_order_that_is_tried_again():
    with pytest.raises(ValidationError, match=r"next_day needs execution\.retry_days of 1"):
        Execution(sale_proceeds="next_day", retry_days=0)
