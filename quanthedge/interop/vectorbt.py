"""The orders of a recorded run as a portfolio of vectorbt, whose value is the ledger's equity.

vectorbt knows instruments, orders with fees, and one pot of cash. Stocks are held in shares of the
first day (what a share became by bonus issues is in the price, as in backward-adjusted prices);
futures in lots worth price times multiplier, sold short against cash; everything that moved the
equity without an order (dividends, interest, fees of the fund, tax that was withheld, money of
investors, the stated value of suspended holdings) is a column of its own: orders at one yuan in
something that is worth nothing afterwards. What that does not carry is named.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.interop.book import (
    BY_TRADE,
    DUST,
    Instruments,
    futures_of,
    one_book,
    orders_at,
    stocks_of,
    trades_of,
)
from quanthedge.ledger import LINES, line_names, net_flows
from quanthedge.market import Market
from quanthedge.performance import daily_returns
from quanthedge.record import Record
from quanthedge.typing import Floats
from quanthedge.words import Bilingual, sentence, texts

if TYPE_CHECKING:
    from vectorbt import Portfolio

__all__ = ["left_out", "to_vectorbt"]

_CENT = 0.01  # yuan: a portfolio that is further from the ledger on any day is refused
_HELD = ("stock_pnl", "futures_pnl")  # lines that positions and their prices carry


def to_vectorbt(
    record: Record, market: Market | None = None, *, accrued_fee: bool = False
) -> "Portfolio":
    """Return a vectorbt portfolio with the run's orders, worth its equity on every day.

    Parameters
    ----------
    record : Record
    market : Market, optional
        That of the run: each stock is then a column with its own orders. Without it, as a record
        holds no prices of stocks, all stocks are one column, whose price is the value of the book.
    accrued_fee : bool
        Whether the performance fee that has accrued and is not charged yet is taken off; the
        ledger's equity is before it.

    Returns
    -------
    vectorbt.Portfolio
        Yuan; columns by kind (stock, future, line) and code, all in one group; rows are those of
        the ledger, the day before the first trading day in front. ``left_out`` says in both
        languages what it does not carry, ``difference`` how far value and return of each day are
        off the fund's, ``benchmark_value()`` is the run's index.

    Raises
    ------
    DataError
        The market is not that of the run; or the value would be a cent or more off the ledger on a
        day (then the prices are not those that the run was marked at).
    """
    from quanthedge.interop.vectorbt_portfolio import portfolio_of

    ledger = record.ledger
    if (ledger["stocks_borrowed"] != 0.0).any():
        raise DataError(
            "to_vectorbt: the run sold borrowed stocks, which cost a fee and pay their lender; "
            "accepted: runs without"
        )
    trades = trades_of(record)
    futures = futures_of(record, trades)
    stocks = one_book(ledger, trades) if market is None else stocks_of(record, market, trades)
    carried = trades[trades["future"] | trades["row"].isin(stocks.orders["row"])]
    lines = _lines(ledger, carried, accrued_fee=accrued_fee)
    parts = {"stock": stocks, "future": futures, "line": lines}
    columns = pd.MultiIndex.from_tuples(
        [(kind, code) for kind, part in parts.items() for code in part.codes],
        names=["kind", "code"],
    )
    close = pd.DataFrame(
        np.hstack([part.close for part in parts.values()]), index=ledger.index, columns=columns
    )
    level = ledger["index_close"].ffill().bfill().to_numpy(dtype=np.float64)
    portfolio = portfolio_of(
        close,
        _together(parts),
        float(ledger["equity"].iloc[0]),
        level / level[0],
        _fund(ledger, accrued_fee=accrued_fee),
        left_out(record, by_stock=market is not None, accrued_fee=accrued_fee),
    )
    _check_value(portfolio.difference["value_yuan"].abs())
    return portfolio


def left_out(
    record: Record, *, by_stock: bool = True, accrued_fee: bool = False
) -> list[Bilingual]:
    """Return what a vectorbt portfolio of this run does not carry, or carries otherwise.

    Returns
    -------
    list of dict
        Keys kind, en and zh.
    """
    words = texts("quanthedge.interop", "words")["vectorbt"]
    kinds = ["adjusted_shares" if by_stock else "one_book", "lines", "dividends", "futures_cash"]
    kinds += [] if accrued_fee else ["accrued_fee"]
    if (record.ledger[list(line_names("flow"))].to_numpy() != 0.0).any():
        kinds.append("flows")
    kinds += ["refusals", "opening_day", "year"]
    count = len(record.refusals)
    return [sentence(kind, words[kind], refusals=f"{count:,}") for kind in kinds]


def _lines(ledger: pd.DataFrame, trades: pd.DataFrame, *, accrued_fee: bool) -> Instruments:
    """Return what moved the equity without an order, a column a line: worth nothing once done."""
    inside = np.arange(len(ledger)) > 0
    money: dict[str, Floats] = {}
    for line in LINES:
        if not line.sign or line.name in _HELD:
            continue
        yuan = line.sign * ledger[line.name].to_numpy(dtype=np.float64)
        money[line.name] = np.where(inside, yuan, 0.0)
    # of costs of trades only what no order paid
    paid = np.bincount(trades["row"], weights=trades["fees"], minlength=len(ledger))
    by_trade = np.sum([money.pop(name) for name in BY_TRADE], axis=0)
    money["costs_without_trade"] = by_trade + paid
    money["revaluation"] = np.diff(ledger["revaluation"].to_numpy(np.float64), prepend=0.0)
    money["revaluation"][0] = 0.0
    if accrued_fee:
        due = ledger["accrued_performance_fee"].to_numpy(dtype=np.float64)
        money["accrued_performance_fee"] = -np.diff(due, prepend=0.0)
    money = {name: yuan for name, yuan in money.items() if (np.abs(yuan) > 1e-6).any()}
    amounts = np.array([*money.values()]).reshape(len(money), len(ledger))
    row, column = np.nonzero(np.abs(amounts.T) > DUST)
    orders = orders_at(row, column, -amounts[column, row], np.ones(len(row)))
    return Instruments(list(money), np.zeros((len(ledger), len(money))), orders)


def _together(parts: dict[str, Instruments]) -> pd.DataFrame:
    """Return the orders of all parts by day, columns counted through."""
    begin, found = 0, []
    for part in parts.values():
        found.append(part.orders.assign(column=part.orders["column"] + begin))
        begin += len(part.codes)
    return pd.concat(found, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def _fund(ledger: pd.DataFrame, *, accrued_fee: bool) -> pd.DataFrame:
    """Return the fund's own value and return of each day, [T + 1]; 0 on the opening day."""
    if accrued_fee:
        value = ledger["equity"] - ledger["accrued_performance_fee"]
        earned = daily_returns(ledger)["net"]
    else:
        value = ledger["equity"]
        earned = value / (value.shift() + net_flows(ledger)) - 1.0
    return pd.DataFrame({"value_yuan": value, "return": earned.reindex(ledger.index).fillna(0.0)})


def _check_value(difference: pd.Series) -> None:
    """Refuse a portfolio that is worth something else than the run, yuan by day."""
    off = difference[~(difference < _CENT)]
    if len(off):
        raise DataError(
            f"to_vectorbt: {len(off)} days are {_CENT} yuan or more off the ledger (first: "
            f"{off.index[0]:%Y-%m-%d}, {off.iloc[0]:,.2f} yuan); the prices are not those that the "
            "run was marked at"
        )
