"""The first and the last day of a fund with investors, and one that has none."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import StrategyError
from quanthedge.fund import Clients, FundRun, FundTerms
from quanthedge.fund.clients import Flow
from quanthedge.ledger import run_ledger
from tests.fund.test_fund_oracle import prepared, run, trading_days

LAST = date(2015, 4, 15)  # a Wednesday in the middle of a month


def test_a_fund_without_clients_has_the_tables_of_one_with_clients_and_no_row() -> None:
    record = run_ledger(prepared().inputs)
    without = FundRun.without_clients(record, trading_days())
    given = run(FundTerms(), Clients())
    for name in ("events", "values", "lots"):
        mine, theirs = getattr(without, name), getattr(given, name)
        assert list(mine.columns) == list(theirs.columns)
        assert len(theirs) > 0 == len(mine)
    assert (
        str(without.events["date"].dtype) == str(without.values["date"].dtype) == "datetime64[ms]"
    )
    assert without.record is record
    assert list(without.class_values.columns) == list(given.class_values.columns)
    assert len(without.class_values) == record.days_run
    assert list(without.investor_days.columns) == list(given.investor_days.columns)
    assert len(without.investor_days) == without.late_days == 0


def test_founders_pay_their_part_of_the_capital_on_the_first_morning() -> None:
    clients = Clients(founders={"large": 0.7, "small": 0.3})
    result = run(FundTerms(initial_unit_value=1.25), clients)
    events = result.events[result.events["event"] == "founder"]
    assert events["investor"].tolist() == ["large", "small"]
    assert events["cash_yuan"].tolist() == [7e7, 3e7]
    assert events["units"].tolist() == [5.6e7, 2.4e7]
    assert set(events["unit_value"]) == {1.25}
    assert set(events["date"]) == {pd.Timestamp(trading_days()[0])}
    values = result.values[result.values["date"] == pd.Timestamp(trading_days()[0])]
    assert values["before_yuan"].tolist()[:2] == [0.0, 0.0]
    assert values["after_yuan"].tolist()[:2] == [7e7, 3e7]


@pytest.mark.parametrize(("cash", "value", "done"), [(0.5, 1.0, True), (0.01, 100.0, False)])
def test_a_founder_pays_for_a_hundredth_of_a_unit_at_least(
    cash: float, value: float, done: bool
) -> None:
    clients = Clients(founders={"small": cash / 1e8, "large": 1.0 - cash / 1e8})
    terms = FundTerms(initial_unit_value=value)
    if done:
        events = run(terms, clients).events
        assert events.loc[events["investor"] == "small", "cash_yuan"].iloc[0] == cash
        return
    with pytest.raises(StrategyError, match=r"founder small pays 0\.01 yuan"):
        run(terms, clients)


def test_the_last_day_of_the_run_is_marked_whatever_the_days_of_dealing() -> None:
    result = run(FundTerms(crystallisation="none"), Clients(opening="quarter"))
    assert result.values["date"].max() == pd.Timestamp(trading_days()[-1])
    quarters = pd.DatetimeIndex(result.values["date"].unique())[1:-1]
    assert [f"{day:%Y-%m}" for day in quarters] == ["2014-09", "2014-12", "2015-03", "2015-06"]


def test_the_last_day_of_business_is_marked_and_every_day_until_all_is_sold() -> None:
    terms = FundTerms(crystallisation="none", winding_up=LAST)
    result = run(terms, Clients(opening="quarter"))
    days = pd.DatetimeIndex(result.values["date"].unique())
    after = days[days >= pd.Timestamp(LAST)]
    run_days = trading_days()[: result.record.days_run]
    assert after[0] == pd.Timestamp(LAST)
    np.testing.assert_array_equal(
        after.to_numpy().astype("datetime64[D]"), run_days[run_days >= np.datetime64(LAST)]
    )


def test_no_order_is_dealt_with_after_the_last_day_of_business() -> None:
    order = Flow(date=date(2015, 4, 2), investor="B", subscribe_yuan=1e6)  # next dealing: 30 April
    with pytest.raises(StrategyError, match="last day of business"):
        run(FundTerms(winding_up=LAST), Clients(flows=(order,), opening="month"))
