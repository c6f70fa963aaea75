"""A record cut at a day is that of a run that ended there: nothing in a run looks ahead."""

import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.record.tables import TABLES
from tests.performance.random_run import random_run
from tests.sample import END, START, sample_market, small_strategy

# rows that only the end of a run adds: the last day is recorded whatever day it is, the month and
# the quarter that end there are parts, and rules are those that the whole run asked for
LONGER_AT_THE_END = {"positions", "hedge", "tilts", "alpha_industries", "rules"}
OF_THE_WHOLE_RUN = {"alpha_groups", "investor_lots"}


@pytest.fixture(scope="module")
def whole() -> Result:
    return backtest(small_strategy("risk={}"), sample_market(), START, END)


@pytest.mark.parametrize("end", ["2015-03-31", "2015-05-13"])
def test_tables_up_to_a_day_are_those_of_a_run_that_ended_there(whole, end: str) -> None:
    ended = backtest(small_strategy("risk={}"), sample_market(), START, end)
    cut = whole.until(end)
    for name in sorted(set(TABLES) - LONGER_AT_THE_END - OF_THE_WHOLE_RUN):
        found, wanted = getattr(cut, name), getattr(ended, name)
        pd.testing.assert_frame_equal(found, wanted, rtol=1e-12, obj=name)
    for name in ("positions", "hedge"):
        found, wanted = getattr(cut, name), getattr(ended, name)
        before = wanted[wanted["date"] <= found["date"].max()].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, before, rtol=1e-12, obj=name)
    assert cut.market_info["end"] == ended.market_info["end"]
    told, wanted = cut.summary(), ended.summary()
    for measure in wanted:
        found = told[measure.key].value
        assert found == (pytest.approx(measure.value) if found is not None else None), measure.key


def test_a_day_without_trading_is_the_one_before(whole) -> None:
    assert whole.until("2015-05-03").ledger.index[-1] == pd.Timestamp("2015-04-30")
    assert whole.until(END) is whole


def test_nothing_after_the_day_is_left(whole) -> None:
    last = pd.Timestamp("2015-05-13")
    cut = whole.until(last)
    for name, table in TABLES.items():
        found = getattr(cut, name)
        days = found.index if table.by_date else found.get("date", pd.Series([], dtype="M8[ms]"))
        assert not len(days) or max(days) <= last, name
    forecasts = cut.risk_forecasts
    unfinished = forecasts["realised_return"].isna()
    assert unfinished.any()
    assert (forecasts.loc[unfinished, "end"] == last).all()
    assert cut.notes[0]["kind"] == "as_of"
    assert cut.state is None


@pytest.mark.parametrize("day", ["2013-01-01", "2030-01-01", "soon", None])
def test_a_day_outside_is_refused(day) -> None:
    with pytest.raises(DataError, match="accepted: "):
        random_run(40).until(day)
