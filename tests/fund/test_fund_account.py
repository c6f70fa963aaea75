"""The fund's account against the worked cases of the rule tables, step by step and to the cent."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import LedgerError
from quanthedge.fund import FundAccount, FundTerms

DATA = Path(__file__).with_name("data")
RETURNS = {"+20%": "1.20", "-8%": "0.92", "+15%": "1.15"}


def rows(name, case):
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["case"] == case]


def account(method):
    return FundAccount(FundTerms(high_water_mark=method))


@pytest.mark.parametrize("method", ["post_fee", "pre_fee"])
def test_the_worked_case_is_met_step_by_step(method):
    fund = account(method)
    for step in rows("perf_fee_cases.csv", f"fund_hwm_{method}"):
        if step["event"] == "subscribe":
            bought = fund.subscribe(step["investor"], step["cash_flow"])
            assert bought == Decimal(step["units_after"])
        elif step["event"].startswith("fee date"):
            fund.revalue(fund.assets * Decimal(RETURNS[step["event"].split(", ")[1]]))
            assert fund.unit_value == Decimal(step["nav_before_fee"])
            assert fund.mark == Decimal(step["hwm"])
            assert fund.crystallise() == Decimal(step["fee"])
            assert fund.units == Decimal(step["units_after"])
            assert fund.units * fund.unit_value == Decimal(step["value_after"])
        else:
            paid = fund.redeem(step["investor"], 400_000)
            assert -paid == Decimal(step["cash_flow"])
            assert fund.holdings[step["investor"]] == Decimal(step["units_after"])
        assert fund.unit_value == Decimal(step["nav_after"])
        assert fund.mark == Decimal(step["hwm_after"])


@pytest.mark.parametrize("method", ["post_fee", "pre_fee"])
def test_the_expected_figures_are_met(method):
    expected = {
        row["key"]: (Decimal(row["value"]), Decimal(row["tolerance"]))
        for row in rows("perf_fee_expected.csv", f"fund_hwm_{method}")
    }
    fund, got, fees = account(method), {}, []
    fund.subscribe("A", 1_000_000)
    for quarter, growth in enumerate(RETURNS.values(), 1):
        fund.revalue(fund.assets * Decimal(growth))
        before, mark = fund.unit_value, fund.mark
        fees.append(fund.crystallise())
        got[f"fee_q{quarter}"], got[f"nav_q{quarter}"] = fees[-1], fund.unit_value
        if quarter == 1:
            got["units_B"] = fund.subscribe("B", 575_000)
        elif quarter == 2:
            price_of_c = fund.unit_value
            got["units_C"] = fund.subscribe("C", 529_000)
    got["fee_total"] = sum(fees)
    got["charged_C_q3"] = (before - mark) * fund.holdings["C"] / 4
    got["fair_fee_C_q3"] = (before - price_of_c) * fund.holdings["C"] / 4
    got["redemption_A"] = fund.redeem("A", 400_000)
    for key, (value, tolerance) in expected.items():
        assert abs(got[key] - value) <= tolerance, key


def test_the_residue_of_rounding_stays_in_the_fund():
    fund = account("post_fee")
    fund.subscribe("A", 2_000_000)
    fund.revalue(Decimal("2400050"))
    assert fund.unit_value == Decimal("1.2000")
    assert fund.residue == 50


def test_running_fees_accrue_by_calendar_days_on_the_last_assets():
    fund = account("post_fee")
    fund.subscribe("A", 100_000_000)
    fees = fund.revalue(101_000_000, "2014-09-12", "2014-09-15")
    assert fees == Decimal("12328.77") + Decimal("2054.79")
    assert fund.assets == Decimal("100985616.44")
    leap = account("post_fee")
    leap.subscribe("A", 100_000_000)  # one day of 2015 and three of the 366 of 2016
    fees = leap.revalue(101_000_000, "2015-12-30", "2016-01-03")
    assert fees == Decimal("16404.67") + Decimal("2734.11")


def test_history_names_every_event():
    fund = account("post_fee")
    fund.subscribe("A", 1_000_000)
    fund.revalue(1_200_000)
    fund.crystallise()
    fund.redeem("A", 1)
    history = fund.history()
    assert history["event"].tolist() == ["subscribe", "revalue", "fee date", "redeem"]
    assert history["fee_yuan"].sum() == 50_000
    assert history["unit_value_before_fee"].iloc[2] == Decimal("1.2000")


def test_what_cannot_be_done_is_an_error():
    fund = account("post_fee")
    with pytest.raises(LedgerError, match="A redeems 1 units and holds 0"):
        fund.redeem("A", 1)
    with pytest.raises(LedgerError, match="above 0"):
        fund.subscribe("A", 0)
    fund.subscribe("A", 100)
    with pytest.raises(LedgerError, match="at most the holding"):
        fund.redeem("A", "100.01")
    with pytest.raises(LedgerError, match="insolvent"):
        fund.revalue(0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(5_000, 20_000)),
        st.tuples(st.just("fee"), st.just(0)),
        st.tuples(st.just("subscribe"), st.integers(10_000, 10**12)),
        st.tuples(st.just("redeem"), st.integers(1, 10_000)),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(STEPS, st.sampled_from(["post_fee", "pre_fee"]), st.integers(0, 5_000))
def test_no_path_breaks_the_funds_promises(steps, method, points):
    rate = Decimal(points) / 10_000
    fund = FundAccount(FundTerms(high_water_mark=method, performance_fee_rate=float(rate)))
    fund.subscribe("A", 1_000_000)
    flows = Decimal(1_000_000)
    gains = fees = Decimal(0)
    for kind, size in steps:
        value, mark, units, assets = fund.unit_value, fund.mark, fund.units, fund.assets
        if kind == "grow":
            fund.revalue(assets * size / 10_000 + 1)
            gains += fund.assets - assets
        elif kind == "fee":
            fee = fund.crystallise()
            fees += fee
            gain = max(Decimal(0), value - mark) * units
            assert fee == 0 or value > mark
            assert fee <= rate * gain + Decimal("0.005")
        elif kind == "subscribe":
            fund.subscribe("B", Decimal(size) / 100)
            flows += Decimal(size) / 100
        elif fund.holdings["A"] > 1:
            part = fund.holdings["A"] * size / 20_000  # at most half
            flows -= fund.redeem("A", part.quantize(Decimal("0.01")) + Decimal("0.01"))
        assert fund.mark >= mark
        assert fund.units * fund.unit_value + fund.residue == fund.assets
        assert abs(fund.residue) <= fund.units * Decimal("0.00005")
        assert fund.assets == flows + gains - fees
