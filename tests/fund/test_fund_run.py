"""Investors who come and go: the ledger, the books and the payments agree to the cent."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.fund import Clients, Tier
from quanthedge.fund import methods as fund_methods
from quanthedge.fund.clients import Distribution, Flow, Leavers
from quanthedge.performance import levels
from quanthedge.performance.tables import attribution
from quanthedge.strategy import Strategy
from tests.sample import END, START, sample_market, sample_result, small_strategy

_WHOLE = ("whole_fund", "whole_fund_and_redemption")  # which know no investor's own gain
METHODS = (*_WHOLE, *(kind for kind in fund_methods.METHODS if kind not in _WHOLE))


def run(clients: Clients, *changes: str, end: str = END) -> Result:
    strategy = small_strategy(*[one for one in changes if "service" not in one])
    plain = strategy.model_dump() | {"clients": clients}
    for one in changes:
        if "service" in one:
            plain["fund"]["service_fee_per_year"] = float(one.partition("=")[2])
    return backtest(Strategy.model_validate(plain), sample_market(), START, end)


def flow(day: str, investor: str, **order: object) -> Flow:
    return Flow(date=date.fromisoformat(day), investor=investor, **order)


BUSY = (
    flow("2014-10-20", "B", subscribe_yuan=30_000_000),
    flow("2014-12-01", "C", subscribe_yuan=12_345_678.9),
    flow("2015-01-15", "founder", redeem_fraction=0.2),
    flow("2015-03-02", "B", redeem_units=5_000_000),
    flow("2015-04-02", "founder", subscribe_yuan=1_000_000),
    flow("2015-05-04", "C", redeem_fraction=1.0),
)


def equity_change_is_the_sum_of_its_parts(result: Result) -> None:
    ledger = result.ledger
    days = attribution(ledger, "month")
    assert (days["residual"].abs() <= 1e-9 * ledger["equity"].max() * 31).all()


def test_a_founder_alone_with_one_mark_is_the_fund_without_clients() -> None:
    plain, office = sample_result().ledger, run(Clients(opening="quarter")).ledger
    pd.testing.assert_frame_equal(office, plain, rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_money_is_kept_under_every_method(method: str) -> None:
    result = run(Clients(method=method, flows=BUSY, payment_days=2))
    ledger, events = result.ledger, result.investors
    equity_change_is_the_sum_of_its_parts(result)
    paid_in = events.loc[events["event"] == "subscription", "cash_yuan"].sum()
    assert ledger["subscriptions"].sum() == pytest.approx(paid_in, abs=0.01)
    out = events[events["event"] == "redemption"]
    leaves = -out["cash_yuan"].sum() + out["performance_fee_yuan"].sum()
    assert ledger["redemptions"].sum() == pytest.approx(leaves, abs=0.01)
    dated = events[events["event"] == "performance_fee"]
    fees = dated["performance_fee_yuan"].sum()
    assert ledger["performance_fee"].sum() == pytest.approx(fees, abs=0.01)
    assert fees > 100_000
    last = ledger.iloc[-1]
    lots = result.investor_lots
    assert lots["units"].sum() == pytest.approx(last["units"], abs=0.005)
    owners = result.investor_values.query("date == date.max()")["after_yuan"].sum()
    # the published value has four decimals: half of the last one on every unit stays in the fund
    total = owners + last["accrued_performance_fee"]
    assert total == pytest.approx(last["equity"], abs=0.00005 * last["units"] + 1)


@pytest.mark.parametrize("method", METHODS[2:])
def test_an_investor_pays_at_most_the_rate_on_the_most_he_had_ever_gained(method: str) -> None:
    result = run(Clients(method=method, flows=BUSY))
    events = result.investors[result.investors["investor"] != "fund"]
    values = result.investor_values.set_index(["investor", "date"])["before_yuan"]
    for investor in ("B", "C"):  # one lot each: what is promised is promised by lot
        own = events[events["investor"] == investor]
        most = fees = 0.0
        for day, here in own.groupby("date"):
            earlier = own[own["date"] < day]
            paid_in = earlier.loc[earlier["event"] == "subscription", "cash_yuan"].sum()
            got = -earlier.loc[earlier["event"] == "redemption", "cash_yuan"].sum()
            fees += here["performance_fee_yuan"].sum()
            most = max(most, values.get((investor, day), 0.0) + got - paid_in + fees)
            assert fees <= 0.25 * most + 0.00005 * 5e7
        assert fees > 0


def test_redemptions_are_paid_when_due_and_stocks_are_sold_for_them() -> None:
    leave = flow("2014-12-10", "founder", redeem_fraction=0.4)
    result = run(Clients(flows=(leave,), opening="week"))
    ledger = result.ledger
    booked = ledger.index[ledger["redemptions"] > 0]
    assert list(booked.strftime("%Y-%m-%d")) == ["2014-12-15"]
    owed = ledger["redemptions_payable"]
    assert owed[booked[0]] == pytest.approx(ledger.loc[booked[0], "redemptions"])
    assert owed.iloc[-1] == 0.0
    unpaid = int((owed > 0).sum())
    assert unpaid == 3
    sold = result.trades.query("reason == 'flow' and side == 'sell'")
    assert sold["amount"].sum() > 0.3 * ledger["stock_value"].loc[: booked[0]].iloc[-2]
    before = ledger.loc[: booked[0]].iloc[-2]
    after = ledger.loc[booked[0] :].iloc[1]
    assert after["lots"] > 0.75 * before["lots"]  # fewer lots short


def test_flows_are_no_return_of_the_fund() -> None:
    quiet = run(Clients(opening="month"), "fund.performance_fee_rate=0")
    busy = run(Clients(flows=BUSY), "fund.performance_fee_rate=0")
    ends = [levels(one.ledger)["net"].iloc[-1] for one in (quiet, busy)]
    # whole lots and the costs of the flows' trades are all that may differ
    assert ends[1] == pytest.approx(ends[0], abs=0.02)
    unit = busy.ledger["unit_value"]
    chained = levels(busy.ledger)["net"]
    assert np.abs(unit / unit.iloc[0] - chained).max() < 2e-4


def test_a_large_redemption_waits_at_the_gate() -> None:
    result = run(
        Clients(gate=0.2, flows=(flow("2014-10-10", "founder", redeem_fraction=0.5),)),
    )
    redeemed = result.investors.query("event == 'redemption'")["units"]
    assert redeemed.abs().tolist() == [2e7, 1.6e7, 1.28e7, 1.2e6]
    assert any(note["kind"] == "flows_deferred" for note in result.notes)


def test_lock_up_and_least_holding() -> None:
    clients = Clients(
        founders={"A": 0.9, "B": 0.1},
        lock_up_days=90,
        minimum_yuan=9_000_000,
        flows=(
            flow("2014-10-10", "A", redeem_fraction=0.5),
            flow("2015-02-10", "B", redeem_fraction=0.3),
        ),
    )
    events = run(clients).investors
    assert events.query("event == 'refused'")["investor"].tolist() == ["A"]
    out = events.query("event == 'redemption'")
    assert out["investor"].tolist() == ["B"]
    assert out["units"].iloc[0] == pytest.approx(-1e7)


def test_fees_at_the_door_follow_their_steps() -> None:
    inf = float("inf")
    clients = Clients(
        subscription_fee=(Tier(below=1e6, rate=0.015), Tier(below=inf, rate=0.01)),
        redemption_fee=(Tier(below=60, rate=0.015), Tier(below=inf, rate=0.005)),
        redemption_fee_kept=0.25,
        flows=(
            flow("2014-10-10", "B", subscribe_yuan=1_010_000),
            flow("2014-11-10", "B", redeem_fraction=0.5),
            flow("2015-03-10", "B", redeem_fraction=1.0),
        ),
    )
    result = run(clients, "fund.performance_fee_rate=0")
    events = result.investors
    bought = events.query("event == 'subscription'").iloc[0]
    assert bought["entry_or_exit_fee_yuan"] == pytest.approx(10_000.0)
    assert bought["units"] == pytest.approx(1_000_000 / bought["unit_value"], abs=0.01)
    out = events.query("event == 'redemption'")
    gross = out["units"].abs() * out["unit_value"]
    rates = (out["entry_or_exit_fee_yuan"] / gross).round(6).tolist()
    assert rates == [0.015, 0.005]
    kept = 0.25 * out["entry_or_exit_fee_yuan"].sum()
    assert result.ledger["redemptions"].sum() == pytest.approx(gross.sum() - kept, abs=0.02)


def test_class_c_pays_the_service_fee_and_class_a_does_not() -> None:
    changes = ("fund.service_fee_per_year=0.008", "fund.performance_fee_rate=0")
    clients = Clients(flows=(flow("2014-10-10", "C", subscribe_yuan=50_000_000, share_class="C"),))
    result = run(clients, *changes)
    equity_change_is_the_sum_of_its_parts(result)
    lots = result.investor_lots.set_index("share_class")
    ledger = result.ledger
    at = ledger.index[ledger["subscriptions"] > 0][0]
    days = (ledger.index[-1] - ledger.loc[:at].index[-2]).days
    a = lots.loc["A", "unit_value"] / ledger.loc[:at, "unit_value"].iloc[-2]
    c = lots.loc["C", "unit_value"] / 1.0
    assert c / a == pytest.approx(1 - 0.008 * days / 365, abs=2e-4)
    assert ledger["service_fee"].sum() == pytest.approx(0.008 * days / 365 * 5.2e7, rel=0.1)


def test_audit_fee_accrues_by_calendar_days() -> None:
    ledger = run(Clients(), "fund.audit_fee_yuan_per_year=73000").ledger
    days = (ledger.index[-1] - ledger.index[0]).days
    assert ledger["audit_fee"].sum() == pytest.approx(200.0 * days)


def test_a_distribution_lowers_the_unit_value_and_is_no_loss() -> None:
    day = date(2015, 3, 31)
    clients = Clients(
        founders={"A": 0.5, "B": 0.5},
        distributions=(Distribution(date=day, yuan_per_unit=0.02, reinvesting=("B",)),),
    )
    changes = ("fund.performance_fee_rate=0",)
    result, plain = run(clients, *changes), run(Clients(), *changes)
    equity_change_is_the_sum_of_its_parts(result)
    assert result.ledger["distributions"].sum() == pytest.approx(1_000_000)
    ends = [levels(one.ledger)["net"].iloc[-1] for one in (result, plain)]
    assert ends[0] == pytest.approx(ends[1], abs=0.003)
    units = result.investor_lots.groupby("investor")["units"].sum()
    assert units["B"] > units["A"] == 5e7


@pytest.mark.parametrize("method", METHODS)
def test_a_dividend_keeps_the_money_under_every_method(method: str) -> None:
    plan = Distribution(date=date(2015, 5, 12), yuan_per_unit=0.03, reinvesting=("B",))
    clients = Clients(founders={"A": 0.7, "B": 0.3}, method=method, distributions=(plan,))
    result = run(clients)
    equity_change_is_the_sum_of_its_parts(result)
    events = result.investors
    paid = events[events["event"].isin(["distribution", "reinvested"])]
    assert paid["investor"].tolist() == ["A", "B"]
    out = events[events["event"] == "distribution"]
    fees = paid["performance_fee_yuan"].sum()
    leaves = -out["cash_yuan"].sum() + fees
    assert result.ledger["distributions"].sum() == pytest.approx(leaves, abs=0.02)
    # the fee is taken from the dividend, at most 60% of it
    gross = paid["cash_yuan"].abs() + paid["performance_fee_yuan"]
    assert fees > 0
    assert (paid["performance_fee_yuan"] <= 0.6 * gross + 0.01).all()
    last = result.ledger.iloc[-1]
    owners = result.investor_values.query("date == date.max()")["after_yuan"].sum()
    total = owners + last["accrued_performance_fee"]
    assert total == pytest.approx(last["equity"], abs=0.00005 * last["units"] + 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_dividend_does_not_change_what_is_charged_in_all(method: str) -> None:
    plan = Distribution(date=date(2014, 11, 12), yuan_per_unit=0.05)
    fees = []
    for distributions in ((), (plan,)):
        result = run(Clients(method=method, distributions=distributions))
        fees.append(result.investors["performance_fee_yuan"].sum())
        fees[-1] += result.ledger["accrued_performance_fee"].iloc[-1]
    # less money is at work after the dividend: about a twentieth less fee, not more
    assert 0.85 * fees[0] < fees[1] < 1.02 * fees[0]


def test_clients_who_leave_in_a_drawdown_decide_by_what_was_published() -> None:
    result = run(Clients(leavers=Leavers(drawdown=0.01, fraction=0.5), opening="week"))
    out = result.investors.query("event == 'redemption'")
    assert len(out) >= 1
    unit = result.ledger["unit_value"]
    asked = out["date"].iloc[0]
    seen = unit.loc[:asked].iloc[:-1]
    assert seen.iloc[-1] <= 0.99 * seen.max()


def test_orders_that_cannot_be_done_are_refused_at_the_door() -> None:
    with pytest.raises(StrategyError, match="holds 100000000"):
        run(Clients(flows=(flow("2014-10-10", "founder", redeem_units=2e8),)))
    with pytest.raises(StrategyError, match="last units"):
        run(Clients(flows=(flow("2014-10-10", "founder", redeem_fraction=1.0),)))
    with pytest.raises(StrategyError, match="no opening day"):
        run(Clients(flows=(flow("2016-10-10", "founder", redeem_fraction=0.1),)))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(METHODS),
    st.lists(
        st.tuples(
            st.integers(0, 250),
            st.sampled_from(["founder", "B", "C"]),
            st.floats(0.01, 0.6),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.sampled_from([None, 0.1, 0.3]),
    st.sampled_from(["day", "week", "month"]),
)
def test_the_ledger_closes_with_any_flows(method, orders, gate, opening) -> None:
    first = date(2014, 9, 18).toordinal()
    held = {"founder"}
    flows = []
    for offset, investor, size, buys in sorted(orders):
        day = date.fromordinal(first + offset)
        if buys or investor not in held:
            order = {"subscribe_yuan": round(size * 1e8, 2)}
        else:
            order = {"redeem_fraction": round(size, 4)}
        held.add(investor)
        flows.append(Flow(date=day, investor=investor, **order))
    result = run(Clients(method=method, flows=tuple(flows), gate=gate, opening=opening))
    equity_change_is_the_sum_of_its_parts(result)
    last = result.ledger.iloc[-1]
    if last["equity"] <= 0:  # a fund that nearly all have left may not survive its own costs
        return
    assert result.investor_lots["units"].sum() == pytest.approx(last["units"], abs=0.01)
    owners = result.investor_values.query("date == date.max()")["after_yuan"].sum()
    total = owners + last["accrued_performance_fee"]
    assert total == pytest.approx(last["equity"], abs=0.00005 * last["units"] + 1)
