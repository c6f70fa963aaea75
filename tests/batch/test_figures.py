"""Figures straight from the ledger's rows are those of the summary."""

import math

import numpy as np
import pytest

from quanthedge.backtesting import backtest, light_runs, prepare
from quanthedge.batch.figures import Rows, figures_of, series_of
from quanthedge.batch.variant import SERIES
from quanthedge.performance import risk_free_rate
from quanthedge.strategy import Strategy, load_strategy
from tests.sample import END, ROOT, START, sample_market, small_strategy

# of the summary's figures, those that are no numbers, or need resampling or quantiles
NOT_HERE = (
    "first_day", "last_day", "calendar_days", "drawdown_", "longest_drawdown_calendar",
    "value_at_risk", "expected_shortfall", "capture", "block_length", "loss_probability",
    "year_range",
)  # fmt: skip
CASES = {
    "plain": (small_strategy, START, END),
    "unhedged": (lambda: small_strategy("hedge.ratio=0.0"), START, END),
    "deposit": (lambda: small_strategy('risk_free="deposit"', "capital_yuan=3e6"), START, END),
    "few days": (small_strategy, "2015-07-20", END),
    "two days": (small_strategy, "2015-07-30", END),
    "clients": (
        lambda: load_strategy(ROOT / "strategies" / "fund_with_clients.toml", ["selector.n=30"]),
        START,
        END,
    ),
    "no benchmark": (lambda: small_strategy('benchmark="000300.SH"'), "2015-03-02", "2015-06-30"),
}


def rows_of(strategy: Strategy, start: str, end: str) -> Rows:
    prepared = prepare(strategy, sample_market(), start, end)
    (run,) = light_runs([prepared])
    assert not isinstance(run, Exception)
    rate = risk_free_rate(strategy.risk_free, run.dates[1:])
    return Rows(
        run.dates, run.ledger, run.index_close, strategy.capital_yuan,
        strategy.fund.initial_unit_value, rate, run.trades, run.refusals,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_figure_is_the_summarys(case):
    make, start, end = CASES[case]
    rows, result = rows_of(make(), start, end), backtest(make(), sample_market(), start, end)
    figures, summary = figures_of(rows), result.summary().to_dict()
    for name, value in figures.items():
        stated = summary[name]["value"]
        if stated is None:
            assert math.isnan(value), name
        else:
            assert value == pytest.approx(stated, rel=1e-12, abs=1e-15), name
    left = [name for name in summary if name not in figures and not name.startswith(NOT_HERE)]
    assert left == []


@pytest.mark.parametrize("case", ["plain", "clients", "few days"])
def test_the_series_are_those_of_the_ledger_bit_for_bit(case):
    make, start, end = CASES[case]
    series = series_of(rows_of(make(), start, end))
    ledger = backtest(make(), sample_market(), start, end).ledger
    assert tuple(series.columns) == SERIES
    assert series.index.equals(ledger.index)
    for name in SERIES:
        assert series[name].to_numpy().tobytes() == ledger[name].to_numpy().tobytes(), name


def test_an_index_that_is_missing_leaves_out_what_asks_for_it():
    rows = rows_of(small_strategy(), START, END)
    found = figures_of(rows._replace(index_close=np.full(len(rows.dates), np.nan)))
    known = figures_of(rows)
    for name, value in found.items():
        if "index" in name or name.startswith(
            ("correlation", "beta", "geometric", "tracking", "information", "excess_drawdown")
        ):
            assert math.isnan(value), name
        else:
            assert value == known[name] or math.isnan(known[name]), name


def test_a_day_without_an_index_is_left_out_of_the_relation():
    rows = rows_of(small_strategy(), START, END)
    close = rows.index_close.copy()
    close[50] = np.nan
    assert math.isfinite(figures_of(rows._replace(index_close=close))["beta_daily"])
