"""The end of a fund: sold out, the last fee charged, everybody paid, nothing left."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.fund import Clients
from quanthedge.fund.clients import Distribution
from quanthedge.performance.fairness import fairness
from quanthedge.performance.statement import investor_statement
from quanthedge.strategy import Strategy
from tests.fund.test_fund_run import BUSY, METHODS
from tests.sample import END, START, sample_market, sample_result, small_strategy

LAST = "2015-04-15"


def wound_up(clients: Clients | None, day: str = LAST, end: str = END, **fund: object) -> Result:
    plain = small_strategy().model_dump() | {"clients": clients}
    plain["fund"] |= {"winding_up": day, **fund}
    return backtest(Strategy.model_validate(plain), sample_market(), START, end)


@pytest.mark.parametrize("method", METHODS)
def test_all_money_leaves_and_the_fund_ends_empty(method: str) -> None:
    result = wound_up(Clients(method=method, flows=BUSY[:4], payment_days=2))
    ledger, events = result.ledger, result.investors
    last = ledger.iloc[-1]
    assert last["names"] == last["lots"] == last["stock_value"] == last["dividends_receivable"] == 0
    assert ledger.index[-1] < pd.Timestamp(END)
    paid = events[events["event"] == "liquidation"]
    assert (paid["date"] == ledger.index[-1]).all()
    # money in = money out: what is left of the fund is paid out to the cent, fees taken off
    assert -paid["cash_yuan"].sum() == pytest.approx(last["equity"], abs=0.011)
    charged = events["performance_fee_yuan"].sum()
    assert ledger["performance_fee"].sum() == pytest.approx(
        charged - events.loc[events["event"] == "redemption", "performance_fee_yuan"].sum(),
        abs=0.01,
    )
    assert last["performance_fee"] > 0
    assert last["accrued_performance_fee"] == 0
    assert not len(result.investor_lots)
    assert result.investor_values.query("date == date.max()")["after_yuan"].sum() == 0
    names = paid["investor"].tolist()
    assert sorted(names) == sorted(set(names))
    statement = investor_statement(result, "B")
    assert statement.value_today == statement.accrued_fee == 0
    assert statement.gain == pytest.approx(statement.paid_out - statement.paid_in)
    assert np.isfinite(statement.money_weighted)
    assert any(note["kind"] == "wound_up" for note in result.notes)


def test_up_to_the_last_day_of_business_nothing_is_different() -> None:
    result = wound_up(None)
    plain = sample_result().ledger.loc[:LAST]
    pd.testing.assert_frame_equal(result.ledger.loc[:LAST], plain, rtol=1e-12, atol=1e-6)
    after = result.trades[result.trades["date"] > pd.Timestamp(LAST)]
    stocks = after[after["code"].isin(sample_market().codes)]
    assert set(stocks["side"]) == {"sell"}
    first = after["date"].min()
    assert stocks.loc[stocks["date"] == first, "amount"].sum() > 0.8 * stocks["amount"].sum()
    refused = result.refusals[result.refusals["date"] > pd.Timestamp(LAST)]
    assert set(refused["side"]) <= {"sell", "buy"}


def test_a_market_that_ends_earlier_gives_the_same_past() -> None:
    result = wound_up(None)
    end = str(result.ledger.index[-1].date())
    short = wound_up(None, end=end)
    pd.testing.assert_frame_equal(result.ledger, short.ledger, check_exact=True)


def test_a_loan_is_repaid_before_anybody_is_paid() -> None:
    plain = small_strategy("accounts.borrowed=0.2").model_dump()
    plain["fund"]["winding_up"] = LAST
    result = backtest(Strategy.model_validate(plain), sample_market(), START, END)
    assert result.ledger["loan"].max() > 0
    assert result.ledger["loan"].iloc[-1] < 1e-6
    assert result.investors["event"].tolist().count("liquidation") == 1


def test_a_fund_that_cannot_sell_in_time_says_what_it_holds() -> None:
    result = wound_up(None, day="2015-05-28", end="2015-05-29")
    kinds = {note["kind"] for note in result.notes}
    assert len(kinds & {"wound_up", "not_wound_up"}) == 1
    held = result.ledger["names"].iloc[-1]
    assert ("not_wound_up" in kinds) == (held > 0 or result.ledger["lots"].iloc[-1] < 0)
    assert result.ledger["equity"].iloc[-1] > 0


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(StrategyError, match="accepted: a trading day"):
        wound_up(None, day="2015-04-18")
    with pytest.raises(StrategyError, match="accepted: a trading day"):
        wound_up(None, day=END)
    with pytest.raises(StrategyError, match="last day of business"):
        wound_up(Clients(flows=BUSY), day="2015-03-10")
    later = wound_up(None, day="2017-03-10")
    pd.testing.assert_frame_equal(later.ledger, sample_result().ledger)


def test_dividends_and_hurdles_are_replayed_by_lot() -> None:
    paid = Distribution(date=date(2015, 3, 31), yuan_per_unit=0.02, reinvesting=("C",))
    clients = Clients(method="lot_units", flows=BUSY[:4], distributions=(paid,))
    plain = small_strategy().model_dump() | {"clients": clients}
    plain["fund"]["hurdle"] = {"rate": 0.02}
    result = backtest(Strategy.model_validate(plain), sample_market(), START, END)
    assert fairness(result)["difference_yuan"].abs().max() < 0.02
