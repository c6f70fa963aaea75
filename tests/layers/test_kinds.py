"""Each allocation does what its definition says and stays in [0, 1]; nonsense is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import StrategyError
from quanthedge.layers import Allocation, NoAllocation, Standing, episodes
from quanthedge.layers.allocation import FIGURES
from quanthedge.layers.carry import CarryGate, CarryScaled
from quanthedge.layers.control import DrawdownControl, RiskBudget
from quanthedge.strategy import load_strategy
from tests.oracles import layers as slow
from tests.sample import ROOT, sample_market, small_strategy

KINDS = (NoAllocation(), CarryGate(), CarryScaled(), DrawdownControl(), RiskBudget())
ROWS = np.array([300, 320, 340])
NUMBERS = st.floats(min_value=-5, max_value=5) | st.just(float("nan"))


def standing(**values) -> Standing:
    figures = {name: np.asarray(values.get(name, np.full(3, np.nan))) for name in FIGURES}
    return Standing(**{name: (lambda one=one: one) for name, one in figures.items()})


def exposures(kind, **values):
    return kind.table(sample_market(), ROWS, standing(**values))["exposure"].tolist()


def test_the_gate_shuts_above_its_level_and_not_at_it():
    assert exposures(CarryGate(), discount=[0.0999, 0.1, 0.1001]) == [1.0, 1.0, 0.0]
    assert exposures(CarryGate(worst_annual_discount=0.2), discount=[-0.5, 0.15, 0.3]) == [1, 1, 0]


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-0.5, 0.5), st.floats(0.01, 0.5))
def test_scaled_exposure_is_the_place_of_the_net_return_between_its_levels(alpha, cost, low, width):
    kind = CarryScaled(hurdle=low, whole_at=low + width)
    found = exposures(kind, expected_alpha=[alpha] * 3, hedge_cost=[cost] * 3)[0]
    assert found == pytest.approx(slow.scaled(alpha - cost, low, low + width), abs=1e-9)


@given(st.lists(st.floats(0.2, 2.0), min_size=1, max_size=30), st.floats(0.02, 0.9))
def test_drawdown_control_invests_what_is_left_above_the_floor(values, largest):
    drawdown = 1 - values[-1] / max(values)
    found = exposures(DrawdownControl(largest=largest), drawdown=[drawdown] * 3)[0]
    assert found == pytest.approx(slow.surplus(values, largest), abs=1e-9)


def test_at_a_new_high_the_whole_book_stands_and_at_the_floor_none():
    assert exposures(DrawdownControl(largest=0.2), drawdown=[0.0, 0.2, 1.0]) == [1.0, 0.0, 0.0]


def test_the_risk_budget_scales_what_is_too_risky_and_never_adds():
    found = exposures(RiskBudget(target_volatility=0.05), forecast_volatility=[0.1, 0.05, 0.02])
    assert found == pytest.approx([0.5, 1.0, 1.0])


@settings(max_examples=25)
@given(st.lists(NUMBERS, min_size=15, max_size=15))
@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.kind)
def test_exposures_are_between_nothing_and_the_whole_whatever_is_known(kind, numbers):
    values = dict(zip(FIGURES, np.reshape(numbers, (5, 3)), strict=True))
    values["drawdown"] = np.clip(np.abs(values["drawdown"]), 0, 1)
    values["forecast_volatility"] = np.abs(values["forecast_volatility"])
    table = kind.table(sample_market(), ROWS, standing(**values))
    assert table["exposure"].between(0.0, 1.0).all()
    unknown = table["reason"] == "unknown"
    assert (table.loc[unknown, "exposure"] == 1.0).all()
    assert ((table["reason"] == "aside") == (table["exposure"] == 0.0)).all()


def test_only_what_a_kind_goes_by_is_worked_out_and_kept():
    def never():
        raise AssertionError("nobody asked for it")

    known = Standing(discount=lambda: np.array([0.2, 0.0, np.nan]), expected_alpha=never,
                     hedge_cost=never, drawdown=never, forecast_volatility=never)  # fmt: skip
    table = CarryGate().table(sample_market(), ROWS, known)
    assert table["reason"].tolist() == ["aside", "whole", "unknown"]
    assert table["discount"].tolist()[:2] == [0.2, 0.0]
    assert (table["hurdle"] == 0.10).all()
    assert (
        table[["expected_alpha", "hedge_cost", "drawdown", "forecast_volatility"]]
        .isna()
        .all(axis=None)
    )


class Half(Allocation):
    """Half of the book, or whatever it is told to give."""

    gives: float = 0.5

    def exposures(self, market, rows, standing):
        return np.full(rows.size, self.gives)


def test_an_own_allocation_is_as_good_as_ours_and_its_faults_are_named():
    assert exposures(Half()) == [0.5, 0.5, 0.5]
    with pytest.raises(StrategyError, match=r"Half: exposure 1.5 on 2014-\d\d-\d\d; accepted: 0"):
        exposures(Half(gives=1.5))
    strategy = small_strategy().change({"layers.allocation": Half()})
    assert strategy.layers.gated
    assert strategy.layers.allocation.called("en") == "Half (own allocation)"


def test_names_stand_in_both_languages():
    assert CarryGate().called("zh") == "期货年化贴水闸门（阈值 10.0%）"
    assert all(one.called("en") and one.called("zh") for one in KINDS)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["hedge.ratio=0", "layers.allocation.kind='carry_gate'"], "nothing is hedged"),
        (["hedge.ratio=0", "layers.allocation.kind='carry_scaled'"], "nothing is hedged"),
        (["layers.industry={kind='score'}"], "selector.kind top weighs no industries"),
        (["layers.allocation={kind='carry_scaled',whole_at=-0.5}"], "above the hurdle"),
        (["layers.allocation={kind='gate'}"], "carry_gate"),
        (["layers.allocation={kind='carry_gate',worst=0.1}"], "worst"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(changes, told):
    with pytest.raises(StrategyError, match=told) as error:
        small_strategy(*changes)
    assert "\n" not in str(error.value)


def test_episodes_are_spells_and_not_rebalances():
    rng = np.random.default_rng(5)
    for _ in range(50):
        exposure = rng.choice([0.0, 0.5, 1.0], size=rng.integers(1, 12))
        dates = pd.date_range("2015-01-01", periods=exposure.size)
        table = pd.DataFrame({"date": dates, "exposure": exposure, "reason": "x"})
        spells, run = [], 0
        for one in [*exposure, 1.0]:
            if one < 1:
                run += 1
            elif run:
                spells.append(run)
                run = 0
        found = episodes(table)
        assert (found.spells, found.longest) == (len(spells), max(spells, default=0))
        assert found.aside + found.reduced == sum(spells)


def test_the_gated_fund_is_the_plain_one_with_a_gate():
    folder = Path(ROOT) / "strategies"
    gated, plain = (load_strategy(folder / name) for name in ("gated.toml", "market_neutral.toml"))
    parts = {name: one for name, one in dict(gated).items() if name not in ("name", "name_zh")}
    assert {name for name, one in parts.items() if one != getattr(plain, name)} == {"layers"}
    assert gated.layers.allocation == CarryGate(worst_annual_discount=0.10)
