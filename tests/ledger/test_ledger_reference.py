"""The slow reference of the ledger against days worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings

from quanthedge.hedge.policies import Calendar
from tests.oracles.ledger import run_reference
from tests.oracles.random_market import calm_inputs, inputs_strategy, random_inputs


def column(values):
    """Return one stock's or one contract's history as [T, 1]."""
    return np.array(values, dtype=float)[:, None]


def test_buy_and_next_days_sale_pay_every_cost():
    inputs = calm_inputs(
        days=2,
        open=column([10.10, 10.30]),
        pre_close=column([10.00, 10.20]),
        mark=column([10.00, 10.20, 10.40]),
        targets=[(0, [(0, 0.5)]), (1, [])],
        commission_rate=3e-4,
        commission_min=5.0,
        slippage=1e-3,
        stamp_duty_sell=np.full(2, 1e-3),
        transfer_rate=np.full((2, 3), 1e-5),
        exchange_rate=np.full((2, 3), 5e-5),
    )
    result = run_reference(inputs)
    buy, sale = result.trades
    # 0.5 x 1,000,000 / 10.00 = 50,000 shares at 10.10 = 505,000.00
    assert (buy.quantity, buy.price, buy.reason) == (50_000, 10.10, "rebalance")
    costs = (buy.commission, buy.stamp_duty, buy.transfer_fee, buy.exchange_fee, buy.impact)
    assert costs == pytest.approx((151.50, 0.0, 5.05, 25.25, 505.00))
    # cash 1,000,000 - 505,000 - 686.80; shares at 10.20 = 510,000
    first, second = result.ledger[1:]
    assert first["stock_cash"] == pytest.approx(494_313.20)
    assert first["equity"] == pytest.approx(1_004_313.20)
    assert first["stock_pnl"] == pytest.approx(5_000.00)
    # 50,000 at 10.30 = 515,000; 154.50 + 515.00 + 5.15 + 25.75 + 515.00 = 1,215.40
    costs = (sale.commission, sale.stamp_duty, sale.transfer_fee, sale.exchange_fee, sale.impact)
    assert costs == pytest.approx((154.50, 515.00, 5.15, 25.75, 515.00))
    assert second["stock_cash"] == pytest.approx(494_313.20 + 515_000 - 1_215.40)
    assert second["stock_pnl"] == pytest.approx(5_000.00)
    assert result.shares == [0]


def test_smallest_commission_and_transfer_fee_are_charged():
    inputs = calm_inputs(
        days=1,
        targets=[(0, [(0, 0.001)])],
        commission_rate=3e-4,
        commission_min=5.0,
        transfer_par_rate=np.full((1, 3), 6e-4),
        transfer_min=np.full((1, 3), 1.0),
    )
    # 100 shares = 1,000.00: commission 0.30 -> 5.00, transfer 0.06 -> 1.00
    (trade,) = run_reference(inputs).trades
    assert (trade.quantity, trade.commission, trade.transfer_fee) == (100, 5.0, 1.0)


def test_ex_date_grows_holding_and_wish_and_pays_the_fraction_in_cash():
    inputs = calm_inputs(
        days=2,
        open=column([10.0, 9.60]),
        pre_close=column([10.0, 9.52]),
        mark=column([10.0, 10.0, 9.60]),
        adj_factor=column([1.0, 1.0, 1.0505]),
        volume=column([10_000, 1e7]),
        capital_yuan=100_000.0,
        participation=0.1,
        retry_days=1,
        targets=[(0, [(0, 0.2)])],
    )
    result = run_reference(inputs)
    # day 0: 20,000 / 10 = 2,000 wanted, a tenth of 10,000 shares can be had
    assert [(r.day, r.wanted, r.done, r.reason) for r in result.refusals] == [
        (0, 2_000, 1_000, "volume")
    ]
    # day 1: 1,000 -> 1,050.5 -> 1,050, half a share at 10 / 1.0505; wish 2,000 -> 2,101
    # retry: 2,101 - 1,050 = 1,051 -> 1,000
    assert [(t.quantity, t.reason) for t in result.trades] == [
        (1_000, "rebalance"),
        (1_000, "retry"),
    ]
    assert result.shares == [2_050]
    row = result.ledger[2]
    assert row["dividends"] == pytest.approx(0.5 * 10 / 1.0505)
    assert row["stock_pnl"] == pytest.approx(1_050 * 9.60 - 10_000)
    assert row["stock_cash"] == pytest.approx(90_000 + 0.5 * 10 / 1.0505 - 9_600)


def hedged(**overrides):
    """Return 8 of 10 million in stocks, hedged with nine lots of 900,000 yuan."""
    values = {
        "days": 3,
        "contracts": 2,
        "capital_yuan": 10e6,
        "targets": [(0, [(0, 0.8)])],
        "fill_price": np.array([[3000.0, 3010.0], [3020.0, 3030.0], [3050.0, 3060.0]]),
        "settlement": np.array(
            [[3000.0, 3010.0], [3010.0, 3020.0], [3050.0, 3040.0], [3050.0, 3060.0]]
        ),
        "fee_rate": np.full(3, 1e-4),
        "order_fee": np.full(3, 1.0),
        "delivery_rate": np.full(3, 1e-4),
    }
    return calm_inputs(**{**values, **overrides})


def test_hedge_pays_variation_margin_and_rolls():
    result = run_reference(hedged(hold=np.array([0, 1, 1])))
    first, second = result.ledger[1:3]
    # n = floor(8,000,000 / (300 x 3,000) + 0.5) = 9; m = 0.12 x 900,000 = 108,000
    # moved 1.5 x 9 x 108,000 = 1,458,000; fee 8,100,000 x 0.0001 + 1 = 811
    # close: -9 x 300 x (3,010 - 3,000) = -27,000
    assert (first["lots"], first["contract"]) == (-9, 0)
    assert first["futures_cash"] == pytest.approx(1_458_000 - 811 - 27_000)
    assert first["margin_required"] == pytest.approx(975_240)
    assert first["stock_cash"] == pytest.approx(542_000)
    # roll: -9 x 300 x (3,020 - 3,010) = -27,000, fee 815.4 + 1; cash 1,402,372.60
    # new: m = 109,080, wanted 1.5 x 9 x m = 1,472,580: 70,207.40 moved, fee 818.1 + 1
    # close: -9 x 300 x (3,040 - 3,030) = -27,000
    assert [(t.index, t.quantity, t.price, t.reason) for t in result.trades[2:]] == [
        (0, 9, 3020.0, "roll"),
        (1, -9, 3030.0, "roll"),
    ]
    assert second["futures_cash"] == pytest.approx(1_444_760.90)
    assert second["stock_cash"] == pytest.approx(471_792.60)
    assert second["futures_pnl"] == pytest.approx(-54_000)
    assert second["equity"] == pytest.approx(9_916_553.50)
    assert second["margin_required"] == pytest.approx(984_960)
    assert second["book_beta"] == 1.0


def test_delivery_ends_the_hedge_and_the_next_contract_is_sold_the_day_after():
    inputs = hedged(hold=np.array([0, 0, 1]), last_day=np.array([1, 20]))
    result = run_reference(inputs)
    # day 1: -9 x 300 x (3,050 - 3,010) = -108,000; delivery fee 8,235,000 x 0.0001 = 823.50
    delivery = result.trades[2]
    assert (delivery.quantity, delivery.price, delivery.reason) == (9, 3050.0, "delivery")
    assert delivery.futures_fee == pytest.approx(823.50)
    row = result.ledger[2]
    assert (row["lots"], row["contract"], row["margin_required"]) == (0, -1, 0.0)
    assert row["futures_cash"] == pytest.approx(1_430_189 - 108_000 - 823.50)
    # day 2: floor(8,000,000 / (300 x 3,040) + 0.5) = 9 lots of the next contract
    assert [(t.day, t.index, t.quantity, t.reason) for t in result.trades[3:]] == [
        (2, 1, -9, "hedge")
    ]


def rally(settlement):
    """Return 800,000 of stocks and one lot on 1,000,000, and the futures rising on day 1."""
    return calm_inputs(
        days=4,
        hold=np.zeros(4, int),
        targets=[(0, [(0, 0.8)])],
        fill_price=column([3000, 3000, settlement, settlement]),
        settlement=column([3000, 3000, settlement, settlement, settlement]),
    )


def test_rally_cuts_the_lots_and_sells_stocks_to_carry_them_again():
    result = run_reference(rally(3300.0))
    # day 0: 800,000 of stocks, 1 lot, 1.5 x 108,000 = 162,000 of margin, 38,000 left
    # day 1: -90,000 -> 72,000 < 118,800; 38,000 come: 110,000; the lot is bought back
    # day 2: raise 1.5 x 118,800 - 110,000 = 68,200 of 800,000: 6,820 -> 6,900 shares
    #        lot wanted again, but only yesterday's 110,000 could leave the stock account
    #        and 118,800 are needed, so nothing moves
    # day 3: 110,000 + 69,000 in the account, 178,200 moved, one lot
    trades = [(t.day, t.kind, t.quantity, t.reason) for t in result.trades]
    assert trades == [
        (0, "stock", 80_000, "rebalance"),
        (0, "future", -1, "hedge"),
        (1, "future", 1, "margin_cut"),
        (2, "stock", -6_900, "cash_cut"),
        (3, "future", -1, "hedge"),
    ]
    refusals = [(r.day, r.side, r.wanted, r.done, r.reason) for r in result.refusals]
    assert refusals == [(2, "sell", 1, 0, "margin")]
    rows = result.ledger[1:]
    assert [row["futures_cash"] for row in rows] == pytest.approx([162_000, 110_000, 0, 178_200])
    assert [row["stock_cash"] for row in rows] == pytest.approx([38_000, 0, 179_000, 800])


def test_stocks_are_sold_before_the_margin_must_be_cut():
    result = run_reference(rally(3270.0))
    # day 1: 162,000 - 81,000 + 38,000 = 119,000 carries 117,720, but is below 1.2 x 117,720
    # day 2: raise 1.5 x 117,720 - 119,000 = 57,580 of 800,000: 5,758 -> 5,800 shares
    # day 3: 57,580 of the 58,000 go to the futures account
    assert [(t.day, t.quantity, t.reason) for t in result.trades[2:]] == [(2, -5_800, "cash_cut")]
    rows = result.ledger[1:]
    assert [row["futures_cash"] for row in rows] == pytest.approx(
        [162_000, 119_000, 119_000, 176_580]
    )
    assert [row["stock_cash"] for row in rows] == pytest.approx([38_000, 0, 58_000, 420])


@pytest.mark.parametrize(
    ("post_fee", "mark", "due"), [(True, 1.0008, 200.0), (False, 1.001, 160.0)]
)
def test_performance_fee_is_taken_above_the_mark_and_paid_next_month(post_fee, mark, due):
    inputs = calm_inputs(
        days=2,
        stock_rate=np.full(3, 0.365),
        fee_day=np.array([True, False]),
        month_first=np.array([False, True]),
        performance_rate=0.2,
        post_fee=post_fee,
    )
    first, second = run_reference(inputs).ledger[1:]
    # day 0: 1,000 of interest, 1.0010; fee 0.2 x 0.0010 x 1,000,000 = 200; 1.0008 after it
    assert (first["performance_fee"], first["unit_value"]) == (200.0, 1.0008)
    assert (first["fees_payable"], first["accrued_performance_fee"]) == (200.0, 0.0)
    # day 1: 1,001 of interest, 1,001,801: 1.0018; the 200 are paid
    assert second["stock_cash"] == pytest.approx(1_001_801)
    assert (second["fees_payable"], second["unit_value_before_accrual"]) == (0.0, 1.0018)
    assert second["unit_value"] == 1.0016  # of 1,001,601 or 1,001,641: the fee due taken off
    assert second["high_water_mark"] == mark
    assert second["accrued_performance_fee"] == due


def test_management_and_custody_fees_accrue_by_calendar_days():
    inputs = calm_inputs(days=1, management_rate=0.0146, custody_rate=0.00365)
    inputs.fee_years = np.array([3 / 365])
    row = run_reference(inputs).ledger[1]
    # 1,000,000 x 0.0146 x 3 / 365 = 120; custody 30
    assert (row["management_fee"], row["custody_fee"]) == pytest.approx((120.0, 30.0))
    assert row["equity"] == pytest.approx(999_850.0)


@pytest.mark.parametrize(("price", "bought"), [(10.98, 1_000), (10.99, 1_000), (11.0, 0)])
def test_open_at_the_upper_limit_cannot_be_bought(price, bought):
    inputs = calm_inputs(days=1, open=column([price]), targets=[(0, [(0, 0.01)])])
    result = run_reference(inputs)
    assert result.shares == [bought]
    assert [r.reason for r in result.refusals] == ([] if bought else ["limit_up"])


def test_star_stocks_trade_from_two_hundred_share_by_share():
    inputs = calm_inputs(
        days=2,
        lot=np.array([200]),
        step=np.array([1]),
        targets=[(0, [(0, 0.00537)]), (1, [(0, 0.00333)])],
    )
    result = run_reference(inputs)
    # 5,370 / 10 = 537; then 3,330 / 10 = 333: 204 are sold
    assert [t.quantity for t in result.trades] == [537, -204]


def test_short_cash_scales_all_buys():
    inputs = calm_inputs(
        days=1,
        stocks=2,
        open=np.array([[10.5, 10.5]]),
        targets=[(0, [(0, 0.5), (1, 0.5)])],
        capital_yuan=20_000.0,
        commission_min=5.0,
    )
    result = run_reference(inputs)
    # wanted 1,000 each: 2 x 10,505 = 21,010 of 20,000: f = 0.9519: 900 each
    assert result.shares == [900, 900]
    assert [(r.wanted, r.done, r.reason) for r in result.refusals] == [(1_000, 900, "cash")] * 2


def test_top_down_beta_is_the_slope_of_the_book_on_the_index():
    index = np.array([0.0, 0.0, 0.02, -0.01, 0.03])
    own = np.array([0.0, 0.001, 0.015, -0.006, 0.02])
    inputs = calm_inputs(
        days=5,
        mark=column([10.0, *(10 * np.cumprod(1 + own))]),
        index_returns=np.array([0.0, *index]),
        targets=[(0, [(0, 0.5)])],
        policy=Calendar(every_days=1),
        hold=np.zeros(5, int),
        beta_method="top_down",
        beta_min_observations=3,
    )
    betas = [row["book_beta"] for row in run_reference(inputs).ledger[1:]]
    # the book is held from the close of day 0: three of its returns are known on day 4
    assert betas[:4] == [1.0, 1.0, 1.0, 1.0]
    assert betas[4] == pytest.approx(np.polyfit(index[1:4], own[1:4], 1)[0])


def test_lost_equity_stops_the_run():
    inputs = calm_inputs(
        days=3, delist=np.array([1]), targets=[(0, [(0, 1.0)])], capital_yuan=1_000.0
    )
    result = run_reference(inputs)
    assert (result.status, result.insolvent_day) == ("insolvent", 1)
    assert result.trades[-1].reason == "delisting"
    assert len(result.ledger) == 3


def test_promises_hold_on_a_hundred_random_markets():
    """`python -m benchmarks.ledger_agreement` holds the sum of parts on a thousand."""
    reasons = set()
    for seed in range(100):
        result = run_reference(random_inputs(seed))
        reasons |= {trade.reason for trade in result.trades}
        reasons |= {refusal.reason for refusal in result.refusals}
        assert result.ledger[-1]["equity"] == pytest.approx(sum_of_parts(result), rel=1e-8)
    assert reasons == {
        *("rebalance", "retry", "hedge", "roll", "delivery", "delisting", "cash_cut", "margin_cut"),
        *("rights", "flow", "proceeds"),
        *("suspended", "limit_up", "limit_down", "volume", "cash", "lot", "margin", "no_price"),
        *("position_limit", "open_limit", "limit_unknown", "not_listed", "auction"),
    }


def sum_of_parts(result):
    """Return the stated value that trades, flows and the last adjustment add up to."""
    equity = result.ledger[0]["equity"] - sum(trade.costs for trade in result.trades)
    for row in result.ledger[1:]:
        equity += row["stock_pnl"] + row["dividends"] + row["futures_pnl"] + row["interest"]
        equity -= row["management_fee"] + row["custody_fee"] + row["performance_fee"]
        equity -= row["service_fee"] + row["audit_fee"] + row["dividend_tax"]
        equity -= row["loan_interest"]
        equity += row["subscriptions"] - row["redemptions"] - row["distributions"]
    return equity + result.ledger[-1]["revaluation"]


@settings(max_examples=50, deadline=None)
@given(inputs_strategy())
def test_promises_hold_on_drawn_markets(inputs):
    result = run_reference(inputs)
    assert all(shares >= 0 for shares in result.shares)
