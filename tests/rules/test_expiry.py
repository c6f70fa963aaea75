"""Last trading days against three sources that know nothing of the rule book.

The real contracts of 2010 to 2018, the holidays of the Shanghai exchange as exchange_calendars has
them, and the delivery dates of 2026 as CFFEX published them (notice of 2025-12-17, source F65).
"""

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest

from quanthedge.errors import RuleError
from quanthedge.rules import third_friday

DATES_2026 = Path(__file__).with_name("data") / "fut_delivery_dates_2026.csv"
REAL = Path(__file__).parents[3] / "shared" / "market"
MONTHS = [(year, month) for year in range(2010, 2027) for month in range(1, 13)]
MOVED = {
    "2010-02": ("2010-02-19", "2010-02-22"),  # Spring Festival
    "2013-02": ("2013-02-15", "2013-02-18"),  # Spring Festival
    "2013-09": ("2013-09-20", "2013-09-23"),  # Mid-Autumn Festival
    "2015-02": ("2015-02-20", "2015-02-25"),  # Spring Festival
    "2016-09": ("2016-09-16", "2016-09-19"),  # Mid-Autumn Festival
    "2018-02": ("2018-02-16", "2018-02-22"),  # Spring Festival
    "2024-02": ("2024-02-16", "2024-02-19"),  # Spring Festival
    "2026-02": ("2026-02-20", "2026-02-24"),  # Spring Festival
    "2026-06": ("2026-06-19", "2026-06-22"),  # Dragon Boat Festival
}


def plain_third_friday(year, month):
    """Count Fridays from the first of the month."""
    day, fridays = np.datetime64(f"{year}-{month:02d}-01"), 0
    while True:
        fridays += int(day.item().weekday() == 4)
        if fridays == 3:
            return str(day)
        day += np.timedelta64(1, "D")


def moved(calendar=None):
    """Return the months whose contracts do not end on the third Friday."""
    return {
        f"{year}-{month:02d}": (friday, end)
        for year, month in MONTHS
        if (end := str(third_friday(year, month, calendar)))
        != (friday := plain_third_friday(year, month))
    }


def official_2026():
    with DATES_2026.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def shanghai():
    library = pytest.importorskip("exchange_calendars", reason="no independent calendar installed")
    with warnings.catch_warnings():  # the library's own, about pandas
        warnings.simplefilter("ignore")
        sessions = library.get_calendar("XSHG", start="2005-01-04", end="2026-12-31").sessions
    return sessions.to_numpy().astype("datetime64[D]")


@pytest.fixture(scope="module")
def real():
    if not REAL.is_dir():
        pytest.skip("the real market data is not beside the project")
    import pandas as pd

    calendar = pd.read_parquet(REAL / "trading_calendar.parquet")["date"]
    columns = ["contract", "last_trading_day"]
    contracts = pd.read_parquet(REAL / "futures_contract_daily.parquet", columns=columns)
    return calendar.to_numpy().astype("datetime64[D]"), contracts.drop_duplicates()


def test_the_months_of_2010_to_2026_whose_third_friday_was_a_holiday_are_known_by_name():
    assert moved() == MOVED


def test_the_holidays_of_an_independent_calendar_move_the_same_months(shanghai):
    assert moved(shanghai) == MOVED


@pytest.mark.parametrize("row", official_2026(), ids=lambda row: row["delivery_date"])
def test_the_exchanges_delivery_dates_of_2026_follow_the_rule(row):
    year, month = int(row["year"]), int(row["month"])
    assert plain_third_friday(year, month) == row["third_friday"]
    assert str(third_friday(year, month)) == row["delivery_date"]


@pytest.mark.real
def test_every_real_contract_of_2010_to_2018_ended_by_the_rule_with_and_without_a_calendar(real):
    days, contracts = real
    ended = {
        contract: np.datetime64(day, "D")
        for contract, day in contracts.itertuples(index=False)
        if np.datetime64(day, "D") <= days[-1]
    }
    assert len(ended) > 150
    for calendar in (days, None):
        wrong = {
            contract: (day, computed)
            for contract, day in ended.items()
            if day
            != (computed := third_friday(2000 + int(contract[2:4]), int(contract[4:]), calendar))
        }
        assert wrong == {}


@pytest.mark.real
def test_the_independent_calendar_is_the_real_one_from_2005_to_2018(real, shanghai):
    days = real[0]
    np.testing.assert_array_equal(shanghai[shanghai <= days[-1]], days)


def test_a_calendar_alone_decides_when_it_is_given():
    weekdays = np.arange("2015-02-01", "2015-03-01", dtype="datetime64[D]")
    weekdays = weekdays[np.is_busday(weekdays)]
    assert str(third_friday(2015, 2, weekdays)) == "2015-02-20"
    assert str(third_friday(2015, 2)) == "2015-02-25"


def test_a_month_after_the_book_is_the_plain_third_friday():
    assert str(third_friday(2030, 2)) == plain_third_friday(2030, 2)


def test_a_user_may_enter_the_holidays_of_a_later_year(tmp_path):
    table = "contract_month,third_friday,last_trading_day,holiday,source_ids,confidence,note\n"
    table += "2027-02,2027-02-19,2027-02-22,Spring Festival,E02,B,\n"
    (tmp_path / "fut_expiry_moved.csv").write_text(table, encoding="utf-8")
    assert str(third_friday(2027, 2, folder=tmp_path)) == "2027-02-22"


def test_a_calendar_that_does_not_reach_the_date_is_an_error():
    days = np.array(["2018-12-27", "2018-12-28"], dtype="datetime64[D]")
    with pytest.raises(RuleError, match="2018-12-27 to 2018-12-28"):
        third_friday(2019, 1, days)
    with pytest.raises(RuleError, match="2018-12-21"):
        third_friday(2018, 12, days)
    with pytest.raises(RuleError, match="1 to 12"):
        third_friday(2018, 13)
