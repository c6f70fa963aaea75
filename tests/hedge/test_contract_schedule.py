"""Which contract is held when, against a slow reference and in the cases that go wrong."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import ContractSchedule
from quanthedge.hedge.contracts.schedule import BEYOND
from tests.hedge.futures_market import Futures, build
from tests.oracles import contract_schedule as oracle


def held(schedule):
    return [schedule.contracts[c] if c >= 0 else None for c in schedule.hold]


def row(market, day):
    return int(np.searchsorted(market.dates, np.datetime64(day)))


def whole(market, **options):
    return ContractSchedule.of(market, "IF", 0, market.dates.size - 1, **options)


def reference(market, first, last, roll_days):
    days = np.arange(market.dates[0], market.dates[-1] + 60)
    days = list(days[np.is_busday(days)])  # the market trades on every weekday
    bars, ends = {}, {}
    for bar in market.bars.itertuples():
        fill = None if np.isnan(bar.open) else bar.open
        mark = bar.close if np.isnan(bar.settle) else bar.settle
        day = np.datetime64(bar.date, "D")
        bars[bar.contract, day] = (fill, None if np.isnan(mark) else mark)
        ends[bar.contract] = np.datetime64(bar.last_trading_day, "D")
    return oracle.hold_by_day(bars, ends, days, first, last, roll_days)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    roll_days=st.integers(0, 8),
    listed=st.sampled_from([12, 25, 45]),
    missing=st.sampled_from([0.0, 0.05, 0.3]),
    gone=st.sampled_from([0.0, 0.002]),
    first=st.integers(0, 40),
)
def test_random_gaps_agree_with_the_slow_reference(seed, roll_days, listed, missing, gone, first):
    market = build("2014-10", 5, listed)
    rng = np.random.default_rng(seed)
    bars = market.bars[rng.random(len(market.bars)) >= gone].copy()
    for column in ("open", "settle"):
        bars.loc[rng.random(len(bars)) < missing, column] = np.nan
    market = Futures(market.dates, bars)
    last = market.dates.size - 1
    expected = reference(market, first, last, roll_days)
    if isinstance(expected, str):
        contract, day = expected.split()[1:]
        with pytest.raises(DataError, match=f"contract {contract} .*{day}"):
            ContractSchedule.of(market, "IF", first, last, roll_days=roll_days)
    else:
        schedule = ContractSchedule.of(market, "IF", first, last, roll_days=roll_days)
        assert held(schedule) == expected


def test_the_hedge_moves_so_many_trading_days_before_the_last(market):
    rolls = whole(market, roll_days=4).rolls()
    assert rolls["days_left"].tolist()[1:] == [4.0] * 6
    second = rolls.iloc[1]
    assert (second["date"], second["old"], second["new"]) == (
        pd.Timestamp("2014-09-15"),
        "IF1409",
        "IF1410",
    )
    bar = market.bars.set_index(["contract", "date"])["open"]
    assert second["old_price"] == bar["IF1409", second["date"]]
    assert second["new_price"] == bar["IF1410", second["date"]]


def test_roll_days_0_rolls_on_the_last_trading_day(market):
    assert whole(market, roll_days=0).rolls()["days_left"].tolist()[1:] == [0.0] * 6


@pytest.mark.parametrize("which", ["IF1409", "IF1410"])
def test_a_day_without_a_fill_of_either_contract_puts_the_roll_off(market, which):
    market = market.blank(which, "open", "2014-09-15", "2014-09-16")
    assert whole(market).rolls()["date"].iloc[1] == pd.Timestamp("2014-09-17")


def test_without_a_successor_the_front_is_held_to_delivery(market):
    bars = market.bars
    late = (bars["contract"] == "IF1410") & (bars["date"] < "2014-09-24")
    schedule = whole(Futures(market.dates, bars[~late]))
    day = row(market, "2014-09-19")
    assert held(schedule)[day : day + 4] == ["IF1409", None, None, "IF1410"]
    rolls = schedule.rolls()
    settle = bars.set_index(["contract", "date"])["settle"]["IF1409", pd.Timestamp("2014-09-19")]
    assert rolls.iloc[1][["old", "new", "old_price", "days_left"]].tolist() == [
        "IF1409", "", settle, -1.0,
    ]  # fmt: skip
    assert rolls.iloc[2][["old", "new"]].tolist() == ["", "IF1410"]


def test_a_far_contract_is_never_taken_for_the_next_one(market):
    far = market.bars[market.bars["contract"] == "IF1410"].copy()
    far["contract"], far["last_trading_day"] = "IF1412", pd.Timestamp("2014-12-19")
    near = market.without("IF1412").without("IF1410", *market.dates[: row(market, "2014-09-18")])
    both = Futures(market.dates, pd.concat([near.bars, far]))
    schedule = ContractSchedule.of(both, "IF", 0, row(market, "2014-09-26"))
    assert schedule.rolls()["new"].tolist() == ["IF1409", "IF1410"]
    assert schedule.rolls()["date"].iloc[1] == pd.Timestamp("2014-09-18")


def test_a_span_that_starts_in_the_roll_window_starts_with_the_successor(market):
    start = row(market, "2014-09-17")
    assert held(ContractSchedule.of(market, "IF", start, start + 3))[0] == "IF1410"


def test_prices_are_the_days_own(market):
    market = market.blank("IF1410", "settle", "2014-09-22")
    first, last = row(market, "2014-09-10"), row(market, "2014-10-31")
    schedule = ContractSchedule.of(market, "IF", first, last)
    assert schedule.contracts == ["IF1409", "IF1410", "IF1411"]
    bars = market.bars.set_index(["date", "contract"]).unstack()  # noqa: PD010
    days, names = pd.DatetimeIndex(schedule.dates), schedule.contracts
    np.testing.assert_array_equal(schedule.fill_price, bars["open"][names].loc[days])
    marks = bars["settle"].fillna(bars["close"])[names]
    np.testing.assert_array_equal(schedule.settlement_price, marks.loc[days])
    np.testing.assert_array_equal(
        schedule.opening_settlement, marks.loc[pd.Timestamp("2014-09-09")]
    )
    assert schedule.marked_at_close == [("IF1410", np.datetime64("2014-09-22"))]
    ends = [row(market, "2014-09-19") - first, row(market, "2014-10-17") - first, BEYOND]
    assert schedule.last_day.tolist() == ends
    assert schedule.hold.min() >= 0


def test_fills_at_close_and_at_the_average_price(market):
    opened = whole(market).fill_price
    np.testing.assert_allclose(whole(market, fill="close").fill_price, opened + 2)
    np.testing.assert_allclose(whole(market, fill="vwap").fill_price, opened + 3)
    np.testing.assert_allclose(
        whole(market, fill="vwap", multiplier=150.0).fill_price, 2 * (opened + 3)
    )


def test_on_a_day_without_trades_there_is_no_average_price(market):
    market = market.blank("IF1410", "amount", "1999-01-04")  # a copy
    bars = market.bars
    quiet = (bars["contract"] == "IF1410") & bars["date"].isin(
        pd.to_datetime(["2014-09-15", "2014-09-16"])
    )
    bars.loc[quiet, ["volume", "amount"]] = 0.0
    assert whole(market, fill="vwap").rolls()["date"].iloc[1] == pd.Timestamp("2014-09-17")


def test_without_turnover_in_the_data_the_average_price_is_that_of_the_bar(market):
    market = market.blank("IF1410", "amount", "2014-09-15")
    schedule = whole(market, fill="vwap")
    day = schedule.dates.searchsorted(np.datetime64("2014-09-15"))
    column = schedule.contracts.index("IF1410")
    bars = market.bars[market.bars["contract"] == "IF1410"].set_index("date")
    bar = bars.loc[pd.Timestamp("2014-09-15")]
    expected = (bar["open"] + bar["high"] + bar["low"] + bar["close"]) / 4
    assert schedule.fill_price[day, column] == pytest.approx(expected)
    assert schedule.average_fills == [("IF1410", np.datetime64("2014-09-15"))]


@pytest.mark.parametrize("day", ["2014-09-12", "2014-09-15", "2014-10-13", "2014-12-31"])
def test_what_comes_later_changes_nothing_before(market, day):
    last = row(market, day)
    cut = market.until(day)
    for calendar in (None, market.dates):
        known = ContractSchedule.of(cut, "IF", 0, last, calendar=calendar)
        assert held(known) == held(whole(market))[: last + 1]


def test_a_published_calendar_counts_holidays_that_weekdays_do_not_know():
    market = build("2015-01", 3)
    week = (market.dates >= np.datetime64("2015-02-13")) & (
        market.dates < np.datetime64("2015-02-20")
    )
    bars = market.bars[~market.bars["date"].isin(market.dates[week])]
    holiday = Futures(market.dates[~week], bars)
    day = row(holiday, "2015-02-09")  # 4 trading days before 2015-02-20, 9 weekdays
    full = held(whole(holiday))
    assert full[day] == "IF1503"
    cut = holiday.until("2015-02-09")
    assert held(ContractSchedule.of(cut, "IF", 0, day, calendar=holiday.dates)) == full[: day + 1]
    cut.calendar = holiday.dates
    assert held(whole(cut)) == full[: day + 1]


def test_a_contract_that_ends_before_its_roll_is_an_error(market):
    ended = [d for d in market.dates if d > np.datetime64("2014-11-05")]
    market = market.without("IF1411", *ended)
    with pytest.raises(DataError) as caught:
        whole(market)
    text = str(caught.value)
    assert "contract IF1411 ends on 2014-11-05, before its roll" in text
    assert "2014-11-21" in text
    assert "end the run before 2014-11-06" in text


def test_a_hole_in_a_held_contract_is_an_error(market):
    with pytest.raises(DataError, match="IF1411 has neither settle nor close on 2014-11-05"):
        whole(market.without("IF1411", "2014-11-05"))


def test_a_product_without_prices_in_the_span_is_an_error(market):
    with pytest.raises(DataError, match="no IF contract can be traded"):
        whole(Futures(market.dates, market.bars.assign(open=np.nan)))
    with pytest.raises(DataError, match="IC has no bar"):
        ContractSchedule.of(market, "IC", 0, 10)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda bars: bars.assign(contract="IFmain"), "'IFmain' does not name its month"),
        (lambda bars: pd.concat([bars, bars.head(1)]), "more than one bar on 2014-09-01"),
        (
            lambda bars: bars.assign(
                last_trading_day=bars["last_trading_day"].where(
                    bars.index > 0, pd.Timestamp("2014-09-18")
                )
            ),
            "IF1409 has more than one last_trading_day",
        ),
        (
            lambda bars: bars.assign(
                last_trading_day=bars["last_trading_day"].replace(
                    pd.Timestamp("2014-09-19"), pd.Timestamp("2014-09-20")
                )
            ),
            "IF1409 has last_trading_day 2014-09-20, which is no trading day",
        ),
        (
            lambda bars: bars.assign(
                date=bars["date"].where(bars.index > 0, pd.Timestamp("2014-09-06"))
            ),
            "1 bars are not on a trading day.*IF1409 2014-09-06",
        ),
    ],
)
def test_malformed_contracts_are_named(market, change, text):
    with pytest.raises(DataError, match=text):
        whole(Futures(market.dates, change(market.bars)))


@pytest.mark.parametrize(
    "options",
    [{"first": 5, "last": 4}, {"last": 10_000}, {"roll_days": -1}, {"fill": "twap"}],
)
def test_arguments_outside_what_is_accepted_are_refused(market, options):
    given_options = {"first": 0, "last": 20, **options}
    with pytest.raises(StrategyError, match="accepted"):
        ContractSchedule.of(market, "IF", **given_options)
