"""Every line of money stands once: table, record, statistics and the engine's identity agree."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.ledger import (
    LINES,
    layout,
    line_names,
    net_flows,
    run_ledger,
    signed_lines,
)
from quanthedge.ledger.kernels.close import sum_of_lines
from quanthedge.record.tables import TABLES
from tests.ledger.adapter import kernel_inputs
from tests.oracles.random_market import random_inputs


def test_each_line_has_one_name_a_known_kind_and_the_sign_of_its_kind() -> None:
    names = [line.name for line in LINES]
    signs = {"profit": {1}, "cost": {-1}, "fee": {-1}, "flow": {1, -1}, "part": {0}}

    assert len(set(names)) == len(names)
    assert all(line.sign in signs[line.kind] for line in LINES)
    assert set(names) == {
        *line_names("profit"),
        *line_names("cost"),
        *line_names("fee"),
        *line_names("flow"),
        "held_pnl",
    }


def test_the_ledgers_columns_the_record_and_the_trades_hold_every_line() -> None:
    names = {line.name for line in LINES}

    assert names <= set(layout.COLUMNS)
    assert names <= set(TABLES["ledger"].names("number"))
    assert set(line_names("cost", by_trade=True)) <= set(TABLES["trades"].names("number"))
    assert [layout.COLUMNS[layout.FIRST_LINE + k] for k in range(len(LINES))] == [
        line.name for line in LINES
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_signed_lines_of_a_day_are_its_change_of_equity(seed: int) -> None:
    record = run_ledger(kernel_inputs(random_inputs(seed, days=40, stocks=8)))
    table = pd.DataFrame(record.ledger[: record.days_run], columns=list(layout.COLUMNS))
    moving = tuple(line.name for line in LINES if line.sign)

    change = (table["equity"] - table["revaluation"]).diff().iloc[1:]
    explained = signed_lines(table, moving).sum(axis=1).iloc[1:]

    np.testing.assert_allclose(explained, change, atol=1e-9 * table["equity"].max())
    np.testing.assert_array_equal(
        net_flows(table), table["subscriptions"] - table["redemptions"] - table["distributions"]
    )


def test_the_identity_of_the_engine_takes_every_line_with_its_sign() -> None:
    row = np.zeros(len(layout.COLUMNS))
    for k, line in enumerate(LINES):
        row[layout.FIRST_LINE + k] = 10.0**k
        assert sum_of_lines(row) == line.sign * 10.0**k
        row[layout.FIRST_LINE + k] = 0.0
