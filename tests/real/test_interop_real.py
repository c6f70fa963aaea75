"""Two real years with bonus issues, rights and rolls: vectorbt's portfolio is worth the ledger."""

import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.batch.screen import from_vectorbt
from quanthedge.market import Market
from quanthedge.strategy import load_strategy
from tests.sample import NEUTRAL

START, END = "2014-06-03", "2016-06-30"


@pytest.fixture(scope="module")
def result(real_market: Market) -> Result:
    return backtest(load_strategy(NEUTRAL), real_market, START, END)


def test_the_value_is_the_equity_to_the_cent_on_every_day(
    result: Result, real_market: Market
) -> None:
    for market in (real_market, None):
        portfolio = result.to_vectorbt(market, accrued_fee=True)
        assert portfolio.difference["value_yuan"].abs().max() < 0.001
        drawdown = result.summary().value("max_drawdown_net")
        assert portfolio.max_drawdown() == pytest.approx(drawdown, abs=1e-12)
    stocks = result.to_pyfolio(real_market).positions.filter(regex=r"\.(SH|SZ)$").sum(axis=1)
    assert stocks.to_numpy() == pytest.approx(result.ledger["stock_value"].iloc[1:].to_numpy())


def test_the_screen_finds_the_stock_leg_alone_as_the_ledger_does(real_market: Market) -> None:
    screen = from_vectorbt(
        load_strategy(NEUTRAL, ["hedge.ratio=0"]), real_market,
        {"costs.impact_coefficient": [0.0]}, start=START, end=END,
    )  # fmt: skip
    [row] = screen.table.to_dict("records")
    assert row["screen_volatility"] == pytest.approx(row["exact_volatility_net"], rel=0.03)
    assert row["screen_sharpe"] == pytest.approx(row["exact_sharpe_gross"], abs=0.15)
