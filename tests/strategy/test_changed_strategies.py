"""A strategy is changed in Python by the same keys and checks as on the command line."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.errors import QuantHedgeError, StrategyError
from quanthedge.factors import Momentum
from quanthedge.portfolio import TopSelector
from quanthedge.risk import StatisticalRiskModel
from quanthedge.strategy import load_strategy

FILE = "strategies/market_neutral.toml"


def test_a_change_is_what_set_makes_of_the_file() -> None:
    strategy = load_strategy(FILE)
    for one in ("selector.n=5", "beta.kind=ols", "universe.n=300", "factors.0.weight=2.0"):
        assert strategy.change(one) == load_strategy(FILE, [one])
    assert strategy.selector.n == 100


def test_texts_mappings_and_keywords_change_alike() -> None:
    strategy = load_strategy(FILE)
    by_text = strategy.change("selector.n=5", "capital_yuan=5e7")
    assert strategy.change({"selector.n": np.int64(5)}, capital_yuan=5e7) == by_text
    assert strategy.change(selector=TopSelector(n=5), capital_yuan=5e7).selector.n == 5


def test_another_kind_keeps_what_was_given_and_a_whole_table_begins_anew() -> None:
    strategy = load_strategy(FILE, ["risk.eigen=0.0", "beta.half_life=80"])
    assert strategy.change("beta.kind=ewma").beta.half_life == 80
    with pytest.raises(StrategyError, match="eigen: unknown key; accepted here: components"):
        strategy.change("risk.kind='pca'")
    anew = StatisticalRiskModel(kind="pca", window=300)
    for change in (
        ("risk={kind='pca'}", "risk.window=300"),
        ({"risk": {"kind": "pca", "window": 300}},),
        ({"risk": anew},),
    ):
        assert strategy.change(*change).risk == anew


@pytest.mark.parametrize("file", ["market_neutral.toml", "fund_with_clients.toml"])
def test_a_change_of_nothing_is_the_strategy(file: str) -> None:
    strategy = load_strategy(f"strategies/{file}")
    assert strategy.change() == strategy


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("selector.nn=5", "selector.nn: unknown key, did you mean 'n'"),
        ("selector.n=-5", "selector.n: Input should be greater"),
        ("selector", "expected key=value"),
        ({"factors.9.weight": 1.0}, "leads nowhere"),
        (5, "accepted: texts such as 'selector.n=50'"),
    ],
)
def test_a_change_that_cannot_be_made_says_why(change: object, says: str) -> None:
    with pytest.raises(StrategyError, match=says):
        load_strategy(FILE).change(change)


def test_a_copy_with_a_field_that_there_is_not_is_refused() -> None:
    strategy = load_strategy(FILE)
    with pytest.raises(StrategyError, match=r"strategy\.change\('selector\.n="):
        strategy.model_copy(update={"selector.n": 5})
    with pytest.raises(StrategyError, match="did you mean 'capital_yuan'"):
        strategy.model_copy(update={"capital_yan": 5.0})
    with pytest.raises(StrategyError, match="did you mean 'window'"):
        Momentum().model_copy(update={"windw": 5})


def test_a_copy_is_checked_as_a_strategy_is() -> None:
    strategy = load_strategy(FILE)
    with pytest.raises(StrategyError, match="capital_yuan: Input should be greater than 0"):
        strategy.model_copy(update={"capital_yuan": -5.0})
    with pytest.raises(StrategyError, match=r"needs accounts\.borrowed above 0"):
        strategy.model_copy(update={"invested_fraction": 2.0})


def test_what_users_write_in_python_is_refused_in_one_line() -> None:
    for made in (
        lambda: qh.Strategy(name="x", factrs=[]),
        lambda: qh.LendingPool(reserve=1.0),
        lambda: qh.CollateralLoan(debt=-1.0, units=1.0, price=1.0),
        lambda: qh.LeveragedExposure(target=0.0, policy={"kind": "calendar"}),
        lambda: qh.RiskModel(winsorise=5.0),
    ):
        with pytest.raises(StrategyError) as caught:
            made()
        assert "\n" not in str(caught.value)


def test_one_change_may_stand_by_itself() -> None:
    assert load_strategy(FILE, "selector.n=7") == load_strategy(FILE, ["selector.n=7"])


@pytest.mark.parametrize(
    "day", [pd.Timestamp("2014-01-02"), np.datetime64("2014-01-02", "ns"), date(2014, 1, 2)]
)
def test_a_timestamp_at_midnight_is_a_day_and_one_at_noon_is_none(day):
    terms = {"fee": 0.08, "available": 1e8, "collateral": 0.5}
    carry = {"kind": "cash_and_carry", "label": "carry", "budget": 0.3}
    strategy = load_strategy("cash_and_carry")
    changed = strategy.change({"sleeves": [carry | {"lending": [{"date": day, **terms}]}]})
    assert changed.sleeves[0].lending[0].date == date(2014, 1, 2)
    noon = pd.DataFrame([{"date": pd.Timestamp(day) + pd.Timedelta("12h"), **terms}])
    with pytest.raises(QuantHedgeError, match="date"):
        strategy.change({"sleeves": [carry | {"lending": noon}]})


@pytest.mark.parametrize(
    ("part", "field"),
    [("", "capital_yuan"), ("selector", "n"), ("selector", "m"), ("hedge", "ratio")],
)
def test_nothing_is_changed_in_place_and_one_line_says_how_it_is_changed(part, field):
    strategy = load_strategy("market_neutral")
    thing = getattr(strategy, part) if part else strategy
    before = strategy.model_dump()
    for change in (lambda: setattr(thing, field, 5), lambda: delattr(thing, field)):
        with pytest.raises(
            StrategyError, match=rf"{field}: cannot be changed in place; strategy\.ch"
        ):
            change()
    assert strategy.model_dump() == before


def test_the_older_way_of_copying_is_checked_too():
    strategy = load_strategy("market_neutral")
    with pytest.raises(StrategyError, match=r"unknown field 'selector\.n'"):
        strategy.copy(update={"selector.n": 5})
    assert strategy.copy(update={"name": "mine"}).name == "mine"


def test_what_was_found_is_told_once():
    with pytest.raises(StrategyError) as caught:
        load_strategy("market_neutral").change(selector=5)
    assert str(caught.value).count("found 5") == 1
