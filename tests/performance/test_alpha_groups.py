"""Alpha by industry, size and characteristics adds up to the bridge, and weights to the book."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.performance.alpha_groups import COLUMNS, LAYERS, _sizes, group_table
from tests.sample import END, START, sample_market, sample_result, small_strategy


@pytest.mark.parametrize("kind", ["industry", "size"])
def test_groups_add_up(kind: str) -> None:
    result = sample_result()
    assert list(result.alpha_groups.columns) == list(COLUMNS)
    table = result.alpha_groups.query("kind == @kind")
    assert len(table) >= min(4, LAYERS)
    alpha = result.bridge().iloc[0]["alpha"]
    assert table["alpha_yuan"].sum() == pytest.approx(alpha, rel=1e-6, abs=1.0)
    last = result.positions[result.positions["date"] == result.positions["date"].max()]
    assert table["weight"].sum() == pytest.approx(last["weight"].sum())
    assert table["names"].sum() == len(last)
    assert (table["name_zh"] != "").all() == (kind == "industry")


def test_layers_are_those_of_the_last_close_of_the_month_before() -> None:
    result, market = sample_result(), sample_market()
    found = _sizes(result, market)
    dates = pd.DatetimeIndex(market.dates)
    assert found.index[0] == result.ledger.index[0]
    for day in found.index[1:]:
        assert dates[dates.get_loc(day) + 1].month != day.month
    day = found.index[3]
    row = dates.get_loc(day)
    size = market.panel("mark")[row] * market.panel("total_shares")[row]
    size = np.where(row >= market.delist_index(), np.nan, size)
    ranks = pd.Series(size, index=market.codes).rank() / np.isfinite(size).sum()
    layer = found.loc[day].astype(int)
    np.testing.assert_array_equal(layer, np.ceil(ranks[found.columns] * LAYERS - 1e-9))


def test_a_strategy_with_a_risk_model_has_parts_by_day() -> None:
    strategy = small_strategy("risk={}")
    result = backtest(strategy, sample_market(), START, END)
    assert list(result.alpha_parts.columns)[:3] == ["market", "industries", "size"]
    np.testing.assert_allclose(
        result.alpha_parts.sum(axis=1), result.bridge("day")["alpha"], atol=1e-4
    )
    pd.testing.assert_frame_equal(result.ledger, sample_result().ledger)
    assert not len(sample_result().alpha_parts.columns)


def test_nothing_held_is_an_empty_table() -> None:
    result = sample_result()
    bare = result.changed(positions=result.positions.iloc[:0])
    assert group_table(bare, sample_market()).empty
