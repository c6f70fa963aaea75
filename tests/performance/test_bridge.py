"""The bridge closes on every day, and its parts are what an independent count of them gives."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.fund import Clients, Flow
from quanthedge.performance import BRIDGE_LINES, bridge, bridge_returns, levels
from quanthedge.run import backtest
from tests.sample import END, START, sample_market, sample_result, small_strategy

VARIANTS = {
    "plain": (),
    "no hedge": ("hedge.ratio=0",),
    "quarter contracts": ("hedge.contract=quarter",),
    "loan": ("accounts.borrowed=0.3", "invested_fraction=1.0"),
}


def busy_clients(method: str) -> Clients:
    def flow(day: str, who: str, **order: float) -> Flow:
        return Flow(date=date.fromisoformat(day), investor=who, **order)

    flows = (
        flow("2014-10-10", "B", subscribe_yuan=4e7),
        flow("2015-01-09", "founder", redeem_fraction=0.3),
        flow("2015-05-08", "B", redeem_fraction=0.5),
    )
    return Clients(method=method, flows=flows, opening="week")


def closes(result) -> None:
    daily = bridge(result, "day")
    equity = result.ledger["equity"].iloc[1:]
    assert (daily["residual"].abs() / equity).max() < 1e-9
    np.testing.assert_allclose(
        daily[list(BRIDGE_LINES)].sum(axis=1), result.ledger["equity"].diff().iloc[1:], atol=0.01
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_the_lines_of_each_day_are_the_change_of_equity(name: str) -> None:
    closes(backtest(small_strategy(*VARIANTS[name]), sample_market(), START, END))


@pytest.mark.parametrize(
    "method",
    ["whole_fund", "whole_fund_and_redemption", "lot_units", "lot_value", "investor", "series",
     "equalisation"],
)  # fmt: skip
def test_it_closes_with_flows_under_every_fee_method(method: str) -> None:
    strategy = small_strategy().model_copy(update={"clients": busy_clients(method)})
    result = backtest(strategy, sample_market(), START, END)
    closes(result)
    assert result.bridge().iloc[0]["redemptions"] < -1e7
    total = bridge_returns(result)
    assert abs(total["residual"]) < 1e-9
    assert total["return"] == pytest.approx(levels(result.ledger)["net"].iloc[-1] - 1.0)


def test_trading_is_what_fills_made_against_the_close() -> None:
    result, market = sample_result(), sample_market()
    found = bridge(result, "day")
    marks = pd.DataFrame(
        np.asarray(market.panel("mark")), index=pd.DatetimeIndex(market.dates), columns=market.codes
    )
    settled = result.contracts.set_index(["date", "contract"])["settlement_price"]
    trading, roll = (pd.Series(0.0, index=found.index) for _ in range(2))
    for trade in result.trades.itertuples():
        signed = trade.quantity if trade.side == "buy" else -trade.quantity
        if str(trade.code).startswith("IF"):
            gain = signed * 300.0 * (settled[trade.date, trade.code] - trade.price)
            (roll if trade.reason == "roll" else trading)[trade.date] += gain
        else:
            trading[trade.date] += signed * (marks.loc[trade.date, trade.code] - trade.price)
    np.testing.assert_allclose(found["roll"], roll, atol=0.01)
    np.testing.assert_allclose(found["trading"], trading, atol=1.0)
    assert (roll != 0).sum() >= 5


def test_a_fund_that_holds_the_index_itself_has_no_alpha() -> None:
    run = sample_result()
    ledger = run.ledger.copy()
    move = ledger["index_close"].pct_change()
    ledger["book_beta"] = 1.0
    ledger["dividends"] = 0.0
    ledger["held_pnl"] = (ledger["stock_value"].shift(1) * move).fillna(0.0)
    fake = type("Run", (), {"ledger": ledger, "trades": run.trades, "contracts": run.contracts})
    found = bridge(fake, "day")
    assert found["alpha"].abs().max() < 1e-6
    left = (ledger["stock_value"] - ledger["futures_notional"]).shift(1) * move
    np.testing.assert_allclose(found["market"], left.iloc[1:], atol=1e-6)


def test_periods_add_up() -> None:
    run = sample_result()
    whole = bridge(run).iloc[0]
    for by in ("day", "month", "year"):
        np.testing.assert_allclose(bridge(run, by).sum(), whole, rtol=1e-9, atol=1e-4)
    part = bridge(run, start="2015-01-01", end="2015-03-31").iloc[0]
    months = bridge(run, "month").loc["2015-01":"2015-03"].sum()
    np.testing.assert_allclose(part, months, atol=1e-4)
    with pytest.raises(DataError, match="no trading day"):
        bridge(run, start="2019-01-01")


def test_what_is_missing_or_not_known_is_refused() -> None:
    run = sample_result()
    with pytest.raises(DataError, match="accepted: day, month, year, whole"):
        bridge(run, "week")
    with pytest.raises(DataError, match="a date is needed"):
        bridge(run, start="abc")
    ledger = run.ledger.copy()
    ledger.iloc[5, ledger.columns.get_loc("index_close")] = np.nan
    fake = type("Run", (), {"ledger": ledger, "trades": run.trades, "contracts": run.contracts})
    with pytest.raises(DataError, match="no close of the benchmark"):
        bridge(fake)
    fake.ledger = run.ledger
    fake.contracts = run.contracts[run.contracts["lots"] != 0]
    with pytest.raises(DataError, match="no settlement price"):
        bridge(fake)
