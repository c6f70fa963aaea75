"""Windows show the part of the run that lies in them, by the same definitions as the whole."""

import pandas as pd
import pytest

from quanthedge.performance import WINDOWS, Window, window_table
from tests.performance.random_run import random_ledger


def test_a_window_over_the_whole_run_is_the_run() -> None:
    ledger = random_ledger(120)
    table = window_table(ledger, [Window("all", "2000-01-01", "2030-01-01")])
    row = table.loc["all"]
    index = ledger["index_close"]
    assert row["days"] == 120
    assert row["index"] == pytest.approx(index.iloc[-1] / index.iloc[0] - 1.0)
    assert row["start"] == ledger.index[1]


def test_windows_side_by_side_compound_to_the_run() -> None:
    ledger = random_ledger(200)
    middle = ledger.index[100]
    parts = [
        Window("first", "2000-01-01", str(middle.date())),
        Window("second", str((middle + pd.Timedelta(days=1)).date()), "2030-01-01"),
    ]
    table = window_table(ledger, parts)
    whole = window_table(ledger, [Window("all", "2000-01-01", "2030-01-01")]).loc["all"]
    for name in ("net", "gross", "index"):
        assert (1 + table[name]).prod() == pytest.approx(1 + whole[name])
    assert table["days"].sum() == 200


def test_a_window_outside_the_run_is_empty() -> None:
    table = window_table(random_ledger(30), WINDOWS)
    assert table.loc["fall_2018", "days"] == 0
    assert pd.isna(table.loc["fall_2018", "net"])
