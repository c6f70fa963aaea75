"""Cash-and-carry in the ledger on real tables: one trade from entry to delivery, to the yuan."""

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh

BEGUN, ENTERED, DELIVERED = (
    pd.Timestamp(day) for day in ("2010-12-20", "2010-12-21", "2011-01-21")
)
CONTRACT, SOLD_AT, DELIVERED_AT = "IF1101", 3303.4, 2986.03  # the exchange's
CHANGES = (
    # the front month alone is never rolled, and stays until it is delivered
    "sleeves=[{kind='cash_and_carry', label='carry', budget=0.95, "
    "terms={entry=0.02, exit=-1.0, months=['front']}}]",
    "costs.impact_coefficient=0.0",  # the impact of size is worked by hand in tests/ledger
)


@pytest.fixture(scope="module")
def run(real_market):
    strategy = qh.load_strategy("cash_and_carry", CHANGES)
    return qh.backtest(strategy, real_market, "2010-12-20", "2011-01-24")


@pytest.fixture(scope="module")
def days(run):
    return run.sleeves[run.sleeves["sleeve"] == "carry"].set_index("date")


@pytest.fixture(scope="module")
def stocks(run):
    return run.trades[~run.trades["code"].str.startswith("IF")]


def test_the_contract_leg_is_worked_from_the_exchange_s_prices(run, days, real_market):
    """Sold at the close, settled every day, delivered at the mean of the index's last two hours.

    The fee of 0.5 per ten thousand and that of a delivery, 1 per ten thousand, are the exchange's
    of the time; slippage is 0.5 basis points of the amount.
    """
    traded = run.trades[run.trades["code"] == CONTRACT]
    sold, delivered = traded.iloc[:-1], traded.iloc[-1]
    assert traded["date"].iloc[[0, -1]].tolist() == [ENTERED, DELIVERED]
    assert sold["side"].astype(str).eq("sell").all()
    assert traded["reason"].astype(str).iloc[[0, -1]].tolist() == ["rebalance", "delivery"]
    assert traded["price"].iloc[[0, -1]].tolist() == [SOLD_AT, DELIVERED_AT]
    bars = real_market.futures("IF").set_index(["contract", "date"]).loc[CONTRACT]
    assert sold["price"].tolist() == bars["close"][sold["date"]].tolist()
    lots = asked_lots(run, bars)
    assert lots == 79
    assert sold["quantity"].sum() == delivered["quantity"] == lots
    settled = bars["settle"][BEGUN:DELIVERED]
    held = sold.set_index("date")["quantity"].reindex(settled.index, fill_value=0).cumsum()
    new = held.diff().fillna(0.0)
    moved = held.shift(fill_value=0) * settled.diff() + new * (settled - bars["close"])
    gain = -300 * moved.loc[ENTERED:]
    np.testing.assert_allclose(days.loc[gain.index, "futures_pnl"], gain, rtol=0, atol=1e-6)
    paid = (sold["quantity"] * sold["price"]).sum() - lots * DELIVERED_AT
    assert gain.sum() == pytest.approx(300 * paid, abs=1e-6)
    amount = 300 * traded["quantity"] * traded["price"]
    fees = [*0.00005 * amount.iloc[:-1], 0.0001 * amount.iloc[-1]]
    np.testing.assert_allclose(traded["futures_fee"], fees, rtol=0, atol=1e-6)
    slippage = [*0.00005 * amount.iloc[:-1], 0.0]
    np.testing.assert_allclose(traded["impact"], slippage, rtol=0, atol=1e-6)
    margin = (0.15 * 300 * held * settled).loc[ENTERED:].iloc[:-1]
    np.testing.assert_allclose(days.loc[margin.index, "margin_required"], margin, rtol=0, atol=1e-6)
    assert days.loc[DELIVERED, "margin_required"] == 0.0


def asked_lots(run, bars):
    """Margin of a hedger and reserve beside the basket: all of them are the budget."""
    basket = run.ledger["equity"][BEGUN] * 0.95 / (1 + 0.15 + 0.10)
    return int(np.floor(basket / (300 * bars["settle"][BEGUN]) + 0.5))


def test_no_more_is_sold_than_the_stocks_in_hand_carry(run, stocks, real_market):
    """Limits up and halts keep stocks away on the first day: lots wait, to the nearest one."""
    traded = run.trades[run.trades["code"] == CONTRACT].iloc[:-1]
    bars = real_market.futures("IF").set_index(["contract", "date"]).loc[CONTRACT]
    sold = traded.set_index("date")["quantity"].cumsum()
    assert sold.iloc[0] < sold.iloc[-1] == asked_lots(run, bars)
    mark = pd.DataFrame(
        real_market.panel("mark"), pd.DatetimeIndex(real_market.dates), real_market.codes
    )
    for day in sold.index:
        before = mark.index[mark.index.get_loc(day) - 1]
        shares = stocks[stocks["date"] <= day].groupby("code")["quantity"].sum()
        in_hand = (shares * mark.loc[before, shares.index]).sum()
        lot = 300 * bars["settle"][before]
        assert sold[day] == min(np.floor(in_hand / lot + 0.5), asked_lots(run, bars)), day
    waited = run.refusals[run.refusals["code"] == CONTRACT]
    assert set(waited["reason"].astype(str)) == {"other_leg"}


def test_the_basket_is_bought_and_sold_at_the_closes_with_the_duties_of_the_time(
    stocks, real_market
):
    """Shanghai took 0.001 yuan a share (1 yuan at least), Shenzhen 0.0255 per mille."""
    ordinary = stocks[stocks["reason"].astype(str) != "rights"]
    close = pd.DataFrame(
        real_market.panel("close"), pd.DatetimeIndex(real_market.dates), real_market.codes
    )
    for one in ordinary.itertuples():
        assert one.price == pytest.approx(close.loc[one.date, one.code], abs=1e-9), one
    amount = ordinary["quantity"] * ordinary["price"]
    np.testing.assert_allclose(ordinary["amount"], amount, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ordinary["commission"], 0.0008 * amount, rtol=0, atol=1e-6)
    sold = ordinary["side"].astype(str) == "sell"
    np.testing.assert_allclose(
        ordinary["stamp_duty"], np.where(sold, 0.001 * amount, 0), rtol=0, atol=1e-6
    )
    shanghai = ordinary["code"].str.endswith(".SH")
    transfer = np.where(shanghai, np.maximum(1.0, 0.001 * ordinary["quantity"]), 0.0000255 * amount)
    np.testing.assert_allclose(ordinary["transfer_fee"], transfer, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ordinary["impact"], 0.0005 * amount, rtol=0, atol=1e-6)
    assert (ordinary["exchange_fee"] == 0.0).all()  # inside the commission


def test_the_sleeve_s_days_are_its_trades_and_the_closes_and_nothing_else(
    run, days, stocks, real_market
):
    dates = days.index
    mark = pd.DataFrame(
        real_market.panel("mark"), pd.DatetimeIndex(real_market.dates), real_market.codes
    ).loc[dates]
    signed = stocks["quantity"] * np.where(stocks["side"].astype(str) == "buy", 1, -1)
    table = stocks.assign(signed=signed)
    change = table.pivot_table(index="date", columns="code", values="signed", aggfunc="sum")
    shares = change.reindex(dates).fillna(0).cumsum()
    value = (shares * mark[shares.columns]).sum(axis=1)
    np.testing.assert_allclose(days["stock_value"], value, rtol=0, atol=1e-6)
    spent = (signed * stocks["price"]).groupby(stocks["date"]).sum().reindex(dates, fill_value=0)
    gain = value.diff().fillna(value.iloc[0]) - spent
    np.testing.assert_allclose(days["stock_pnl"], gain, rtol=0, atol=1e-5)
    assert (days["dividends"] == 0.0).all()
    names = ["commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
             "dividend_tax"]  # fmt: skip
    paid = run.trades[names].sum(axis=1).groupby(run.trades["date"]).sum()
    np.testing.assert_allclose(days["costs"], paid.reindex(dates, fill_value=0), rtol=0, atol=1e-6)
    earned = (days["stock_pnl"] + days["futures_pnl"] - days["costs"]).cumsum()
    np.testing.assert_allclose(days["earned"], earned, rtol=0, atol=1e-4)
    equity = 100_000_000 + earned.iloc[-1] + run.ledger[["interest"]].sum().iloc[0]
    fees = run.ledger[["management_fee", "custody_fee", "performance_fee"]].sum().sum()
    assert run.ledger["equity"].iloc[-1] == pytest.approx(equity - fees, abs=1e-4)
