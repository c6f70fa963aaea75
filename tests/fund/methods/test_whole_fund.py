"""One mark for all units: the worked cases step by step, and what no path of flows may break."""

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.fund import METHODS, FundTerms
from quanthedge.fund.methods import Register

STEPS_FILE = Path(__file__).with_name("whole_fund_steps.csv")
RETURNS = {"+20%": Fraction("1.20"), "-8%": Fraction("0.92"), "+15%": Fraction("1.15")}


def register(mark: str, rate: float = 0.25) -> Register:
    terms = FundTerms(high_water_mark=mark, performance_fee_rate=rate)
    return METHODS["whole_fund"]().open(terms)


def mark_of(fund: Register) -> Decimal:
    return max(line["mark"] for line in fund.lots())


@pytest.mark.parametrize("mark", ["post_fee", "pre_fee"])
def test_the_worked_case_is_met_step_by_step(mark: str) -> None:
    with STEPS_FILE.open(newline="", encoding="utf-8") as file:
        steps = [row for row in csv.DictReader(file) if row["case"] == f"fund_hwm_{mark}"]
    assert len(steps) == 7
    fund, assets = register(mark), Fraction(0)
    for step in steps:
        if step["event"] == "subscribe":
            assert fund.subscribe(step["investor"], step["cash_flow"]) == Decimal(
                step["units_after"]
            )
            assets += Fraction(step["cash_flow"])
        elif step["event"].startswith("fee date"):
            assets *= RETURNS[step["event"].split(", ")[1]]
            fund.revalue(assets)
            assert fund.unit_value() == Decimal(step["nav_before_fee"])
            assert mark_of(fund) == Decimal(step["hwm"])
            accrued, fee = fund.accrued(), fund.crystallise()[0].fee
            assert fee == accrued == Decimal(step["fee"])
            assets -= Fraction(fee)
            assert fund.units == Decimal(step["units_after"])
            assert fund.units * fund.unit_value() == Decimal(step["value_after"])
        else:
            paid = fund.redeem(step["investor"], 400_000)
            assert -paid.cash == Decimal(step["cash_flow"])
            assert fund.holding(step["investor"]) == Decimal(step["units_after"])
        assert fund.unit_value() == Decimal(step["nav_after"])
        assert mark_of(fund) == Decimal(step["hwm_after"])


def test_the_residue_of_rounding_stays_in_the_fund() -> None:
    fund = register("post_fee", 0.0)
    fund.subscribe("A", 2_000_000)
    fund.revalue(Fraction(2_400_050))
    assert fund.unit_value() == Decimal("1.2000")
    assert fund.redeem("A", 1_000_000).cash == 1_200_000
    fund.revalue(Fraction(1_200_050))  # what stays is worth what it was, and the 50 yuan more
    assert fund.unit_value() == Decimal("1.2001")


PATHS = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(5_000, 20_000)),
        st.tuples(st.just("fee"), st.just(0)),
        st.tuples(st.just("subscribe"), st.integers(10_000, 10**12)),
        st.tuples(st.just("redeem"), st.integers(1, 10_000)),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(PATHS, st.sampled_from(["post_fee", "pre_fee"]), st.integers(0, 5_000))
def test_no_path_breaks_the_funds_promises(path, kind, points) -> None:
    rate = Fraction(points, 10_000)
    fund = register(kind, points / 10_000)
    fund.subscribe("A", 1_000_000)
    assets = Fraction(1_000_000)
    for step, size in path:
        value, mark, units = fund.unit_value(), mark_of(fund), fund.units
        gain = max(Fraction(0), Fraction(value) - Fraction(mark))
        if step == "grow":
            assets = assets * size / 10_000 + 1
            fund.revalue(assets)
        elif step == "fee":
            fee = fund.crystallise()[0].fee
            assets -= Fraction(fee)
            assert abs(Fraction(fee) - rate * gain * Fraction(units)) <= Fraction(1, 200)
        elif step == "subscribe":
            fund.subscribe("B", Decimal(size) / 100)
            assets += Fraction(size, 100)
        else:
            part = (fund.holding("A") * size / 20_000).quantize(Decimal("0.01"))  # at most half
            if part > 0:
                paid = fund.redeem("A", part)
                assert abs(Fraction(paid.fee) - rate * gain * Fraction(part)) <= Fraction(1, 200)
                assets -= Fraction(paid.cash + paid.fee)
        assert mark_of(fund) >= mark
        residue = assets - Fraction(fund.units) * Fraction(fund.unit_value())
        assert abs(residue) <= Fraction(fund.units) * Fraction("0.00005")
        worth = sum(fund.value_if_redeemed(one) for one in fund.holders())
        assert abs(Fraction(worth + fund.accrued()) - assets + residue) <= Fraction(4, 100)
