"""Conditions on runs mean what they say, and nothing of them is ever run."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.batch.store import chosen
from quanthedge.batch.store.filters import column_of
from quanthedge.errors import StrategyError

TABLE = pd.DataFrame(
    {
        "label": ["one", "two", "three", "four"],
        "start": ["2015-01-05", "2015-02-02", "2015-01-05", "2016-01-04"],
        "tags": ["best, 最好", "", "best one", "shown"],
        "whole": [True, False, False, True],
        "sharpe_net": [1.5, 0.5, -1.0, math.nan],
        "sharpe_gross": [1.6, 0.4, -1.0, 2.0],
        "annual_return_net": [0.1, 0.05, -0.02, 0.0],
        "hedge.contract": ["front", "next", "front", None],
        "hedge.ratio": [1.0, 0.8, 1.0, 0.9],
        "selector.n": [50, 100, 50, 30],
        "hedge.range": [None, 0.1, "wide", None],
    },
    index=pd.Index(["aa11", "bb22", "cc33", "dd44"], name="key"),
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("sharpe > 1", "a"),
        ("sharpe > 1 and hedge.contract = 'front'", "a"),
        ("sharpe>1 or hedge.contract='next'", "ab"),
        ("hedge.contract = 'front' and not sharpe > 1", "c"),
        ("not (sharpe > 1 or hedge.contract = 'next')", "cd"),
        # and binds closer than or
        ("label = 'one' or label = 'two' and sharpe > 1", "a"),
        ("(label = 'one' or label = 'two') and sharpe < 1", "b"),
        ("hedge.contract != 'front'", "b"),  # the fourth has none
        ("hedge.contract <> 'front'", "b"),
        ("hedge.contract is null", "d"),
        ("hedge.contract is not null", "abc"),
        ("sharpe is null", "d"),
        ("sharpe < 100", "abc"),
        ("not sharpe < 100", "d"),
        ("sharpe = sharpe_gross", "c"),
        ("sharpe_gross > sharpe", "a"),
        ("return >= 5%", "ab"),
        ("return > -2.5e-2 and return < .001", "cd"),
        ("selector.n in (50, 30)", "acd"),
        ("selector.n not in (50, 30)", "b"),
        ("hedge.contract in ('front', 'next')", "abc"),
        ("label like 't%'", "bc"),
        ("label LIKE '_OUR'", "d"),
        ("label not like '%o%'", "c"),
        ("start >= '2015-02-01'", "bd"),
        ("whole", "ad"),
        ("not whole", "bc"),
        ("whole = false", "bc"),
        ("whole != false and sharpe > 0", "a"),
        ("tag = 'best'", "a"),
        ("tags = '最好'", "a"),
        ("tags != 'best'", "bcd"),
        ("tags in ('shown', 'best')", "ad"),
        ("tags like '%best%'", "ac"),
        ("hedge.range = 0.1", "b"),
        ("hedge.range = 'wide'", "c"),
        ("hedge.range = '0.1'", ""),  # a text is no number
        ("hedge.ratio = '1.0'", ""),
        ("label = 1", ""),
        ("whole = 1", ""),
        ("key = 'bb22'", "b"),
        ("label = 'o''ne'", ""),
        ('label = "one"', "a"),
        ("hedge.ratio == +1", "ac"),
    ],
)
def test_a_condition_means_what_it_says(condition, rows) -> None:
    assert [key[0] for key in TABLE.index[chosen(TABLE, condition)]] == list(rows)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("sharp > 1", "did you mean .*sharpe"),
        ("ratio = 1", "did you mean hedge.ratio"),
        ("hedge.contract = front", "a text stands in quotes"),
        ("sharpe >", "at its end; accepted here: a number"),
        ("sharpe > 1 and", "at its end; accepted here: the name"),
        ("(sharpe > 1", "accepted here: '\\)'"),
        ("sharpe > 1)", "at '\\)'"),
        ("sharpe > 1 sharpe < 2", "and, or, or the end"),
        ("label in ()", "accepted here"),
        ("label in 'one'", "'\\('"),
        ("label like 1", "a text in quotes"),
        ("label not = 'one'", "in or like"),
        ("1 < sharpe", "the name of a figure"),
        ("label = 'one", 'at "\'one"'),
        ("sharpe > 1; drop table runs", "at '; drop"),
        ("sharpe > 1 -- no", "at '-- no"),
        ("__import__('os').system('true')", 'at ".system'),
        ("__import__ = 1", "no figure or parameter"),
        ("whole < true", "= or !="),
        ("(" * 200 + "whole" + ")" * 200, "more than 100"),
        ("not " * 200 + "whole", "more than 100"),
        ("label = '" + "x" * 20_000 + "'", "20,010 letters"),
    ],
)
def test_a_condition_that_cannot_be_read_says_where(condition, words) -> None:
    with pytest.raises(StrategyError, match=words) as told:
        chosen(TABLE, condition)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 400


def test_a_short_name_gives_way_to_a_column_of_that_name() -> None:
    assert column_of(TABLE, "sharpe") == "sharpe_net"
    assert column_of(TABLE.assign(sharpe=0.0), "sharpe") == "sharpe"


_NAMES = st.sampled_from(["sharpe_net", "hedge.ratio", "selector.n"])
_NUMBERS = st.floats(-3, 120, allow_nan=False).map(lambda x: round(x, 2))
_COMPARISONS = st.tuples(_NAMES, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _NUMBERS)
_TREES = st.recursive(
    _COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=8,
)


def _text(tree) -> str:
    if tree[0] == "not":
        return f"not ({_text(tree[1])})"
    if tree[0] in ("and", "or"):
        return f"({_text(tree[1])}) {tree[0]} ({_text(tree[2])})"
    return f"{tree[0]} {tree[1]} {tree[2]}"


def _meant(tree, row) -> bool:
    """The definition, a run at a time."""
    if tree[0] == "not":
        return not _meant(tree[1], row)
    if tree[0] in ("and", "or"):
        both = _meant(tree[1], row), _meant(tree[2], row)
        return all(both) if tree[0] == "and" else any(both)
    value, sign, other = row[tree[0]], tree[1], tree[2]
    if math.isnan(value):
        return False
    return {
        "<": value < other,
        "<=": value <= other,
        ">": value > other,
        ">=": value >= other,
        "==": value == other,
        "!=": value != other,
    }[sign]


@settings(max_examples=150, deadline=None)
@given(_TREES)
def test_conditions_agree_with_their_definition(tree) -> None:
    expected = [_meant(tree, row) for _, row in TABLE.iterrows()]
    assert chosen(TABLE, _text(tree)).tolist() == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="sharpe_net.'\"()<>=!,% 01andornotlikeis", max_size=40))
def test_any_text_is_a_condition_or_is_refused(text) -> None:
    try:
        found = chosen(TABLE, text)
    except StrategyError:
        return
    assert found.dtype == np.bool_
    assert len(found) == len(TABLE)
