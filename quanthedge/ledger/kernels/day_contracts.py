"""Step 7 of docs/ledger.md for the sleeves of a fund: contracts, before or after their stocks."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import LedgerInputs, StockMarket
from quanthedge.ledger.kernels.asked_lots import known_part, strike_lots, trade_lots
from quanthedge.ledger.kernels.borrowed import short_sale_room, short_value
from quanthedge.ledger.kernels.futures import hedge
from quanthedge.ledger.kernels.legs import stocks_allowed, value_before, way_of_stocks
from quanthedge.ledger.kernels.orders import expect_book, ordered_value, untouched_cash
from quanthedge.ledger.kernels.sheet import (
    ALLOWED,
    ASKED,
    BOOK,
    HELD,
    MOVED,
    NO_ORDERS,
    ORDERS,
    REASON,
    ROW,
    FundWork,
    Logs,
    list_held,
)
from quanthedge.ledger.kernels.turns import (
    Turn,
    begin_contracts,
    begin_turn,
    end_contracts,
    end_turn,
    write_beta,
)
from quanthedge.ledger.layout import (
    FUTURES_CASH,
    LEG_RATIO,
    RAISE_CASH,
    STATED,
    STOCK_CASH,
    UNFINISHED,
)
from quanthedge.ledger.state import FundState
from quanthedge.typing import Floats

__all__ = ["room_beside_contracts", "trade_contracts"]


@njit(cache=True, allocates=False)
def _hedge_holdings(
    t: int, withdrawable: float, inputs: LedgerInputs, one: Turn, turns: Floats
) -> float:
    """Step 7 for the stocks that the sleeve holds. Returns the withdrawable cash."""
    state, work = one.state, one.work
    forced = turns[ROW] >= 0.0 or turns[MOVED] > 0.0
    return hedge(
        t, forced, withdrawable, inputs.bars, one.hedge, inputs.futures, inputs.settings,
        state.shares, work.held, work.n[HELD], state, work.futures, one.sheet,
    )  # fmt: skip


@njit(cache=True, allocates=False)
def _hedge_the_plan(
    t: int, withdrawable: float, inputs: LedgerInputs, one: Turn, turns: Floats
) -> float:
    """Step 7 before the stocks are filled. Returns the withdrawable cash."""
    state, work, ordered = one.state, one.work, turns[REASON] != NO_ORDERS
    if not ordered and not state.scalars[RAISE_CASH] > 0.0:
        return _hedge_holdings(t, withdrawable, inputs, one, turns)
    changed = expect_book(t, ordered, 0.0, inputs.bars, inputs.stocks, inputs.settings, state, work)
    forced = turns[ROW] >= 0.0 or turns[MOVED] > 0.0
    turns[ASKED] = 1.0 if changed else 0.0
    return hedge(
        t, forced or changed, withdrawable, inputs.bars, one.hedge, inputs.futures,
        inputs.settings, work.expected, work.expected_held,
        list_held(work.expected, work.expected_held), state, work.futures, one.sheet,
    )  # fmt: skip


@njit(cache=True, allocates=False)
def _trade_stated(
    s: int, t: int, withdrawable: float, after_stocks: bool, inputs: LedgerInputs, one: Turn,
    turns: Floats,
) -> float:  # fmt: skip
    """Step 7 of a sleeve that states its contracts, by its stocks where both go together."""
    state, work = one.state, one.work
    scalars, ratio, worth, moved = state.scalars, state.scalars[LEG_RATIO], np.inf, False
    if one.hedge.together and ratio != 0.0:
        ordered = turns[REASON] != NO_ORDERS
        moved = turns[MOVED] > 0.0 or scalars[UNFINISHED] > 0.0
        scalars[UNFINISHED] = 0.0
        if not after_stocks and (ordered or scalars[RAISE_CASH] > 0.0):
            room = short_sale_room(s, t, inputs.bars, inputs.settings, inputs.lending, state, work)
            changed = expect_book(
                t, ordered, room, inputs.bars, inputs.stocks, inputs.settings, state, work
            )
            turns[ASKED] = 1.0 if changed else 0.0
            moved |= changed
            listed = list_held(work.expected, work.expected_held)
            stocks = value_before(t, inputs.bars, work.expected, work.expected_held, listed)
        else:
            stocks = value_before(t, inputs.bars, state.shares, work.held, work.n[HELD])
        worth = ratio * stocks  # both below 0 where stocks are borrowed
    withdrawable = trade_lots(
        t, int(turns[ORDERS]), withdrawable, worth, moved, inputs.settings, inputs.futures,
        state, work.futures, one.sheet,
    )  # fmt: skip
    if one.hedge.together and not after_stocks:
        turns[ALLOWED] = stocks_allowed(t, 0.0, inputs.futures, state)
    strike_lots(one.hedge.together and ratio != 0.0, state)
    return withdrawable


@njit(cache=True, allocates=False)
def room_beside_contracts(
    t: int, s: int, kept: float, market: StockMarket, inputs: LedgerInputs, state: FundState,
    one: Turn, turns: Floats,
) -> float:  # fmt: skip
    """Yuan of stocks that a sleeve may buy, or sell short, beside contracts that wait.

    Infinite without.
    """
    if not (one.hedge.together and one.state.scalars[LEG_RATIO] != 0.0):
        return np.inf
    if inputs.futures.after_stocks[t]:
        scalars, day = one.state.scalars, one.work.futures
        begin_contracts(s, inputs.futures.product, state.lots, day)
        money = scalars[STOCK_CASH] - untouched_cash(kept, inputs.settings, scalars)
        if way_of_stocks(one.state) > 0.0:
            beside = ordered_value(t, market, one.state, one.work)
        else:
            beside = (
                short_value(t, market, one.state, one.work) * inputs.lending.collateral[s, t + 1]
            )
        part = known_part(
            t, money + scalars[FUTURES_CASH], beside, inputs.futures, one.state, day
        )  # fmt: skip
        turns[ALLOWED] = stocks_allowed(t, part, inputs.futures, one.state)
    if turns[ALLOWED] == np.inf:
        return np.inf
    held, n_held = one.work.held, one.work.n[HELD]
    there = value_before(t, inputs.bars, one.state.shares, held, n_held)
    return max(0.0, turns[ALLOWED] - way_of_stocks(one.state) * there)


@njit(cache=True, allocates=False)
def trade_contracts(
    t: int, withdrawable: float, inputs: LedgerInputs, state: FundState, work: FundWork,
    row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Step 7 for every sleeve, before or after the fills of its stocks. Returns withdrawable."""
    after_stocks = inputs.futures.after_stocks[t]
    for s in range(state.shares.shape[0]):
        one, turns = begin_turn(s, inputs, state, work, row, logs), work.turns[s]
        day = one.work.futures
        if state.shares.shape[0] > 1:
            turns[BOOK] = write_beta(t, inputs.bars, one)
        begin_contracts(s, inputs.futures.product, state.lots, day)
        if one.hedge.method == STATED:
            withdrawable = _trade_stated(s, t, withdrawable, after_stocks, inputs, one, turns)
        elif after_stocks:
            withdrawable = _hedge_holdings(t, withdrawable, inputs, one, turns)
        else:
            withdrawable = _hedge_the_plan(t, withdrawable, inputs, one, turns)
        end_contracts(inputs.futures.product, day)
        end_turn(s, one, state)
    return withdrawable
