"""A run of several sleeves that goes on day by day is the run in one go, to the bit."""

import json

import pytest

from quanthedge.backtesting import backtest
from quanthedge.backtesting.result import Result
from quanthedge.daily import resume
from quanthedge.errors import DataError
from tests.daily.test_resume import assert_same, days
from tests.sample import sample_market
from tests.sleeves.busy import busy

pytestmark = pytest.mark.slow
START = "2014-11-03"
# over entries and ends of both sleeves, a delivery, rolls and a quarter's fee
FROM, TO = "2015-01-07", "2015-04-10"
# day by day where carry is entered and delivered and the quarter ends; else a few days at a time
ONE_BY_ONE = [(FROM, "2015-01-14"), ("2015-02-16", "2015-03-06"), ("2015-03-26", TO)]
A_FEW = 4
CHANGES = {
    "as it is": {},
    "with clients and shares by risk": {
        "clients": {"flows": [{"date": "2014-12-01", "investor": "B", "subscribe_yuan": 9e6}]},
        "sharing": {"kind": "risk_parity"},
    },
    "restated holdings": {"valuation.suspended": "index_return"},
}


def steps():
    """Days of the span at which the run goes on."""
    single = {day for span in ONE_BY_ONE for day in days(*span)}
    return [day for k, day in enumerate(days(FROM, TO)) if day in single or k % A_FEW == 0]


def test_sixty_days_are_those_of_the_run_in_one_go_to_the_byte(tmp_path):
    strategy, market = busy(), sample_market()
    whole = backtest(strategy, market.until(TO), START)
    one, *more = steps()
    assert len(days(FROM, TO)) > 58
    assert len(more) > 25
    later = whole.trades[whole.trades["date"] > FROM]
    assert {"carry", "calendar", "stocks"} == set(later["sleeve"])
    assert {"rebalance", "hedge", "roll", "delivery"} <= set(later["reason"].astype(str))
    assert whole.ledger.loc["2015-03-31", "performance_fee"] > 0
    result = backtest(strategy, market.until(one), START)
    for day in more:
        result = resume(result, market.until(day))
    assert_same(result, whole)
    result = result.changed(trials=whole.trials)
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, found in zip(folders, (result, whole), strict=True):
        found.to_parquet(folder)
    files = [
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        for folder in folders
    ]
    assert files[0] == files[1]
    assert Result.open(folders[0]).state == whole.state
    for name in files[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


@pytest.mark.parametrize("case", CHANGES)
def test_other_funds_of_sleeves_go_on_too(case):
    strategy, market = busy(**CHANGES[case]), sample_market()
    whole = backtest(strategy, market.until("2015-05-29"), START)
    result = backtest(strategy, market.until("2015-03-31"), START)
    for day in ("2015-04-01", "2015-04-17", "2015-05-29"):
        result = resume(result, market.until(day))
    assert_same(result, whole)


def test_the_state_names_what_each_sleeve_holds_and_wants():
    result = backtest(busy(), sample_market().until("2015-03-16"), START)
    kept = json.loads(json.dumps(result.state))
    assert list(kept["sleeves"]) == ["stocks", "carry", "calendar"]
    short = kept["sleeves"]["carry"]
    assert short["shares"]
    assert all(lots < 0 for lots in short["lots"].values())
    whole = sum(part["scalars"]["stock_value"] for part in kept["sleeves"].values())
    assert whole == pytest.approx(kept["scalars"]["stock_value"])


def test_another_decision_of_a_sleeve_on_a_past_day_is_a_revised_past(monkeypatch):
    from quanthedge.sleeves.spread import CalendarSpread

    result = backtest(busy(), sample_market().until("2015-03-16"), START)
    honest = CalendarSpread.wishes

    def revised(self, market, first, last):
        found = honest(self, market, first, last)
        legs = [{name: 1.1 * part for name, part in one.items()} for one in found.contracts]
        return found._replace(contracts=tuple(legs))

    monkeypatch.setattr(CalendarSpread, "wishes", revised)
    with pytest.raises(DataError, match="revises the past of the run: targets"):
        resume(result, sample_market().until("2015-03-17"))
