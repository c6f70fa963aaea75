"""What a day of the ledger writes, and the working arrays that it forgets at the close."""

from typing import NamedTuple

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.layout import COLUMNS, TRADE_COLUMNS
from quanthedge.typing import Floats, Ints

_N_TRADE, _N_REFUSAL, _N_POSITION, _N_CONTRACT, _N_RESTATED = len(TRADE_COLUMNS), 8, 4, 4, 5
TRADES, REFUSALS, POSITIONS, CONTRACTS, RESTATED, SLEEVE = range(6)
_SPARE = 4096  # rows


class Logs(NamedTuple):
    """Rows written so far, with room for more.

    ``n`` [6] says how many of each, and whose turn it is: the last column of every row is the
    sleeve that it is of.
    """

    n: Ints
    trades: Floats  # [.., 15] columns of ``TRADE_COLUMNS``
    refusals: Floats  # [.., 8] day, kind, index, side, wanted, done, reason
    positions: Floats  # [.., 4] day, stock, shares
    contracts: Floats  # [.., 4] day, contract, signed lots
    restated: Floats  # [.., 5] day, stock, shares, stated value over mark


class Sheet(NamedTuple):
    """What the day writes: its row of the ledger, and further rows of the run's logs."""

    row: Floats  # [len(COLUMNS)]
    logs: Logs


class FuturesDay(NamedTuple):
    """What the day's trading does to the contracts, [C], and what products are to hold, [P].

    The first three are kept of each sleeve until the close; of the account are ``others`` [C, 2],
    the lots that the other sleeves hold short and long, and ``opened_by`` [P], the lots that they
    opened today.
    """

    over: Floats  # [C] signed lots of yesterday that settle at the close
    traded: Floats  # [C] signed lots traded at the fill that do
    opened: Floats  # [C] lots opened today, without sign
    beta: Floats  # [P] of the book to the product's index
    lot: Floats  # [P] value of a lot, yuan; NaN: the product is left as it is today
    wanted: Floats  # [P] signed lots
    held: Floats  # [P] signed lots
    gross: Floats  # [P] lots without their signs
    others: Floats  # [C, 2]
    opened_by: Floats  # [P]


class Work(NamedTuple):
    """Arrays that are used anew every day; the first ``n`` places of a list are filled.

    Those of a sleeve's turn. The fund's hold the first three, and the first three of ``futures``,
    with an axis of sleeves before theirs (:func:`new_work`).
    """

    n: Ints  # [2] stocks held, orders that are open
    held: Ints  # [N] ascending
    ordered: Ints  # [N] ascending; by place in this list:
    order: Floats  # [N] shares to buy
    quantity: Floats  # [N] of them, what the market allows
    rest: Floats  # [N] still to be bought at the price at hand
    done: Floats  # [N] bought
    expected: Floats  # [N] shares expected of the day's orders, by stock
    expected_held: Ints  # [N]
    elsewhere: Floats  # [N] shares of the day that the other sleeves traded
    futures: FuturesDay


HELD, ORDERED = 0, 1
GAIN, REASON, ROW, MOVED, ASKED, TRADED, ORDERS, EARNED, BOOK, ALLOWED = range(10)
NO_ORDERS = -1  # of REASON


class FundWork(NamedTuple):
    """The working arrays of all S sleeves."""

    of: Work  # with the axis S where a sleeve's turn does not end it
    turns: Floats  # [S, 10] gain, reason of the orders, row of the targets, what has moved
    rows: Floats  # [S, len(COLUMNS)] the day of each sleeve; a single one writes the fund's
    kept: Floats  # [S, C] lots that a cut leaves


def new_work(stocks: int, contracts: int, products: int, sleeves: int = 1) -> FundWork:
    """Return working arrays for N stocks, C contracts, P products and S sleeves."""
    some = (sleeves, contracts)
    return FundWork(
        Work(
            np.zeros((sleeves, 2), np.int64), np.empty((sleeves, stocks), np.int64),
            np.empty((sleeves, stocks), np.int64),
            np.empty(stocks), np.empty(stocks), np.empty(stocks), np.empty(stocks),
            np.empty(stocks), np.empty(stocks, np.int64), np.zeros(stocks),
            FuturesDay(
                np.empty(some), np.empty(some), np.empty(some), np.empty(products),
                np.empty(products), np.empty(products), np.empty(products), np.empty(products),
                np.zeros((contracts, 2)), np.zeros(products),
            ),
        ),
        np.zeros((sleeves, 10)),
        np.zeros((sleeves, len(COLUMNS))),
        np.empty(some),
    )  # fmt: skip


def _room_asked(stocks: int, contracts: int) -> tuple[int, int, int, int, int]:
    """Return how many rows of each log one day can write.

    A stock may be paid out, sold, sold for cash and bought in two parts; a contract closed, left,
    opened, delivered and cut.
    """
    orders = 5 * (stocks + contracts) + 8
    return orders, orders, stocks, contracts, stocks


_rows_of_a_day = njit(cache=True, allocates=False)(_room_asked)


@njit(cache=True, allocates=False)
def room_for_a_day(logs: Logs, stocks: int, contracts: int) -> bool:
    """Whether the logs have room for all that one day can write."""
    asked = _rows_of_a_day(stocks, contracts)
    return (
        logs.trades.shape[0] - logs.n[TRADES] >= asked[TRADES]
        and logs.refusals.shape[0] - logs.n[REFUSALS] >= asked[REFUSALS]
        and logs.positions.shape[0] - logs.n[POSITIONS] >= asked[POSITIONS]
        and logs.contracts.shape[0] - logs.n[CONTRACTS] >= asked[CONTRACTS]
        and logs.restated.shape[0] - logs.n[RESTATED] >= asked[RESTATED]
    )


def new_logs(stocks: int, contracts: int) -> Logs:
    """Return empty logs with room for a day and some more."""
    columns = (_N_TRADE, _N_REFUSAL, _N_POSITION, _N_CONTRACT, _N_RESTATED)
    rows = _room_asked(stocks, contracts)
    tables = (np.empty((n + _SPARE, k)) for n, k in zip(rows, columns, strict=True))
    return Logs(np.zeros(6, np.int64), *tables)


def grown(logs: Logs, stocks: int, contracts: int) -> Logs:
    """Return the logs with twice the places, and room for a day, where there was too little."""
    tables = []
    asked = _room_asked(stocks, contracts)
    for n, rows, room in zip(logs.n[:SLEEVE], logs[1:], asked, strict=True):
        more = rows
        if len(rows) - n < room:
            more = np.empty((2 * len(rows) + room, rows.shape[1]))
            more[:n] = rows[:n]
        tables.append(more)
    return Logs(logs.n, *tables)


@njit(cache=True, allocates=False)
def next_row(logs: Logs, log: int) -> int:
    """Return the place of a new row of a log."""
    logs.n[log] += 1
    return logs.n[log] - 1


@njit(cache=True, allocates=False)
def refuse(
    logs: Logs, t: int, kind: int, i: int, side: int, wanted: float, done: float, reason: int
) -> None:
    """Record an order that was not done in full."""
    k, rows = next_row(logs, REFUSALS), logs.refusals
    rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3] = t, kind, i, side
    rows[k, 4], rows[k, 5], rows[k, 6], rows[k, 7] = wanted, done, reason, logs.n[SLEEVE]


@njit(cache=True, allocates=False)
def note_trade(
    logs: Logs, t: int, kind: int, i: int, quantity: float, price: float, amount: float,
    costs: tuple[float, float, float, float, float, float], reason: int, tax: float,
) -> None:  # fmt: skip
    """Record a trade; ``costs`` from commission to impact as in ``TRADE_COLUMNS``, yuan."""
    k, rows = next_row(logs, TRADES), logs.trades
    rows[k, 0], rows[k, 1], rows[k, 2] = t, kind, i
    rows[k, 3], rows[k, 4], rows[k, 5] = quantity, price, amount
    rows[k, 6], rows[k, 7], rows[k, 8] = costs[0], costs[1], costs[2]
    rows[k, 9], rows[k, 10], rows[k, 11] = costs[3], costs[4], costs[5]
    rows[k, 12], rows[k, 13], rows[k, 14] = reason, tax, logs.n[SLEEVE]


@njit(cache=True, allocates=False)
def note_held(logs: Logs, log: int, rows: Floats, t: int, index: int, number: float) -> None:
    """Record a position or a contract."""
    k = next_row(logs, log)
    rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3] = t, index, number, logs.n[SLEEVE]


@njit(cache=True, allocates=False)
def list_held(shares: Floats, held: Ints) -> int:
    """Write the indices of the stocks held into ``held`` [N], ascending; returns their number."""
    n = 0
    for i in range(shares.size):
        if shares[i] != 0.0:
            held[n] = i
            n += 1
    return n


@njit(cache=True, allocates=False)
def list_orders(pending: Floats, ordered: Ints) -> int:
    """Write the indices of the stocks with an open order, ascending; returns their number."""
    n = 0
    for i in range(pending.size):
        if not np.isnan(pending[i]):
            ordered[n] = i
            n += 1
    return n
