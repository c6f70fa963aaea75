"""The basis desk: worked by hand, causal, and right where the truth is known."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.hedge import basis_desk, basis_table
from quanthedge.hedge.research.dividends import (
    DividendCalendar,
    dividend_calendar,
    realised_dividends,
)
from quanthedge.market import Market
from quanthedge.market.simulation import Truth
from quanthedge.risk import index_weights
from tests.sample import SAMPLE

DAY = "2015-03-04"


@cache
def market() -> Market:
    return Market.open(SAMPLE)


@cache
def table() -> pd.DataFrame:
    return basis_table(market(), "IF")


def of_day(position: str) -> pd.Series:
    rows = table()
    return rows[(rows["date"] == pd.Timestamp(DAY)) & (rows["position"] == position)].iloc[0]


def test_a_row_is_what_the_bars_say():
    row = of_day("front")
    bars = market().futures("IF").set_index(["contract", "date"])
    bar = bars.loc[(row["contract"], pd.Timestamp(DAY))]
    close = market().index_close("000300.SH")[market().day(DAY)]
    left = (bar["last_trading_day"] - pd.Timestamp(DAY)).days
    assert row["basis"] == pytest.approx(bar["settle"] - close)
    assert row["days_left"] == left
    assert row["annualised"] == pytest.approx((bar["settle"] / close - 1) * 365 / left)
    rate = market().cash_rate()[market().day(DAY)]
    assert row["financing"] == pytest.approx(close * rate * left / 365)
    assert row["excess"] == pytest.approx(row["basis"] - row["financing"] + row["dividends"])


def test_positions_follow_the_months_and_short_lives_are_not_annualised():
    day = table()[table()["date"] == pd.Timestamp(DAY)]
    assert day["position"].tolist() == sorted(day["position"], key=list(
        table()["position"].cat.categories).index)  # fmt: skip
    assert day["contract"].is_monotonic_increasing
    short = table()["days_left"] < 5
    assert table().loc[short, "annualised"].isna().all()
    assert table().loc[~short, "annualised"].notna().all()


def test_the_past_is_the_same_without_the_future():
    cut = basis_table(market().until(DAY), "IF")
    whole = table()[table()["date"] <= pd.Timestamp(DAY)].reset_index(drop=True)
    pd.testing.assert_frame_equal(cut, whole)
    assert cut["percentile"].notna().any()


def test_percentiles_are_ranks_among_the_days_so_far():
    front = table()[table()["position"] == "front"].reset_index(drop=True)
    known = front.dropna(subset="percentile")
    t = known.index[len(known) // 2]
    window = front["annualised_adjusted"].iloc[t - 249 : t + 1].dropna()
    rank = (window <= window.iloc[-1]).sum() - ((window == window.iloc[-1]).sum() - 1) / 2
    assert front.loc[t, "percentile"] == pytest.approx(rank / len(window))


def test_expected_dividends_are_the_yield_times_the_share_of_the_months():
    by_month = np.zeros((1, 12))
    by_month[0, 5] = 0.02  # all in June
    calendar = DividendCalendar(np.array([2013]), by_month, np.array([0.02]))
    day = np.datetime64
    assert calendar.expected(0, day("2014-05-31"), day("2014-06-30")) == pytest.approx(0.02)
    assert calendar.expected(0, day("2014-05-31"), day("2014-06-15")) == pytest.approx(0.01)
    assert calendar.expected(0, day("2014-07-01"), day("2014-12-31")) == 0.0
    assert calendar.expected(0, day("2014-12-31"), day("2014-12-31")) == 0.0
    # nothing is known of the months before a first whole year
    assert calendar.expected(0, day("2013-05-31"), day("2013-06-30")) == pytest.approx(0.02 / 12)


def test_realised_dividends_are_the_steps_of_the_members():
    paid = realised_dividends(market(), "000300.SH")
    factor = market().panel("adj_factor")
    t = int(np.argmax(paid))
    weights = index_weights(market(), "000300.SH").on(np.array([t - 1]))[0]
    expected = 0.0
    for i in np.flatnonzero(weights):
        step = factor[t, i] / factor[t - 1, i]
        expected += weights[i] * (1 - 1 / step) if 1 < step < 1.06 else 0.0
    assert paid[t] == pytest.approx(expected)
    assert paid[t] > 0
    profile = dividend_calendar(market(), "000300.SH").profile(2015)
    assert profile.sum() == pytest.approx(1.0)


def test_the_simulated_basis_is_found():
    truth = Truth.open(SAMPLE).table("basis")
    truth = truth[truth["product"] == "IF"].assign(date=lambda t: pd.to_datetime(t["date"]))
    own = table()[table()["position"] == "next"].merge(truth, on="date")
    # the truth is a yearly rate; settlement and close of different hours are noise around it
    assert len(own) > 500
    assert np.corrcoef(own["annualised"], own["basis_per_year"])[0, 1] > 0.8
    assert (own["annualised"] - own["basis_per_year"]).abs().mean() < 0.05


def test_the_desk_shows_rolls_and_the_carry_of_lots():
    held = of_day("next")
    desk = basis_desk(market(), DAY, lots={held["contract"]: -10, "IC1503": -4})
    assert desk.carry["contract"].tolist() == [held["contract"]]
    gain = 10 * 300 * (held["basis"] + held["dividends"])
    assert desk.carry["to_delivery"].iloc[0] == pytest.approx(gain)
    assert desk.carry["per_year"].iloc[0] == pytest.approx(gain * 365 / held["days_left"])
    front = desk.calendar.iloc[0]
    trading = market().calendar
    end = np.searchsorted(trading, np.datetime64(front["last_trading_day"], "D"))
    assert front["roll_day"] == pd.Timestamp(trading[end - 4])
    assert front["following"] == held["contract"]
    prices = desk.contracts.set_index("contract")["price"]
    assert front["spread"] == pytest.approx(prices.iloc[1] - prices.iloc[0])
    assert "IF on 2015-03-04" in desk.text()
    assert len(desk.plot().data) >= 2
    with pytest.raises(DataError, match="held but not listed"):
        basis_desk(market(), DAY, lots={"IF1401": -1})
