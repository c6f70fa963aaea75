"""A close by itself: what is noted after fees, what is booked for tomorrow, which lots follow."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest

from quanthedge.fund import Clients, FundTerms
from quanthedge.fund.clients import Distribution, Flow
from quanthedge.fund.closes import _follow_lots
from quanthedge.ledger import layout
from tests.fund.test_fund_oracle import run, trading_days
from tests.fund.test_fund_run import BUSY


def ledger_of(result) -> pd.DataFrame:
    days = pd.DatetimeIndex(trading_days())[: result.record.days_run]
    return pd.DataFrame(result.record.ledger[: len(days)], days, list(layout.COLUMNS))


def test_units_that_change_hands_without_a_fee_are_an_event() -> None:
    result = run(FundTerms(), Clients(method="equalisation", flows=BUSY))
    events = result.events[result.events["event"] == "performance_fee"]
    free = events[events["performance_fee_yuan"] == 0.0]
    assert len(free)
    assert (free["units"] != 0.0).all()


def test_an_order_of_the_day_before_the_last_is_booked_on_the_last() -> None:
    day = trading_days()[-2].astype(date)
    order = Flow(date=day, investor="B", subscribe_yuan=1e6)
    ledger = ledger_of(run(FundTerms(), Clients(flows=(order,), opening="day")))
    assert ledger["subscriptions"].iloc[-1] == 1e6
    assert ledger["subscriptions"].iloc[:-1].sum() == 0.0


def test_class_c_alone_pays_its_fee_on_what_a_dividend_left() -> None:
    paid = Distribution(date=date(2015, 3, 31), yuan_per_unit=0.1)
    terms = FundTerms(service_fee_per_year=0.0073, performance_fee_rate=0.0)
    result = run(terms, Clients(founders_class="C", distributions=(paid,)))
    ledger = ledger_of(result)
    place = ledger.index.get_loc(pd.Timestamp("2015-03-31"))
    today, tomorrow = ledger.iloc[place], ledger.iloc[place + 1]
    out = -result.events.loc[result.events["event"] == "distribution", "cash_yuan"].sum()
    assert out == pytest.approx(0.1 * 1e8, rel=1e-9)
    assert tomorrow["service_fee"] == pytest.approx(
        0.0073 / 365 * (today["equity"] - out), rel=1e-9
    )


def test_days_of_purchase_keep_their_parts_where_lots_have_become_one() -> None:
    key = ("B", "A")
    fund = SimpleNamespace(
        bought={key: [(0, Decimal(10)), (5, Decimal(20))]},
        registers={
            "A": SimpleNamespace(
                lots=lambda: [{"investor": "B", "units": "27"}], holding=lambda _: Decimal(27)
            )
        },
    )
    _follow_lots(fund, "B", "A", Decimal(30))
    assert fund.bought[key] == [(0, Decimal(9)), (5, Decimal(18))]


def test_days_of_purchase_follow_their_lots_where_each_has_its_own() -> None:
    key = ("B", "A")
    lots = [{"investor": "B", "units": "9"}, {"investor": "B", "units": "20"}]
    fund = SimpleNamespace(
        bought={key: [(0, Decimal(10)), (5, Decimal(20))]},
        registers={"A": SimpleNamespace(lots=lambda: lots, holding=lambda _: Decimal(29))},
    )
    _follow_lots(fund, "B", "A", Decimal(30))
    assert fund.bought[key] == [(0, Decimal(9)), (5, Decimal(20))]


def test_a_close_with_orders_notes_what_each_has_after_them_whether_or_not_a_fee_is_due() -> None:
    orders = (
        Flow(date=date(2014, 10, 20), investor="B", subscribe_yuan=0.6),
        Flow(date=date(2014, 10, 21), investor="D", subscribe_yuan=1e6),
    )
    terms = FundTerms(crystallisation="none", performance_fee_rate=0.0)
    result = run(terms, Clients(flows=orders, opening="day"))
    values = result.values

    def noted(day: str, investor: str) -> list[list[float]]:
        rows = values[(values["date"] == day) & (values["investor"] == investor)]
        return rows[["before_yuan", "after_yuan"]].to_numpy().tolist()

    assert noted("2014-10-20", "B") == [[0.0, pytest.approx(0.595, abs=0.015)]]
    # less than a yuan is a holding like any other
    assert noted("2014-10-21", "B") == [[pytest.approx(0.595, abs=0.015)] * 2]
    assert noted("2014-10-21", "D") == [[0.0, pytest.approx(1e6, abs=2.0)]]
