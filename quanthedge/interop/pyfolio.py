"""Returns, positions and transactions of a run as pyfolio takes them."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.interop.book import futures_of, one_book, stocks_of, trades_of
from quanthedge.interop.quantstats import to_quantstats
from quanthedge.market import Market
from quanthedge.record import Record

__all__ = ["PyfolioShape", "to_pyfolio"]


class PyfolioShape(NamedTuple):
    """What ``pyfolio.create_full_tear_sheet`` takes first.

    Attributes
    ----------
    returns : Series [T]
        Simple daily returns of the fund after all fees.
    positions : DataFrame [T, K + 1]
        Yuan at each close: a column a stock and contract (below 0 sold short), and ``cash``, which
        is what makes their sum the fund's equity.
    transactions : DataFrame
        By the day on which it was done: amount (signed shares or lots), price (yuan a share or a
        lot), symbol.
    benchmark : Series [T]
        Simple daily returns of the benchmark.
    """

    returns: pd.Series
    positions: pd.DataFrame
    transactions: pd.DataFrame
    benchmark: pd.Series


def to_pyfolio(record: Record, market: Market | None = None) -> PyfolioShape:
    """Return returns, positions, transactions and benchmark of a run.

    Parameters
    ----------
    record : Record
    market : Market, optional
        That of the run: a column a stock. Without it a record has no prices of stocks, and all of
        them are one column, ``stocks``.

    Raises
    ------
    DataError
        The market is not that of the run.

    Notes
    -----
    Dates are in UTC, as pyfolio writes them. A short future is its value below 0 and as much more
    cash, so that pyfolio's gross leverage counts both sides. A stock's transactions are at the
    shares and the price of their day; a bonus issue between two of them is none.
    """
    ledger = record.ledger
    trades = trades_of(record)
    stocks = one_book(ledger, trades) if market is None else stocks_of(record, market, trades)
    futures = futures_of(record, trades)
    days = pd.DatetimeIndex(ledger.index).tz_localize("UTC")
    positions = pd.DataFrame(
        np.hstack([stocks.value(), futures.value()]),
        index=days,
        columns=[*stocks.codes, *futures.codes],
    )
    positions["cash"] = ledger["equity"].to_numpy() - positions.sum(axis=1)
    symbol = trades["code"].where(trades["future"], "stocks") if market is None else trades["code"]
    transactions = pd.DataFrame(
        {
            "amount": trades["quantity"].to_numpy(),
            "price": (trades["amount"] / trades["quantity"].abs()).to_numpy(),
            "symbol": symbol.to_numpy(),
        },
        index=days[trades["row"]],
    )
    returns, benchmark = (one.tz_localize("UTC") for one in to_quantstats(record))
    return PyfolioShape(returns, positions.iloc[1:], transactions, benchmark)
