"""A wrong call from Python ends in one line that says what is accepted, like a wrong command."""

import inspect
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.door import guarded
from quanthedge.errors import StrategyError
from tests.sample import sample_market, sample_result, small_strategy

FUNCTIONS = sorted(name for name in qh._EXPORTS if inspect.isfunction(getattr(qh, name)))


DAYS = ["2015-01-05", "2015-01-06", "2015-01-07"]
SERIES = pd.Series([0.01, -0.01, 0.02], index=pd.to_datetime(DAYS))
WRONG_CALLS = {
    "swapped": lambda: qh.backtest(sample_market(), small_strategy()),
    "paths": lambda: qh.backtest("strategies/market_neutral.toml", "data/sample"),
    "misspelt": lambda: qh.backtest(small_strategy(), sample_market(), strat="2014-09-17"),
    "number for a date": lambda: qh.backtest(small_strategy(), sample_market(), 20140917),
    "one text for several": lambda: qh.run_stress(small_strategy(), sample_market(), "2015-04-01"),
    "texts for numbers": lambda: qh.capacity_curve(
        small_strategy(), sample_market(), sizes=["1e8"]
    ),
    "a choice": lambda: qh.alpha_by(
        sample_result(), sample_market(), pd.Series(dtype=str), by="decade"
    ),
    "missing": lambda: qh.days_to_margin_call(1.0),
    "a market for a run": lambda: qh.compare_funds(sample_market()),
    "a list for a series": lambda: qh.deflated_sharpe([0.1], trials=1, sharpe_variance=0.1),
    "time zone": lambda: qh.deflated_sharpe(
        SERIES.tz_localize("UTC"), trials=1, sharpe_variance=0.1
    ),
    "dates as text": lambda: qh.deflated_sharpe(
        SERIES.set_axis(SERIES.index.strftime("%Y-%m-%d")), trials=1, sharpe_variance=0.1
    ),
    "a strategy for a market": lambda: qh.alpha_by_model(small_strategy(), sample_market()),
    "a number for a path": lambda: qh.read_unit_values(5),
    "a market's path": lambda: qh.Market.open(5),
    "a run's path": lambda: qh.Result.open(5),
    "a measure": lambda: sample_result().summary()["sharp_net"],
    "a stated number": lambda: qh.Stated("16.87%"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_a_wrong_call_ends_in_one_line(name: str) -> None:
    with pytest.raises(qh.QuantHedgeError) as caught:
        WRONG_CALLS[name]()
    assert "\n" not in str(caught.value)


def test_messages_name_the_argument_and_the_call() -> None:
    for name, says in {
        "swapped": r"backtest: strategy is a Market; accepted: a Strategy \(the call is backtest\(",
        "misspelt": "unknown argument 'strat', did you mean 'start'",
        "time zone": "returns: its dates have the time zone UTC",
        "dates as text": r"returns: its dates are texts \('2015-01-05'\)",
        "a choice": "by is 'decade'; accepted: 'day', 'week', 'month', 'year', 'whole'",
        "a measure": "did you mean sharpe_net",
    }.items():
        with pytest.raises(qh.QuantHedgeError, match=says):
            WRONG_CALLS[name]()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_refuses_what_it_does_not_know(name: str) -> None:
    with pytest.raises(qh.QuantHedgeError, match=f"{name}: unknown argument 'nonsense_'"):
        getattr(qh, name)(nonsense_=1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_refuses_objects_of_another_kind(name: str) -> None:
    signature = inspect.signature(getattr(qh, name))
    first = next(iter(signature.parameters.values()))
    if first.annotation is inspect.Parameter.empty or "Any" in str(first.annotation).split("[")[0]:
        return  # audit takes any object
    needed = [first, *(p for p in signature.parameters.values() if p.default is p.empty)]
    named = {one.name: ValueError for one in needed if one.kind is not one.VAR_KEYWORD}
    with pytest.raises(qh.QuantHedgeError, match=f"{name}: {first.name} is"):
        getattr(qh, name)(**named)


def test_stand_ins_and_numbers_of_numpy_are_let_through() -> None:
    def sized(market: qh.Market, count: int, share: float, days: "list[float] | None" = None):
        return market, count, share, days

    class StandIn:
        pass

    stand_in = StandIn()
    assert guarded(sized)(stand_in, np.int64(3), 1, days=[1, 2.0])[0] is stand_in
    assert qh.backtest is qh.backtest
    table = qh.fee_table([0.1], rate=Decimal("0.25"))
    assert table.equals(qh.fee_table([0.1], rate=0.25))


def test_a_point_in_time_is_the_day_on_which_it_falls_in_shanghai() -> None:
    market = sample_market()
    evening = pd.Timestamp("2014-09-16 20:00", tz="UTC")
    assert market.day(evening) == market.day("2014-09-17")


def test_codes_of_stocks_are_not_taken_for_dates() -> None:
    """000001.SZ has the figures of a date; groups may be named by stock alone."""
    groups = pd.Series("all", index=sample_market().codes)
    assert "all" in qh.alpha_by(sample_result(), sample_market(), groups)


WRONG_ASKED = {
    "a number for a path": (lambda one: one.report(5), "report: path is 5"),
    "a table for a path": (lambda one: one.to_parquet([]), "to_parquet: folder is a list"),
    "a text for a market": (lambda one: one.to_pyfolio("data"), "market is 'data'; accepted: a M"),
    "nothing for a market": (lambda one: one.to_alphalens(None), "to_alphalens: market is None"),
    "a number for a table": (lambda one: one.with_capacity(5), "with_capacity: capacity is 5"),
    "nothing for particulars": (lambda one: one.with_product(None), "product is None"),
    "a misspelt argument": (
        lambda one: one.report("a.pdf", langage="en"),
        "did you mean 'language'",
    ),
    "one argument too many": (lambda one: one.summary(5), "summary: too many positional arguments"),
    "a list for a name": (lambda one: one.plot([]), "plot: name is a list"),
    "a folder by number": (lambda one: type(one).open(5), "open: folder is 5"),
}


@pytest.mark.parametrize("name", WRONG_ASKED)
def test_what_is_asked_of_a_result_is_held_to_its_signature(name: str) -> None:
    call, words = WRONG_ASKED[name]
    with pytest.raises(StrategyError, match=words) as caught:
        call(sample_result())
    assert "\n" not in str(caught.value)
