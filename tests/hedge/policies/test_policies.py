"""Compiled policies answer as their definitions do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from quanthedge.errors import StrategyError
from quanthedge.hedge.policies import (
    AllOf,
    AnyOf,
    Band,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    Policy,
    PriceMove,
    compile_policy,
)
from quanthedge.hedge.policies.kernels import due
from quanthedge.hedge.policies.program import calendar_flags
from quanthedge.hedge.policies.wording import policy_text
from tests.oracles.policy import answer, calendar, half_width
from tests.oracles.random_market import random_policy

DAYS = np.datetime64("2015-06-01", "D") + np.arange(40)


def ask(policy, target, current, price=1.0, last=1.0, t=1):
    return due(compile_policy(policy, DAYS), t, target, current, price, last)


def test_a_band_lands_on_its_nearest_inner_edge_or_on_the_target():
    band = Band(low=1.25, high=4.0, margin=0.1)
    assert ask(band, 2.0, 3.8) == (False, 2.0)
    assert ask(band, 2.0, 4.2) == (True, pytest.approx(3.9))
    assert ask(band, -2.0, -1.2) == (True, pytest.approx(-1.35))
    assert ask(Band(low=1.25, high=4.0, to="target"), -2.0, -4.5) == (True, -2.0)


def test_a_deviation_is_a_fraction_of_the_target_in_its_direction():
    over = Deviation(fraction=0.33, side="over")
    assert ask(over, 3.0, 3.98)[0] is False
    assert ask(over, 3.0, 3.99)[0] is True
    assert ask(over, -3.0, -4.0)[0] is True
    assert ask(over, 3.0, 1.0)[0] is False
    assert ask(Deviation(fraction=0.33), 3.0, 2.0)[0] is True
    assert ask(over, 0.0, -0.2)[0] is True  # nothing is wanted and something is held
    assert ask(over, 0.0, 0.0)[0] is False


def test_moves_against_a_long_are_falls_and_against_a_short_are_rises():
    move = PriceMove(fraction=0.15)
    assert ask(move, 3.0, 3.0, price=85.0, last=100.0)[0] is True
    assert ask(move, 3.0, 3.0, price=120.0, last=100.0)[0] is False
    assert ask(move, -3.0, -3.0, price=115.0, last=100.0)[0] is True
    assert ask(PriceMove(fraction=0.15, side="both"), 3.0, 3.0, 120.0, 100.0)[0] is True
    assert ask(move, 3.0, 3.0, price=80.0, last=np.nan)[0] is False


def test_triggers_are_signed_leverages():
    trigger = LeverageTrigger(long=4.0, short=-5.0)
    assert [ask(trigger, 3.0, one)[0] for one in (3.99, 4.0, 7.0)] == [False, True, True]
    assert [ask(trigger, -3.0, one)[0] for one in (-4.9, -5.0)] == [False, True]


def test_the_no_trade_band_is_the_cube_root_of_the_cost():
    narrow, wide = (NoTradeBand(cost=c, risk_aversion=2.0) for c in (0.001, 0.008))
    half = half_width(narrow, 3.0)
    assert half == pytest.approx((1.5 * 0.001 / 2.0 * 36.0) ** (1 / 3))
    assert half_width(wide, 3.0) == pytest.approx(2.0 * half)
    assert ask(narrow, 3.0, 3.0 + 0.99 * half)[0] is False
    assert ask(narrow, 3.0, 3.0 + 1.5 * half) == (True, pytest.approx(3.0 + half))
    assert ask(narrow, 3.0, 1.0) == (True, pytest.approx(3.0 - half))


def test_any_lands_nearest_to_the_target_and_all_moves_least():
    parts = (Calendar(every_days=1), NoTradeBand(cost=0.001, risk_aversion=2.0))
    half = half_width(parts[1], 3.0)
    assert ask(AnyOf(of=parts), 3.0, 5.0) == (True, 3.0)
    assert ask(AllOf(of=parts), 3.0, 5.0) == (True, pytest.approx(3.0 + half))
    assert ask(AllOf(of=parts), 3.0, 3.0 + 0.5 * half)[0] is False


def _as_written(number):
    """Return a number of at most twelve decimals: squares of smaller ones vanish in a float."""
    return round(number, 12)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    t=st.integers(0, 39),
    target=st.floats(-4, 4).map(_as_written),
    current=st.floats(-6, 6).map(_as_written),
    move=st.floats(-0.5, 0.5).map(_as_written),
)
def test_programs_agree_with_the_slow_answers(seed, t, target, current, move):
    policy = random_policy(np.random.default_rng(seed))
    got = due(compile_policy(policy, DAYS), t, target, current, 1.0 + move, 1.0)
    expected = answer(policy, DAYS, t, target, current, (1.0 + move) / 1.0 - 1.0)
    assert got[0] == expected[0]
    if got[0]:
        assert got[1] == pytest.approx(expected[1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "policy",
    [
        Calendar(every_days=7),
        Calendar(every="week"),
        Calendar(every="month"),
        Calendar(every="day", at="00:02"),
    ],
)
def test_calendars_on_hourly_bars_act_on_the_first_bar_of_a_period(policy):
    hours = np.arange("2021-01-30T05", "2021-02-20T01", dtype="datetime64[h]")
    expected = [calendar(policy, hours, t) for t in range(hours.size)]
    assert calendar_flags(policy, hours).tolist() == expected
    assert sum(expected) > 1


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValidationError, match="one of them"):
        Calendar()
    with pytest.raises(ValidationError, match="every = 'day' only"):
        Calendar(every="week", at="00:02")
    with pytest.raises(ValidationError, match="low \\+ margin"):
        Band(low=1.0, high=1.2, margin=0.2)
    with pytest.raises(ValidationError, match="long, short or both"):
        LeverageTrigger()
    with pytest.raises(StrategyError, match="needs bars with a time of day"):
        compile_policy(Calendar(every="day", at="00:02"), DAYS)
    with pytest.raises(StrategyError, match="2015-06-01 follows 2015-06-02"):
        compile_policy(Calendar(every_days=1), DAYS[[1, 0]])


def test_policies_survive_as_plain_data_and_read_as_sentences():
    adapter = TypeAdapter(Policy)
    for seed in range(60):
        policy = random_policy(np.random.default_rng(seed))
        plain = adapter.dump_python(policy, mode="json")
        assert adapter.validate_python(plain) == policy
        assert policy_text(plain, "en") == policy_text(policy, "en") != ""
        assert policy_text(policy, "zh") != policy_text(policy, "en")
