"""A whole run on the sample market: what goes in comes out, and the future stays out of it."""

import json

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError, RuleError, StrategyError
from quanthedge.market.simulation import Truth
from tests.sample import END, SAMPLE, START, sample_market, sample_result, small_strategy

INCOME = ["stock_pnl", "dividends", "futures_pnl", "interest", "subscriptions"]
COSTS = [
    "commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
    "dividend_tax",
    "management_fee", "custody_fee", "performance_fee", "redemptions",
]  # fmt: skip


def test_every_day_of_the_ledger_adds_up() -> None:
    ledger = sample_result().ledger
    change = ledger["equity"].diff().iloc[1:]
    parts = (ledger[INCOME].sum(axis=1) - ledger[COSTS].sum(axis=1)).iloc[1:]
    parts += ledger["revaluation"].diff().iloc[1:]
    assert ledger["revaluation"].any()
    assert (change - parts).abs().max() <= 1e-9 * ledger["equity"].max()
    balance = ledger["stock_value"] + ledger["revaluation"]
    balance += ledger["stock_cash"] + ledger["futures_cash"]
    assert (
        balance + ledger["dividends_receivable"] - ledger["fees_payable"] - ledger["equity"]
    ).abs().max() < 1e-6


def test_costs_of_the_trades_are_the_costs_of_the_ledger() -> None:
    result = sample_result()
    names = [
        "commission",
        "stamp_duty",
        "transfer_fee",
        "exchange_fee",
        "futures_fee",
        "impact",
    ]
    by_day = result.trades.groupby("date")[names].sum()
    by_day = by_day.reindex(result.ledger.index, fill_value=0.0)
    assert (by_day - result.ledger[names]).abs().to_numpy().max() < 1e-6
    # Of the tax on dividends a part is withheld when they are paid, and in no trade.
    at_sales = result.trades.groupby("date")["dividend_tax"].sum()
    at_sales = at_sales.reindex(result.ledger.index, fill_value=0.0)
    withheld = result.ledger["dividend_tax"] - at_sales
    assert withheld.min() > -1e-6
    assert withheld.sum() > 0


def test_holdings_are_what_the_trades_and_ex_dates_leave() -> None:
    result = sample_result()
    positions = result.positions
    last = positions[positions["date"] == positions["date"].max()]
    assert last["value"].sum() == pytest.approx(result.ledger["stock_value"].iloc[-1])
    assert (last["shares"] > 0).all()


def test_lots_are_whole_short_and_near_the_book_that_they_hedge() -> None:
    ledger = sample_result().ledger.iloc[1:]
    assert (ledger["lots"] <= 0).all()
    assert (ledger["lots"] < 0).mean() > 0.95
    ratio = ledger["futures_notional"] / ledger["stock_value"]
    assert 0.7 < ratio.median() < 1.3


def test_the_same_run_twice_gives_the_same_numbers() -> None:
    again = backtest(small_strategy(), sample_market(), START, END)
    pd.testing.assert_frame_equal(again.ledger, sample_result().ledger, check_exact=True)
    pd.testing.assert_frame_equal(again.trades, sample_result().trades, check_exact=True)


@pytest.mark.parametrize("cut", ["2014-10-31", "2015-02-27", "2015-06-12"])
def test_a_market_without_a_future_gives_the_same_past(cut: str) -> None:
    short = backtest(small_strategy(), sample_market().until(cut), START, cut)
    whole = sample_result().ledger.loc[:cut]
    columns = [name for name in whole.columns if whole[name].dtype == np.float64]
    pd.testing.assert_frame_equal(short.ledger[columns], whole[columns], check_exact=True)
    pd.testing.assert_series_equal(short.ledger["lots"], whole["lots"])


def test_the_hedged_book_has_a_true_beta_near_zero() -> None:
    result = backtest(small_strategy(), sample_market(), "2014-01-02", "2015-12-31")
    truth = Truth.open(SAMPLE).betas("000300.SH")
    market = sample_market()
    position = {code: n for n, code in enumerate(market.codes)}
    net = []
    for date, book in result.positions.groupby("date"):
        day = market.day(date)
        stocks = [position[code] for code in book["code"]]
        held = float(np.nansum(book["value"].to_numpy() * truth[day, stocks]))
        short = float(result.ledger.loc[date, "futures_notional"])
        net.append((held - short) / float(result.ledger.loc[date, "equity"]))
    assert abs(np.mean(net)) < 0.02
    assert np.std(net) > 0  # whole contracts and estimation leave something


def test_a_run_folder_read_again_is_the_same_result(tmp_path) -> None:
    result = sample_result()
    result.to_parquet(tmp_path / "run")
    again = Result.open(tmp_path / "run")
    pd.testing.assert_frame_equal(again.ledger, result.ledger, check_freq=False)
    pd.testing.assert_frame_equal(again.trades, result.trades)
    assert again.strategy == result.strategy
    assert again.notes == result.notes
    result.to_parquet(tmp_path / "second")
    for path in sorted((tmp_path / "run").iterdir()):
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_a_folder_that_is_no_run_is_neither_read_nor_overwritten(tmp_path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(DataError, match="not a run folder"):
        sample_result().to_parquet(tmp_path)
    with pytest.raises(DataError, match="not a run folder"):
        Result.open(tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_a_run_written_by_an_older_version_says_so(tmp_path) -> None:
    sample_result().to_parquet(tmp_path / "run")
    head = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    head["format"] -= 1
    (tmp_path / "run" / "run.json").write_text(json.dumps(head), encoding="utf-8")
    (tmp_path / "run" / "investors.parquet").unlink()
    with pytest.raises(DataError, match="run the strategy again"):
        Result.open(tmp_path / "run")


def test_capital_that_buys_no_lot_is_refused() -> None:
    with pytest.raises(StrategyError, match="too small for one lot"):
        backtest(small_strategy("capital_yuan=5000"), sample_market(), START, END)


def test_capital_that_hedges_with_less_than_half_a_contract_is_refused() -> None:
    with pytest.raises(StrategyError, match="too small to hedge"):
        backtest(small_strategy("capital_yuan=300000"), sample_market(), START, END)


def test_an_empty_universe_is_refused_with_the_counts() -> None:
    strategy = small_strategy("universe.filters.0.min_days=5000000")
    with pytest.raises(StrategyError, match=r"universe: empty on 2014-09-16.*newly listed"):
        backtest(strategy, sample_market(), START, END)


def test_dates_outside_the_data_are_refused() -> None:
    with pytest.raises(DataError, match="1999"):
        backtest(small_strategy(), sample_market(), "1999-01-04", END)
    with pytest.raises(DataError):
        backtest(small_strategy(), sample_market(), START, "2031-01-01")
    with pytest.raises(DataError):
        backtest(small_strategy(), sample_market(), END, START)


def test_a_product_before_its_listing_is_refused() -> None:
    with pytest.raises((DataError, RuleError), match="IC"):
        backtest(small_strategy("hedge.product=IC"), sample_market(), START, END)
