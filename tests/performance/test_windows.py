"""Windows show the part of the run that lies in them, by the same definitions as the whole."""

from itertools import pairwise

import pandas as pd
import pytest

from quanthedge.performance import Spans, Window, levels
from tests.performance.random_run import random_ledger


def test_a_window_over_the_whole_run_is_the_run() -> None:
    ledger = random_ledger(120)
    table = Spans(ledger).windows([Window("all", "2000-01-01", "2030-01-01")])
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
    table = Spans(ledger).windows(parts)
    whole = Spans(ledger).windows([Window("all", "2000-01-01", "2030-01-01")]).loc["all"]
    for name in ("net", "gross", "index"):
        assert (1 + table[name]).prod() == pytest.approx(1 + whole[name])
    assert table["days"].sum() == 200


def test_a_window_outside_the_run_is_empty() -> None:
    table = Spans(random_ledger(30)).windows(Spans.STATED)
    assert table.loc["fall_2018", "days"] == 0
    assert pd.isna(table.loc["fall_2018", "net"])


@pytest.mark.parametrize(
    ("start", "named"),
    [("2018-06-15", "long_fall_2018"), ("2020-01-20", "reopening_2020"),
     ("2020-07-06", "rally_2020"), ("2021-03-01", "crowded_2021"), ("2022-04-11", "lockdown_2022"),
     ("2024-02-05", "small_caps_2024"), ("2024-09-20", "rally_2024")],
)  # fmt: skip
def test_a_run_of_any_year_since_2018_meets_its_years_spell(start: str, named: str) -> None:
    ledger = random_ledger(30)
    ledger.index = pd.bdate_range(start, periods=len(ledger))
    assert named in [one.name for one in Spans(ledger).stress()]


def test_a_run_that_meets_no_spell_shows_its_own_worst() -> None:
    ledger = random_ledger(150)
    ledger.index = pd.bdate_range("2031-01-02", periods=len(ledger))
    shown = {one.name: one for one in Spans(ledger).stress()}
    assert next(iter(shown)) == "market_fall"
    index = levels(ledger)["index"]
    worst = (index / index.shift(20) - 1.0).min()
    row = Spans(ledger).windows([shown["market_fall"]]).iloc[0]
    assert row["days"] == 20
    assert row["index"] == pytest.approx(worst)
    spans = sorted((one.start, one.end) for one in shown.values())
    assert all(one[1] < two[0] for one, two in pairwise(spans))


def test_a_short_run_finds_nothing_of_its_own() -> None:
    assert Spans(random_ledger(30)).found() == []
