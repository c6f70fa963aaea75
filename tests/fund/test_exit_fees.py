"""What the holding days of units cost those who leave: the oldest lots first, by hand."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from quanthedge.fund import Clients, Tier
from quanthedge.fund.clients import Distribution
from tests.fund.test_dealing import flow, run

FEES = (
    Tier(below=25, rate=0.02), Tier(below=60, rate=0.01), Tier(below=float("inf"), rate=0.003),
)  # fmt: skip
FREE = (
    "fund.management_fee_per_year=0.0",
    "fund.custody_fee_per_year=0.0",
    "fund.performance_fee_rate=0.0",
    "fund.initial_unit_value=100",
)
DEAR = (*FREE[:-1], "fund.initial_unit_value=1000")


def rate(days: int) -> Fraction:
    return Fraction("0.02") if days < 25 else Fraction("0.01") if days < 60 else Fraction("0.003")


def expected(events: pd.DataFrame) -> list[float]:
    """Return the fee of each redemption, from the events alone."""
    lots: list[list] = []  # day and units still held
    found = []
    for one in events.itertuples():
        units = Fraction(str(round(abs(one.units), 2)))
        if one.event in ("subscription", "reinvested"):
            lots.append([one.date, units])
        elif one.event == "redemption":
            fee, paid = Fraction(0), abs(one.cash_yuan) + one.entry_or_exit_fee_yuan
            value = Fraction(paid + one.performance_fee_yuan) / units  # of methods by lots, too
            for lot in lots:
                taken = min(units, lot[1])
                fee += taken * value * rate((one.date - lot[0]).days)
                lot[1] -= taken
                units -= taken
            assert units == 0
            found.append(float(round(fee, 2)))
    return found


@pytest.mark.parametrize("method", ["whole_fund", "lot_value", "series"])
@pytest.mark.parametrize("left", [1.0, 400.0])
def test_every_redemption_pays_by_the_days_of_its_oldest_units(method: str, left: float) -> None:
    paid = Distribution(date=date(2014, 10, 27), yuan_per_unit=5.0, reinvesting=("B",))
    first = (
        flow("2014-09-22", "B", subscribe_yuan=1e5), flow("2014-10-13", "B", subscribe_yuan=2e5),
    )  # fmt: skip
    common = {
        "method": method, "opening": "day", "redemption_fee": FEES, "redemption_fee_kept": 0.25,
        "distributions": (paid,),
    }  # fmt: skip
    bought = run(Clients(flows=first, **common), *FREE).investors
    units = bought.loc[(bought["investor"] == "B") & (bought["event"] == "subscription"), "units"]
    flows = (
        *first,
        flow("2014-11-03", "B", redeem_units=round(units.iloc[0] - left, 2)),
        flow("2014-11-24", "B", redeem_units=round(left + 100.0, 2)),
        flow("2014-11-24", "B", subscribe_yuan=5e4),
        flow("2014-12-15", "B", redeem_fraction=0.5),
        flow("2014-12-22", "B", redeem_fraction=1.0),
    )
    events = run(Clients(flows=flows, **common), *FREE).investors
    mine = events[events["investor"] == "B"]
    assert mine["event"].tolist().count("redemption") == 4
    assert mine["event"].tolist().count("reinvested") == 1
    taken = mine.loc[mine["event"] == "redemption", "entry_or_exit_fee_yuan"]
    assert taken.tolist() == pytest.approx(expected(mine), abs=0.0100001)
    assert (taken > 0).all()
    if method == "whole_fund":
        sold = mine[mine["event"] == "redemption"]
        worth = -sold["units"] * sold["unit_value"]
        assert (taken - sold["cash_yuan"]).tolist() == pytest.approx(worth.tolist(), abs=0.0100001)


@pytest.mark.parametrize(("least", "gone"), [(300.0, False), (700.0, True)])
def test_half_a_unit_that_is_left_is_worth_half_a_unit(least: float, gone: bool) -> None:
    flows = (
        flow("2014-09-22", "B", subscribe_yuan=1e4), flow("2014-10-13", "B", redeem_units=9.6),
        *(() if gone else (flow("2014-10-20", "B", redeem_units=0.1),)),
    )  # fmt: skip
    events = run(Clients(flows=flows, opening="day", minimum_yuan=least), *DEAR).investors
    bought, *sold = events.loc[events["investor"] == "B", "units"]
    assert 0.4 < bought - 9.6 < 0.6
    assert sold == ([-bought] if gone else [-9.6, -0.1])


def test_little_that_is_left_stays_while_it_is_locked() -> None:
    flows = (
        flow("2014-09-22", "B", subscribe_yuan=1e4), flow("2014-10-13", "B", subscribe_yuan=500.0),
        flow("2014-11-03", "B", redeem_units=10.0),
    )  # fmt: skip
    clients = Clients(flows=flows, opening="day", minimum_yuan=900.0, lock_up_days=30)
    events = run(clients, *DEAR).investors
    mine = events[events["investor"] == "B"]
    assert mine["event"].tolist() == ["subscription", "subscription", "redemption"]
    assert mine["units"].iloc[-1] == -10.0
