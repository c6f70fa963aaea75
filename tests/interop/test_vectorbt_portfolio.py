"""vectorbt's portfolio of a run is worth the ledger's equity on every day, to the cent."""

import numpy as np
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.interop.vectorbt import left_out
from quanthedge.ledger import line_names
from quanthedge.performance import levels
from quanthedge.performance.drawdown import Drawdowns
from quanthedge.strategy import load_strategy
from tests.sample import END, ROOT, START, sample_market, sample_result, small_strategy

CENT = 0.01
CARRY = ROOT / "strategies" / "cash_and_carry.toml"
CLIENTS = ROOT / "strategies" / "fund_with_clients.toml"


def run(*changes: str) -> Result:
    return backtest(small_strategy(*changes), sample_market(), START, END)


def clients() -> Result:
    return backtest(load_strategy(CLIENTS, ["selector.n=30"]), sample_market(), START, END)


def carry() -> Result:
    """A fund that found nothing to buy."""
    return backtest(load_strategy(CARRY), sample_market(), START, "2014-12-31")


RUNS = {
    "usual": sample_result,
    "borrowed": lambda: run("accounts.borrowed=0.2"),
    "half a hedge": lambda: run("hedge.ratio=0.5", "invested_fraction=0.9"),
    "no hedge": lambda: run("hedge.ratio=0"),
    "clients": clients,
    "no stock": carry,
}


@pytest.mark.parametrize("kind", RUNS)
def test_its_value_is_the_ledgers_equity_to_the_cent(kind: str) -> None:
    result = RUNS[kind]()
    equity, due = result.ledger["equity"], result.ledger["accrued_performance_fee"]
    for market in (sample_market(), None):
        value = result.to_vectorbt(market).value()
        assert (value - equity).abs().max() < CENT
        value = result.to_vectorbt(market, accrued_fee=True).value()
        assert (value - (equity - due)).abs().max() < CENT


def test_the_sample_run_has_bonus_issues_and_every_line_that_is_no_order() -> None:
    result = sample_result()
    codes = result.to_vectorbt(sample_market()).wrapper.columns
    lines = set(codes[codes.get_level_values("kind") == "line"].get_level_values("code"))
    assert {"dividends", "interest", "management_fee", "costs_without_trade"} <= lines
    trades = result.trades[result.trades["code"].str.contains(".", regex=False)]
    signed = trades["quantity"].where(trades["side"] == "buy", -trades["quantity"])
    held = result.positions[result.positions["date"] == result.positions["date"].max()]
    grown = held.set_index("code")["shares"] - signed.groupby(trades["code"]).sum()
    assert (grown.dropna() != 0).any()  # shares that no trade brought


def test_drawdown_and_volatility_are_the_summarys() -> None:
    result = sample_result()
    portfolio = result.to_vectorbt(sample_market(), accrued_fee=True)
    summary = result.summary()
    assert portfolio.max_drawdown() == pytest.approx(summary.value("max_drawdown_net"), abs=1e-12)
    fall = Drawdowns(levels(result.ledger)["net"]).deepest()
    assert fall is not None
    records = portfolio.drawdowns.records_readable
    depth = records["Valley Value"] / records["Peak Value"] - 1.0
    deepest = records.loc[depth.idxmin()]
    assert (deepest["Peak Timestamp"], deepest["Valley Timestamp"]) == (fall.peak, fall.trough)
    returns = portfolio.returns().iloc[1:]
    ours = returns.mean() / returns.std() * np.sqrt(243)
    assert ours == pytest.approx(summary.value("sharpe_net"), abs=1e-9)
    # its own has the opening day as one more return, of 0
    assert portfolio.sharpe_ratio() == pytest.approx(ours, rel=0.01)


@pytest.mark.parametrize("by_stock", [True, False])
def test_profit_and_fees_of_orders_are_those_of_the_ledger(by_stock: bool) -> None:
    result = sample_result()
    ledger, trades = result.ledger, result.trades
    portfolio = result.to_vectorbt(sample_market() if by_stock else None)
    profit = portfolio.total_profit(group_by=False)
    for code, mine in trades[trades["futures_fee"] > 0].groupby("code"):
        signed = mine["amount"].where(mine["side"] == "sell", -mine["amount"]).sum()
        wanted = signed - mine[["futures_fee", "impact"]].to_numpy().sum()
        left = result.contracts[result.contracts["contract"] == code]
        last = left[left["date"] == ledger.index[-1]]["futures_notional"].sum()
        assert profit["future", code] == pytest.approx(wanted - last, abs=CENT)
    stocks = trades[trades["futures_fee"] == 0.0]
    paid = (
        stocks[[line for line in line_names("cost", by_trade=True) if line in stocks]]
        .to_numpy()
        .sum()
    )
    wanted = (
        ledger["stock_pnl"].sum()
        - paid
        - stocks["dividend_tax"].sum() * ("dividend_tax" not in line_names("cost", by_trade=True))
    )
    assert profit["stock"].sum() == pytest.approx(wanted, abs=CENT)
    by_trade = portfolio.trades.pnl.sum(group_by=False)
    assert by_trade.sum() == pytest.approx(portfolio.total_profit(), abs=CENT)


def test_each_trade_of_a_stock_without_a_bonus_issue_is_an_order_at_its_price() -> None:
    result = sample_result()
    orders = result.to_vectorbt(sample_market()).orders.records_readable
    mine = result.trades[result.trades["code"] == "000001.SZ"]
    found = orders[orders["Column"] == ("stock", "000001.SZ")]
    assert len(found) >= len(mine) > 2
    first = mine[mine["date"] == mine["date"].min()]
    told = found[found["Timestamp"] == mine["date"].min()]
    assert told["Price"].tolist() == pytest.approx(first["price"].tolist())
    assert told["Size"].tolist() == first["quantity"].tolist()


def test_the_difference_of_each_day_shows_what_flows_of_investors_do_to_returns() -> None:
    for accrued_fee in (False, True):
        usual = sample_result().to_vectorbt(sample_market(), accrued_fee=accrued_fee).difference
        assert usual["value_yuan"].abs().max() < CENT
        assert usual["return"].abs().max() < 1e-12
        result = clients()
        portfolio = result.to_vectorbt(sample_market(), accrued_fee=accrued_fee)
        moved = result.ledger[["subscriptions", "redemptions"]].sum(axis=1) != 0.0
        off = portfolio.difference["return"].abs()
        assert portfolio.difference["value_yuan"].abs().max() < CENT
        assert off[moved].iloc[1:].min() > 0.001  # vectorbt takes money brought for a gain
        assert off[~moved].max() < 1e-12


def test_plots_and_copies_work_and_the_benchmark_is_the_runs_index() -> None:
    result = sample_result()
    portfolio = result.to_vectorbt(sample_market())
    assert len(portfolio.plot().data) > 4
    level = result.ledger["index_close"] / result.ledger["index_close"].iloc[0]
    assert (portfolio.benchmark_value() / 1e8).to_numpy() == pytest.approx(level.to_numpy())
    again = type(portfolio).loads(portfolio.dumps())
    assert again.value().equals(portfolio.value())
    assert again.left_out == portfolio.left_out


def test_what_it_does_not_carry_is_said_in_both_languages() -> None:
    kinds = [one["kind"] for one in left_out(sample_result())]
    assert "flows" not in kinds
    assert {"adjusted_shares", "dividends", "futures_cash", "accrued_fee"} <= set(kinds)
    assert "flows" in [one["kind"] for one in left_out(clients())]
    assert all(one["en"] and one["zh"] for one in left_out(sample_result()))


def test_another_market_and_other_prices_are_refused() -> None:
    result = sample_result()
    with pytest.raises(DataError, match="is not that of the run"):
        result.to_vectorbt(sample_market().until("2015-09-30"))
    ledger = result.ledger.copy()
    ledger.iloc[50:, ledger.columns.get_loc("equity")] += 0.02
    with pytest.raises(DataError, match=r"to_vectorbt: 164 days are 0.01 yuan or more off"):
        result.changed(ledger=ledger).to_vectorbt(sample_market())
