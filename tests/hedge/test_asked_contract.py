"""Every day on which another contract is held than asked for is written down, with the reason."""

from collections import Counter

import numpy as np
import pytest

from quanthedge.hedge import ContractSchedule
from tests.hedge.futures_market import Futures, build


@pytest.fixture(scope="module")
def market() -> Futures:
    return build("2014-01", 8, days_listed=70)


def schedule(market, first="2014-03-03", **choice):
    begin = int(np.searchsorted(market.dates, np.datetime64(first)))
    stop = int(np.searchsorted(market.dates, np.datetime64("2014-07-31")))
    return ContractSchedule.of(market, "IF", begin, stop, **choice)


def held(found):
    return [found.contracts[h] if h >= 0 else "" for h in found.hold]


@pytest.mark.parametrize("contract", ["front", "next"])
def test_nothing_is_said_where_every_contract_has_its_prices(market, contract):
    assert schedule(market, contract=contract).substituted == []


def test_a_next_month_without_prices_is_counted_on_every_day_the_front_stands_in(market):
    kept = market.bars["contract"] != "IF1406"
    found = schedule(Futures(market.dates, market.bars[kept]), contract="next")
    days = {str(day) for day, name in zip(found.dates, held(found), strict=True)
            if "2014-04-21" <= str(day) <= "2014-05-16"}  # fmt: skip
    asked = [one for one in found.substituted if one.asked == "IF1406"]
    assert {str(one.date) for one in asked} == days  # all days of May's contract
    assert Counter(one.reason for one in asked) == {"absent": len(days)}
    assert {one.held for one in asked} == {"IF1405"}


def test_a_roll_that_a_missing_price_delays_is_counted_day_by_day(market):
    late = market.blank("IF1405", "open", "2014-04-14", "2014-04-15")
    found = schedule(late)
    assert [(str(one.date), one.asked, one.held, one.reason) for one in found.substituted] == [
        ("2014-04-14", "IF1405", "IF1404", "no_price"),
        ("2014-04-15", "IF1405", "IF1404", "no_price"),
    ]
    rolls = found.rolls()
    assert rolls.loc[rolls["old"] == "IF1404", "days_left"].tolist() == [2.0]


def test_a_held_contract_without_a_price_is_stuck(market):
    found = schedule(market.blank("IF1404", "open", "2014-04-14"))
    assert [(str(one.date), one.reason) for one in found.substituted] == [("2014-04-14", "stuck")]


def test_a_front_contract_that_the_data_never_name_is_asked_for_all_the_same(market):
    kept = market.bars["contract"] != "IF1404"
    found = schedule(Futures(market.dates, market.bars[kept]))
    dates = [one.date for one in found.substituted if one.asked == "IF1404"]
    first, last = dates[0], dates[-1]
    # From four days before March's expiry (the 21st) to five before April's (the 18th).
    assert (str(first), str(last)) == ("2014-03-17", "2014-04-11")
    assert len(dates) == np.busday_count(first, last + 1)
    assert {one.held for one in found.substituted} == {"IF1403", ""}


def test_a_choice_by_open_interest_that_is_not_known_is_said(market):
    day = "2014-05-05"
    blank = market.blank("IF1406", "open_interest", day)
    found = schedule(blank, contract="main")
    assert [(str(one.date), one.reason) for one in found.substituted] == [("2014-05-06", "unknown")]
    assert schedule(blank).substituted == []  # the front contract asks for no open interest
    waits = schedule(blank, roll="open_interest").substituted
    assert [str(one.date) for one in waits] == ["2014-05-06"]


def test_days_without_any_contract_are_counted(market):
    blank = market.blank("IF1404", "open", "2014-03-24")
    found = schedule(blank, first="2014-03-24")
    assert (found.substituted[0].held, found.substituted[0].reason) == ("", "no_price")
