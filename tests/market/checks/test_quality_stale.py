"""Bars that a vendor repeated: of stocks, indices and futures."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.stale import check_stale_tables
from tests.market.checks.made_bars import checked, quiet_bars
from tests.market.small_market import small_market, to_arrow

DATES = pd.bdate_range("2014-09-01", periods=60)
PRICES = ["open", "high", "low", "close", "pre_close"]


def rules(frame):
    return {finding.rule: finding for finding in checked(frame).warnings}


def test_moving_prices_are_not_stale():
    assert not rules(quiet_bars("600519.SH", DATES)).keys() & {
        "repeated bar", "same close", "same bar"
    }  # fmt: skip


def test_a_bar_equal_in_prices_and_volume_to_the_one_before_is_named():
    frame = quiet_bars("600519.SH", DATES)
    frame.loc[11, [*PRICES, "volume", "amount"]] = frame.loc[10, [*PRICES, "volume", "amount"]]
    assert rules(frame)["repeated bar"].count == 1
    frame.loc[11, "volume"] += 100
    frame.loc[11, "amount"] = frame.loc[11, "volume"] * frame.loc[11, "close"]
    assert "repeated bar" not in rules(frame)


def test_the_bars_of_two_stocks_are_not_compared():
    frames = [quiet_bars(code, DATES[:1]) for code in ("600000.SH", "600519.SH")]
    assert "repeated bar" not in rules(pd.concat(frames, ignore_index=True))


@pytest.mark.parametrize(("days", "named"), [(9, False), (10, True), (25, True)])
def test_ten_days_with_the_same_close_are_a_stretch(days, named):
    frame = quiet_bars("600519.SH", DATES)
    frame.loc[5 : 4 + days, "close"] = 10.0
    frame.loc[5 : 4 + days, ["high", "low"]] = [10.2, 9.8]
    frame.loc[4, "close"], frame.loc[5 + days, "close"] = 10.1, 9.95
    found = rules(frame).get("same close")
    assert (found is not None) == named
    if found is not None:
        assert found.count == 1
        assert found.examples == [f"600519.SH {days} days from {DATES[5]:%Y-%m-%d}, close 10"]


def test_five_days_of_identical_prices_are_a_stretch_though_volume_differs():
    frame = quiet_bars("600519.SH", DATES)
    frame.loc[20:24, PRICES] = [10.0, 10.1, 9.9, 10.05, 10.0]
    assert rules(frame)["same bar"].count == 1
    frame.loc[24, "open"] = 10.01
    assert "same bar" not in rules(frame)


def stale(name, frame):
    collector = Collector()
    check_stale_tables({name: to_arrow(frame, name)}, collector)
    return sum(finding.count for finding in collector.report())


def test_repeated_bars_of_indices_and_contracts_are_named():
    tables = small_market()
    for name, owner in (("index_daily", "code"), ("futures_daily", "contract")):
        frame = tables[name].to_pandas().sort_values([owner, "date"], ignore_index=True)
        assert stale(name, frame) == 0
        columns = [one for one in frame.columns if one not in ("code", "contract", "date")]
        frame.loc[8, columns] = frame.loc[7, columns]
        assert stale(name, frame) == 1


def test_a_contract_that_did_not_trade_may_stand_still():
    frame = small_market()["futures_daily"].to_pandas()
    frame = frame.sort_values(["contract", "date"], ignore_index=True)
    columns = ["open", "high", "low", "close", "settle", "volume", "open_interest"]
    frame.loc[8, columns] = frame.loc[7, columns]
    frame.loc[[7, 8], "volume"] = 0.0
    assert stale("futures_daily", frame) == 0


def test_a_close_alone_may_be_equal_twice_but_not_three_times():
    frame = small_market()["index_daily"].to_pandas()
    frame[["open", "high", "low", "volume", "amount"]] = np.nan
    frame.loc[8, "close"] = frame.loc[7, "close"]
    assert stale("index_daily", frame) == 0
    frame.loc[9, "close"] = frame.loc[7, "close"]
    assert stale("index_daily", frame) == 1
