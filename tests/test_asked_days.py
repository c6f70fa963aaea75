"""Every door reads the day that it is asked for in the same way, and guesses none."""

import datetime

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.documents import asked_day
from quanthedge.errors import QuantHedgeError
from quanthedge.rules import FuturesRules, describe_day
from tests.cli.inside import inside
from tests.sample import sample_market, sample_result

THE_DAY = np.datetime64("2015-06-05")
SPELT = [
    "2015-06-05", "2015/06/05", "2015/6/5", "2015.06.05", "20150605", " 2015-06-05 ",
    "2015-06-05 10:30", "2015-06-05T00:00:00+08:00", "2015-06-04T16:00Z",
    datetime.date(2015, 6, 5), datetime.datetime(2015, 6, 5, 15), pd.Timestamp("2015-06-05"),
    pd.Timestamp("2015-06-04 20:00", tz="UTC"), THE_DAY, np.datetime64("2015-06-05T10:00"),
    np.str_("2015-06-05"),
]  # fmt: skip
GUESSES = [
    "2015-06", "2015", "201506", "06/05/2015", "5/6/2015", "05.06.2015", "today", "now",
    "June 2015", "2015-6-5x", "2015-06/05", "2015-02-30", "2015-13-01", "", " ", "10:30",
    20150605, 2015.0, True, None, pd.NaT, np.datetime64("NaT"), np.datetime64("2015-06"),
    np.datetime64("2015"),
]  # fmt: skip


@pytest.mark.parametrize("given", SPELT, ids=repr)
def test_a_whole_date_is_read_however_it_is_spelt(given):
    assert asked_day(given) == THE_DAY
    assert sample_market().day(given) == sample_market().day(THE_DAY)
    assert describe_day(given).equals(describe_day("2015-06-05"))


@pytest.mark.parametrize("given", GUESSES, ids=repr)
def test_what_would_be_guessed_is_refused_at_every_door(given):
    for door in (sample_market().day, describe_day, lambda day: FuturesRules.between("IF", [day])):
        with pytest.raises(
            QuantHedgeError, match="is not a date; write it as 2014-09-17"
        ) as caught:
            door(given)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["2015-06", "today", "06/05/2015", "", 20150605, True], ids=repr)
def test_a_run_is_asked_for_whole_dates(given):
    run, market = sample_result(), sample_market()
    doors = (
        run.until, run.positions_on, lambda day: run.bridge("month", day),
        lambda day: run.pro_forma_regression(market, day),
        lambda day: qh.backtest(run.strategy, market, start=day),
        lambda day: qh.basis_desk(market, day),
    )  # fmt: skip
    for door in doors:
        with pytest.raises(QuantHedgeError, match=r"accepted|write it as 2014-09-17") as caught:
            door(given)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "command",
    [
        ["rules", "2015-06"], ["rules", "today"], ["rules", "2015"],
        ["basis", "data/sample", "--date", "2015-06"],
        ["run", "market_neutral", "--start", "2015-01"],
        ["run", "market_neutral", "--end", "2015-02"],
        ["run", "market_neutral", "--start", "01/02/2015"],
        ["stress", "market_neutral", "--date", "2015-06"],
        ["audit", "market_neutral", "--start", "2015-06"],
        ["explain", "market_neutral", "600008.SH", "2015-06"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_refuses_a_part_of_a_date(command):
    found = inside(*command)
    assert found.returncode == 2
    assert "is not a date; write it as 2014-09-17" in " ".join(found.stderr.split())


@pytest.mark.parametrize("spelt", ["20150605", "2015/6/5"])
def test_the_rule_book_is_of_the_day_however_it_is_spelt(spelt):
    assert inside("rules", spelt).stdout == inside("rules", "2015-06-05").stdout
