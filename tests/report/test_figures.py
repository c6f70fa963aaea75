"""The figures of the notebook are those of the page, and show the ledger's numbers."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from quanthedge import report
from quanthedge.performance import Drawdowns, LedgerFigures, levels
from quanthedge.report import specs
from quanthedge.report.gallery import figure_names, named_figure
from tests.performance.random_run import random_ledger, random_run

if TYPE_CHECKING:
    import plotly.graph_objects as go


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    return random_ledger(120)


@pytest.fixture(scope="module")
def run() -> SimpleNamespace:
    return random_run(120)


def drawn(spec: dict) -> "go.Figure":
    """A figure of the report as plotly has it, which refuses what it does not know."""
    import plotly.graph_objects as go

    return go.Figure(spec)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_is_a_valid_plotly_figure(language: str, run) -> None:
    figures = [named_figure(run, name, language) for name in figure_names(run, language)]
    figures.append(report.bridge_figure(run, language))
    assert len(figures) > 12
    for figure in figures:
        assert figure.data
        assert figure.layout.height


def test_the_index_starts_with_the_fund_and_bears_its_name(ledger) -> None:
    figure = drawn(specs.unit_value(ledger, "zh", "000300.SH"))
    assert [trace.name for trace in figure.data] == ["沪深300", "费前", "费后"]
    assert {trace.y[0] for trace in figure.data} == {1.0}
    assert drawn(specs.unit_value(ledger, index="X.SH")).data[0].name == "X.SH"


def test_drawdown_and_hedge_ratio_are_those_of_the_statistics(ledger) -> None:
    fall = drawn(specs.drawdown(ledger)).data[-1]
    np.testing.assert_allclose(fall.y, Drawdowns(levels(ledger)["net"]).depth, atol=5.1e-5)
    ratio = drawn(specs.exposure(ledger)).data[0]
    np.testing.assert_allclose(
        ratio.y, LedgerFigures(ledger).exposures()["hedge_ratio"], atol=5.1e-4
    )


def test_basis_is_settlement_price_less_index(ledger) -> None:
    held = ledger.iloc[1:]
    price = held["futures_notional"] / held["lots"].abs() / 300.0
    expected = price / held["index_close"] - 1.0
    found = drawn(specs.basis(ledger, 300.0)).data[0]
    np.testing.assert_allclose(found.y, expected, atol=5.1e-6)
    assert found.text[0].startswith(held["contract"].iloc[0])


def test_bars_of_lots_leave_no_gap_over_the_weekend(ledger) -> None:
    bars = drawn(specs.lots(ledger)).data[0]
    days = ledger.index[1:]
    gaps = np.diff(days.to_numpy()).astype("timedelta64[D]").astype(int)
    assert [width // 86_400_000 for width in bars.width] == [*gaps, 1]
    assert list(bars.y) == (-ledger["lots"].iloc[1:]).tolist()


def test_gains_are_red_in_chinese_and_green_in_english(run) -> None:
    chinese, english = (report.bridge_figure(run, language).data[0] for language in ("zh", "en"))
    assert chinese.increasing.marker.color == english.decreasing.marker.color
    assert chinese.decreasing.marker.color == english.increasing.marker.color


def test_the_waterfall_of_a_part_of_the_run_is_that_of_the_part(ledger, run) -> None:
    days = ledger.index
    part = report.bridge_figure(run, start=str(days[30].date()), end=str(days[60].date())).data[0]
    worth = ledger["equity"] - ledger["accrued_performance_fee"]
    change = worth.iloc[60] - worth.iloc[29]
    assert part.x[-1] == pytest.approx(change / 1000.0, abs=0.01)


def test_fee_days_are_marked_at_the_unit_value(ledger) -> None:
    ledger = ledger.copy()
    ledger["performance_fee"] = 0.0
    ledger.iloc[60, ledger.columns.get_loc("performance_fee")] = 5000.0
    marks = drawn(specs.water_mark(ledger)).data[-1]
    assert list(marks.x) == [f"{ledger.index[60]:%Y-%m-%d}"]
    assert list(marks.y) == [ledger["unit_value"].iloc[60]]
