"""Steps 4 to 6 of docs/ledger.md for the sleeves of a fund: stocks sold, bought and borrowed."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import LedgerInputs, StockMarket
from quanthedge.ledger.kernels.borrowed import (
    close_lots_beyond,
    return_for_collateral,
    return_orders,
    sell_short,
)
from quanthedge.ledger.kernels.day_contracts import room_beside_contracts
from quanthedge.ledger.kernels.legs import way_of_stocks
from quanthedge.ledger.kernels.orders import strike_out
from quanthedge.ledger.kernels.owed import may_borrow, pledge_of, value_owed
from quanthedge.ledger.kernels.sheet import GAIN, NO_ORDERS, REASON, ROW, TRADES, FundWork, Logs
from quanthedge.ledger.kernels.stocks import buy, forced_sales, sell, value_at_reference
from quanthedge.ledger.kernels.turns import (
    begin_turn,
    end_turn,
    note_elsewhere,
    sleeve_work,
    what_has_moved,
)
from quanthedge.ledger.layout import LEG_RATIO, LENT, OWN, PLEDGED, RAISE_CASH, STOCK_CASH
from quanthedge.ledger.state import FundState
from quanthedge.typing import Floats

__all__ = ["trade_stocks", "write_pledge"]


@njit(cache=True, allocates=False)
def _sell_for_cash(
    t: int, missing: float, market: StockMarket, inputs: LedgerInputs, state: FundState,
    work: FundWork, row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Step 5: every sleeve sells its part of what is missing, pro rata. Returns the money."""
    sleeves = state.shares.shape[0]
    whole = 0.0
    for s in range(sleeves if sleeves > 1 else 0):
        one = begin_turn(s, inputs, state, work, row, logs)
        whole += value_at_reference(t, market, one.state.shares, one.work)
    received = 0.0
    for s in range(sleeves):
        one = begin_turn(s, inputs, state, work, row, logs)
        part = missing
        if sleeves > 1:
            own = value_at_reference(t, market, one.state.shares, one.work)
            part = missing * own / whole if whole > 0.0 else 0.0
        trades = logs.n[TRADES]
        if part > 0.0:
            money, more = forced_sales(t, part, market, one.state, one.work, one.sheet)
            received += money
            work.turns[s, GAIN] += more
        note_elsewhere(trades, work, logs)
        end_turn(s, one, state)
    return received


@njit(cache=True, allocates=False)
def write_pledge(
    t: int, at_close: bool, inputs: LedgerInputs, state: FundState, work: FundWork
) -> None:
    """Write the cash kept for borrowed stocks: at the day's reference prices, or at its close."""
    total = 0.0
    for s in range(inputs.lending.given.size):
        if at_close:
            value = state.own[s, LENT - OWN]
        else:
            value = value_owed(t, inputs.bars, state.shares[s], sleeve_work(s, work.of))
        total += pledge_of(s, t, value, inputs.lending)
    state.scalars[PLEDGED] = total


@njit(cache=True, allocates=False)
def _return_for_collateral(
    t: int, missing: float, market: StockMarket, inputs: LedgerInputs, state: FundState,
    work: FundWork, row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Step 5 where pledged cash is missing: every borrowed stock is returned in part.

    Returns the money received (below 0).
    """
    lending = inputs.lending
    free = 0.0
    for s in range(lending.given.size):
        value = value_owed(t, market.bars, state.shares[s], sleeve_work(s, work.of))
        free += pledge_of(s, t, value, lending) - value
    fraction = min(1.0, missing / free) if free > 0.0 else 1.0
    received = 0.0
    for s in range(lending.given.size):
        one = begin_turn(s, inputs, state, work, row, logs)
        trades = logs.n[TRADES]
        money, more = return_for_collateral(
            s, t, fraction, market, lending, one.state, one.work, one.sheet
        )
        received += money
        work.turns[s, GAIN] += more
        waits = one.hedge.together and one.state.scalars[LEG_RATIO] < 0.0  # lots follow by that
        decided = work.turns[s, ROW] >= 0.0  # today: that stands
        if logs.n[TRADES] > trades and not decided and not waits:
            owed = value_owed(t, market.bars, one.state.shares, one.work)
            close_lots_beyond(t, owed, inputs.futures, one.state)
        note_elsewhere(trades, work, logs)
        end_turn(s, one, state)
    return received


@njit(cache=True, allocates=False)
def _sell_orders(
    t: int, market: StockMarket, inputs: LedgerInputs, state: FundState, work: FundWork,
    row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Step 4 for every sleeve. Returns the money received."""
    received = 0.0
    for s in range(state.shares.shape[0]):
        one = begin_turn(s, inputs, state, work, row, logs)
        turns, trades = work.turns[s], logs.n[TRADES]
        if turns[REASON] != NO_ORDERS:
            money, more = sell(t, int(turns[REASON]), market, one.state, one.work, one.sheet)
            received += money
            turns[GAIN] += more
        note_elsewhere(trades, work, logs)
        end_turn(s, one, state)
    return received


@njit(cache=True, allocates=False)
def trade_stocks(
    t: int, withdrawable: float, uncovered: float, market: StockMarket, inputs: LedgerInputs,
    state: FundState, work: FundWork, row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Do steps 4 to 6. Returns the withdrawable cash.

    ``uncovered`` is what is missing of the cash that borrowed stocks ask for.
    """
    scalars, lending = state.scalars, inputs.lending
    pledged = scalars[PLEDGED]
    before, raise_cash, first = scalars[STOCK_CASH], scalars[RAISE_CASH], logs.n[TRADES]
    kept = before + raise_cash if raise_cash > 0.0 else 0.0
    received = _sell_orders(t, market, inputs, state, work, row, logs)
    if raise_cash > 0.0 and raise_cash > received:
        received += _sell_for_cash(t, raise_cash - received, market, inputs, state, work, row, logs)
    borrowed = 0.0  # money that orders in borrowed stocks brought
    if uncovered > 0.0:
        borrowed += _return_for_collateral(
            t, uncovered, market, inputs, state, work, row, logs
        )  # fmt: skip
    settled = 0.0
    paid = 0.0
    for s in range(state.shares.shape[0]):
        one = begin_turn(s, inputs, state, work, row, logs)
        turns, trades, borrows = work.turns[s], logs.n[TRADES], may_borrow(s, lending)
        if turns[REASON] != NO_ORDERS and borrows:
            money, more = return_orders(
                s, t, int(turns[REASON]), before - settled + borrowed, market, lending, one.state,
                one.work, one.sheet,
            )  # fmt: skip
            turns[GAIN] += more
            borrowed += money
            note_elsewhere(trades, work, logs)
            trades = logs.n[TRADES]
        if turns[REASON] != NO_ORDERS:
            room = room_beside_contracts(t, s, kept, market, inputs, state, one, turns)
            short = way_of_stocks(one.state) < 0.0
            more, of_morning, of_sales = buy(
                t, int(turns[REASON]), kept, before - settled + borrowed,
                np.inf if short else room, market, one.state, one.work, one.sheet,
            )  # fmt: skip
            turns[GAIN] += more
            settled += of_morning
            paid += of_sales
        if turns[REASON] != NO_ORDERS and borrows:
            money, more = sell_short(
                s, t, int(turns[REASON]), kept, before - settled + borrowed,
                room if short else np.inf, market, lending, one.state, one.work, one.sheet,
            )  # fmt: skip
            turns[GAIN] += more
            borrowed += money
        if turns[REASON] != NO_ORDERS:
            strike_out(one.state, one.work)
        note_elsewhere(trades, work, logs)
        end_turn(s, one, state)
    what_has_moved(first, not inputs.futures.after_stocks[t], state, work, logs)
    spent = settled + max(0.0, paid - received)
    free = withdrawable + borrowed + (pledged - scalars[PLEDGED])
    return max(0.0, min(scalars[STOCK_CASH] - scalars[PLEDGED], free - spent))
