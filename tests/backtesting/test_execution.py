"""What a run says of the money of its purchases and of the hedge beside the stock fills."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.run import backtest
from tests.sample import sample_market, small_strategy

SPAN = "2014-11-03", "2014-12-31"


def run(*changes, span=SPAN):
    return backtest(small_strategy(*changes), sample_market(), *span)


def said(result, kind):
    return [one for one in result.notes if one["kind"] == kind]


@pytest.mark.parametrize(
    ("how", "en", "zh"),
    [
        ("same_auction", "settles net at its custodian", "净额交收"),
        ("after_fill", "after they were filled, at the day's average price", "按当日成交均价买入"),
        ("next_day", "buys from the next trading day on", "自下一交易日起"),
    ],
)
def test_the_timeline_says_what_the_purchase_money_was(how, en, zh):
    timeline = run(f"execution.sale_proceeds={how}").timeline
    assert en in timeline["en"]
    assert zh in timeline["zh"]


def test_lots_that_nobody_could_know_are_told_with_their_days():
    result = run("hedge.fill=open_after_stocks")
    (told,) = said(result, "hedge_too_early")
    assert "nobody could have done so" in told["en"]
    days = len(result.ledger) - 1
    assert f"On {days} of {days} days nobody could have done so" in result.timeline["en"]
    assert "实际无法做到" in result.timeline["zh"]
    honest = run("hedge.fill=open")
    assert not said(honest, "hedge_too_early")
    assert "before the stocks are filled" in honest.timeline["en"]
    assert "早于股票成交" in honest.timeline["zh"]
    assert {"fut_sessions", "stock_trading_rules"} <= set(honest.rules["table"])


def test_the_hedge_before_the_fills_stands_first_in_the_days_trades():
    trades = run("hedge.fill=open").trades
    day = trades[trades["date"] == trades["date"].iloc[0]]
    future = day["code"].str.startswith("IF").to_numpy()
    assert future[0]
    assert not future[1:].any()


def test_a_futures_fill_after_the_stocks_keeps_the_lots_of_the_fills():
    strategy = small_strategy("hedge.fill=settlement")
    assert prepare(strategy, sample_market(), *SPAN).inputs.futures.after_stocks.all()
    strategy = small_strategy("execution.fill=close", "hedge.fill=settlement")
    assert not prepare(strategy, sample_market(), *SPAN).inputs.futures.after_stocks.any()


def test_average_prices_of_a_day_cut_short_are_counted_for_either_leg():
    """On 2016-01-04 and 01-07 the circuit breaker ended trading early."""
    from quanthedge.backtesting.notes import _halted_fills

    dates = np.array(["2016-01-04", "2016-01-05"], dtype="datetime64[D]")
    trades = pd.DataFrame(
        {
            "date": pd.to_datetime(["2016-01-04"] * 3 + ["2016-01-05"]),
            "code": ["600000.SH", "600000.SH", "IF1601", "IF1601"],
            "reason": ["rebalance", "proceeds", "hedge", "hedge"],
        }
    )
    counted = {
        ("same_auction", "open"): 1, ("after_fill", "vwap"): 2,
    }  # fmt: skip
    for (proceeds, fill), count in counted.items():
        strategy = small_strategy(f"execution.sale_proceeds={proceeds}", f"hedge.fill={fill}")
        (told,) = _halted_fills(strategy, dates, trades)
        assert f"{count} trades of these days" in told["en"]
