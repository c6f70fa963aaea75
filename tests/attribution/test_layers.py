"""Alpha by layer: the example by hand, a book exactly g times another, runs of the sample."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.attribution import LAYERS
from quanthedge.attribution.layers import allocation_lines, alpha_layers
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.performance import Bridge
from quanthedge.record import Record
from tests.attribution.by_hand import DAYS, market_by_hand, run_by_hand
from tests.performance.test_bridge_by_hand import made
from tests.sample import END, START, sample_market, sample_result, small_strategy

GATE = 'layers.allocation={{kind="carry_gate", worst_annual_discount={}}}'


@cache
def gated() -> Result:
    """The sample's run, out of the market while the future stands 4% a year below its index."""
    return backtest(small_strategy(GATE.format(0.04)), sample_market(), START, END)


def grown(run: Record, money: float, equity: float) -> Record:
    """A run with so many times the money in every line, and so many times the equity."""
    ledger = run.ledger * money
    kept = ["index_close", "book_beta"]
    ledger[kept] = run.ledger[kept]
    ledger["equity"] = run.ledger["equity"] * equity
    contracts = run.contracts.assign(
        lots=run.contracts["lots"] * money,
        futures_notional=run.contracts["futures_notional"] * money,
    )
    trades = run.trades.assign(quantity=run.trades["quantity"] * money)
    return run.changed(ledger=ledger, contracts=contracts, trades=trades)


@pytest.mark.parametrize(("g", "k"), [(0.5, 4.0), (1.0, 3.0), (0.25, 8.0)])
def test_of_a_book_g_times_as_large_the_allocation_took_g_less_1_of_every_line(g, k) -> None:
    whole = made()
    found = allocation_lines(grown(whole, g * k, k), whole)
    expected = (g - 1.0) * k * Bridge(whole).yuan("day")[list(Bridge.EARNED)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_example_of_the_page_comes_out(tmp_path) -> None:
    market, whole = market_by_hand(tmp_path / "m"), run_by_hand()
    half = run_by_hand({"000001.SZ": 2_000_000, "600000.SH": 1_200_000})
    half = half.changed(ledger=half.ledger.assign(equity=half.ledger["equity"] * 0.8))
    found = alpha_layers(half, market, whole).loc[DAYS[2]]
    # 0.4 of the stocks on 0.8 of the equity: g is a half, k 0.8
    assert found["allocation"] == pytest.approx(-0.5 * 0.8 * 538_400.0)
    assert found["industry"] == pytest.approx(0.8 * 28_500.0)
    assert found["stock"] == pytest.approx(0.8 * (517_500.0 - 7_600.0))
    assert found.sum() == pytest.approx(Bridge(half).yuan("day").loc[DAYS[2], "alpha"])
    assert found.sum() == pytest.approx(0.4 * 538_400.0)


def test_without_an_allocation_the_layer_is_exactly_nothing() -> None:
    result = sample_result()
    assert (result.alpha_layers["allocation"] == 0.0).all()
    assert not len(result.allocation_lines)
    with pytest.raises(DataError, match=r"by allocation: .* no layers\.allocation"):
        result.attribution("allocation")


def test_a_gate_that_never_shuts_has_done_exactly_nothing() -> None:
    result = backtest(small_strategy(GATE.format(5)), sample_market(), START, "2015-01-30")
    assert (result.allocation["exposure"] == 1.0).all()
    assert (result.alpha_layers["allocation"] == 0.0).all()
    assert (result.allocation_lines == 0.0).all(axis=None)
    layers = result.alpha_layers
    assert (layers["industry"] == result.alpha_brinson["industry"]).all()


def test_layers_of_a_gated_run_add_up_to_the_line_alpha_on_every_day() -> None:
    result = gated()
    shut = result.allocation["exposure"] == 0.0
    assert shut.any()
    assert not shut.all()
    daily, scale = result.attribution("layer", "day"), 1e-9 * result.ledger["equity"].max()
    assert daily["residual"].abs().max() < scale
    assert (daily[list(LAYERS)].std() > 0).all()
    lines = result.attribution("allocation", "day")
    np.testing.assert_allclose(lines["alpha"], daily["allocation"], rtol=0, atol=0)
    np.testing.assert_allclose(lines[list(Bridge.EARNED)].sum(axis=1), lines["total"])
    # while hardly anything was held, what the fully invested book earned was given up
    held, whole = (one.ledger["stock_value"] for one in (result, result.variants["ungated"]))
    away = (held < 0.1 * whole).shift(1).loc[daily.index] & (whole > 0).shift(1).loc[daily.index]
    own = daily.loc[away]
    assert away.sum() > 15
    given_up = own["industry"] + own["stock"]
    assert (own["allocation"] + given_up).abs().sum() < 0.2 * given_up.abs().sum()


def test_layers_of_a_gated_run_are_those_of_its_fully_invested_twin() -> None:
    result, whole = gated(), sample_result()
    pd.testing.assert_frame_equal(result.variants["ungated"].ledger, whole.ledger)
    scale = (result.ledger["equity"] / whole.ledger["equity"]).shift(1).iloc[1:]
    parts = whole.alpha_brinson
    found = result.alpha_layers
    np.testing.assert_allclose(found["industry"], scale * parts["industry"], rtol=1e-12)
    np.testing.assert_allclose(found["stock"], scale * (parts["stock"] + parts["index"]))
    expected = Bridge(result).yuan("day")["basis"] - scale * Bridge(whole).yuan("day")["basis"]
    np.testing.assert_allclose(result.allocation_lines["basis"], expected, atol=1e-6)


def test_a_run_on_other_days_is_no_measure() -> None:
    whole = made()
    short = whole.changed(ledger=whole.ledger.iloc[:-1])
    with pytest.raises(DataError, match="fully invested run ends on 2015-01-30"):
        allocation_lines(whole, short)
    ledger = whole.ledger.copy()
    ledger.iloc[2, ledger.columns.get_loc("equity")] = 0.0
    with pytest.raises(DataError, match="no equity on 2015-01-05"):
        allocation_lines(whole, whole.changed(ledger=ledger))
