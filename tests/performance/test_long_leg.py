"""The stocks of a hedged fund beside their index, held to a day-by-day reckoning of its own."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.performance import long_leg
from tests.performance.random_run import random_run
from tests.sample import sample_market, small_strategy


def reckoned(ledger: pd.DataFrame, trades: pd.DataFrame) -> list[float]:
    """The value of a yuan in the stocks over that in the index, a day at a time."""
    found, stocks = [1.0], 1.0
    rows = ledger.to_dict("records")
    for day, before, row in zip(ledger.index[1:], rows, rows[1:], strict=False):
        paid = 0.0
        for trade in trades[trades["date"] == day].to_dict("records"):
            if trade["code"][0] != "I":
                names = ("commission", "stamp_duty", "transfer_fee", "exchange_fee", "impact")
                paid += sum(trade.get(name, 0.0) for name in names)
        base = before["stock_value"] + max(0.0, row["bought"] - row["sold"])
        if base > 0.0:
            stocks *= 1.0 + (row["stock_pnl"] + row["dividends"] - paid) / base
        found.append(stocks / (row["index_close"] / rows[0]["index_close"]))
    return found


def test_the_excess_is_that_of_a_reckoning_by_day() -> None:
    run = backtest(small_strategy(), sample_market(), "2014-09-17", "2014-12-31")
    assert long_leg(run.ledger, run.trades)["excess"].tolist() == pytest.approx(
        reckoned(run.ledger, run.trades), rel=1e-12
    )


def test_fees_of_futures_are_not_the_stocks() -> None:
    run = random_run(60)
    day = run.ledger.index[20]
    costly = pd.DataFrame({"date": [day], "code": ["IF1410"], "commission": 0.0, "impact": 1e6})
    mine = costly.assign(code="600000.SH")
    none = long_leg(run.ledger, costly.iloc[:0])["stocks"]
    assert long_leg(run.ledger, costly)["stocks"].equals(none)
    assert long_leg(run.ledger, mine)["stocks"].iloc[-1] < none.iloc[-1]


def test_days_without_stocks_earn_nothing() -> None:
    run = random_run(30)
    idle = run.ledger.assign(stock_value=0.0, bought=0.0, sold=0.0)
    assert np.all(long_leg(idle, run.trades)["stocks"] == 1.0)
