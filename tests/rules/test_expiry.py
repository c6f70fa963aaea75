"""Last trading days against the exchange's dates of 2026 and the real contracts of 2010 to 2018."""

import csv
from pathlib import Path

import numpy as np
import pytest

from quanthedge.errors import RuleError
from quanthedge.rules import third_friday

DATES_2026 = Path(__file__).with_name("data") / "fut_delivery_dates_2026.csv"
REAL = Path(__file__).parents[3] / "shared" / "market"


def official_2026():
    with DATES_2026.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def calendar_2026():
    """Weekdays of 2026 without the holidays around its two shifted dates (State Council notice)."""
    days = np.arange("2026-01-01", "2027-01-01", dtype="datetime64[D]")
    closed = np.r_[
        np.arange("2026-02-15", "2026-02-24", dtype="datetime64[D]"),  # Spring Festival
        np.arange("2026-06-19", "2026-06-22", dtype="datetime64[D]"),  # Dragon Boat Festival
    ]
    return days[np.is_busday(days) & ~np.isin(days, closed)]


@pytest.mark.parametrize("row", official_2026(), ids=lambda row: row["delivery_date"])
def test_the_exchanges_delivery_dates_of_2026_follow_the_rule(row):
    year, month = int(row["year"]), int(row["month"])
    assert str(third_friday(year, month)) == row["third_friday"]
    assert str(third_friday(year, month, calendar_2026())) == row["delivery_date"]


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real market data is not beside the project")
def test_every_real_contract_of_2010_to_2018_ended_by_the_rule():
    pandas = pytest.importorskip("pandas")
    calendar = pandas.read_parquet(REAL / "trading_calendar.parquet")["date"]
    days = calendar.to_numpy().astype("datetime64[D]")
    table = pandas.read_parquet(
        REAL / "futures_contract_daily.parquet", columns=["contract", "last_trading_day"]
    ).drop_duplicates()
    ended = {
        contract: np.datetime64(day, "D")
        for contract, day in table.itertuples(index=False)
        if np.datetime64(day, "D") <= days[-1]
    }
    assert len(ended) > 150
    wrong = {
        contract: (day, third_friday(2000 + int(contract[2:4]), int(contract[4:]), days))
        for contract, day in ended.items()
        if day != third_friday(2000 + int(contract[2:4]), int(contract[4:]), days)
    }
    assert wrong == {}


def test_a_calendar_that_does_not_reach_the_date_is_an_error():
    days = np.array(["2018-12-27", "2018-12-28"], dtype="datetime64[D]")
    with pytest.raises(RuleError, match="2018-12-27 to 2018-12-28"):
        third_friday(2019, 1, days)
    with pytest.raises(RuleError, match="2018-12-21"):
        third_friday(2018, 12, days)
    with pytest.raises(RuleError, match="1 to 12"):
        third_friday(2018, 13)
