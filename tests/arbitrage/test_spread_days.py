"""The spread of two contracts by day: worked by hand, causal, rolled where it says."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.arbitrage.spread_legs import legs_of
from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import basis_table
from tests.oracles import arbitrage as oracle
from tests.sample import sample_market

PAIRS = ("front/next", "next/quarter", "front/quarter", "quarter/second quarter")
DAY = "2015-03-31"


@cache
def bars() -> list[dict]:
    frame = sample_market().futures("IF").rename(columns={"last_trading_day": "last"})
    return frame[["contract", "date", "last", "settle"]].to_dict("records")


@cache
def panel(pair: str) -> pd.DataFrame:
    return qh.spread_panel(sample_market(), "IF", pair=pair)


def deposit(day: pd.Timestamp) -> float:
    """The People's Bank's benchmark of one year: its notices of 2014 and 2015."""
    steps = {"2014-11-22": 0.0275, "2015-03-01": 0.025, "2015-05-11": 0.0225, "2015-06-28": 0.02,
             "2015-08-26": 0.0175, "2015-10-24": 0.015}  # fmt: skip
    return [0.03, *(rate for start, rate in steps.items() if day >= pd.Timestamp(start))][-1]


@pytest.mark.parametrize("pair", PAIRS)
def test_the_pair_is_that_of_the_days_chain(pair):
    table = panel(pair)
    near, far = pair.split("/")
    for row in table.iloc[::37].itertuples():
        there = oracle.places(bars(), row.date)
        assert (row.near, row.far) == (there[near], there[far])


@pytest.mark.parametrize("pair", PAIRS)
def test_the_deviation_is_the_spread_over_carry_and_dividends_a_year(pair):
    market, table = sample_market(), panel(pair).dropna(subset="fair")
    of = {(b["contract"], b["date"]): b for b in bars()}
    expected = basis_table(market, "IF").set_index(["contract", "date"])["dividends"]
    for row in table.iloc[::41].itertuples():
        near, far = of[row.near, row.date], of[row.far, row.date]
        index = market.index_close("000300.SH")[market.day(row.date)]
        paid = expected[row.far, row.date] - expected[row.near, row.date]
        wanted = oracle.deviation_a_year(near, far, index, deposit(row.date), paid)
        assert row.deviation_a_year == pytest.approx(wanted, abs=1e-12)
        assert row.spread == pytest.approx(far["settle"] - near["settle"])
        assert row.log_spread == pytest.approx(np.log(far["settle"] / near["settle"]))
        assert row.deviation == pytest.approx(row.spread - row.fair)


def test_the_day_before_is_that_of_the_same_two_contracts():
    table = panel("next/quarter")
    legs = legs_of(sample_market(), "IF")
    place = {name: m for m, name in enumerate(legs.contracts)}
    for row in table.dropna(subset="deviation_before").iloc[::29].itertuples():
        t = np.array([int(np.searchsorted(legs.dates, np.datetime64(row.date, "D"))) - 1])
        pair = (np.array([place[row.near]]), np.array([place[row.far]]))
        assert row.deviation_before == legs.deviation(t, *pair)[0]
    same = ~table["rolled"] & table["deviation_a_year"].shift(1).notna()
    follows = table["date"].map({d: k for k, d in enumerate(sample_market().dates)}).diff() == 1
    both = same & follows
    assert both.sum() > 100
    assert (table.loc[both, "deviation_before"] == table["deviation_a_year"].shift(1)[both]).all()


@pytest.mark.parametrize("roll_days", [1, 5, 10])
def test_no_pair_is_live_in_the_last_days_of_its_near_contract(roll_days):
    table = qh.spread_panel(sample_market(), "IF", roll_days=roll_days)
    assert table["days_left"].min() == roll_days + 1
    ends = {b["contract"]: b["last"] for b in bars()}
    days = pd.DatetimeIndex(sample_market().dates)
    inside = table[table["near"].map(ends) <= days[-1]]
    for row in inside.iloc[::50].itertuples():
        assert row.days_left == ((days > row.date) & (days <= ends[row.near])).sum()


def test_rolls_are_said():
    table = panel("front/next")
    changed = (table["near"] != table["near"].shift(1)) | (table["far"] != table["far"].shift(1))
    assert (table["rolled"].iloc[1:] == changed.iloc[1:]).all()
    assert table["rolled"].sum() == table[["near", "far"]].drop_duplicates().shape[0] - 1


def test_the_past_is_the_same_without_the_future():
    market = sample_market()
    whole = panel("next/quarter")
    cut = qh.spread_panel(market.until(DAY), "IF", pair="next/quarter")
    past = whole[whole["date"] <= pd.Timestamp(DAY)].reset_index(drop=True)
    pd.testing.assert_frame_equal(cut, past)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of figures that are absurd on purpose
@pytest.mark.parametrize("alteration", ["scrambled", "absurd"])
def test_another_future_leaves_the_past_as_it_was(alteration):
    market = sample_market()
    other = qh.spread_panel(market.altered(market.day(DAY), alteration), "IF")
    day = pd.Timestamp(DAY)
    pd.testing.assert_frame_equal(
        other[other["date"] <= day].reset_index(drop=True),
        panel("front/next")[panel("front/next")["date"] <= day].reset_index(drop=True),
    )


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"pair": "front/last"}, StrategyError, "front/next"),
        ({"roll_days": 0}, StrategyError, "1 or more"),
        ({"product": "IM"}, DataError, "IM"),
    ],
)
def test_wrong_input_is_one_clear_error(options, error, says):
    with pytest.raises(error, match=says):
        qh.spread_panel(sample_market(), **options)
