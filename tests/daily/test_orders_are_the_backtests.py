"""Orders are what the backtest trades on a day that opens at the last closes, to the last share."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting import backtest
from quanthedge.daily import orders_for
from quanthedge.daily.holdings import Cash, Holdings, StockHolding
from quanthedge.errors import DataError
from tests.daily.flat_day import flat_market
from tests.sample import sample_market, small_strategy

pytestmark = pytest.mark.slow
START = "2014-09-17"
# a rebalance, a day of retries, cash that is missing for margin, retries of a stock on its ex-date,
# a roll, a rebalance that trades a stock on its ex-date, a day on which nothing is done
EARLY = "2014-03-03"  # a fund with gains to come and little cash in May
DAYS = [
    ("2014-12-31", START), ("2015-01-05", START), ("2015-05-15", EARLY), ("2015-06-01", START),
    ("2015-06-12", START), ("2015-06-30", START), ("2015-02-06", START),
]  # fmt: skip
SAME = ["code", "side", "quantity", "reference_price", "amount", "reason"]


def run_until(day, start=START):
    return backtest(small_strategy(), sample_market().until(day), start)


def last_trades(result):
    trades = result.trades[result.trades["date"] == result.ledger.index[-1]]
    trades = trades.rename(columns={"price": "reference_price"}).reset_index(drop=True)
    return trades.assign(reason=trades["reason"].astype(str))


def held_by(run):
    """Holdings and cash of a run at its end, as files would tell them."""
    last = run.ledger.index[-1]
    stocks = run.positions[run.positions["date"] == last]
    lots = run.contracts[(run.contracts["date"] == last) & (run.contracts["lots"] != 0)]
    row = run.ledger.iloc[-1]
    return (
        Holdings(
            {
                code: StockHolding(int(count))
                for code, count in zip(stocks["code"], stocks["shares"], strict=True)
            },
            {c: int(n) for c, n in zip(lots["contract"], lots["lots"], strict=True)},
        ),
        Cash(
            row["stock_cash"], row["futures_cash"], None, row["fees_payable"],
            row["dividends_receivable"], row["loan"],
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("day", "start"), DAYS)
def test_orders_equal_the_trades_of_a_day_at_the_last_closes(tmp_path, day, start):
    market = sample_market()
    following = market.dates[market.day(day) + 1]
    run = run_until(day, start)
    orders = orders_for(small_strategy(), market, day, run=run)
    flat = flat_market(tmp_path / "flat", day, following)
    trades = last_trades(backtest(small_strategy(), flat, start))
    pd.testing.assert_frame_equal(orders.orders[SAME], trades[SAME], check_dtype=False)
    np.testing.assert_allclose(orders.orders["impact"], trades["impact"], rtol=1e-12)
    costs = trades[["commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee"]]
    taxed = trades.get("dividend_tax", 0.0)
    np.testing.assert_allclose(orders.orders["fees"], costs.sum(axis=1) + taxed, rtol=1e-9)
    assert orders.day == str(following)
    # the day was another one in truth: what it opened at changes no order
    again = orders_for(small_strategy(), flat, day, run=run)
    pd.testing.assert_frame_equal(orders.orders, again.orders)


def test_the_days_tried_have_what_they_are_tried_for():
    trades = pd.concat([run_until("2015-07-01", start).trades for start in (START, EARLY)])
    days = trades["date"].dt.strftime("%Y-%m-%d")
    for day, reason in (
        ("2015-01-05", "rebalance"), ("2015-01-06", "retry"), ("2015-05-18", "cash_cut"),
        ("2015-06-02", "retry"), ("2015-06-15", "roll"), ("2015-07-01", "rebalance"),
    ):  # fmt: skip
        assert reason in set(trades.loc[days == day, "reason"].astype(str))
    actions = sample_market().corporate_actions()
    for day in ("2015-06-02", "2015-07-01"):
        ex = set(actions.loc[actions["ex_date"] == day, "code"])
        assert ex & set(trades.loc[days == day, "code"])


def test_orders_on_the_next_day_as_it_was_have_the_same_stocks_and_sides():
    day, following = "2014-12-31", "2015-01-05"
    orders = orders_for(small_strategy(), sample_market(), day, run=run_until(day)).orders
    trades = last_trades(run_until(following))
    stocks = trades[~trades["code"].str.startswith("IF")]
    ordered = orders[orders["account"] == "stock"]
    assert set(zip(ordered["code"], ordered["side"], strict=True)) == set(
        zip(stocks["code"], stocks["side"], strict=True)
    )


@pytest.mark.parametrize("day", ["2014-12-31", "2015-01-12"])
def test_holdings_from_files_give_the_orders_of_the_run_that_holds_them(day):
    run = run_until(day)
    holdings, cash = held_by(run)
    alone = orders_for(small_strategy(), sample_market(), day, run=run)
    given = orders_for(
        small_strategy(), sample_market(), day, run=run, holdings=holdings, cash=cash
    )
    pd.testing.assert_frame_equal(alone.orders, given.orders)
    pd.testing.assert_frame_equal(alone.totals, given.totals)
    without = orders_for(
        small_strategy(), sample_market(), day, holdings=holdings, cash=cash, start=START
    )
    pd.testing.assert_frame_equal(alone.orders[SAME], without.orders[SAME])


@pytest.mark.parametrize("day", ["2014-12-31", "2015-06-30"])
def test_nothing_after_the_close_changes_an_order(day):
    market = sample_market()
    run = run_until(day)
    true = orders_for(small_strategy(), market, day, run=run)
    # all later prices, figures and spells are other; what is announced of the next day stays
    other = market.altered(market.day(day), "opened", seed=3)
    found = orders_for(small_strategy(), other, day, run=run)
    pd.testing.assert_frame_equal(true.orders, found.orders)
    pd.testing.assert_frame_equal(true.refused, found.refused)
    cut = orders_for(small_strategy(), market.until(day), run=run)
    assert set(true.orders["code"]) == set(cut.orders["code"])


def test_a_rebalance_can_be_forced_and_is_said_to_be():
    day = "2015-02-06"
    run = run_until(day)
    usual = orders_for(small_strategy(), sample_market(), day, run=run)
    forced = orders_for(small_strategy(), sample_market(), day, run=run, rebalance=True)
    assert not (usual.orders["reason"] == "rebalance").any()
    assert (forced.orders["reason"] == "rebalance").sum() > 5
    assert "forced" in [note["kind"] for note in forced.notes]


def test_a_run_that_ends_before_the_close_goes_on_to_it():
    early = orders_for(small_strategy(), sample_market(), "2015-01-12", run=run_until("2015-01-08"))
    late = orders_for(small_strategy(), sample_market(), "2015-01-12", run=run_until("2015-01-12"))
    pd.testing.assert_frame_equal(early.orders, late.orders)


def test_transfers_are_what_the_accounts_change_by():
    day = "2014-12-31"
    orders = orders_for(small_strategy(), sample_market(), day, run=run_until(day))
    before, after = orders.totals["before"], orders.totals["after"]
    lots = orders.orders[orders.orders["account"] == "futures"]
    assert len(orders.transfers) == 1
    moved = orders.transfers.iloc[0]
    assert (moved["from"], moved["to"]) == ("stock", "futures")
    # sold at the last close, settled at the last settlement price
    book = orders.book.set_index("code").loc["IF1501"]
    earned = ((lots["reference_price"] - book["price"]) * lots["quantity"] * 300.0).sum()
    paid = (lots["fees"] + lots["impact"]).sum()
    change = after["futures_cash"] - before["futures_cash"]
    assert moved["yuan"] == pytest.approx(change - earned + paid, abs=0.01)
    assert after["futures_cash"] == pytest.approx(1.5 * after["margin_required"], rel=1e-3)


def test_what_has_no_place_is_named_and_not_traded():
    day = "2014-12-31"
    holdings, cash = held_by(run_until(day))
    odd = Holdings(
        holdings.stocks | {"600999.SH": StockHolding(300)}, holdings.futures | {"IF1706": -3}
    )
    orders = orders_for(
        small_strategy(), sample_market(), day, holdings=odd, cash=cash, start=START
    )
    named = orders.refused.set_index("code")["reason"]
    assert named["600999.SH"] == "not_in_data"
    assert named["IF1706"] == "contract_unknown"
    assert not orders.orders["code"].isin(["600999.SH", "IF1706"]).any()
    assert odd.left == []  # what is given is left as it is


def test_frozen_shares_are_not_sold():
    day = "2014-12-31"
    run = run_until(day)
    holdings, cash = held_by(run)
    sold = orders_for(small_strategy(), sample_market(), day, run=run).orders
    code = sold.loc[(sold["side"] == "sell") & (sold["account"] == "stock"), "code"].iloc[1]
    count = holdings.stocks[code].shares
    frozen = Holdings(holdings.stocks | {code: StockHolding(count, count)}, holdings.futures)
    orders = orders_for(
        small_strategy(), sample_market(), day, holdings=frozen, cash=cash, start=START
    )
    assert code not in set(orders.orders["code"])
    assert "not_listed" in set(orders.refused.loc[orders.refused["code"] == code, "reason"])


def test_wrong_uses_end_in_one_line():
    market, strategy = sample_market(), small_strategy()
    run = run_until("2014-12-31")
    for wrong, words in (
        ({}, "give what is held"),
        ({"holdings": Holdings({}, {})}, "given together"),
        ({"run": run, "date": "2014-12-30"}, "after the close"),
        ({"holdings": Holdings({}, {}), "cash": Cash(0.0), "start": START}, "equity"),
    ):
        with pytest.raises(DataError, match=words):
            orders_for(strategy, market, **({"date": "2014-12-31"} | wrong))
    with pytest.raises(DataError, match=r"selector.n 30, now 20"):
        orders_for(small_strategy("selector.n=20"), market, "2014-12-31", run=run)
