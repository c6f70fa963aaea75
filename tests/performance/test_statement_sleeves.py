"""What sleeves brought an investor: his part of the fund's lines, day by day."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.fund import Clients
from tests.fund.test_fund_run import METHODS
from tests.sleeves.busy import LABELS, SPAN, busy

FLOWS = [
    {"date": "2014-11-10", "investor": "B", "subscribe_yuan": 2e7},
    {"date": "2014-11-10", "investor": "C", "subscribe_yuan": 1e7, "share_class": "C"},
    {"date": "2015-02-10", "investor": "B", "redeem_fraction": 0.4},
]


@cache
def run(method: str) -> qh.Result:
    clients = Clients.model_validate({"flows": FLOWS, "method": method})
    strategy = busy(clients=clients, **{"fund.service_fee_per_year": 0.008})
    return qh.backtest(strategy, qh.sample_market(), *SPAN)


def by_hand(result: qh.Result, investor: str, first: pd.Timestamp) -> dict[str, float]:
    """Return his yuan by sleeve: units of the eve over those of all, classes by their assets."""
    people, classes = result.investor_days, result.class_values
    table = result.sleeves
    found = dict.fromkeys(LABELS, 0.0)
    for day in result.ledger.index[1:]:
        if day < first:
            continue
        own = people[(people["date"] == day) & (people["investor"] == investor)]
        of_day = classes[classes["date"] == day].set_index("share_class")
        part = 0.0
        for row in own.itertuples():
            part += (
                row.units / of_day["units"][row.share_class]
                * of_day["assets_yuan"][row.share_class] / of_day["assets_yuan"].sum()
            )  # fmt: skip
        for row in table[table["date"] == day].itertuples():
            gain = row.stock_pnl + row.dividends + row.futures_pnl - row.costs + row.interest
            found[row.sleeve] += part * gain
    return found


@pytest.mark.parametrize("investor", ["founder", "B", "C"])
def test_each_sleeve_is_the_investor_s_part_of_it(investor: str) -> None:
    one = qh.investor_statement(run("whole_fund"), investor)
    slow = by_hand(run("whole_fund"), investor, one.movement.first)
    for name in LABELS:
        # his assets are known to the cent, the value of a unit to four decimals
        assert one.sleeves["yuan"][name] == pytest.approx(slow[name], rel=1e-3, abs=5.0)
        assert slow[name] != 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("investor", ["founder", "B", "C"])
def test_the_lines_add_up_to_the_change_of_his_value(method: str, investor: str) -> None:
    for period in (None, "2014-12", "2015Q1"):
        one = qh.investor_statement(run(method), investor, period)
        moved = one.movement
        assert one.sleeves["yuan"].sum() == pytest.approx(moved.result, abs=1e-6)
        paid = moved.subscribed - moved.redeemed - moved.distributed
        fees = moved.performance_fees + moved.door_fees
        left = moved.opening + paid + one.sleeves["yuan"].sum() - fees
        assert left == pytest.approx(moved.closing, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_left_is_the_performance_fee_not_charged_by_name(method: str) -> None:
    result = run(method)
    people = result.investor_days.groupby(["investor", "date"])["accrued_fee_yuan"].sum()
    through = result.investors[result.investors["investor"] == "fund"]
    for investor in ("founder", "C"):  # who did not leave, so that the accrued fee is known
        one = qh.investor_statement(result, investor, "2015-01..2015-03")
        own = people[investor]
        accrued = own[own.index <= one.date].iloc[-1] - own[own.index < one.movement.first].iloc[-1]
        in_value = 0.0
        for row in through[through["date"].between(one.movement.first, one.date)].itertuples():
            units = result.investor_days
            held = units[(units["date"] == row.date) & (units["investor"] == investor)]
            held = held[held["share_class"] == row.share_class]["units"].sum()
            in_value += held / row.units_charged * row.performance_fee_yuan
        left = one.sleeves["yuan"]["performance_fee"]
        mine = result.investor_days[result.investor_days["investor"] == investor]
        rounding = 1.5e-4 * mine["units"].max()  # the value of a unit has four decimals
        assert left == pytest.approx(-(accrued + in_value), abs=rounding)


def test_of_the_fund_is_the_return_before_performance_fees() -> None:
    one = qh.investor_statement(run("lot_units"), "founder", "2015Q1")
    ledger = run("lot_units").ledger
    grown = 1.0
    for before, row in zip(
        ledger.iloc[:-1].itertuples(), ledger.iloc[1:].itertuples(), strict=True
    ):
        if row.Index >= one.movement.first:
            money = before.equity + row.subscriptions - row.redemptions - row.distributions
            grown *= (row.equity + row.performance_fee) / money
    assert one.sleeves["of_fund"].sum() == pytest.approx(grown - 1.0, abs=1e-12)


def test_a_fund_without_sleeves_has_no_lines() -> None:
    strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    alone = strategy.change({"clients": {"flows": FLOWS[:1]}})
    result = qh.backtest(alone, qh.sample_market(), "2014-11-03", "2014-12-31")
    assert qh.investor_statement(result, "B").sleeves.empty
    assert np.isfinite(qh.investor_statement(result, "B").gain)
