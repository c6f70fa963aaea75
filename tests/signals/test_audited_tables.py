"""The look-ahead audit treats a table by its known days, and says that it came from outside."""

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.factors import Reversal
from quanthedge.factors.signal import Signal
from quanthedge.signals import given
from quanthedge.strategy import Strategy
from quanthedge.studies.lookahead import audit
from tests.sample import sample_market

HALF = {"start": "2014-09-17", "end": "2014-10-10", "dates": 1}


@pytest.fixture(scope="module")
def scores():
    market = sample_market()
    return pd.DataFrame(
        Reversal().exposure(market), index=pd.DatetimeIndex(market.dates), columns=market.codes
    )


class Peeking(Signal):
    """Takes the score of the day after."""

    def exposure(self, market, rows=None):
        days = np.minimum(np.asarray(rows) + 1, len(market.dates) - 1)
        return self.table(market).at(days, self.max_age_days).values


def test_a_table_passes_and_is_named_as_given_from_outside(scores):
    report = audit(qh.signal_from(scores, name="mine"), sample_market(), dates=4)
    assert report.passed
    assert len(report.outside) == 1
    assert "signal mine: 78," in report.outside[0]
    assert "given from outside, used from the close of their day on" in report.outside[0]


@pytest.mark.parametrize("lag", [0, 2])
def test_a_factor_that_takes_tomorrows_row_is_caught(scores, lag):
    peeking = Peeking(digest=qh.signal_from(scores).digest, lag_days=lag)
    report = audit(peeking.holding(qh.signal_from(scores).scores), sample_market(), dates=4)
    assert not report.passed
    assert report.findings[0].part == "exposure"


def test_rows_that_are_taken_a_day_before_they_are_known_are_caught(scores, monkeypatch):
    """A fault planted in the alignment itself, of one trading day."""
    true = given.aligned

    def early(*values, lag, **options):
        return true(*values, lag=lag - 1, **options)

    monkeypatch.setattr(given, "aligned", early)
    report = audit(qh.signal_from(scores * 2.0), sample_market(), dates=4)
    assert not report.passed


@pytest.mark.slow
def test_a_strategy_of_a_table_passes_and_its_table_is_named(scores):
    signal = qh.signal_from(scores, name="mine")
    strategy = Strategy(name="mine", factors=[signal], selector={"n": 30})
    report = audit(strategy, sample_market(), **HALF)
    assert report.passed
    assert "signal mine" in report.outside[0]


@pytest.mark.slow
def test_a_strategy_of_weights_passes_and_its_table_is_named(scores):
    ends = scores[(scores.index.is_month_end) & (scores.index >= "2014-07-01")].index
    table = pd.DataFrame(0.05, index=ends, columns=scores.columns[:10])
    strategy = Strategy(name="stated", selector=qh.weights_from(table, name="desk"))
    report = audit(strategy, sample_market(), **HALF)
    assert report.passed, report.to_text()
    assert "weights desk" in report.outside[0]


def test_nothing_known_after_a_decision_decides(scores):
    """Every row that becomes known after the last decision is scrambled: no target moves."""
    market = sample_market()
    frame = scores.stack().rename_axis(["date", "code"]).rename("score").reset_index()  # noqa: PD013
    delay = np.random.default_rng(0).integers(0, 6, len(frame))
    frame["known"] = frame["date"] + pd.to_timedelta(delay, unit="D")
    late = frame["known"] > pd.Timestamp("2014-11-28")
    other = frame.copy()
    other.loc[late, "score"] = np.random.default_rng(1).permutation(other.loc[late, "score"]) * 9
    rows = np.arange(market.day("2014-09-01"), market.day("2014-11-28") + 1)
    one, two = (qh.signal_from(table).exposure(market, rows) for table in (frame, other))
    assert np.array_equal(one, two, equal_nan=True)
    after = [market.day("2014-11-28") + 4]
    assert not np.array_equal(
        qh.signal_from(frame).exposure(market, after), qh.signal_from(other).exposure(market, after)
    )
