"""The ledger of docs/ledger.md as one compiled pass over days: the order of a day's events.

Plain arrays in named tuples (:mod:`quanthedge.ledger.inputs`) in, one row of money a day and lists
of trades and refusals out. ``run_days`` advances a state from one day to another; running 0..T at
once or in pieces gives the same bits, because everything that lasts over a close lives in the
state.

Within a day each step is done for one sleeve after the other, in their order, before the next step
begins: all sell before any buys, and what there is of money, of a stock's volume and of lots that
may be opened goes to the first that asks. :mod:`.turns` takes a sleeve's part out of the arrays.

Only stocks that are held or ordered are looked at on a day: they are listed, ascending, in
:class:`quanthedge.ledger.kernels.sheet.Work`. Functions that make no array are compiled without the
counting of references (``allocates=False``), which for the tuples handed over here takes longer
than a trade.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import LedgerInputs, StockMarket
from quanthedge.ledger.kernels.asked_lots import plan_lots
from quanthedge.ledger.kernels.close import (
    broken_promise,
    charge_fees,
    gain_to_close,
    list_contracts,
    list_positions,
    sum_of_lines,
    value_of_stocks,
    write_balances,
)
from quanthedge.ledger.kernels.day_contracts import trade_contracts
from quanthedge.ledger.kernels.day_stocks import trade_stocks, write_pledge
from quanthedge.ledger.kernels.futures import cut_lots, pay_variation
from quanthedge.ledger.kernels.margin import (
    after_margin,
    any_lots,
    margin_required,
    morning_treasury,
    pay_margin,
    write_lots_kept,
)
from quanthedge.ledger.kernels.morning import LastClose, corporate_actions, last_close, take_flows
from quanthedge.ledger.kernels.orders import plan_flow, plan_rebalance
from quanthedge.ledger.kernels.owed import charge_lender, may_borrow
from quanthedge.ledger.kernels.sheet import (
    ALLOWED,
    ASKED,
    EARNED,
    GAIN,
    HELD,
    MOVED,
    NO_ORDERS,
    ORDERED,
    ORDERS,
    REASON,
    ROW,
    TRADED,
    TRADES,
    FundWork,
    Logs,
    list_held,
    list_orders,
    room_for_a_day,
)
from quanthedge.ledger.kernels.stated import ask_for_adjustments, is_material, revalue, state_value
from quanthedge.ledger.kernels.turns import (
    Turn,
    begin_day_of_sleeves,
    begin_turn,
    end_turn,
    names_held,
    sum_of_sleeves,
    write_fund,
    write_sleeve,
)
from quanthedge.ledger.layout import (
    BROKEN_IDENTITY,
    DAYS_LEFT,
    DIVIDENDS_,
    EQUITY,
    EQUITY_,
    FLOW,
    FUTURES_CASH,
    HELD_PNL_,
    MARGIN_CUT,
    NEXT_REBALANCE,
    NO_SETTLEMENT,
    OK,
    PLEDGED,
    REBALANCE,
    RECEIVABLE,
    RETRY,
    SLEEVE_CASH,
    SMALLEST_DEBT,
    STATED,
    STATUS,
    STATUS_DAY,
    STOCK_PNL_,
    STOCK_VALUE,
    STOCK_VALUE_,
)
from quanthedge.ledger.state import FundState
from quanthedge.typing import Floats, Ints


@njit(cache=True, allocates=False)
def _rebalance_of(t: int, days: Ints, scalars: Floats) -> int:
    """Row of the targets traded today, -1 on other days."""
    r = int(scalars[NEXT_REBALANCE])
    return r if r < days.size and days[r] == t else -1


@njit(cache=True, allocates=False)
def _begin_sleeve(
    t: int, inputs: LedgerInputs, one: Turn, turns: Floats, book_return: Floats
) -> None:
    """Step 1: what the shares of the last close earn today, and which targets are traded."""
    state, row, logs = one.state, one.sheet.row, one.sheet.logs
    trades, held_before = logs.n[TRADES], state.scalars[STOCK_VALUE]
    turns[EARNED] = held_before + state.scalars[SLEEVE_CASH] + state.scalars[RECEIVABLE]
    gain = corporate_actions(
        t, inputs.bars, inputs.actions, inputs.tax, inputs.settings, state, one.work, one.sheet
    )
    row[HELD_PNL_] = gain_to_close(t, gain + row[DIVIDENDS_], inputs.bars, state.shares, one.work)
    book_return[t] = row[HELD_PNL_] / held_before if held_before > 0.0 else np.nan
    turns[GAIN] = gain
    turns[MOVED] = 1.0 if logs.n[TRADES] > trades else 0.0
    turns[ROW] = _rebalance_of(t, one.targets.trade_days, state.scalars)
    turns[ASKED] = turns[TRADED] = 0.0


@njit(cache=True, allocates=False)
def _plan_orders(
    t: int, flow: float, borrows: bool, market: StockMarket, inputs: LedgerInputs, one: Turn,
    turns: Floats,
) -> None:  # fmt: skip
    """Step 3: the day's orders of a sleeve, and their reason, ``NO_ORDERS`` without."""
    state, work, r = one.state, one.work, int(turns[ROW])
    scalars = state.scalars
    turns[REASON] = NO_ORDERS
    turns[ALLOWED] = np.inf
    if one.hedge.method == STATED:
        turns[ORDERS] = plan_lots(
            t, r, flow, scalars[EQUITY], market.settings.retry_days, one.hedge.together,
            one.targets, inputs.futures, state, one.sheet.logs,
        )  # fmt: skip
    if r >= 0:
        plan_rebalance(
            t, r, market.bars, market.stocks, one.targets, market.settings, borrows, state, work,
            one.sheet.logs,
        )  # fmt: skip
        scalars[NEXT_REBALANCE] = r + 1
        turns[REASON] = REBALANCE
    elif flow != 0.0:
        plan_flow(t, flow, market.bars, market.stocks, market.settings, borrows, state, work)
        turns[REASON] = FLOW
    elif scalars[DAYS_LEFT] > 0.0:
        scalars[DAYS_LEFT] -= 1.0
        turns[REASON] = RETRY


@njit(cache=True, allocates=False)
def _settle(
    t: int, withdrawable: float, inputs: LedgerInputs, state: FundState, work: FundWork,
    row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Step 8, contracts: variation, delivery, margin. Returns withdrawable; NaN = no price."""
    futures, settings, scalars = inputs.futures, inputs.settings, state.scalars
    for s in range(state.lots.shape[0]):
        one = begin_turn(s, inputs, state, work, row, logs)
        if not pay_variation(t, futures, one.state, one.work.futures, one.sheet):
            return np.nan
        end_turn(s, one, state)
    required = margin_required(t + 1, state.lots, futures)
    withdrawable = pay_margin(withdrawable, required, settings, scalars)
    if scalars[FUTURES_CASH] < required - SMALLEST_DEBT and any_lots(state.lots):
        slippage, opened = settings.futures_slippage, work.of.futures.opened
        write_lots_kept(t, slippage, scalars[FUTURES_CASH], futures, state.lots, opened, work.kept)
        for s in range(state.lots.shape[0]):
            one = begin_turn(s, inputs, state, work, row, logs)
            cut_lots(t, work.kept[s], slippage, futures, one.state, opened[s], one.sheet)
            scalars[MARGIN_CUT] = 2.0
            end_turn(s, one, state)
    return after_margin(withdrawable, required, settings, scalars, state.lots)


@njit(cache=True, allocates=False)
def _mark_sleeve(s: int, t: int, inputs: LedgerInputs, one: Turn, turns: Floats) -> None:
    """Step 8, stocks: value of the close, what the day has gained, the fee for borrowed ones."""
    state, work, row = one.state, one.work, one.sheet.row
    state.scalars[STOCK_VALUE] = value_of_stocks(t, inputs.bars, state.shares, work)
    row[STOCK_VALUE_] = state.scalars[STOCK_VALUE]
    row[STOCK_PNL_] = gain_to_close(t, turns[GAIN], inputs.bars, state.shares, work)
    list_contracts(t, inputs.futures, state.lots, one.sheet)
    if inputs.record_day[t]:
        list_positions(t, state.shares, work, one.sheet)
    if may_borrow(s, inputs.lending):
        charge_lender(s, t, inputs.days[t], inputs.bars, inputs.lending, state, work, row)


@njit(cache=True, allocates=False)
def _state_fund(
    t: int, last: LastClose, withdrawable: float, inputs: LedgerInputs, state: FundState,
    work: FundWork, row: Floats, logs: Logs,
) -> float:  # fmt: skip
    """Do steps 9 and 10: interest and fees, the stated value. Returns the equity."""
    scalars, book = state.scalars, inputs.valuation
    equity = charge_fees(
        t, last, withdrawable, inputs.fee_years[t], inputs.settings.borrowing_rate, inputs.fund,
        scalars, row,
    )  # fmt: skip
    revaluation = 0.0
    if book.ratio.size > 0:
        total = 0.0
        for s in range(state.shares.shape[0]):
            one = begin_turn(s, inputs, state, work, row, logs)
            total += ask_for_adjustments(t, book, inputs.bars.mark, one.state, one.work)
        material = is_material(total, equity, book)
        for s in range(state.shares.shape[0]):
            one = begin_turn(s, inputs, state, work, row, logs)
            revaluation += revalue(t, material, book, inputs.bars.mark, one.state, one.work, logs)
        sum_of_sleeves(state)
    return state_value(t, equity, revaluation, inputs.fund, scalars, row)


@njit(cache=True, allocates=False)
def _close_sleeves(
    t: int, inputs: LedgerInputs, state: FundState, work: FundWork, row: Floats,
    of_sleeves: Floats, logs: Logs,
) -> bool:  # fmt: skip
    """Keep the rows of several sleeves; whether each has moved by its own lines of money."""
    whole = True
    for s in range(state.shares.shape[0]):
        one = begin_turn(s, inputs, state, work, row, logs)
        required = margin_required(t + 1, state.lots[s : s + 1], inputs.futures)
        moved = write_sleeve(required, one) - work.turns[s, EARNED]
        whole &= abs(moved - sum_of_lines(one.sheet.row)) <= 1e-9 * max(abs(row[EQUITY_]), 1.0)
        if of_sleeves.size > 0:
            for k in range(row.size):
                of_sleeves[t, s, k] = one.sheet.row[k]
    sum_of_sleeves(state)
    return whole


@njit(cache=True, allocates=False)
def _stop_run(t: int, status: int, scalars: Floats) -> int:
    """Note why the run ends on day t; returns the day after."""
    scalars[STATUS], scalars[STATUS_DAY] = status, t
    return t + 1


@njit(cache=True, allocates=False)
def _list_all(inputs: LedgerInputs, state: FundState, work: FundWork) -> None:
    """List what every sleeve holds and has ordered."""
    for s in range(state.shares.shape[0]):
        work.of.n[s, HELD] = list_held(state.shares[s], work.of.held[s])
        work.of.n[s, ORDERED] = list_orders(state.pending[s], work.of.ordered[s])


@njit(cache=True, allocates=False, nogil=True)
def run_days(
    first: int,
    stop: int,
    inputs: LedgerInputs,
    state: FundState,
    work: FundWork,
    ledger: Floats,
    of_sleeves: Floats,
    logs: Logs,
) -> int:
    """Advance the state from the open of day ``first`` to the close of day ``stop - 1``.

    Parameters
    ----------
    first, stop : int
        Day indices of the span.
    inputs : LedgerInputs
        Of S sleeves.
    state : FundState
        Advanced in place.
    work : FundWork
    ledger : float64 [T, len(COLUMNS)]
        One row a day is written, of zeros.
    of_sleeves : float64 [T, S, len(COLUMNS)]
        The rows of the sleeves; [0, 0, 0] where they are not asked for, as of a single one.
    logs : Logs
        Rows of trades, refusals, positions, contracts and restated holdings are added.

    Returns
    -------
    int
        The day that is to be run next: before ``stop`` when the logs have no room for all that one
        day can write, or when the run ends there (its status is then in ``state``).
    """
    bars, futures, settings = inputs.bars, inputs.futures, inputs.settings
    scalars, sleeves, stocks = state.scalars, state.shares.shape[0], state.shares.shape[1]
    market = StockMarket(
        bars, inputs.stocks, inputs.volatility, inputs.auction, inputs.tax, settings
    )
    _list_all(inputs, state, work)
    for t in range(first, stop):
        if not room_for_a_day(logs, sleeves * stocks, state.lots.size):
            return t
        row = ledger[t]
        begin_day_of_sleeves(work)
        last = last_close(inputs.days[t], inputs.stock_rate[t], inputs.futures_rate[t], scalars)

        # 0, 1: flows and corporate actions; what the shares of the last close earn today
        flow = take_flows(t, inputs.fund, scalars, row)
        traded = False
        any_targets = False
        for s in range(sleeves):
            one = begin_turn(s, inputs, state, work, row, logs)
            _begin_sleeve(t, inputs, one, work.turns[s], state.book_return[s])
            r = int(work.turns[s, ROW])
            if r >= 0:
                traded = True
                pointer, lots = one.targets.pointer, one.targets.lot_pointer
                any_targets |= pointer[r + 1] > pointer[r] or lots[r + 1] > lots[r]
            end_turn(s, one, state)

        # 2, 3: the accounts, the day's orders
        if inputs.lending.given.size > 0:
            write_pledge(t, False, inputs, state, work)
        withdrawable = morning_treasury(
            t, traded, any_targets, settings, futures, scalars, state.lots
        )
        uncovered = 0.0
        if scalars[PLEDGED] > 0.0:
            uncovered, withdrawable = max(0.0, -withdrawable), max(0.0, withdrawable)
        for s in range(sleeves):
            one = begin_turn(s, inputs, state, work, row, logs)
            borrows = may_borrow(s, inputs.lending)
            _plan_orders(t, flow, borrows, market, inputs, one, work.turns[s])
            end_turn(s, one, state)

        # 4 to 7: stocks, and the contracts before or after their fills
        if not futures.after_stocks[t]:
            withdrawable = trade_contracts(t, withdrawable, inputs, state, work, row, logs)
        withdrawable = trade_stocks(
            t, withdrawable, uncovered, market, inputs, state, work, row, logs
        )
        if futures.after_stocks[t]:
            withdrawable = trade_contracts(t, withdrawable, inputs, state, work, row, logs)

        # 8: futures are settled, stocks marked
        withdrawable = _settle(t, withdrawable, inputs, state, work, row, logs)
        if np.isnan(withdrawable):
            return _stop_run(t, NO_SETTLEMENT, scalars)
        for s in range(sleeves):
            one = begin_turn(s, inputs, state, work, row, logs)
            _mark_sleeve(s, t, inputs, one, work.turns[s])
            end_turn(s, one, state)
        sum_of_sleeves(state)
        if inputs.lending.given.size > 0:
            write_pledge(t, True, inputs, state, work)
        if sleeves > 1:
            write_fund(work.rows, work.turns, row)

        # 9, 10: interest and fees, the stated value
        equity = _state_fund(t, last, withdrawable, inputs, state, work, row, logs)
        scalars[EQUITY] = equity

        # 11: the row, and what it promises
        required = margin_required(t + 1, state.lots, futures)
        write_balances(required, names_held(state.shares, work.of), scalars, row)
        status = broken_promise(
            equity, equity - last.equity, required, row, inputs.lending, state, work.of
        )
        if sleeves > 1 and not _close_sleeves(t, inputs, state, work, row, of_sleeves, logs):
            status = BROKEN_IDENTITY
        if status != OK:
            return _stop_run(t, status, scalars)
    return stop
