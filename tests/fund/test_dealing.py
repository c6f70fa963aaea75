"""Orders of investors end as an event or as an error, in cents and hundredths of a unit."""

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import LedgerError, StrategyError
from quanthedge.fund import METHODS, Clients, FundTerms, Tier
from quanthedge.fund.clients import Distribution, Flow, Leavers
from quanthedge.strategy import Strategy
from tests.sample import END, START, sample_market, small_strategy


def run(clients: Clients, *changes: str, end: str = "2014-12-31") -> Result:
    plain = small_strategy(*changes).model_dump() | {"clients": clients}
    return backtest(Strategy.model_validate(plain), sample_market(), START, end)


def flow(day: str, investor: str, **order: object) -> Flow:
    return Flow(date=date.fromisoformat(day), investor=investor, **order)


@pytest.mark.parametrize("method", METHODS)
def test_a_subscription_that_buys_no_unit_is_refused_by_every_method(method: str) -> None:
    clients = Clients(method=method, flows=(flow("2014-10-20", "B", subscribe_yuan=4.0),))
    with pytest.raises(StrategyError, match="B subscribes 4 yuan of class A on 2014-10-20"):
        run(clients, "fund.initial_unit_value=1000")


@pytest.mark.parametrize("yuan", [0.004, 1e-9])
def test_a_subscription_below_a_cent_is_refused(yuan: float) -> None:
    with pytest.raises(StrategyError, match="less than a cent"):
        run(Clients(flows=(flow("2014-10-20", "B", subscribe_yuan=yuan),)))


def test_a_subscription_whose_fee_leaves_no_unit_is_refused() -> None:
    clients = Clients(
        flows=(flow("2014-10-20", "B", subscribe_yuan=0.01),),
        subscription_fee=(Tier(below=float("inf"), rate=0.99),),
    )
    with pytest.raises(StrategyError, match="less than a cent, or than a hundredth of a unit"):
        run(clients, "fund.initial_unit_value=3")


def test_units_below_a_hundredth_are_refused_and_more_are_counted_in_hundredths() -> None:
    with pytest.raises(StrategyError, match=r"founder redeems 0\.004 units of class A"):
        run(Clients(flows=(flow("2014-10-20", "founder", redeem_units=0.004),)))
    events = run(Clients(flows=(flow("2014-10-20", "founder", redeem_units=10.004),))).investors
    assert events.loc[events["event"] == "redemption", "units"].tolist() == [-10.0]


@pytest.mark.parametrize("order", [{"redeem_units": 5.0}, {"redeem_fraction": 1.0}])
def test_a_redemption_by_one_who_holds_nothing_is_refused(order: dict[str, float]) -> None:
    flows = (flow("2014-10-20", "B", **order), flow("2014-11-10", "B", subscribe_yuan=1e6))
    with pytest.raises(StrategyError, match=r"B redeems .* (holds 0|has never held)"):
        run(Clients(flows=flows))


def test_an_order_for_a_part_of_what_has_left_already_is_an_event() -> None:
    flows = (
        flow("2014-10-20", "B", subscribe_yuan=1e6),
        flow("2014-12-01", "B", redeem_fraction=1.0),
        flow("2014-12-01", "B", redeem_fraction=0.5),
    )
    events = run(Clients(flows=flows, opening="day")).investors
    assert events.loc[events["investor"] == "B", "event"].tolist() == [
        "subscription", "refused", "redemption",
    ]  # fmt: skip
    assert events.loc[events["event"] == "refused", "reason"].tolist() == ["nothing left"]


def test_a_founder_of_less_than_a_cent_is_refused() -> None:
    with pytest.raises(StrategyError, match=r"founder dust pays 0\.00 yuan"):
        run(Clients(founders={"dust": 1e-12, "founder": 1.0 - 1e-12}))


def test_a_distribution_that_pays_nobody_a_cent_is_refused() -> None:
    paid = Distribution(date=date(2014, 11, 28), yuan_per_unit=1e-12)
    with pytest.raises(StrategyError, match=r"distribution of 1E-12 yuan .* pays nobody"):
        run(Clients(distributions=(paid,)))


def test_a_dividend_too_small_for_a_unit_is_paid_in_cash() -> None:
    clients = Clients(
        founders={"founder": 0.999_999, "small": 0.000_001},
        distributions=(
            Distribution(
                date=date(2014, 11, 28), yuan_per_unit=1.0, reinvesting=("small", "founder")
            ),
        ),
    )
    result = run(clients, "fund.initial_unit_value=1000")
    events = result.investors.set_index("investor")["event"]
    assert "reinvested" in set(events["founder"])
    assert "distribution" in set(events["small"])


def test_leavers_who_have_redeemed_all_are_noted_and_do_not_stop_the_run() -> None:
    rule = Leavers(drawdown=0.0001, fraction=1.0, staying=("founder",))
    plain = Clients(flows=(flow("2014-09-22", "B", subscribe_yuan=1e6),), opening="day")
    left = run(plain.model_copy(update={"leavers": rule})).investors
    day = left.loc[left["event"] == "redemption", "date"].iloc[0]
    order = flow(f"{day:%Y-%m-%d}", "B", redeem_fraction=1.0)
    both = Clients(flows=(*plain.flows, order), opening="day", leavers=rule)
    events = run(both).investors
    mine = events[(events["investor"] == "B") & (events["date"] == day)]
    assert mine[["event", "reason"]].to_numpy().tolist() == [
        ["refused", "nothing left"],
        ["redemption", ""],
    ]


def test_what_was_ordered_for_days_after_insolvency_is_an_event() -> None:
    flows = (flow("2015-06-01", "B", subscribe_yuan=1e6),)
    paid = Distribution(date=date(2015, 7, 15), yuan_per_unit=0.1)
    result = run(
        Clients(flows=flows, distributions=(paid,)), "fund.audit_fee_yuan_per_year=300000000",
        "fund.performance_fee_rate=0.0", end=END,
    )  # fmt: skip
    assert any(note["kind"] == "insolvent" for note in result.notes)
    events = result.investors[result.investors["reason"] == "insolvent"]
    assert events["investor"].tolist() == ["B", "fund"]
    assert any(note["kind"] == "flows_lapsed" for note in result.notes)
    assert set(events["date"]) == {result.ledger.index[-1]}


@pytest.mark.parametrize(("days", "refused"), [(-1, False), (0, True), (1, True)])
def test_an_order_of_the_day_of_insolvency_is_refused_and_one_of_the_day_before_is_done(
    days: int, refused: bool
) -> None:
    charge = "fund.audit_fee_yuan_per_year=300000000", "fund.performance_fee_rate=0.0"
    gone = run(Clients(opening="day"), *charge, end=END).ledger.index[-1]
    calendar = sample_market().dates
    at = calendar[np.searchsorted(calendar, np.datetime64(gone, "D")) + days]
    clients = Clients(flows=(flow(str(at), "B", subscribe_yuan=1e4),), opening="day")
    result = run(clients, *charge, end=END)
    assert result.ledger.index[-1] == gone
    mine = result.investors[result.investors["investor"] == "B"]
    assert mine["event"].tolist()[0] == ("refused" if refused else "subscription")
    assert (mine["reason"].iloc[0] == "insolvent") is refused


def test_a_distribution_after_the_last_day_of_business_is_refused() -> None:
    paid = Distribution(date=date(2014, 12, 10), yuan_per_unit=0.1)
    with pytest.raises(StrategyError, match="distribution of 2014-12-10"):
        run(Clients(distributions=(paid,)), "fund.winding_up=2014-12-01")


def test_rules_for_investors_who_never_come_are_refused() -> None:
    with pytest.raises(ValidationError, match="founderr neither founds nor subscribes"):
        Clients(leavers=Leavers(drawdown=0.1, fraction=0.5, staying=("founderr",)))


def test_endless_amounts_are_refused() -> None:
    with pytest.raises(ValidationError, match="finite"):
        flow("2014-10-20", "B", subscribe_yuan=float("inf"))


@pytest.mark.parametrize("method", METHODS)
def test_registers_take_no_money_for_no_units(method: str) -> None:
    register = METHODS[method]().open(FundTerms(initial_unit_value=1000))
    with pytest.raises(LedgerError, match="no unit"):
        register.subscribe("B", 4)
