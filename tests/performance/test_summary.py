"""The summary and the tables over time."""

import json
import re
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import StrategyError
from quanthedge.ledger import line_names
from quanthedge.performance import (
    Bridge,
    LedgerFigures,
    Measure,
    Spans,
    daily_returns,
    levels,
    refusals_by_reason,
    risk_free_rate,
)
from quanthedge.performance.summary import summary
from quanthedge.performance.tables import ATTRIBUTION_LINES, attribution
from tests.performance.random_run import random_ledger, random_run

CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


@pytest.mark.parametrize("days", [1, 2, 5, 19, 20, 260])
def test_a_run_of_any_length_has_a_summary_without_nan_or_warning(days: int) -> None:
    run = random_run(days)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run.summary()
        text = json.dumps(found.to_dict(), allow_nan=False)
        assert str(found)
        assert found._repr_html_()
    assert json.loads(text)["trading_days"]["value"] == days
    for measure in found:
        assert (measure.value is None) == (measure.reason is not None), measure.key
    short = days < 20
    assert (found.value("annual_return_net") is None) == short
    assert (found["sharpe_net"].reason == "too_short") == short


def test_an_idle_fund_has_reasons_in_place_of_numbers() -> None:
    ledger = random_ledger(30)
    idle = ledger.iloc[[0] * 31].set_axis(ledger.index)
    found = summary(idle, pd.DataFrame(), random_run(5).refusals.iloc[:0])
    assert found["sharpe_net"].reason == "no_variation"
    assert found["calmar_net"].reason == "no_drawdown"
    assert found["hedge_ratio_mean"].reason == "no_stocks"
    assert found.value("max_drawdown_net") == 0.0
    assert found["max_drawdown_net"].text() == "0.00%"


def test_a_missing_index_leaves_the_fund_s_own_figures() -> None:
    run = random_run(60)
    ledger = run.ledger.assign(index_close=np.nan)
    found = summary(ledger, run.trades, run.refusals)
    assert found.value("return_index") is None
    assert found["beta_daily"].reason == "too_few"
    assert found.value("annual_return_net") is not None


def test_the_summary_states_what_the_tables_add_up_to() -> None:
    run = random_run(260)
    ledger, found = run.ledger, run.summary()
    paid = LedgerFigures(ledger).costs()
    assert found.value("paid_costs_and_fees") == pytest.approx(paid["yuan"].sum())
    assert found.value("paid_trading_costs") == pytest.approx(
        paid["yuan"].iloc[: len(line_names("cost"))].sum()
    )
    years = (ledger.index[-1] - ledger.index[0]).days / 365
    average = ledger["equity"].iloc[1:].mean()
    assert LedgerFigures(ledger).mean_equity() == pytest.approx(average)
    fee = ledger["management_fee"].sum() / average / years
    assert found.value("paid_per_year_management_fee") == pytest.approx(fee)
    traded = (ledger["bought"] + ledger["sold"]).sum() / average / years
    assert LedgerFigures(ledger).annual_turnover() == pytest.approx(traded)
    assert found.value("refusals") == len(run.refusals)
    by_reason = refusals_by_reason(run.refusals)
    assert by_reason["count"].sum() == len(run.refusals)
    assert by_reason["count"].is_monotonic_decreasing
    assert found.value("refusals_limit_up") == by_reason.loc["limit_up", "count"]
    last = ledger.iloc[-1]
    assert found.value("unit_value_net") == last["unit_value"]
    assert found.value("unit_value_before_accrual") == last["unit_value_before_accrual"]
    assert found.value("return_net") == pytest.approx(last["unit_value"] - 1, abs=5e-5)
    assert found.value("first_day") == date(2014, 9, 17)


def test_exposures_are_those_of_the_close() -> None:
    ledger = random_ledger(10)
    found = LedgerFigures(ledger).exposures().iloc[3]
    row = ledger.iloc[4]
    stocks, futures = row["stock_value"], row["futures_notional"]
    assert found["hedge_ratio"] == pytest.approx(futures / stocks)
    assert found["net_exposure"] == pytest.approx((stocks - futures) / row["equity"])
    assert found["gross_exposure"] == pytest.approx((stocks + futures) / row["equity"])


@pytest.mark.parametrize("by", ["whole", "year", "month"])
def test_attribution_closes_to_the_equity_change(by: str) -> None:
    ledger = random_ledger(300)
    table = attribution(ledger, by)
    assert table["residual"].abs().max() < 1e-9 * ledger["equity"].max()
    change = ledger["equity"].iloc[-1] - 120_000.0 - ledger["equity"].iloc[0]
    assert table["equity_change"].sum() == pytest.approx(change)
    assert table["accrual"].sum() == pytest.approx(-120_000.0)
    assert table["revaluation"].sum() == pytest.approx(0.0, abs=1e-6)
    assert table["stock_pnl"].sum() == pytest.approx(ledger["stock_pnl"].iloc[1:].sum())
    assert (table["commission"] <= 0).all()
    assert len(table) == {"whole": 1, "year": 2, "month": 15}[by]


def test_attribution_shows_what_no_line_explains() -> None:
    ledger = random_ledger(10)
    ledger.iloc[4:, ledger.columns.get_loc("equity")] += 1000.0
    table = attribution(ledger)
    assert table["residual"].iloc[0] == pytest.approx(1000.0)
    explained = table[list(ATTRIBUTION_LINES)].sum(axis=1)
    assert (explained + table["residual"]).iloc[0] == pytest.approx(table["equity_change"].iloc[0])


def test_months_compound_to_years_and_years_to_the_whole() -> None:
    ledger = random_ledger(400)
    months, years = Spans(ledger).monthly(), Spans(ledger).yearly()
    assert list(months.columns) == [*range(1, 13), "year"]
    assert np.isnan(months.loc[2014, 8])
    assert np.allclose(months["year"], years["net"])
    assert np.allclose(Spans(ledger).monthly("index")["year"], years["index"])
    assert (1 + years["gross"]).prod() == pytest.approx(levels(ledger)["gross"].iloc[-1])
    assert years["days"].sum() == 400
    assert years["fees"].sum() == pytest.approx(
        LedgerFigures(ledger).costs()["yuan"].iloc[len(line_names("cost")) :].sum()
    )


def test_a_year_of_few_days_has_no_volatility_a_year() -> None:
    ledger = random_ledger(90)  # from 17 September on: 16 days of 2015 at most
    years = Spans(ledger).yearly()
    assert years["days"].tolist() == [76, 14]
    daily = daily_returns(ledger)["net"]
    assert years.loc[2014, "volatility"] == pytest.approx(daily.iloc[:76].std() * 243**0.5)
    assert np.isnan(years.loc[2015, "volatility"])


def test_a_month_without_a_trading_day_keeps_its_place() -> None:
    ledger = random_ledger(60)
    gap = ledger[ledger.index.month != 10]
    assert np.isnan(Spans(gap).monthly().loc[2014, 10])


def test_every_measure_has_a_name_and_a_formula_in_both_languages() -> None:
    texts = Measure.definitions()
    used = {measure.formula for measure in random_run(260).summary()}
    assert used == set(texts["measures"])
    for name, entry in texts["measures"].items():
        assert set(entry) == {"en", "zh", "formula_en", "formula_zh"}, name
    for group in ("chapters", "variants", "reasons"):
        for name, entry in texts[group].items():
            assert set(entry) == {"en", "zh"}, name
    flat = [entry for group in texts.values() for entry in group.values()]
    for entry in flat:
        for key, text in entry.items():
            assert bool(CJK.search(text)) == key.endswith("zh"), text


def test_the_frame_carries_intervals_and_texts() -> None:
    frame = random_run(260).summary().to_frame("zh")
    row = frame.loc["beta_weekly"]
    assert row["low"] < row["value"] < row["high"]
    assert row["name"] == "对指数的贝塔（周）"
    assert frame.loc["return_net", "text"].endswith("%")


def test_a_loss_beyond_a_quantile_needs_two_days_there() -> None:
    for days, known_95, known_99 in ((39, False, False), (40, True, False), (200, True, True)):
        found = random_run(days).summary()
        for formula in ("value_at_risk", "expected_shortfall"):
            assert (found.value(f"{formula}_95") is not None) == known_95, (days, formula)
            assert (found.value(f"{formula}_99") is not None) == known_99, (days, formula)
        assert (found["value_at_risk_99"].reason == "too_short") == (not known_99)


def test_a_link_from_fewer_than_ten_periods_is_not_stated() -> None:
    found = random_run(150).summary()
    assert found["correlation_accrued_monthly"].estimate.observations == 8
    assert found["correlation_accrued_monthly"].reason == found["beta_monthly"].reason == "too_few"
    assert found.value("correlation_accrued_weekly") is not None


def test_the_excess_falls_by_its_own_measure() -> None:
    ledger = random_ledger(200)
    level = levels(ledger)
    value = (level["net"] / level["index"]).to_list()
    depth = min(value[j] / value[i] - 1 for j in range(len(value)) for i in range(j + 1))
    found = summary(ledger, random_run(5).trades, random_run(5).refusals)
    assert found.value("excess_drawdown") == pytest.approx(depth)


def test_the_risk_free_rate_is_the_one_that_the_strategy_names() -> None:
    days = random_ledger(30).index[1:]
    assert risk_free_rate(0.02, days) == 0.02
    assert risk_free_rate("deposit", days) == pytest.approx(0.0035)
    with pytest.raises(StrategyError, match="accepted: a fraction a year, as"):
        risk_free_rate("shibor", days)
    ledger, run = random_ledger(100), random_run(5)
    plain, less = (
        summary(ledger, run.trades, run.refusals, risk_free=rate) for rate in (0.0, 0.02)
    )
    for key, spread in (("sharpe_net", "volatility_net"), ("sharpe_index", "volatility_index")):
        gap = plain.value(key) - less.value(key)
        assert gap == pytest.approx(0.02 / plain.value(spread))
    assert less.value("downside_deviation_net") > plain.value("downside_deviation_net")


def test_a_fund_that_ends_below_nothing_is_told_without_nan_or_warning() -> None:
    ledger, run = random_ledger(260), random_run(260)
    lost = 1.02 * float(ledger["equity"].iloc[-1])
    for name in ("stock_pnl", "held_pnl", "equity", "stock_cash"):
        ledger.iloc[-1, ledger.columns.get_loc(name)] -= lost
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = summary(ledger, run.trades, run.refusals)
        json.dumps(found.to_dict(), allow_nan=False)
        spells = Spans(ledger).trailing()
        run = run.changed(ledger=ledger)
        parts, daily = Bridge(run).returns().iloc[0], Bridge(run).yuan("day")
    assert found.value("return_net") < -1.0
    assert found["annual_return_net"].value is None
    assert found.value("loss_probability_36_months") > 0.5
    assert spells.loc["week", "net"] < -1.0
    assert parts["return"] == pytest.approx(found.value("return_net"))
    assert abs(parts["residual"]) < 1e-9
    assert (daily["residual"].abs() / 1e8).max() < 1e-9
