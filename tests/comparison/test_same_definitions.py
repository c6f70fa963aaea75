"""A figure has one definition, one floor and one rate, wherever it is printed."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.comparison import compare_funds
from quanthedge.errors import DataError
from quanthedge.performance import LedgerFigures, levels, sharpe_ratio, volatility
from quanthedge.performance.significance import mean_a_year
from quanthedge.studies.capacity.measures import size_measures
from tests.sample import END, START, sample_market, sample_result, small_strategy

SHARED = {
    "return": "return", "annual_return": "annual_return", "volatility": "volatility",
    "sharpe": "sharpe", "max_drawdown": "max_drawdown",
}  # fmt: skip


@pytest.fixture(scope="module")
def with_rate():
    return backtest(small_strategy("risk_free=0.05"), sample_market(), START, END)


def test_fund_and_index_have_the_figures_of_the_summary(with_rate) -> None:
    table, summary = compare_funds(with_rate).table, with_rate.summary()
    for column, formula in SHARED.items():
        for row, basis in (("fund", "net"), ("index", "index")):
            value = summary.value(f"{formula}_{basis}")
            assert table.loc[row, column] == pytest.approx(value, rel=1e-9)
    value = summary.value("correlation_accrued_daily")
    assert table.loc["fund", "correlation"] == pytest.approx(value, rel=1e-9)


def test_a_copy_of_the_fund_has_its_ratio_and_the_rate_is_the_first_runs(with_rate) -> None:
    found = compare_funds(with_rate, {"copy": levels(with_rate.ledger)["net"]}).table
    assert found.loc["copy", "sharpe"] == pytest.approx(found.loc["fund", "sharpe"], rel=1e-9)
    own = compare_funds(sample_result(), {"other run": with_rate}).table
    assert own.loc["other run", "sharpe"] == pytest.approx(own.loc["fund", "sharpe"], rel=1e-3)


def test_the_probability_of_skill_takes_the_rate_off_too(with_rate) -> None:
    least = with_rate.summary().value("probabilistic_sharpe")
    assert least < sample_result().summary().value("probabilistic_sharpe")


def test_a_ratio_of_weeks_takes_a_year_of_the_rate_off_a_year_of_weeks() -> None:
    weeks = pd.Series([0.01, -0.004, 0.006, 0.002])
    assert sharpe_ratio(weeks, 0.05, 52.0) == pytest.approx(
        (weeks.mean() * 52 - 0.05) / (weeks.std() * 52**0.5)
    )
    assert volatility(weeks, 52.0) == pytest.approx(weeks.std() * 52**0.5)


@pytest.mark.parametrize(("days", "stated"), [(19, False), (20, True)])
def test_short_runs_have_no_annualised_figure_anywhere(days: int, stated: bool) -> None:
    end = str(sample_market().dates[sample_market().day(START) + days - 1])
    result = backtest(small_strategy(), sample_market(), START, end)
    table, summary = compare_funds(result).table, result.summary()
    for column in ("annual_return", "volatility", "sharpe"):
        assert np.isfinite(table.loc["fund", column]) == stated
        assert (summary.value(f"{column}_net") is not None) == stated
    size = size_measures(result, result, sample_market())
    for name in ("net", "gross", "volatility", "costs", "margin_drag"):
        assert np.isfinite(size[name]) == stated
    assert np.isfinite(mean_a_year(result.ledger["equity"].pct_change().iloc[1:]).value) == stated
    notes = [note["kind"] for note in compare_funds(result).notes]
    assert ("too_few" in notes) != stated
    assert LedgerFigures(result.ledger).mean_equity() > 0


def test_two_values_make_no_year() -> None:
    net = levels(sample_result().ledger)["net"]
    row = compare_funds(sample_result(), {"two": net.iloc[[5, 6]]}).table.loc["two"]
    assert row[["annual_return", "volatility", "sharpe"]].isna().all()
    assert np.isfinite(row["return"])


@pytest.mark.parametrize("count", [10, 11])
def test_monthly_products_need_ten_returns_for_their_risk(count: int) -> None:
    net = levels(sample_result().ledger)["net"]
    ends = net.groupby([net.index.year, net.index.month]).tail(1).iloc[-count:]
    row = compare_funds(sample_result(), {"months": ends}).table.loc["months"]
    assert row["frequency"] == "monthly"
    assert np.isfinite(row["volatility"]) == (count == 11)
    assert np.isfinite(row["annual_return"])


def mine(change=lambda series: series) -> pd.Series:
    days = sample_result().ledger.index
    return change(pd.Series(np.linspace(1.0, 1.1, len(days)), index=days))


@pytest.mark.parametrize(
    "spelt",
    [
        lambda s: s.tz_localize("Asia/Shanghai"),
        lambda s: s.tz_localize("Asia/Shanghai").tz_convert("UTC"),
        lambda s: s.set_axis(s.index.strftime("%Y-%m-%d")),
        lambda s: s.set_axis([int(day) for day in s.index.strftime("%Y%m%d")]),
        lambda s: s.set_axis([day.date() for day in s.index]),
        lambda s: s.to_frame(),
        lambda s: s.to_dict(),
        lambda s: s.astype(str),
        lambda s: pd.concat([s, s.iloc[:3]]),
    ],
)  # fmt: skip
def test_dates_in_any_spelling_are_read_alike(spelt) -> None:
    found = compare_funds(sample_result(), {"x": mine(spelt)})
    plain = compare_funds(sample_result(), {"x": mine()})
    pd.testing.assert_series_equal(found.table.loc["x"], plain.table.loc["x"])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda s: s - 1.05, "value of 2014-09-16: -0.0"),
        (lambda s: s.where(np.arange(len(s)) != 5, 0.0), "accepted: a number above 0"),
        (lambda s: s.where(np.arange(len(s)) != 5, np.inf), "accepted: a number above 0"),
        (lambda s: s.reset_index(drop=True), "date: '0'; accepted: 2015-01-31"),
        (lambda s: pd.concat([s, s * 2.0]), "2014-09-16 has the value"),
        (lambda s: pd.concat([s, s], axis=1), "x is a DataFrame; accepted: a Series"),
        (lambda s: s.tolist(), "x is a list; accepted: a Series"),
        (lambda s: s * np.nan, "no line with a date and a value"),
    ],
)
def test_a_series_is_checked_as_a_file_is(wrong, says: str) -> None:
    with pytest.raises(DataError, match=says):
        compare_funds(sample_result(), {"x": mine(wrong)})


def test_dates_without_a_value_are_counted() -> None:
    found = compare_funds(sample_result(), {"x": mine(lambda s: s.where(np.arange(len(s)) != 5))})
    assert [note["en"] for note in found.notes if note["kind"] == "unknown_values"] == [
        "x: 1 dates without a value were left out."
    ]
