"""Alpha by industry adds up to the bridge, and weights to the book."""

from dataclasses import replace

import pytest

from quanthedge.industries import COLUMNS, industry_table
from tests.sample import sample_market, sample_result


def test_industries_add_up() -> None:
    result = sample_result()
    table = result.industries
    assert list(table.columns) == list(COLUMNS)
    assert len(table) > 3
    alpha = result.bridge().iloc[0]["alpha"]
    assert table["alpha_yuan"].sum() == pytest.approx(alpha, rel=1e-6, abs=1.0)
    last = result.positions[result.positions["date"] == result.positions["date"].max()]
    assert table["weight"].sum() == pytest.approx(last["weight"].sum())
    assert table["names"].sum() == len(last)
    assert (table["name_zh"] != "").all()


def test_nothing_held_is_an_empty_table() -> None:
    result = sample_result()
    bare = replace(result, positions=result.positions.iloc[:0])
    assert industry_table(bare, sample_market()).empty
