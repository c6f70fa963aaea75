"""The contracts of the real market: every expiry is rolled at two prices of the same day."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.hedge import ContractSchedule
from tests.conftest import REAL as SOURCE


class Futures:
    """The real contracts on the real calendar."""

    def __init__(self):
        calendar = pd.read_parquet(SOURCE / "trading_calendar.parquet").iloc[:, 0]
        self.dates = calendar.to_numpy().astype("datetime64[D]")
        self.bars = pd.read_parquet(SOURCE / "futures_contract_daily.parquet")

    def futures(self, product):
        return self.bars[self.bars["product"] == product]

    def schedule(self, product, start, end, **options):
        first, last = np.searchsorted(self.dates, np.array([start, end], dtype="datetime64[D]"))
        return ContractSchedule.of(self, product, first, last, **options)


@pytest.fixture(scope="module")
def market():
    return Futures()


def test_the_reference_window_rolls_eleven_times_into_the_following_month(market):
    schedule = market.schedule("IF", "2014-09-17", "2015-07-31")
    rolls = schedule.rolls()
    assert rolls["new"].tolist() == [
        "IF1409", "IF1410", "IF1411", "IF1412", "IF1501", "IF1502",
        "IF1503", "IF1504", "IF1505", "IF1506", "IF1507", "IF1508",
    ]  # fmt: skip
    assert rolls["days_left"].iloc[1:].between(0, 4).all()
    assert (schedule.hold >= 0).all()
    # on the days on which the leading contract changed, by the source's own main series
    assert rolls["date"].dt.strftime("%m-%d").tolist()[4:] == [
        "12-17", "01-16", "02-13", "03-19", "04-17", "05-13", "06-18", "07-17",
    ]  # fmt: skip
    assert {contract for contract, _ in schedule.marked_at_close} == {"IF1412"}


@pytest.mark.parametrize("fill", ["open", "close", "vwap"])
@pytest.mark.parametrize(
    ("product", "start", "contracts"),
    [("IF", "2010-04-16", 105), ("IC", "2015-04-16", 45), ("IH", "2015-04-16", 45)],
)
def test_every_month_is_held_once_with_a_mark_on_every_day(market, product, start, contracts, fill):
    schedule = market.schedule(product, start, "2018-12-28", fill=fill)
    assert len(schedule.contracts) == contracts
    assert (schedule.hold >= 0).all()
    assert (np.diff(schedule.hold) >= 0).all()
    assert (np.diff(schedule.hold) <= 1).all()
    days = np.arange(schedule.hold.size)
    assert np.isfinite(schedule.settlement_price[days, schedule.hold]).all()


def test_rolls_do_not_know_the_future(market):
    whole = market.schedule("IF", "2014-12-01", "2015-03-31")
    for day in ("2014-12-16", "2014-12-17", "2015-02-12", "2015-02-13", "2015-03-19"):
        cut = Futures()
        cut.dates = market.dates[market.dates <= np.datetime64(day)]
        cut.bars = market.bars[market.bars["date"] <= pd.Timestamp(day).date()]
        known = cut.schedule("IF", "2014-12-01", day, calendar=market.dates)
        names = [known.contracts[c] for c in known.hold]
        assert names == [whole.contracts[c] for c in whole.hold[: len(names)]]
