"""Layers and groups on small tables whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.performance.bridge_groups import alpha_by, alpha_by_day, value_layers
from tests.performance.test_bridge_groups import boards
from tests.sample import sample_market, sample_result

VALUES = pd.DataFrame(
    [[10.0, 1.0, 5.0, np.nan, 7.0, 3.0], [1.0, 1.0, 2.0, 9.0, np.nan, np.nan]],
    index=pd.to_datetime(["2014-09-17", "2014-09-18"]),
    columns=list("ABCDEF"),
)


def test_layers_are_parts_of_each_day_with_the_lowest_first() -> None:
    found = value_layers(VALUES)
    assert found.iloc[0].tolist() == ["5", "1", "3", found.iloc[0, 3], "4", "2"]
    assert np.isnan(found.iloc[0, 3])
    # four stocks in five layers, the earlier of two equal ones lower
    assert found.iloc[1, :4].tolist() == ["2", "3", "4", "5"]
    assert value_layers(VALUES, 2).iloc[0].dropna().tolist() == ["2", "1", "2", "2", "1"]
    assert value_layers(VALUES, 1).iloc[0].dropna().tolist() == ["1"] * 5
    assert value_layers(VALUES).equals(value_layers(VALUES, 5))
    with pytest.raises(DataError, match="accepted: 1 or more"):
        value_layers(VALUES, 0)


def test_a_group_that_was_never_held_is_no_column_and_one_held_once_is() -> None:
    result, market = sample_result(), sample_market()
    held = set(result.trades["code"])
    never = next(code for code in market.codes if code not in held)
    day = result.positions["date"].unique()[2]
    rows = result.positions[result.positions["date"] == day]
    once = str(rows["code"].iloc[0])
    at = result.ledger.index.get_loc(day)
    usual = boards(market)
    usual[never] = "never"
    special = usual.copy()
    special[once] = "once"
    table = pd.DataFrame(
        [usual, special, usual],
        index=[result.ledger.index[0], day, result.ledger.index[at + 1]],
    )
    found = alpha_by(result, market, table, "day")
    assert "never" not in found
    assert "once" in found
    other = found.index != result.ledger.index[at + 1]
    assert (found.loc[other, "once"] == 0.0).all()
    assert found.loc[~other, "once"].iloc[0] != 0.0


def test_a_holding_of_a_single_yuan_is_one() -> None:
    through = SimpleNamespace(
        alpha=np.array([[0.5, 0.0], [0.25, 0.0]]), value=np.array([[1.0, 0.0], [0.0, 0.0]])
    )
    result = SimpleNamespace(ledger=pd.DataFrame(index=sample_result().ledger.index[:3]))
    found = alpha_by_day(result, through, np.array([[0, 1], [0, 1]]), ["held", "never"])
    assert found.to_dict("list") == {"held": [0.5, 0.25]}


def test_dates_of_groups_are_in_order_and_each_comes_once() -> None:
    result, market = sample_result(), sample_market()
    usual, days = boards(market), result.ledger.index
    for index in ([days[0], days[0]], [days[3], days[1]]):
        with pytest.raises(DataError, match="not in order"):
            alpha_by(result, market, pd.DataFrame([usual, usual], index=index))
