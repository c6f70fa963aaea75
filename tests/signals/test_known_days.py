"""A score counts from the day on which it was known, as a slow reading of the definition says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quanthedge as qh
from quanthedge.errors import DataError
from tests.market.small_market import CODES
from tests.oracles.signals import in_force
from tests.signals.small import long_scores, market_in, wide_scores


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return market_in(tmp_path_factory.mktemp("small") / "m")


def rows_of(frame):
    """A long table as rows of day, code, score and known."""
    known = frame["known"] if "known" in frame else [None] * len(frame)
    day = frame["date"].to_numpy().astype("datetime64[D]")
    told = [None if one is None else np.datetime64(one, "D") for one in known]
    return list(zip(day, frame["code"], frame["score"], told, strict=True))


def compared(market, frame, **options):
    """Compare a signal with the oracle on every day and stock."""
    signal = qh.signal_from(frame, **options)
    found = signal.exposure(market)
    lag, carry = options.get("lag_days", 0), signal.table(market).carry
    rows = rows_of(frame)
    wanted = in_force(
        rows, market.dates, list(market.codes), market.calendar, lag=lag, carry=carry,
        closed_days=options.get("closed_days", "next"), max_age=options.get("max_age_days", 23),
    )  # fmt: skip
    assert np.array_equal(found, wanted, equal_nan=True)
    return found


def flat(wide):
    return long_scores(wide).reset_index().dropna()


def test_a_score_of_a_trading_day_counts_at_its_close(market):
    wide = wide_scores(market)
    found = compared(market, flat(wide))
    assert np.array_equal(found, wide.to_numpy(), equal_nan=True)


@pytest.mark.parametrize("lag", [1, 3])
def test_a_lag_counts_trading_days(market, lag):
    wide = wide_scores(market)
    found = compared(market, flat(wide), lag_days=lag)
    assert np.array_equal(found[lag:], wide.to_numpy()[:-lag], equal_nan=True)


@pytest.mark.parametrize("closed_days", ["next", "previous"])
def test_days_without_trading_count_with_the_close_that_is_stated(market, closed_days):
    wide = wide_scores(market, every=7)
    wide.index = wide.index.map(lambda day: day + pd.Timedelta(days=(5 - day.weekday()) % 7))
    assert set(wide.index.day_of_week) == {5}
    wide = wide[(wide.index > market.dates[0]) & (wide.index < market.dates[-1])]
    found = compared(market, flat(wide), closed_days=closed_days)
    saturday = np.datetime64(wide.index[0], "D")
    after = int(np.searchsorted(market.dates, saturday))
    first = int(np.isfinite(found).any(axis=1).argmax())
    assert first == (after if closed_days == "next" else after - 1)


@pytest.mark.parametrize("most", [0, 4, 10])
def test_old_scores_stop_counting(market, most):
    found = compared(market, flat(wide_scores(market, every=9, share=1.0)), max_age_days=most)
    there = np.isfinite(found).any(axis=1)
    assert there.mean() == pytest.approx(min(1.0, (most + 1) / 9), abs=0.1)


def test_a_stock_that_the_newest_day_leaves_out_has_no_score_unless_stocks_are_carried(market):
    wide = wide_scores(market, every=5, share=0.6)
    by_day = compared(market, flat(wide), max_age_days=30)
    by_stock = compared(market, flat(wide), max_age_days=30, carry="stock")
    assert np.isnan(by_day).sum() > np.isnan(by_stock).sum()


def test_rows_of_one_day_that_became_known_on_several_days_count_each_by_itself(market):
    frame = flat(wide_scores(market, every=10))
    late = np.random.default_rng(3).integers(0, 12, len(frame))
    frame["known"] = frame["date"] + pd.to_timedelta(late, unit="D")
    compared(market, frame)
    with pytest.raises(DataError, match="rows of one day became known on different days"):
        qh.signal_from(frame, carry="day").exposure(market)


def test_an_older_day_that_becomes_known_later_does_not_take_the_place_of_a_newer_one(market):
    frame = flat(wide_scores(market, every=10))
    first = frame["date"] == frame["date"].iloc[0]
    frame["known"] = frame["date"] + pd.to_timedelta(np.where(first, 40, 0), unit="D")
    compared(market, frame)
    compared(market, frame, carry="stock")


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    every=st.integers(1, 12),
    lag=st.integers(0, 5),
    most=st.integers(0, 30),
    carry=st.sampled_from(["day", "stock"]),
    shift=st.integers(0, 3),
    known=st.booleans(),
)
def test_any_table_agrees_with_the_slow_reading(
    market, seed, every, lag, most, carry, shift, known
):
    rng = np.random.default_rng(seed)
    frame = flat(wide_scores(market, seed, every, share=0.5))
    frame["date"] -= pd.Timedelta(days=shift)  # weekends and holidays come in
    frame = frame[frame["date"] >= pd.Timestamp(market.dates[0])]
    frame = frame.drop_duplicates(["date", "code"])
    if frame.empty:
        return
    options = {"max_age_days": most, "carry": carry}
    if known:
        frame["known"] = frame["date"] + pd.to_timedelta(rng.integers(0, 9, len(frame)), unit="D")
        options["carry"] = "stock"
    else:
        options["lag_days"] = lag
    compared(market, frame, **options)


def test_rows_may_be_asked_for_in_any_order(market):
    signal = qh.signal_from(wide_scores(market, every=4, share=0.6), carry="stock")
    whole = signal.exposure(market)
    for rows in ([5, 3, 40, 3], [50], [59, 0]):
        assert np.array_equal(signal.exposure(market, rows), whole[rows], equal_nan=True)
    for rows in ([60_000], [-1]):
        with pytest.raises(DataError, match="reach outside the market"):
            signal.exposure(market, rows)


def test_codes_that_are_unknown_are_counted_and_named(market):
    wide = wide_scores(market, share=1.0)
    frame = wide.assign(AAPL=1.0, **{"600999": 2.0, "SH000300": 3.0})
    report = qh.signal_from(frame).report(market)
    assert report.unknown == ("000300.SH", "600999.SH", "AAPL")
    assert report.unknown_scores == 3 * len(wide)
    assert report.scores == wide.size
    assert "3 codes are no stock of the market (000300.SH, 600999.SH, AAPL)" in str(report)
    assert np.array_equal(qh.signal_from(frame).exposure(market), wide.to_numpy())


def test_a_day_whose_codes_are_all_unknown_takes_the_place_of_the_one_before(market):
    wide = wide_scores(market, share=1.0).assign(AAPL=1.0)
    wide.iloc[10, : len(CODES)] = np.nan
    found = qh.signal_from(wide).exposure(market)
    assert np.isnan(found[10]).all()
    assert np.isfinite(found[9]).all()
    assert np.isfinite(found[11]).all()


def test_a_report_tells_gaps_closed_days_early_days_and_what_is_never_known(market):
    wide = wide_scores(market)
    assert str(qh.signal_from(wide).report(market)).count("\n") == 1  # and the empty cells
    gappy = wide.drop(wide.index[20:31])
    saturday = wide.index[5] + pd.Timedelta(days=(5 - wide.index[5].weekday()) % 7)
    gappy.loc[saturday] = 1.0
    gappy.loc[pd.Timestamp(market.dates[0]) - pd.Timedelta(days=3)] = 1.0
    report = qh.signal_from(gappy, lag_days=2).report(market)
    assert report.gap == (str(market.dates[21]), str(market.dates[33]), 12)
    assert report.closed == (f"{saturday:%Y-%m-%d}",)
    assert report.early == 1
    assert report.never == 2
    told = str(report)
    for line in ("longest gap: 12 trading days", "1 days without trading", "1 days before the",
                 "2 days become known after the market's end"):  # fmt: skip
        assert line in told
