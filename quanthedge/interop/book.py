"""Instruments of a recorded run: codes, closes and orders, as other packages know them.

Stocks are counted in shares of the first day (what a share became by bonus issues is in the price),
futures in lots worth price times multiplier.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.ledger import LINES
from quanthedge.market import Market
from quanthedge.performance import ShareGrowth, check_market
from quanthedge.record import Record
from quanthedge.typing import Floats

__all__ = [
    "BY_TRADE",
    "DUST",
    "Instruments",
    "futures_of",
    "one_book",
    "orders_at",
    "stocks_of",
    "trades_of",
]

BY_TRADE = [line.name for line in LINES if line.by_trade]
DUST = 1e-9  # of a share, or yuan: what counting in doubles leaves
_NOTHING = 1e-4  # yuan: a book worth less is none


class Instruments(NamedTuple):
    """Instruments of one kind: codes, closes [T + 1, K], and orders in them.

    The orders have row, column (from 0), quantity (signed), price and fees, in the order in which
    they were done.
    """

    codes: list[str]
    close: Floats
    orders: pd.DataFrame

    def value(self) -> Floats:
        """Return the yuan that each instrument is worth at each close, [T + 1, K]; signed."""
        moved = np.zeros(self.close.shape)
        place = (self.orders["row"].to_numpy(), self.orders["column"].to_numpy())
        np.add.at(moved, place, self.orders["quantity"].to_numpy())
        held = np.cumsum(moved, axis=0)
        held[np.abs(held) < DUST * np.maximum(1.0, np.abs(held).max(axis=0))] = 0.0
        return np.where(held == 0.0, 0.0, held * np.nan_to_num(self.close))


def trades_of(record: Record) -> pd.DataFrame:
    """Return the trades with row, signed quantity, fees and whether they are of a future."""
    trades = record.trades
    days = record.ledger.index.to_numpy().astype("datetime64[D]")
    signed = trades["quantity"].to_numpy(np.float64) * np.where(trades["side"] == "buy", 1.0, -1.0)
    return pd.DataFrame(
        {
            "code": trades["code"].astype("str").to_numpy(),
            "row": np.searchsorted(days, trades["date"].to_numpy().astype("datetime64[D]")),
            "quantity": signed,
            "amount": trades["amount"].to_numpy(np.float64),
            "fees": trades[BY_TRADE].sum(axis=1).to_numpy(np.float64),
            # codes of stocks have the exchange behind a point
            "future": ~trades["code"].astype("str").str.contains(".", regex=False).to_numpy(),
        }
    )


def futures_of(record: Record, trades: pd.DataFrame) -> Instruments:
    """Return contracts: a lot is worth the price times the multiplier."""
    mine = trades[trades["future"]]
    codes = sorted(mine["code"].unique())
    close = np.full((len(record.ledger), len(codes)), np.nan)
    days = record.ledger.index.to_numpy().astype("datetime64[D]")
    held = record.contracts[record.contracts["lots"] != 0]
    row = np.searchsorted(days, held["date"].to_numpy().astype("datetime64[D]"))
    worth = (held["futures_notional"] / held["lots"]).abs().to_numpy(np.float64)
    close[row, pd.Index(codes).get_indexer(pd.Index(held["contract"]))] = worth
    column = np.asarray(pd.Index(codes).get_indexer(pd.Index(mine["code"])), dtype=np.intp)
    price = (mine["amount"] / mine["quantity"].abs()).to_numpy(np.float64)
    orders = orders_at(mine["row"].to_numpy(), column, mine["quantity"].to_numpy(), price)
    orders["fees"] = mine["fees"].to_numpy()
    return Instruments(codes, _priced(close, orders), orders)


def stocks_of(record: Record, market: Market, trades: pd.DataFrame) -> Instruments:
    """Return stocks in shares of the first day, at prices that hold what these became."""
    check_market(record, market)
    mine = trades[~trades["future"]]
    all_codes = np.asarray(market.codes)
    codes = sorted(mine["code"].unique())
    columns = np.searchsorted(all_codes, codes)
    days = record.ledger.index.to_numpy().astype("datetime64[D]")
    first = int(np.searchsorted(np.asarray(market.dates), days[0]))
    span = slice(first, first + len(days))
    grown = ShareGrowth.of(market, span, columns)
    mark, growth = grown.mark, grown.steps
    become = np.asarray(
        np.cumprod(growth, axis=0), dtype=np.float64
    )  # shares of the day for one of the first day
    row = mine["row"].to_numpy()
    column = np.asarray(pd.Index(codes).get_indexer(pd.Index(mine["code"])), dtype=np.intp)
    shares, amount = mine["quantity"].to_numpy(), mine["amount"].to_numpy()
    factor = become[row, column]
    orders = orders_at(row, column, shares / factor, amount / np.abs(shares) * factor)
    orders["fees"] = mine["fees"].to_numpy()
    # vectorbt has no order at nothing: it is done at the last close, and what that brings is a fee
    free = orders["price"].to_numpy() <= 0.0
    close = mark * become
    orders.loc[free, "price"] = close[row[free] - 1, column[free]]
    orders.loc[free, "fees"] += (orders["quantity"].abs() * orders["price"])[free]
    dropped = _dropped_fractions(growth, become, close, row, column, shares)
    orders = pd.concat([dropped, orders], ignore_index=True)  # at the open, before any trade
    orders = orders.sort_values("row", kind="stable", ignore_index=True)
    return Instruments(codes, close, orders)


def _dropped_fractions(
    growth: Floats,
    become: Floats,
    close: Floats,
    row: NDArray[np.int64],
    column: NDArray[np.intp],
    shares: Floats,
) -> pd.DataFrame:
    """Return the fractions of a share that fell away on ex-dates, as sales that bring nothing."""
    traded = np.zeros(growth.shape)
    np.add.at(traded, (row, column), shares)
    found: list[tuple[int, int, float]] = []
    for k in np.flatnonzero((growth != 1.0).any(axis=0)):
        held = 0.0
        moved = np.flatnonzero((growth[:, k] != 1.0) | (traded[:, k] != 0.0))
        for t in moved:
            if growth[t, k] != 1.0 and held > 0.0:
                grown = held * growth[t, k]
                held = float(np.floor(grown + 1e-6))
                if grown - held > DUST:
                    found.append((int(t), int(k), (grown - held) / become[t, k]))
            held += traded[t, k]
    rows, columns, units = (np.array(part) for part in zip(*found, strict=True)) if found else (
        np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    )  # fmt: skip
    orders = orders_at(rows, columns, -units, close[rows, columns])
    orders["fees"] = units * orders["price"]
    return orders


def one_book(ledger: pd.DataFrame, trades: pd.DataFrame) -> Instruments:
    """Return all stocks as one instrument: units at the book's value of the last close.

    What is bought and sold enters and leaves at that price, and the day's gain is in the next; the
    day's costs are those of its first order.
    """
    value = ledger["stock_value"].to_numpy(dtype=np.float64)
    flows = {name: ledger[name].to_numpy(dtype=np.float64) for name in ("bought", "sold")}
    close, units, price = np.ones((len(value), 1)), 0.0, 1.0
    found: list[tuple[int, float, float]] = []
    for t in range(1, len(value)):
        bought, sold = flows["bought"][t], flows["sold"][t]
        ends = value[t] < _NOTHING
        if ends and units > 0.0 and sold > bought:
            found.append((t, -units, (sold - bought) / units))
            units = 0.0
        else:
            found += [
                (t, sign * yuan / price, price)
                for sign, yuan in ((1.0, bought), (-1.0, sold))
                if yuan > 0.0
            ]
            units += (bought - sold) / price
        if units > 0.0 and value[t] > 0.0:
            price = value[t] / units
        close[t, 0] = price
    row, quantity, paid = (np.array(part) for part in zip(*found, strict=True)) if found else (
        np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    )  # fmt: skip
    orders = orders_at(row, np.zeros(len(row), dtype=np.int64), quantity, paid)
    mine = trades[~trades["future"]]
    costs = np.bincount(mine["row"], weights=mine["fees"], minlength=len(value))
    orders["fees"] = np.where(orders["row"].duplicated(), 0.0, costs[orders["row"]])
    return Instruments(["stocks"], close, orders)


def orders_at(
    row: NDArray[np.int64], column: NDArray[np.int64], quantity: Floats, price: Floats
) -> pd.DataFrame:
    """Return orders without fees."""
    return pd.DataFrame(
        {
            "row": np.asarray(row, dtype=np.int64),
            "column": np.asarray(column, dtype=np.int64),
            "quantity": np.asarray(quantity, dtype=np.float64),
            "price": np.asarray(price, dtype=np.float64),
            "fees": np.zeros(len(row)),
        }
    )


def _priced(close: Floats, orders: pd.DataFrame) -> Floats:
    """Return closes with the last known price, or that of an order, where none was held."""
    filled = close.copy()
    place = (orders["row"].to_numpy(), orders["column"].to_numpy())
    filled[place] = np.where(np.isnan(close[place]), orders["price"].to_numpy(), close[place])
    carried = pd.DataFrame(filled).ffill().bfill()
    return np.asarray(carried.to_numpy(dtype=np.float64))
