"""Exposures of the book and of its benchmark: against plain loops, and where data are missing."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.factors import EarningsYield, Size, Transforms
from quanthedge.performance.tilts import tilt_table
from quanthedge.risk import RiskModel
from tests.sample import sample_market, sample_result


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tilt_table(sample_result(), sample_market())


def test_shares_by_industry_are_those_counted_stock_by_stock(table) -> None:
    result, market = sample_result(), sample_market()
    day = table["date"].max()
    own = result.positions[result.positions["date"] == day]
    row = market.day(day)
    number, known = market.industry()
    expected: dict[str, float] = {}
    for code, value in zip(own["code"], own["value"], strict=True):
        k = int(number[row, market.column(str(code))])
        name = str(known["industry"].iloc[k]) if k >= 0 else "none"
        expected[name] = expected.get(name, 0.0) + value / own["value"].sum()
    found = table[(table["date"] == day) & (table["kind"] == "industry")].set_index("name")
    assert found["book"][found["book"] > 0].to_dict() == pytest.approx(expected)
    assert found["index"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("style", ["size", "earnings_yield"])
def test_a_style_is_the_mean_grade_of_the_book_and_of_the_members(table, style: str) -> None:
    result, market = sample_result(), sample_market()
    factor = {"size": Size(), "earnings_yield": EarningsYield()}[style]
    for day in (table["date"].min(), table["date"].max()):
        row = market.day(day)
        value = np.asarray(market.panel("mark")[row] * market.panel("total_shares")[row])
        value = np.where((value > 0) & (row < market.delist_index()), value, np.nan)
        raw = np.where(np.isfinite(value), factor.exposure(market, np.array([row]))[0], np.nan)
        grade = Transforms(winsorise=0.01).grades(raw[None, :])[0]
        known = np.isfinite(grade)
        grade = np.where(known, grade - np.average(grade[known], weights=value[known]), 0.0)
        own = result.positions[result.positions["date"] == day]
        book = sum(
            v / own["value"].sum() * grade[market.column(str(c))]
            for c, v in zip(own["code"], own["value"], strict=True)
        )
        weights, _ = market.index_weights("000300.SH")  # lists of each month's last day, drifted
        index = weights[row] @ grade
        found = table[(table["date"] == day) & (table["name"] == style)].iloc[0]
        assert found["book"] == pytest.approx(book, abs=1e-7)  # grades are float32
        assert found["index"] == pytest.approx(index, abs=1e-7)


def test_days_are_the_last_records_of_each_quarter(table) -> None:
    recorded = pd.DatetimeIndex(sample_result().positions["date"].unique())
    expected = pd.Series(recorded, index=recorded).groupby(recorded.to_period("Q")).max()
    assert set(table["date"]) == set(expected)


def test_what_the_data_do_not_give_is_unknown_and_not_zero() -> None:

    result, market = sample_result(), sample_market()
    stranger = result.changed(strategy=result.strategy.change(benchmark="399001.SZ"))
    found = tilt_table(stranger, market, RiskModel(styles={"size": Size()}))
    assert found["index"].isna().all()
    assert found["book"].notna().all()
    assert tilt_table(result.changed(positions=result.positions.iloc[:0]), market).empty
