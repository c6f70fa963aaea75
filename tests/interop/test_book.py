"""Instruments of a run: shares of the first day, fractions that fall away, shares worth nothing."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quanthedge.interop import book
from quanthedge.performance import ShareGrowth

DAYS = pd.date_range("2015-03-02", periods=6)
MARK = [10.0, 10.0, 8.13, 8.0, 8.2, 8.2]
GROWTH = [1.0, 1.0, 1.23, 1.0, 1.0, 1.0]  # 150 shares become 184.5: 184 are left


def instruments(monkeypatch: pytest.MonkeyPatch, *trades: tuple[Any, ...]) -> book.Instruments:
    monkeypatch.setattr(book, "check_market", lambda *_: None)
    mark, steps = np.array(MARK)[:, None], np.array(GROWTH)[:, None]
    grown = ShareGrowth(mark, steps, *np.zeros((2, *steps.shape)))
    monkeypatch.setattr(ShareGrowth, "of", lambda *_: grown)
    market: Any = SimpleNamespace(
        codes=np.array(["600000.SH"]),
        dates=DAYS.to_numpy().astype("datetime64[D]"),
    )
    record: Any = SimpleNamespace(ledger=pd.DataFrame(index=DAYS))
    table = pd.DataFrame(trades, columns=["row", "quantity", "amount", "fees"])
    return book.stocks_of(record, market, table.assign(code="600000.SH", future=False))


def cash(found: book.Instruments) -> list[float]:
    """Cash after each order, from nothing."""
    orders = found.orders
    return list((-orders["quantity"] * orders["price"] - orders["fees"]).cumsum())


def test_the_fraction_that_falls_away_is_sold_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = instruments(monkeypatch, (1, 150, 1500.0, 5.0), (4, -84, 688.8, 1.0))
    worth = found.value()[:, 0]
    shares = [0, 150, 184, 184, 100, 100]
    assert worth.tolist() == pytest.approx([n * p for n, p in zip(shares, MARK, strict=True)])
    assert cash(found) == pytest.approx([-1505.0, -1505.0, -1505.0 + 687.8])
    assert found.orders["row"].tolist() == [1, 2, 4]
    assert (found.orders["price"] > 0.0).all()  # vectorbt takes no other


def test_shares_that_are_paid_out_at_nothing_leave_at_the_last_close_and_its_fee(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = instruments(monkeypatch, (1, 150, 1500.0, 0.0), (5, -184, 0.0, 0.0))
    assert found.value()[-1, 0] == 0.0
    assert cash(found)[-1] == pytest.approx(-1500.0)
    assert (found.orders["price"] > 0.0).all()


def test_all_stocks_as_one_are_worth_the_book_whatever_is_bought_and_sold() -> None:
    random = np.random.default_rng(5)
    value = np.array([0.0, 90.0, 95.0, 60.0, 0.0, 0.0, 50.0, 55.0, 0.0])
    bought = np.array([0.0, 88.0, 10.0, 0.0, 0.0, 0.0, 49.0, 0.0, 5.0])
    sold = np.array([0.0, 0.0, 9.0, 30.0, 61.0, 0.0, 0.0, 0.0, 62.0])
    ledger = pd.DataFrame({"stock_value": value, "bought": bought, "sold": sold})
    fees = random.random(4)
    trades = pd.DataFrame({"row": [1, 2, 2, 4], "fees": fees, "future": False})
    found = book.one_book(ledger, trades)
    assert found.value()[:, 0] == pytest.approx(value)
    moved = (found.orders["quantity"] * found.orders["price"]).groupby(found.orders["row"]).sum()
    for row, yuan in moved.items():
        assert yuan == pytest.approx(bought[int(str(row))] - sold[int(str(row))])
    assert found.orders["fees"].sum() == pytest.approx(fees.sum())
    assert (found.orders["price"] > 0.0).all()
