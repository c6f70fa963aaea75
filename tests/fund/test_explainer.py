"""What a fee leaves of a return, against closed forms."""

import math

import pytest

from quanthedge.errors import StrategyError
from quanthedge.fund.explainer import PATHS, fee_table, growth_path

RATE = 0.25


@pytest.mark.parametrize("gross", [0.05, 0.10, 0.30])
@pytest.mark.parametrize("years", [1, 3])
def test_steady_growth_keeps_what_the_closed_forms_say(gross, years):
    table = fee_table([gross], years=years, paths=["steady"])[gross].droplevel("path")
    quarter = (1 + gross) ** 0.25 - 1
    total = (1 + gross) ** years
    expected = {
        "quarter": (1 + quarter * (1 - RATE)) ** 4 - 1,
        "year": gross * (1 - RATE),
        "redemption": (total - RATE * (total - 1)) ** (1 / years) - 1,
    }
    for charged, value in expected.items():
        assert table[charged] == pytest.approx(value, abs=6e-4)  # units are worth four decimals


@pytest.mark.parametrize("path", PATHS)
def test_every_path_ends_at_the_same_return(path):
    growth = growth_path(path, 0.2, 3)
    assert len(growth) == 36
    assert math.prod(growth) == pytest.approx(1.2**3)


def test_charging_more_often_costs_more_and_a_fall_after_a_fee_most():
    table = fee_table([0.15, 0.20])
    for path in PATHS:
        for gross in table.columns:
            row = table.loc[path][gross]
            assert row["quarter"] <= row["year"] + 1e-4
            assert row["year"] <= row["redemption"] + 1e-4
    # without a fall the last day decides; with falls after fees, fees are paid that end as losses
    assert table.loc[("up and down", "quarter"), 0.20] < table.loc[("steady", "quarter"), 0.20]
    assert table.loc[("fall first", "redemption"), 0.2] == pytest.approx(
        table.loc[("steady", "redemption"), 0.2], abs=2e-4
    )


def test_a_loss_pays_no_fee():
    table = fee_table([-0.1, 0.0], paths=["steady"])
    assert table[-0.1].to_list() == pytest.approx([-0.1] * 3, abs=2e-4)
    assert table[0.0].to_list() == pytest.approx([0.0] * 3, abs=1e-9)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(StrategyError, match="years 0"):
        fee_table(years=0)
    with pytest.raises(StrategyError, match="above -1"):
        fee_table([-1.0])
