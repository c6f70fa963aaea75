"""What --set means: lists, ranges, samples, windows, and what is refused at the door."""

import hashlib
import json
import math
import re
from itertools import pairwise

import pandas as pd
import pytest

from quanthedge.backtesting import asked
from quanthedge.batch.grid import axis_of, grid_of, variants_of
from quanthedge.errors import StrategyError
from tests.sample import END, NEUTRAL, START, sample_market, small_strategy


def grid(*sets: str, **options):
    return grid_of(small_strategy(), sample_market(), sets, start=START, end=END, **options)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("hedge.ratio=0.8:1.2:0.1", (0.8, 0.9, 1.0, 1.1, 1.2)),
        ("selector.n=50:200:50", (50, 100, 150, 200)),
        ("selector.n=50:199:50", (50, 100, 150)),
        ("selector.n=3:1:-1", (3, 2, 1)),
        ("a=1e-4:3e-4:1e-4", (0.0001, 0.0002, 0.0003)),
        ("a=0.1:0.3:0.1,0.5", (0.1, 0.2, 0.3, 0.5)),
        ("universe.kind=largest,index", ("largest", "index")),
        ('name="a, b",c', ("a, b", "c")),
        ("name='a, b','c'", ("a, b", "c")),
        ("x=[1, 2],[3]", ([1, 2], [3])),
        ("x={kind='calendar', every_days=5},{kind='always'}",
         ({"kind": "calendar", "every_days": 5}, {"kind": "always"})),
        ("x=true,false,true", (True, False)),
        ("start=2014-09-17,2015-01-05", ("2014-09-17", "2015-01-05")),
        ("selector.kind=my_file:Mine", ("my_file:Mine",)),
    ],
)  # fmt: skip
def test_values_are_read_as_they_are_written(text, values):
    found = axis_of(text)
    assert list(found.values) == list(values)
    assert [type(one) for one in found.values] == [type(one) for one in values]


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ("hedge.ratio", "expected key=values"),
        ("hedge.ratio=", "a value is missing"),
        ("hedge.ratio=0.8,,0.9", "a value is missing"),
        ("selector.n=50:200", "has no step"),
        ("selector.n=50:200:-50", "does not lead from 50 to 200"),
        ("selector.n=50:200:0", "does not lead"),
        ("hedge.ratio=0:1:0.0000001", "10,000,001 values"),
        ("hedge.ratio=0.5..1.5", "give --random N"),
        ("hedge.ratio=1.5..0.5", "does not rise"),
        ("start=tomorrow", "no day such as 2015-01-31"),
        ("selector.n=1:1000:1 hedge.ratio=0:1:0.001", "1,001,000 combinations"),
        ("hedge.ratio=1 hedge.ratio=2", "is given twice"),
        ("hedge.ratoi=0.8,0.9", "hedge.ratoi: unknown key, did you mean 'ratio'?"),
        ("hedge.ratio=-8,-9", "none of the 2 variants can be run"),
        ("window=20,60", "window=20: strategy"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(sets, words):
    with pytest.raises(StrategyError, match=re.escape(words)) as caught:
        grid(*sets.split(" "))
    assert "\n" not in str(caught.value)


def test_nothing_varied_is_refused():
    with pytest.raises(StrategyError, match="nothing is varied"):
        grid()


def test_all_combinations_are_variants_the_last_parameter_first():
    found = grid("hedge.ratio=0.8,0.9", "selector.n=20,30", "factors.0.weight=1.0,2.0")
    assert len(found.variants) == found.size == 8
    assert [one.changes["factors.0.weight"] for one in found.variants[:2]] == [1.0, 2.0]
    last = found.variants[-1]
    assert (last.number, last.strategy.hedge.ratio, last.strategy.selector.n) == (7, 0.9, 30)
    assert last.strategy.factors[0].weight == 2.0
    assert last.strategy.factors[1].weight == 1.0


def test_a_whole_table_may_be_a_value():
    found = grid("universe={kind='largest', n=40},{kind='index', index='000300.SH'}")
    assert [one.strategy.universe.kind for one in found.variants] == ["largest", "index"]


def test_values_may_come_from_python():
    sets = {"hedge.ratio": [0.8, 0.9], "selector.n": "20:30:10", "beta.window": 60}
    strategy = small_strategy("beta={kind='ols'}")
    found = variants_of(strategy, sample_market(), sets, start=START, end=END)
    assert len(found) == 4
    assert {one.strategy.beta.window for one in found} == {60}


def test_a_combination_that_is_no_strategy_is_named_and_the_others_stay():
    found = grid("accounts.margin_call=1.2,9.0", "hedge.ratio=0.9,1.0")
    assert [one.number for one in found.variants] == [0, 1]
    assert [one.number for one in found.refused] == [2, 3]
    assert found.refused[0].failure.kind == "StrategyError"
    assert "margin_call <= margin_target" in found.refused[0].failure.reason


def test_the_same_run_is_one_variant():
    found = grid("hedge.ratio=1,1.0,0.9")
    assert len(found.variants) == 2
    assert found.same == 1


def test_a_key_is_that_of_what_a_single_run_is_asked_to_be():
    (one,) = grid("hedge.ratio=0.9").variants
    plain = asked(small_strategy("hedge.ratio=0.9"), sample_market(), START, END)
    text = json.dumps(plain, sort_keys=True, default=str)
    assert one.key == hashlib.sha256(text.encode()).hexdigest()


def test_a_key_depends_on_strategy_and_days():
    keys = {one.key for one in grid("hedge.ratio=0.9,1.0").variants}
    (other,) = grid_of(
        small_strategy(), sample_market(), "hedge.ratio=0.9", start=START, end="2015-07-30"
    ).variants
    assert len(keys | {other.key}) == 3


def test_a_sample_has_no_repeats_and_is_the_same_again():
    sets = ("hedge.ratio=0.5..1.5", "selector.n=10..40", "costs.slippage_bp=0:20:1")
    first, again, other = (grid(*sets, random=60, seed=seed) for seed in (1, 1, 2))
    changes = [tuple(one.changes.values()) for one in first.variants]
    assert changes == [tuple(one.changes.values()) for one in again.variants]
    assert changes != [tuple(one.changes.values()) for one in other.variants]
    assert len(set(changes)) == len(first.variants) == 60
    assert all(0.5 <= ratio <= 1.5 and 10 <= n <= 40 for ratio, n, _ in changes)
    assert {type(n) for _, n, _ in changes} == {int}
    assert all(round(ratio, 4) == ratio for ratio, _, _ in changes)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_a_seed_that_is_none_is_refused_in_a_line(seed):
    with pytest.raises(StrategyError, match=r"--seed .*: accepted: whole numbers from 0 on"):
        grid("hedge.ratio=0.5..1.5", random=3, seed=seed)


def test_a_sample_of_a_small_grid_is_the_whole_grid():
    found = grid("hedge.ratio=0.8,0.9", "selector.n=20,30", random=50)
    assert len(found.variants) == 4


def test_a_sample_spreads_over_the_grid():
    found = grid("hedge.ratio=0.0..1.0", random=200, seed=3)
    values = sorted(one.changes["hedge.ratio"] for one in found.variants)
    away = max(abs(value - (k + 0.5) / 200) for k, value in enumerate(values))
    assert away < 1.63 / math.sqrt(200)  # Kolmogorov's statistic at one in a hundred


def test_days_are_parameters_too():
    found = grid("start=2014-09-17,2015-01-05", "end=2015-03-31,2015-07-31")
    spans = [(one.start, one.end) for one in found.variants]
    assert spans[0] == ("2014-09-17", "2015-03-31")
    assert spans[-1] == ("2015-01-05", "2015-07-31")


def test_windows_are_trading_days_one_after_the_other():
    found = grid("hedge.ratio=0.9,1.0", windows=(60, 40))
    spans = sorted({(one.start, one.end) for one in found.variants})
    days = pd.DatetimeIndex(sample_market().dates)
    assert len(found.variants) == 2 * len(spans)
    assert spans[0][0] == START
    begins = [days.get_loc(start) for start, _ in spans]
    assert {b - a for a, b in pairwise(begins)} == {40}
    assert {days.get_loc(end) - days.get_loc(start) for start, end in spans} == {59}
    assert spans[-1][1] <= END


@pytest.mark.parametrize("windows", [(1, 40), (60, 0), (5_000, 40)])
def test_windows_that_are_none_are_refused(windows):
    with pytest.raises(StrategyError, match="windows"):
        grid("hedge.ratio=0.9", windows=windows)


def test_own_signals_are_values_by_their_files(tmp_path):
    market = sample_market()
    rows = market.dates[200:700:20]
    for name, sign in (("a", 1.0), ("b", -1.0)):
        scores = {code: sign * (k + 1.0) for k, code in enumerate(market.codes[:60])}
        table = pd.DataFrame(scores, index=pd.DatetimeIndex(rows, name="date"))
        table.to_csv(tmp_path / f"{name}.csv")
    factor = "{kind='signal', file='%s'}"
    values = ",".join(factor % (tmp_path / f"{name}.csv") for name in "ab")
    found = grid_of(
        NEUTRAL, market, [f"factors.0.factor={values}", "selector.n=30"], start=START, end=END
    )
    digests = {one.strategy.factors[0].factor.digest for one in found.variants}
    assert len(digests) == len({one.key for one in found.variants}) == 2
