"""What the report says of stated values: parts of the correlation, and restated holdings."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.performance import correlation_parts, correlation_stated_otherwise
from quanthedge.performance.neutrality_parts import PARTS
from quanthedge.report.blocks import Table
from quanthedge.report.chapters.holdings import holdings
from quanthedge.report.chapters.neutrality import neutrality
from quanthedge.report.writer import Writer
from tests.performance.random_run import random_run


def restated(run, stocks: int) -> pd.DataFrame:
    """Stock k is off its close from day 2 + k for three closes, by 1,000 k yuan and more."""
    days = pd.DatetimeIndex(run.ledger.index)
    rows = [
        (days[2 + k + d], f"{600000 + k}.SH", 100, 10.0, 9.0, -1_000.0 * k - d)
        for k in range(stocks)
        for d in range(3)
    ]
    return pd.DataFrame(
        rows,
        columns=["date", "code", "shares", "last_close", "stated_value", "adjustment_yuan"],
    )


def table(blocks, name: str) -> Table:
    return next(one for one in blocks if isinstance(one, Table) and one.id == f"table-{name}")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_largest_adjustments_are_listed_and_all_are_counted(language: str) -> None:
    run = random_run(60)
    run = run.changed(restated=restated(run, 25))
    found = table(holdings(Writer(run, language)), "restated")
    assert [row[0].text for row in found.rows] == [f"{600000 + k}.SH" for k in range(24, 4, -1)]
    days = run.ledger.index
    first = [cell.text for cell in found.rows[0]]
    dates = [f"{days[t]:%Y-%m-%d}" for t in (26, 28, 29)]
    assert first[1:] == [*dates, "3", "-24,002", "-24,000"]
    lowest = run.ledger["revaluation"]
    at = lowest.idxmin()
    day = f"{at.day} {at:%B %Y}" if language == "en" else f"{at.year}年{at.month}月{at.day}日"
    for part in ("25", "20", f"{lowest.min():,.0f}", day):
        assert part in found.caption


def test_a_fund_that_sold_all_keeps_the_list_and_says_what_is_still_off_its_close() -> None:
    run = random_run(30)
    # the last one until the last close
    run = run.changed(restated=restated(run, 27), positions=run.positions.iloc[:0])
    writer = Writer(run, "en")
    found = table(holdings(writer), "restated")
    assert found.rows[0][3].text == "still so at the end"
    run = run.changed(restated=run.restated.iloc[:0])
    assert not [one for one in holdings(Writer(run, "en")) if isinstance(one, Table)]


@pytest.mark.parametrize("days", [12, 300])
def test_parts_and_other_statements_are_printed_as_they_are_computed(days: int) -> None:
    run = random_run(days)
    blocks = neutrality(Writer(run, "en"))
    made = [correlation_parts(run, every) for every in ("daily", "weekly")]
    rows = table(blocks, "correlation-parts").rows
    assert len(rows) == len(PARTS) + 1
    for row, name in zip(rows, made[0].index, strict=True):
        expected = [one.loc[name, column] for one in made for column in ("correlation", "own")]
        for cell, value in zip(row[1:], expected, strict=True):
            assert cell.text == (
                "–" if np.isnan(value) else f"{value:.3f}".replace("-0.000", "0.000")
            )
    stated = correlation_stated_otherwise(run.ledger)
    for row, (_, values) in zip(
        table(blocks, "correlation-stated").rows, stated.iterrows(), strict=True
    ):
        texts = ["–" if np.isnan(value) else f"{value:.3f}" for value in values]
        assert [cell.text for cell in row[1:]] == texts
    few = days < 60  # three weeks
    assert (rows[-1][3].text == "–") == few
