"""The reference strategy on the real window: its accounts recomputed from the source tables."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.market import Market
from quanthedge.strategy import load_strategy
from tests.conftest import REAL as SOURCE
from tests.sample import NEUTRAL

START, END = "2014-09-17", "2015-07-31"


@pytest.fixture(scope="module")
def result(real_market: Market) -> Result:
    return backtest(load_strategy(NEUTRAL), real_market, START, END)


def replayed(stocks: pd.DataFrame) -> tuple[float, float]:
    """Return what the shares are worth at the end, and the dividends, by the source's own tables.

    Events that the source marks as differing from the prices are left to the adjustment factor.
    """
    columns = ["code", "date", "close", "adj_factor"]
    bars = pd.read_parquet(SOURCE / "stock_daily.parquet", columns=columns)
    bars["date"] = pd.to_datetime(bars["date"])
    bars["code"] = bars["code"].astype(str)
    bars = bars[bars["code"].isin(set(stocks["code"])) & (bars["date"] <= END)]
    events = pd.read_parquet(SOURCE / "corporate_actions.parquet")
    events = events[events["check"].isin(["ok", "within_0.5pct"])]
    events["date"] = pd.to_datetime(events["first_traded_date"])
    events = {key: rows for key, rows in events.groupby(["code", "date"])}  # noqa: C416
    value = dividends = 0.0
    for code, trades in stocks.groupby("code"):
        mine = bars[(bars["code"] == code) & (bars["date"] >= trades["date"].min())]
        step = (mine["adj_factor"] / mine["adj_factor"].shift(1)).fillna(1.0).to_numpy()
        signed = trades["quantity"].where(trades["side"] == "buy", -trades["quantity"])
        change = signed.groupby(trades["date"]).sum()
        held = 0.0
        for k, day in enumerate(mine["date"]):
            if (code, day) in events and k:
                for row in events[code, day].itertuples():
                    dividends += held * row.cash_per_share
                    held = np.floor(held * (1.0 + row.bonus_per_share) + 1e-6)
            elif abs(step[k] - 1.0) > 1e-9:
                held = np.floor(held * step[k] + 1e-6)
            held += float(change.get(day, 0.0))
        value += held * float(mine["close"].iloc[-1])
    return value, dividends


def test_equity_is_what_trades_prices_and_fees_leave(result: Result) -> None:
    stocks = result.trades[~result.trades["code"].str.startswith("IF")]
    value, dividends = replayed(stocks)
    paid = float((stocks["amount"].where(stocks["side"] == "buy", -stocks["amount"])).sum())

    futures = pd.read_parquet(SOURCE / "futures_all_contracts_daily.parquet")
    futures["date"] = pd.to_datetime(futures["date"])
    settle = futures.set_index(["contract", "date"])["settle"]
    lots = result.trades[result.trades["code"].str.startswith("IF")]
    change = lots["quantity"].where(lots["side"] == "buy", -lots["quantity"])
    cash = float(-(change * 300.0 * lots["price"]).sum())
    contract, open_lots = result.ledger["contract"].iloc[-1], result.ledger["lots"].iloc[-1]
    assert change.groupby(lots["code"]).sum()[contract] == open_lots
    futures_pnl = cash + open_lots * 300.0 * float(settle[contract, pd.Timestamp(END)])

    ledger = result.ledger
    costs = ["commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact"]
    charged = ["management_fee", "custody_fee", "performance_fee"]
    expected = (
        ledger["equity"].iloc[0] + value - paid + dividends + futures_pnl
        + ledger["interest"].sum() - ledger["dividend_tax"].sum()
        - result.trades[costs].to_numpy().sum() - ledger[charged].to_numpy().sum()
        + ledger["revaluation"].iloc[-1]
    )  # fmt: skip
    # Fractions of shares are paid out in cash on ex-dates: a few yuan each.
    assert ledger["dividends"].sum() == pytest.approx(dividends, abs=5_000)
    assert ledger["equity"].iloc[-1] == pytest.approx(expected, abs=5_000)
    assert ledger["futures_pnl"].sum() == pytest.approx(futures_pnl, abs=1.0)


def test_every_contract_held_is_the_real_one_and_rolled_before_it_ends(result: Result) -> None:
    futures = pd.read_parquet(SOURCE / "futures_all_contracts_daily.parquet")
    ends = pd.to_datetime(futures.groupby("contract")["last_trading_day"].first())
    held = result.ledger.iloc[1:]
    held = held[held["lots"] < 0]
    assert (pd.DatetimeIndex(held.index) <= pd.DatetimeIndex(ends[held["contract"]])).all()
    assert held["contract"].nunique() >= 11


# The second day lies before the Spring Festival, with an expiry beyond the cut.
@pytest.mark.parametrize("cut", ["2015-03-16", "2015-02-13", "2014-12-31"])
def test_nothing_after_a_day_moves_the_result_before_it(
    cut: str, real_market: Market, result: Result
) -> None:
    short = backtest(load_strategy(NEUTRAL), real_market.until(cut), START, cut)
    whole = result.ledger.loc[:cut]
    pd.testing.assert_series_equal(short.ledger["equity"], whole["equity"], check_exact=True)
    pd.testing.assert_series_equal(short.ledger["lots"], whole["lots"])
