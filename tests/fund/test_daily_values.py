"""The daily values of classes and investors: the registers' own figures every day, adding up."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.fund import METHODS, Clients, FundTerms
from quanthedge.fund.clients import Distribution
from quanthedge.fund.hurdle import Hurdle
from quanthedge.fund.methods import Register
from quanthedge.strategy import Strategy
from tests.fund.test_fund_run import BUSY, flow
from tests.sample import END, START, sample_market, sample_result, small_strategy

HURDLES = {
    "none": None,
    "hard": Hurdle(rate=0.05),
    "soft": Hurdle(rate=0.05, hard=False),
    "catch-up": Hurdle(rate=0.05, hard=False, catch_up=0.6),
}
growths = st.lists(st.decimals("0.8", "1.3", places=4).map(Fraction), min_size=4, max_size=4)
steps = st.lists(st.sampled_from(["A", "B", "C", "leave", "fee"]), min_size=4, max_size=4)
closes = st.lists(st.floats(0.7, 1.6), min_size=1, max_size=5)
FIRST = Decimal(1_000_000)


def grown_register(
    method: str, hurdle: Hurdle | None, path: list[Fraction], plan: list[str]
) -> Register:
    """A register in which some have joined, left and paid."""
    register = METHODS[method]().open(FundTerms(hurdle=hurdle))
    register.subscribe("A", FIRST)
    assets, level = Fraction(FIRST), Fraction(1)
    for factor, step in zip(path, plan, strict=True):
        level *= Fraction("1.01")
        register.advance(level)
        assets *= factor
        register.revalue(assets)
        if step == "fee":
            assets -= sum(Fraction(one.fee) for one in register.crystallise())
        elif step == "leave":
            gone = register.redeem("A", (register.holding("A") / 3).quantize(Decimal("0.01")))
            assets -= Fraction(gone.cash + gone.fee)
        else:
            register.subscribe(step, Decimal("300000.50"))
            assets += Fraction("300000.50")
        register.revalue(assets)
    return register


@pytest.mark.parametrize("name", HURDLES)
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=20, deadline=None)
@given(path=growths, plan=steps, factors=closes)
def test_many_days_at_once_are_each_day_by_itself(method, name, path, plan, factors) -> None:
    if method == "equalisation" and name in ("soft", "catch-up"):
        return
    register = grown_register(method, HURDLES[name], path, plan)
    assets = np.array([1.7e6 * factor for factor in factors])
    grown = np.linspace(1.05, 1.09, assets.size)
    found = register.over_days(assets, grown)
    assert found.units.sum() == pytest.approx(float(register.units), abs=1e-6)
    for k in range(assets.size):
        register.advance(Fraction(float(grown[k])))
        register.revalue(Fraction(float(assets[k])))
        assert found.unit_value[k] == float(register.unit_value())
        assert found.accrued[k] == pytest.approx(float(register.accrued()), abs=0.011)
        for i, one in enumerate(found.investors):
            alone = float(register.value_if_redeemed(one))
            assert found.value[k, i] == pytest.approx(alone, abs=0.011)
        # series are worth what they are, not units times a published value
        total = found.value[k].sum() + found.fee[k].sum()
        assert total == pytest.approx(assets[k], abs=0.00006 * float(register.units) + 0.1)


def run(clients: Clients, **fund: object) -> Result:
    plain = small_strategy().model_dump() | {"clients": clients}
    plain["fund"] |= fund
    return backtest(Strategy.model_validate(plain), sample_market(), START, END)


@pytest.mark.parametrize("method", ["whole_fund", "lot_units", "series", "equalisation"])
def test_the_classes_and_investors_of_each_day_are_the_fund(method: str) -> None:
    flows = (*BUSY, flow("2014-10-08", "D", subscribe_yuan=4e7, share_class="C"))
    paid = Distribution(date=date(2015, 3, 31), yuan_per_unit=0.02, reinvesting=("B",))
    result = run(
        Clients(method=method, flows=flows, distributions=(paid,)), service_fee_per_year=0.008
    )
    ledger, classes, people = result.ledger.iloc[1:], result.class_values, result.investor_days
    both = classes.groupby("date")
    assert both["assets_yuan"].sum().to_numpy() == pytest.approx(
        ledger["equity"].to_numpy(), rel=1e-12
    )
    assert both["units"].sum().to_numpy() == pytest.approx(ledger["units"].to_numpy(), abs=0.011)
    accrued = both["accrued_fee_yuan"].sum().to_numpy()
    assert accrued == pytest.approx(ledger["accrued_performance_fee"].to_numpy(), abs=0.02)
    assert set(classes["share_class"]) == {"A", "C"}
    owned = people.groupby(["date", "share_class"])[["value_yuan", "accrued_fee_yuan"]].sum()
    table = classes.set_index(["date", "share_class"])
    residue = owned.sum(axis=1) - table["assets_yuan"]
    assert (residue.abs() <= 0.00006 * table["units"] + 1).all()
    # the last day is the statement's, and event days are as noted when they happened
    noted = result.investor_values.query("before_yuan > 0").set_index(
        ["date", "investor", "share_class"]
    )["before_yuan"]
    fees = ledger.index[ledger["performance_fee"] > 0]
    daily = people.set_index(["date", "investor", "share_class"])["value_yuan"]
    early = noted[~noted.index.get_level_values("date").isin(fees)]
    assert daily.reindex(early.index).to_numpy() == pytest.approx(early.to_numpy(), abs=0.02)


def test_a_dividend_is_added_back_to_the_cumulative_value() -> None:
    paid = Distribution(date=date(2015, 3, 31), yuan_per_unit=0.02)
    later = flow("2015-04-02", "D", subscribe_yuan=1e7, share_class="C")
    result = run(Clients(distributions=(paid,), flows=(later,)), performance_fee_rate=0.0)
    table = result.class_values.set_index(["share_class", "date"])
    a, c = table.loc["A"], table.loc["C"]
    added = (a["cumulative_unit_value"] - a["unit_value"]).round(9)
    assert (added[:"2015-03-31"] == 0).all()
    assert (added["2015-04-01":] == 0.02).all()
    assert (c["cumulative_unit_value"] == c["unit_value"]).all()  # it joined after the dividend
    assert a["unit_value_after_fee"].equals(a["unit_value"])


def test_a_fund_without_clients_has_one_class(tmp_path: Path) -> None:
    result = sample_result()
    table, ledger = result.class_values, result.ledger.iloc[1:]
    assert set(table["share_class"]) == {"A"}
    for name, column in (
        ("units", "units"), ("assets_yuan", "equity"),
        ("unit_value", "unit_value_before_accrual"), ("unit_value_after_fee", "unit_value"),
        ("accrued_fee_yuan", "accrued_performance_fee"),
    ):  # fmt: skip
        assert (table[name].to_numpy() == ledger[column].to_numpy()).all()
    after = (ledger["equity"] - ledger["accrued_performance_fee"]) / ledger["units"]
    assert table["unit_value_after_fee"].to_numpy() == pytest.approx(after.to_numpy(), abs=5.1e-5)
    assert not len(result.investor_days)
    again = Result.open(result.to_parquet(tmp_path / "run"))
    pd.testing.assert_frame_equal(again.class_values, table)


def test_a_class_that_all_have_left_leaves_nothing_behind() -> None:
    flows = (
        flow("2014-10-08", "D", subscribe_yuan=4e7, share_class="C"),
        flow("2015-01-08", "D", redeem_fraction=1.0, share_class="C"),
    )
    result = run(Clients(flows=flows), service_fee_per_year=0.008)
    table, ledger = result.class_values, result.ledger
    left = table.query("share_class == 'C'")["date"].max()
    after = ledger.loc[left:].iloc[1:]
    assert (after["service_fee"] == 0).all()
    a = table[(table["share_class"] == "A") & (table["date"] > left)]
    assert (a["assets_yuan"].to_numpy() == after["equity"].to_numpy()).all()
