"""The bridge closes on every day, and its parts are what an independent count of them gives."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.fund import Clients
from quanthedge.fund.clients import Distribution, Flow
from quanthedge.market import Market
from quanthedge.performance import Bridge, levels
from quanthedge.strategy import Strategy
from tests.backtesting.test_run_with_actions import folder  # noqa: F401 -- a fixture
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
    daily = Bridge(result).yuan("day")
    ledger = result.ledger
    equity, worth = ledger["equity"].iloc[1:], ledger["equity"] - ledger["accrued_performance_fee"]
    assert (daily["residual"].abs() / equity).max() < 1e-9
    np.testing.assert_allclose(
        daily[list(Bridge.LINES)].sum(axis=1), worth.diff().iloc[1:], atol=0.01
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
    total = Bridge(result).returns().iloc[0]
    assert abs(total["residual"]) < 1e-9
    assert total["return"] == pytest.approx(levels(result.ledger)["net"].iloc[-1] - 1.0)


def test_trading_is_what_fills_made_against_the_close() -> None:
    result, market = sample_result(), sample_market()
    found = Bridge(result).yuan("day")
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
    found = Bridge(run.changed(ledger=ledger)).yuan("day")
    assert found["alpha"].abs().max() < 1e-6
    left = (ledger["stock_value"] - ledger["futures_notional"]).shift(1) * move
    np.testing.assert_allclose(found["market"], left.iloc[1:], atol=1e-6)


def test_periods_add_up() -> None:
    run = sample_result()
    whole = Bridge(run).yuan().iloc[0]
    for by in ("day", "week", "month", "year"):
        np.testing.assert_allclose(Bridge(run).yuan(by).sum(), whole, rtol=1e-9, atol=1e-4)
    part = Bridge(run).yuan(start="2015-01-01", end="2015-03-31").iloc[0]
    months = Bridge(run).yuan("month").loc["2015-01":"2015-03"].sum()
    np.testing.assert_allclose(part, months, atol=1e-4)
    with pytest.raises(DataError, match="no trading day"):
        Bridge(run).yuan(start="2019-01-01")


def test_what_is_missing_or_not_known_is_refused() -> None:
    run = sample_result()
    with pytest.raises(DataError, match="accepted: day, week, month, year, whole"):
        Bridge(run).yuan("quarter")
    with pytest.raises(DataError, match="a date is needed"):
        Bridge(run).yuan(start="abc")
    ledger = run.ledger.copy()
    ledger.iloc[5, ledger.columns.get_loc("index_close")] = np.nan
    with pytest.raises(DataError, match="no close of the benchmark"):
        Bridge(run.changed(ledger=ledger)).yuan()
    open_only = run.changed(contracts=run.contracts[run.contracts["lots"] != 0])
    with pytest.raises(DataError, match="no settlement price"):
        Bridge(open_only).yuan()


def test_a_missing_index_close_stops_only_periods_that_need_it() -> None:
    run = sample_result()
    ledger = run.ledger.copy()
    ledger.iloc[5, ledger.columns.get_loc("index_close")] = np.nan
    lost = run.changed(ledger=ledger)
    with pytest.raises(DataError, match="no close of the benchmark on 2014-09-23"):
        Bridge(lost).returns()
    later = Bridge(lost).yuan("month", "2014-10-08")
    pd.testing.assert_frame_equal(later, Bridge(run).yuan("month", "2014-10-08"))


@pytest.mark.parametrize("by", ["day", "week", "month", "year", "whole"])
def test_contributions_of_each_period_are_its_net_return(by: str) -> None:
    run = sample_result()
    table, net = Bridge(run).returns(by), levels(run.ledger)["net"]
    ends = net[table.index]
    begins = net.iloc[[0]].to_list() + ends.iloc[:-1].to_list()
    np.testing.assert_allclose(table["return"], ends / begins - 1.0, rtol=1e-12)
    np.testing.assert_allclose(
        table.drop(columns=["return", "residual"]).sum(axis=1), table["return"], atol=1e-12
    )
    if by == "month":  # within a month too: from the value at which it began
        part = Bridge(run).returns("whole", "2015-01-01", "2015-01-31").iloc[0]
        np.testing.assert_allclose(part, table.loc["2015-01"].iloc[0], atol=1e-14)


@pytest.mark.parametrize(
    "method",
    ["whole_fund", "whole_fund_and_redemption", "lot_units", "lot_value", "investor", "series",
     "equalisation"],
)  # fmt: skip
def test_every_line_moves_and_all_add_up(method: str, folder: Path) -> None:  # noqa: F811
    clients = busy_clients(method).model_copy(
        update={
            "flows": (
                *busy_clients(method).flows,
                Flow(date=date(2014, 11, 3), investor="C", subscribe_yuan=2e7, share_class="C"),
            ),
            "distributions": (
                Distribution(date=date(2015, 3, 2), yuan_per_unit=0.01, reinvesting=("B",)),
            ),
        }
    )
    plain = small_strategy(
        "accounts.borrowed=0.3", "invested_fraction=1.0", "costs.dividend_tax='public_fund'"
    ).model_dump() | {"clients": clients.model_dump()}
    plain["fund"] |= {
        "service_fee_per_year": 0.01, "audit_fee_yuan_per_year": 80_000.0, "hurdle": {"rate": 0.02},
        "winding_up": date(2015, 6, 15),
    }  # fmt: skip
    result = backtest(Strategy.model_validate(plain), Market.open(folder), START, END)
    closes(result)
    moved = Bridge(result).yuan("day").abs().max()
    still = [name for name in Bridge.LINES if moved[name] < 1.0]
    # inside the commission; not material; nothing is borrowed
    assert set(still) <= {"exchange_fee", "revaluation", "lending_fee"}
    whole = Bridge(result).yuan().iloc[0]
    still = [name for name in Bridge.LINES if abs(whole[name]) < 1.0]
    # all was sold and charged: nothing is stated off its close and nothing accrued any more
    assert still == ["revaluation", "exchange_fee", "lending_fee", "accrual"]
    assert result.ledger.index[-1] < pd.Timestamp("2015-06-30")
    total = Bridge(result).returns().iloc[0]
    assert abs(total["residual"]) < 1e-9
    assert total["return"] == pytest.approx(levels(result.ledger)["net"].iloc[-1] - 1.0)
