"""What a run keeps of its attribution: any period, from memory or from a folder."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.errors import DataError
from quanthedge.performance import Bridge
from tests.attribution.test_layers import gated
from tests.records import record_of
from tests.sample import sample_market, sample_result

KEPT = ("alpha_brinson", "alpha_industries", "alpha_layers", "allocation_lines")


@pytest.mark.parametrize("by", ["layer", "brinson"])
def test_any_period_adds_up_to_the_line_of_the_bridge(by: str) -> None:
    result = sample_result()
    daily = result.attribution(by, "day")
    for period in ("week", "month", "year", "whole"):
        found = result.attribution(by, period)
        alpha = result.bridge(period)["alpha"]
        np.testing.assert_allclose(found["alpha"], alpha, atol=1e-6)
        parts = found.drop(columns=["alpha", "residual"])
        np.testing.assert_allclose(parts.sum(axis=1), alpha, atol=1e-3)
        np.testing.assert_allclose(found, Bridge.by_period(daily, period), atol=1e-6)
    part = result.attribution(by, "whole", "2015-02-01", "2015-03-31").iloc[0]
    expected = daily.loc["2015-02-01":"2015-03-31"].sum()
    pd.testing.assert_series_equal(part, expected, check_names=False)


def test_industries_by_month_are_the_columns_of_the_days() -> None:
    result = sample_result()
    months = result.alpha_industries.groupby("date")[["allocation_yuan", "selection_yuan"]].sum()
    found = Bridge.by_period(result.alpha_brinson, "month")
    assert months.index.equals(found.index)
    np.testing.assert_allclose(months, found[["industry", "stock"]], atol=1e-3)


def test_a_folder_gives_back_the_same_tables_and_answers(tmp_path) -> None:
    result = gated()
    again = Result.open(result.to_parquet(tmp_path / "run"))
    for name in KEPT:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))
    for by in ("layer", "brinson", "allocation"):
        pd.testing.assert_frame_equal(
            again.attribution(by, "month"), result.attribution(by, "month")
        )
    assert not again.variants["ungated"].book


def test_what_a_run_has_not_is_said_in_one_line() -> None:
    for by, why in (("layer", "weigh"), ("brinson", r"000300\.SH"), ("factor", "risk model")):
        with pytest.raises(DataError, match=f"attribution by {by}: the run has none.*{why}"):
            record_of().attribution(by)
    with pytest.raises(DataError, match="accepted: layer, brinson, factor, allocation"):
        sample_result().attribution("sector")
    with pytest.raises(DataError, match="accepted: day, week"):
        sample_result().attribution("layer", "decade")


def test_without_the_twin_or_the_members_nothing_is_claimed(monkeypatch) -> None:
    from quanthedge.attribution import tables

    make = tables.attribution_tables(sample_market())
    alone = gated().changed(variants={})
    assert not len(make["alpha_layers"](alone))
    assert not len(make["allocation_lines"](alone))
    assert len(make["alpha_brinson"](alone))

    def unknown(*_: object) -> None:
        raise DataError("no members")

    monkeypatch.setattr(tables, "effects_of", unknown)
    make = tables.attribution_tables(sample_market())
    for name in KEPT[:3]:
        found = make[name](sample_result())
        assert not len(found)
        assert len(found.columns)
