"""Alpha by industry, size and characteristics adds up to the bridge, and weights to the book."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.performance.alpha_groups import COLUMNS, LAYERS, _sizes, group_table
from quanthedge.performance.bridge_groups import layer_numbers, value_layers
from quanthedge.performance.holdings import held_through
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
    through = held_through(result, market)
    found = _sizes(result, market, through)
    assert found.names == ["1", "2", "3", "4", "5", "no group"]
    months = market.dates.astype("datetime64[M]")
    for t in (0, 1, 25, 60, len(found.number) - 1):
        row = close = through.first + t
        while row > through.first and months[row + 1] == months[row]:
            row -= 1  # back to the last close of a month, or to the opening
        size = market.panel("mark")[row] * market.panel("total_shares")[row]
        size = np.where(row >= market.delist_index(), np.nan, size)
        ranks = pd.Series(size).rank() / np.isfinite(size).sum()
        layer = np.ceil(ranks.to_numpy()[through.columns] * LAYERS - 1e-9)
        expected = np.where(np.isnan(layer), LAYERS, layer - 1)
        np.testing.assert_array_equal(found.number[t], expected, str(market.dates[close]))


def test_layers_are_ranks_with_equal_values_in_the_order_in_which_they_stand() -> None:
    random = np.random.default_rng(3)
    values = pd.DataFrame(random.integers(0, 9, (40, 30)).astype(float))
    values = values.mask(random.random(values.shape) < 0.2)
    ranks = values.rank(axis=1, method="first")
    expected = np.ceil(ranks.mul(4).div(values.notna().sum(axis=1), axis=0)).fillna(0)
    np.testing.assert_array_equal(layer_numbers(values.to_numpy(), 4), expected)
    assert value_layers(values, 4).isna().equals(values.isna())


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
