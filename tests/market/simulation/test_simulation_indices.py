"""Simulated indices follow from their members, futures from the indices."""

import numpy as np
import pytest

from quanthedge.market.simulation.calendar import expiry_days, trading_days
from tests.market.simulation.simulated import panels


def _members(code: str) -> np.ndarray:
    market = panels()
    spells = market.market.tables["index_members"].to_pandas()
    member = np.zeros((len(market.dates), len(market.codes)), dtype=bool)
    for spell in spells[spells["index_code"] == code].itertuples():
        begin = np.searchsorted(market.dates, np.datetime64(spell.start))
        end = len(market.dates)
        if spell.end is not None:
            end = np.searchsorted(market.dates, np.datetime64(spell.end), side="right")
        member[begin:end, np.searchsorted(market.codes, spell.code)] = True
    return member


def _carried(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    for row in range(1, len(values)):
        gap = np.isnan(values[row])
        values[row, gap] = values[row - 1, gap]
    return values


@pytest.mark.parametrize("code", ["000300.SH", "000905.SH"])
def test_an_index_is_rebuilt_from_its_members(code: str) -> None:
    market = panels()
    value = _carried(market.panel(market.bars["close"] * market.bars["float_shares"]))
    member = _members(code)
    assert (member.sum(axis=1) == 48).all()
    now = np.where(member[1:], value[1:], 0).sum(axis=1)
    before = np.where(member[1:], value[:-1], 0).sum(axis=1)
    close = market.index_close(code)
    cash = close[1:] / close[:-1] / (now / before) - 1
    assert np.abs(cash).max() < 1e-6  # price index: bonus shares and new members leave no gap


def test_both_indices_share_no_member_and_change_twice_a_year() -> None:
    large, middle = _members("000300.SH"), _members("000905.SH")
    assert not (large & middle).any()
    changes = np.flatnonzero((large[1:] != large[:-1]).any(axis=1)) + 1
    months = {str(panels().dates[row])[:7] for row in changes}
    assert {"2013-06", "2013-12", "2014-06", "2014-12", "2015-06", "2015-12"} <= months


def test_delisting_stocks_and_special_treatment_joiners_are_no_members() -> None:
    market = panels()
    member = _members("000300.SH") | _members("000905.SH")
    delisting = market.panel(market.bars["is_delisting"].astype(float), 0.0) > 0
    assert not (member & delisting).any()


def test_expiry_is_the_third_friday_moved_past_holidays() -> None:
    calendar = trading_days(np.datetime64("2013-01-01"), np.datetime64("2016-12-31"))
    days = expiry_days(calendar)
    known = {"1309": "2013-09-23", "1410": "2014-10-17", "1502": "2015-02-25", "1512": "2015-12-18"}
    assert {month: str(days[month]) for month in known} == known
    plain = [day for day in days.values() if (int(day.astype(int)) + 3) % 7 == 4]
    assert len(plain) >= len(days) - 4


def test_the_calendar_is_within_a_few_days_of_the_real_one() -> None:
    calendar = trading_days(np.datetime64("2014-01-01"), np.datetime64("2014-12-31"))
    assert abs(len(calendar) - 245) <= 2
    closed = ["2014-01-01", "2014-01-31", "2014-02-05", "2014-05-01", "2014-06-02", "2014-10-07"]
    assert not np.isin(np.array(closed, dtype="datetime64[D]"), calendar).any()


def test_every_contract_ends_at_the_index() -> None:
    market = panels()
    futures = market.market.tables["futures_daily"].to_pandas()
    index = market.market.tables["index_daily"].to_pandas().set_index(["code", "date"])
    last = futures[futures["date"] == futures["last_trading_day"]]
    assert len(last) > 40
    for bar in last.itertuples():
        spot = index.loc[("000300.SH" if bar.product == "IF" else "000905.SH", bar.date)]
        assert spot["low"] - 0.21 <= bar.settle <= spot["high"] + 0.21
        assert abs(bar.close / spot["close"] - 1) < 0.0002


def test_four_contracts_are_listed_on_every_day_and_a_new_one_after_each_expiry() -> None:
    futures = panels().market.tables["futures_daily"].to_pandas()
    front = futures[futures["product"] == "IF"]
    by_day = front.groupby("date")["contract"].apply(list)
    assert by_day.map(len).eq(4).all()
    assert by_day[by_day.index[0]] == ["IF1301", "IF1302", "IF1303", "IF1306"]
    first = front.groupby("contract")["date"].min()
    expired = set(front["last_trading_day"])
    days = list(by_day.index)
    starts = {days.index(day) for day in first if day != days[0]}
    assert {days[start - 1] for start in starts} <= expired
    assert futures.loc[futures["product"] == "IC", "date"].min().isoformat() == "2015-04-16"


def test_the_basis_is_the_true_one_times_the_time_to_expiry() -> None:
    market = panels()
    futures = market.market.tables["futures_daily"].to_pandas()
    futures = futures[futures["product"] == "IF"]
    spot = market.market.tables["index_daily"].to_pandas()
    spot = spot[spot["code"] == "000300.SH"].set_index("date")["close"]
    truth = market.market.truth["basis"].to_pandas()
    truth = truth[truth["product"] == "IF"].set_index("date")["basis_per_year"]
    years = (
        futures["last_trading_day"].to_numpy().astype("datetime64[D]")
        - futures["date"].to_numpy().astype("datetime64[D]")
    ).astype(int) / 365
    basis = futures["close"].to_numpy() / spot[futures["date"]].to_numpy() - 1
    error = basis - truth[futures["date"]].to_numpy() * years
    assert np.abs(error).max() < 0.006
    assert abs(error.mean()) < 0.0001


def test_futures_prices_are_ticks_inside_the_days_range_and_limits() -> None:
    futures = panels().market.tables["futures_daily"].to_pandas()
    for name in ("open", "high", "low", "close"):
        points = futures[name].to_numpy() / 0.2
        assert np.allclose(points, np.round(points), atol=1e-6)
    assert (futures["high"] >= futures[["open", "close", "settle"]].max(axis=1)).all()
    assert (futures["low"] <= futures[["open", "close", "settle"]].min(axis=1)).all()
    before = futures.groupby("contract")["settle"].shift()
    ordinary = before.notna() & (futures["date"] != futures["last_trading_day"])
    move = (futures["high"] / before - 1)[ordinary]
    assert move.max() <= 0.1 + 1e-9


def test_trading_moves_to_the_next_contract_before_expiry() -> None:
    futures = panels().market.tables["futures_daily"].to_pandas()
    day = futures[futures["date"].astype(str) == "2014-10-17"].sort_values("last_trading_day")
    assert day["volume"].iloc[1] > 5 * day["volume"].iloc[0]
    early = futures[futures["date"].astype(str) == "2014-10-08"].sort_values("last_trading_day")
    assert early["volume"].iloc[0] > 5 * early["volume"].iloc[1]
