"""Who takes over a book trades it to what he wants, whatever his predecessor decided just then."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.splice import Ruler, _selection

FIRST, DAYS = 11, 20  # the market's row of the first trading day; days of the run
EMPTY = pd.DataFrame({"date": pd.DatetimeIndex([])})
X, Y, Z = {0: 0.5, 1: 0.5}, {1: 0.6, 2: 0.4}, {2: 1.0}


def prepared(decisions: dict[int, dict[int, float]]) -> SimpleNamespace:
    """What a ruler decided, by the market's row of the close."""
    books = list(decisions.values())
    targets = SimpleNamespace(
        decision_rows=np.array(list(decisions), dtype=np.int64),
        pointer=np.cumsum([0, *map(len, books)]),
        stocks=np.array([stock for book in books for stock in book], dtype=np.int64),
        weights=np.array([part for book in books for part in book.values()]),
    )
    dates = np.datetime64("2015-01-01") + np.arange(FIRST + DAYS)
    market = SimpleNamespace(dates=dates, codes=np.array(["A", "B", "C"]))
    selection = SimpleNamespace(
        targets=targets, shares=np.ones(targets.stocks.size), exclusions=EMPTY, coverage=EMPTY,
        training=EMPTY, decisions=EMPTY, left_out={},
    )  # fmt: skip
    return SimpleNamespace(
        selection=selection, first=FIRST, market=market, dates=dates[FIRST - 1 :]
    )


def wanted(*rulers: tuple[int, dict[int, dict[int, float]]]) -> dict[int, dict[int, float]]:
    found = _selection([Ruler(day, prepared(made)) for day, made in rulers]).targets  # type: ignore[arg-type]
    parts = zip(found.pointer[:-1], found.pointer[1:], strict=True)
    return {
        int(row): dict(zip(found.stocks[a:b].tolist(), found.weights[a:b].tolist(), strict=True))
        for row, (a, b) in zip(found.decision_rows, parts, strict=True)
    }


@pytest.mark.parametrize(
    ("before", "after", "traded"),
    [
        # decided at the change-over's close by who no longer rules: it was never traded
        ({10: X, 15: Y}, {12: Y, 20: Z}, {10: X, 15: Y, 20: Z}),
        ({10: X, 15: Y}, {12: X, 20: Z}, {10: X, 20: Z}),
        ({10: X}, {12: Y, 20: Z}, {10: X, 15: Y, 20: Z}),
        ({10: X}, {15: Y}, {10: X, 15: Y}),
        ({10: X}, {20: Z}, {10: X, 20: Z}),
        ({16: X}, {12: Y}, {15: Y}),
    ],
)
def test_the_book_is_traded_to_what_the_new_ruler_stands_at(before, after, traded) -> None:
    assert wanted((0, before), (5, after)) == traded
