"""The ledger of docs/ledger.md as one compiled pass over days: the order of a day's events.

Plain arrays in named tuples (:mod:`quanthedge.ledger.inputs`) in, one row of money a day and lists
of trades and refusals out. ``run_days`` advances a state from one day to another; running 0..T at
once or in pieces gives the same bits, because everything that lasts over a close lives in the
state.

Only stocks that are held or ordered are looked at on a day: they are listed, ascending, in
:class:`quanthedge.ledger.kernels.sheet.Work`. Functions that make no array are compiled without the
counting of references (``allocates=False``), which for the tuples handed over here takes longer
than a trade.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import SleeveInputs, StockMarket
from quanthedge.ledger.kernels.close import (
    broken_promise,
    charge_fees,
    gain_to_close,
    list_contracts,
    list_positions,
    value_of_stocks,
    write_balances,
)
from quanthedge.ledger.kernels.futures import (
    hedge,
    margin_required,
    morning_treasury,
    settle_futures,
)
from quanthedge.ledger.kernels.morning import corporate_actions, last_close, take_flows
from quanthedge.ledger.kernels.orders import expect_book, plan_flow, plan_rebalance, strike_out
from quanthedge.ledger.kernels.sheet import (
    HELD,
    ORDERED,
    TRADES,
    Logs,
    Sheet,
    Work,
    list_held,
    list_orders,
    room_for_a_day,
)
from quanthedge.ledger.kernels.stated import revalue, state_value
from quanthedge.ledger.kernels.stocks import buy, forced_sales, sell
from quanthedge.ledger.layout import (
    DAYS_LEFT,
    DIVIDENDS_,
    EQUITY,
    FLOW,
    HELD_PNL_,
    NEXT_REBALANCE,
    NO_SETTLEMENT,
    OK,
    RAISE_CASH,
    REBALANCE,
    RETRY,
    STATUS,
    STATUS_DAY,
    STOCK_CASH,
    STOCK_PNL_,
    STOCK_VALUE,
    UNFINISHED,
)
from quanthedge.ledger.sleeves import SleeveTargets
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats, Ints

_NO_ORDERS = -1


@njit(cache=True, allocates=False)
def _rebalance_of(t: int, days: Ints, scalars: Floats) -> int:
    """Row of the targets traded today, -1 on other days."""
    r = int(scalars[NEXT_REBALANCE])
    return r if r < days.size and days[r] == t else -1


@njit(cache=True, allocates=False)
def _plan_orders(
    t: int, r: int, flow: float, targets: SleeveTargets, market: StockMarket, state: LedgerState,
    work: Work, logs: Logs,
) -> int:  # fmt: skip
    """Step 3: the day's orders. Returns their reason, ``_NO_ORDERS`` on a day without."""
    scalars = state.scalars
    if r >= 0:
        plan_rebalance(
            t, r, market.bars, market.stocks, targets, market.settings, state, work, logs
        )
        scalars[NEXT_REBALANCE] = r + 1
        return REBALANCE
    if flow != 0.0:
        plan_flow(t, flow, market.bars, market.stocks, market.settings, state, work)
        return FLOW
    if scalars[DAYS_LEFT] > 0.0:
        scalars[DAYS_LEFT] -= 1.0
        return RETRY
    return _NO_ORDERS


@njit(cache=True, allocates=False)
def _trade_stocks(
    t: int,
    reason: int,
    gain: float,
    withdrawable: float,
    market: StockMarket,
    state: LedgerState,
    work: Work,
    sheet: Sheet,
) -> tuple[float, float]:
    """Do steps 4 to 6. Returns ``gain`` with that of the fills added, and the withdrawable cash."""
    scalars = state.scalars
    morning_cash, raise_cash = scalars[STOCK_CASH], scalars[RAISE_CASH]
    kept = morning_cash + raise_cash if raise_cash > 0.0 else 0.0
    received = 0.0
    settled = 0.0
    paid = 0.0
    if reason != _NO_ORDERS:
        received, more = sell(t, reason, market, state, work, sheet)
        gain += more
    if raise_cash > 0.0 and raise_cash > received:
        money, more = forced_sales(t, raise_cash - received, market, state, work, sheet)
        received += money
        gain += more
    if reason != _NO_ORDERS:
        more, settled, paid = buy(t, reason, kept, morning_cash, market, state, work, sheet)
        gain += more
        strike_out(state, work)
    spent = settled + max(0.0, paid - received)
    return gain, max(0.0, min(scalars[STOCK_CASH], withdrawable - spent))


@njit(cache=True, allocates=False)
def hedge_the_plan(
    t: int,
    reason: int,
    forced: bool,
    withdrawable: float,
    inputs: SleeveInputs,
    state: LedgerState,
    work: Work,
    sheet: Sheet,
) -> tuple[float, bool]:
    """Step 7 before the stocks are filled. Returns the withdrawable cash, whether orders stand."""
    if reason == _NO_ORDERS and not state.scalars[RAISE_CASH] > 0.0:
        return hedge(
            t, forced, withdrawable, inputs.bars, inputs.hedge, inputs.futures, inputs.settings,
            state.shares, work.held, work.n[HELD], state, work.futures, sheet,
        ), False  # fmt: skip
    changed = expect_book(
        t, reason != _NO_ORDERS, inputs.bars, inputs.stocks, inputs.settings, state, work
    )
    withdrawable = hedge(
        t, forced or changed, withdrawable, inputs.bars, inputs.hedge, inputs.futures,
        inputs.settings, work.expected, work.expected_held,
        list_held(work.expected, work.expected_held), state, work.futures, sheet,
    )  # fmt: skip
    return withdrawable, changed


@njit(cache=True, allocates=False)
def _stop_run(t: int, status: int, scalars: Floats) -> int:
    """Note why the run ends on day t; returns the day after."""
    scalars[STATUS], scalars[STATUS_DAY] = status, t
    return t + 1


@njit(cache=True, allocates=False, nogil=True)
def run_days(
    first: int,
    stop: int,
    inputs: SleeveInputs,
    state: LedgerState,
    work: Work,
    ledger: Floats,
    logs: Logs,
) -> int:
    """Advance the state from the open of day ``first`` to the close of day ``stop - 1``.

    Parameters
    ----------
    first, stop : int
        Day indices of the span.
    inputs : SleeveInputs
        Of the sleeve that is run.
    state : LedgerState
        Advanced in place.
    work : Work
    ledger : float64 [T, len(COLUMNS)]
        One row a day is written, of zeros.
    logs : Logs
        Rows of trades, refusals, positions, contracts and restated holdings are added.

    Returns
    -------
    int
        The day that is to be run next: before ``stop`` when the logs have no room for all that one
        day can write, or when the run ends there (its status is then in ``state``).
    """
    bars, futures, settings = inputs.bars, inputs.futures, inputs.settings
    scalars, shares = state.scalars, state.shares
    market = StockMarket(
        bars, inputs.stocks, inputs.volatility, inputs.auction, inputs.tax, settings
    )
    work.n[HELD] = list_held(shares, work.held)
    work.n[ORDERED] = list_orders(state.pending, work.ordered)
    for t in range(first, stop):
        if not room_for_a_day(logs, shares.size, state.lots.size):
            return t
        row = ledger[t]
        sheet = Sheet(row, logs)
        trades_before = logs.n[TRADES]
        last = last_close(inputs.days[t], inputs.stock_rate[t], inputs.futures_rate[t], scalars)

        # 0, 1: flows and corporate actions; what the shares of the last close earn today
        flow = take_flows(t, inputs.fund, scalars, row)
        gain = corporate_actions(t, bars, inputs.actions, inputs.tax, settings, state, work, sheet)
        row[HELD_PNL_] = gain_to_close(t, gain + row[DIVIDENDS_], bars, shares, work)
        held_before = last.stock_value
        state.book_return[t] = row[HELD_PNL_] / held_before if held_before > 0.0 else np.nan

        # 2, 3: the accounts, the day's orders
        targets = inputs.targets
        r = _rebalance_of(t, targets.trade_days, scalars)
        any_targets = r >= 0 and targets.pointer[r + 1] > targets.pointer[r]
        withdrawable = morning_treasury(t, r >= 0, any_targets, settings, futures, state)
        reason = _plan_orders(t, r, flow, targets, market, state, work, logs)

        # 4 to 7: stocks, and the hedge before or after their fills
        after_stocks = futures.after_stocks[t]
        ordered = False
        if not after_stocks:
            moved = logs.n[TRADES] > trades_before
            withdrawable, ordered = hedge_the_plan(
                t, reason, r >= 0 or moved, withdrawable, inputs, state, work, sheet
            )
        stocks_before = logs.n[TRADES]
        gain, withdrawable = _trade_stocks(
            t, reason, gain, withdrawable, market, state, work, sheet
        )
        moved = logs.n[TRADES] > trades_before
        if moved:
            work.n[HELD] = list_held(shares, work.held)
        if after_stocks:
            withdrawable = hedge(
                t, r >= 0 or moved, withdrawable, bars, inputs.hedge, futures, settings, shares,
                work.held, work.n[HELD], state, work.futures, sheet,
            )  # fmt: skip
        elif ordered or logs.n[TRADES] > stocks_before:
            scalars[UNFINISHED] = 1.0  # what was done is known tomorrow

        # 8: futures are settled, stocks marked
        withdrawable = settle_futures(
            t, withdrawable, settings, futures, state, work.futures, sheet
        )
        if np.isnan(withdrawable):
            return _stop_run(t, NO_SETTLEMENT, scalars)
        scalars[STOCK_VALUE], names = value_of_stocks(t, bars, shares, work)
        row[STOCK_PNL_] = gain_to_close(t, gain, bars, shares, work)

        # 9, 10: interest and fees, the stated value
        equity = charge_fees(
            t, last, withdrawable, inputs.fee_years[t], settings.borrowing_rate, inputs.fund,
            scalars, row,
        )  # fmt: skip
        revaluation = revalue(t, equity, inputs.valuation, bars.mark, state, work, sheet)
        equity = state_value(t, equity, revaluation, inputs.fund, scalars, row)
        scalars[EQUITY] = equity

        # 11: the row, and what it promises
        required = margin_required(t + 1, state.lots, futures)
        write_balances(required, names, scalars, row)
        list_contracts(t, futures, state.lots, sheet)
        if inputs.record_day[t]:
            list_positions(t, shares, work, sheet)
        status = broken_promise(equity, equity - last.equity, required, row, state, work)
        if status != OK:
            return _stop_run(t, status, scalars)
    return stop
