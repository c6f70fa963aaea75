"""The commands behind docs/valuation.md and docs/neutrality.md, on the sample market."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.correlation_parts import basis_by_year, chance, futures_at_close, parts, statements
from benchmarks.simulated_truth import ranking, settings, text_of
from benchmarks.valuation_effect import METHODS, row_of
from benchmarks.valuation_effect import text_of as effect_text
from tests.sample import SAMPLE, sample_market, sample_result


def test_the_effect_of_a_run_counts_its_adjustments():
    result = sample_result()
    row = row_of(result)
    adjusted = result.ledger["revaluation"]
    own = result.restated.groupby("date")["adjustment_yuan"].sum()
    assert row["days"] == (adjusted != 0).sum() > 0
    assert abs(row["largest_yuan"]) == adjusted.abs().max()
    assert own.loc[row["largest_day"]] == pytest.approx(row["largest_yuan"], abs=0.01)
    assert row["correlation_accrued_daily_low"] < row["correlation_accrued_daily"]
    table = pd.DataFrame(
        [{"start": "a", "end": "b", "method": name} | row for name in METHODS]
    )  # fmt: skip
    text = effect_text(table)
    assert text.count("| industry index |") == 3  # figures, and two kinds of correlation
    assert f"{row['largest_yuan']:,.0f}" in text


def test_futures_at_their_close_change_the_equity_by_lots_times_the_gap():
    result = sample_result()
    day = result.contracts["date"].iloc[30]
    held = result.contracts[result.contracts["date"] == day]
    bars = pd.read_parquet(SAMPLE / "futures_daily.parquet")
    bars = bars[pd.to_datetime(bars["date"]) == day].astype({"contract": str})
    bars = bars.set_index("contract")
    gap = sum(
        -abs(row.lots) * 300 * (bars.loc[row.contract, "close"] - bars.loc[row.contract, "settle"])
        for row in held.itertuples()
    )
    changed = futures_at_close(result, sample_market())["equity"] - result.ledger["equity"]
    assert gap != 0
    assert changed.loc[day] == pytest.approx(gap, abs=1e-6)


def test_parts_and_statements_of_a_run_are_written_for_every_line():
    result = sample_result()
    lines = parts(result).splitlines()[2:]
    numbers = [float(line.split("|")[2]) for line in lines[:-1]]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.005)  # rounded to 0.001
    assert "futures at their close" in statements(result, result, sample_market())


def test_chance_is_how_often_independent_returns_look_neutral():
    draws = np.random.default_rng(5).standard_normal((2, 20_000, 52))
    x, y = (one - one.mean(axis=1, keepdims=True) for one in draws)
    seen = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    assert chance(52) == pytest.approx((np.abs(seen) < 0.05).mean(), abs=0.012)


def test_the_index_against_its_future_is_told_by_calendar_year():
    found = basis_by_year(sample_market())
    assert [*found.index] == [2013, 2014, 2015]
    assert found["weekly"].abs().max() < 1
    assert found.loc[2014, "weeks"] in (51, 52, 53)


def test_estimators_stand_in_the_order_of_the_true_beta_left():
    columns = {"silent": 0.05, "worst": 0.4, "stated_daily": 0.0, "stated_weekly": 0.0,
               "stale_daily": 0.0, "stale_weekly": 0.0, "gross": 0.1}  # fmt: skip
    rows = [("loose", 1, 0.02, 0.0009), ("loose", 2, -0.02, 0.0009),
            ("tight", 1, 0.01, 0.0004), ("tight", 2, 0.01, 0.0004)]  # fmt: skip
    found = pd.DataFrame(
        [{"estimator": e, "seed": s, "mean": m, "square": q} | columns for e, s, m, q in rows]
    )
    table = ranking(found)
    assert [*table.index] == ["tight", "loose"]
    assert table.loc["loose", "rms"] == pytest.approx(0.03)
    assert table.loc["loose", ["mean", "lowest", "highest"]].tolist() == [0.0, -0.02, 0.02]
    assert "**tight**" in text_of(found)
    assert (
        settings(1, 60).suspension_after_fall > settings(1, 60, falling=False).suspension_after_fall
    )
