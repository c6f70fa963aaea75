"""The packaged tables against the fact tables that they come from, cell by cell."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from quanthedge.rules.tables import TABLES

FACTS = Path(__file__).parents[3] / "shared" / "rules"
DATA = files("quanthedge.rules") / "data"
JUDGED = {"source_ids", "confidence", "note", "n_sources"}  # may be better founded here
CHANGED = {  # (table, line, column): why
    ("stock_trading_rules", 15, "effective_from"): "no ST stocks before 1998-04-22",
    ("dividend_tax", 11, "investor"): "two investors, told apart by a semicolon",
    ("stock_trading_rules", 2, "exchange_or_board"): "lists have semicolons",
    ("stock_trading_rules", 3, "exchange_or_board"): "lists have semicolons",
    ("stock_trading_rules", 15, "exchange_or_board"): "lists have semicolons",
    ("stock_price_limit", 22, "effective_from"): "real bars: none before 2021-08 was free",
}
# rows of our own, by line; those after the others in stock_price_limit and stock_trading_rules
ADDED = {("dividend_tax", 10): "public funds before notice 85 of 2012, from memory"}
AFTER = {"stock_price_limit": 7, "stock_trading_rules": 4}


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.real
@pytest.mark.skipif(not FACTS.is_dir(), reason="the fact tables are not beside the project")
@pytest.mark.parametrize("name", [name for name in TABLES if name != "fut_expiry_moved"])
def test_every_fact_is_carried_over_unchanged_but_for_the_changes_that_are_listed(name):
    packaged, facts = read(DATA / f"{name}.csv"), read(FACTS / f"{name}.csv")
    packaged = [row for line, row in enumerate(packaged, 2) if (name, line) not in ADDED]
    assert len(packaged) == len(facts) + AFTER.get(name, 0)
    packaged = packaged[: len(facts)]
    differing = {
        (name, line, column)
        for line, (ours, theirs) in enumerate(zip(packaged, facts, strict=True), 2)
        for column in theirs.keys() - JUDGED
        if ours[column] != theirs[column]
    }
    assert differing == {place for place in CHANGED if place[0] == name}
