"""A sleeve's turn: its part of the fund's arrays, as the steps of docs/ledger.md take them.

Money is the fund's: ``scalars`` up to ``layout.OWN`` are the same in every turn. What is behind it
is loaded from ``FundState.own`` when a turn begins and put back when it ends. What a turn does to
the two accounts together is the sleeve's cash: moving money between them does not change it. So
each sleeve has a balance of its own, which moves by the lines of its own row.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.compiled import njit
from quanthedge.hedge.policies import Program
from quanthedge.ledger.inputs import Bars, LedgerInputs
from quanthedge.ledger.kernels.sheet import (
    ASKED,
    BOOK,
    HELD,
    MOVED,
    SLEEVE,
    TRADED,
    TRADES,
    FundWork,
    FuturesDay,
    Logs,
    Sheet,
    Work,
    list_held,
)
from quanthedge.ledger.kernels.wanted_lots import estimate_book
from quanthedge.ledger.layout import (
    BETA_,
    BOUGHT_,
    CONTRACT_,
    EQUITY_,
    FIRST_LINE,
    FUTURES_CASH,
    LENT,
    LOTS_,
    MARGIN_,
    NAMES_,
    NOTIONAL_,
    OWN,
    RECEIVABLE,
    RECEIVABLE_,
    SIGNS,
    SLEEVE_CASH,
    SOLD_,
    STOCK,
    STOCK_CASH,
    STOCK_CASH_,
    STOCK_VALUE,
    STOCK_VALUE_,
    UNFINISHED,
)
from quanthedge.ledger.sleeves import HedgeBook, SleeveHedge, SleeveTargets, TargetBook
from quanthedge.ledger.state import Carried, FundState, LedgerState
from quanthedge.typing import Floats, Ints

__all__ = [
    "Turn",
    "begin_contracts",
    "begin_day_of_sleeves",
    "begin_turn",
    "end_contracts",
    "end_turn",
    "names_held",
    "note_elsewhere",
    "sleeve_work",
    "sum_of_sleeves",
    "what_has_moved",
    "write_beta",
    "write_fund",
    "write_sleeve",
]


class Turn(NamedTuple):
    """What the steps of a day are given of one sleeve."""

    state: LedgerState
    work: Work
    targets: SleeveTargets
    hedge: SleeveHedge
    sheet: Sheet
    cash: float  # of both accounts when the turn began, yuan


@njit(cache=True, allocates=False)
def _state_of(s: int, state: FundState) -> LedgerState:
    carried = state.carried
    return LedgerState(
        state.scalars, state.shares[s], state.pending[s], state.book_return[s],
        Carried(
            carried.due[s], carried.lots[s], carried.lot_count[s], carried.locked[s],
            carried.waiting[s], carried.restated[s],
        ),
        state.lots[s], state.last_level[s], state.wanted_lots[s],
    )  # fmt: skip


@njit(cache=True, allocates=False)
def sleeve_work(s: int, work: Work) -> Work:
    """Return the working arrays of a sleeve's turn."""
    day = work.futures
    return Work(
        work.n[s], work.held[s], work.ordered[s], work.order, work.quantity, work.rest, work.done,
        work.expected, work.expected_held, work.elsewhere,
        FuturesDay(
            day.over[s], day.traded[s], day.opened[s], day.beta, day.lot, day.wanted, day.held,
            day.gross, day.others, day.opened_by,
        ),
    )  # fmt: skip


@njit(cache=True, allocates=False)
def _targets_of(s: int, book: TargetBook) -> SleeveTargets:
    return SleeveTargets(
        book.trade_days[s], book.pointer[s], book.stocks[s], book.weights[s],
        book.lot_pointer[s], book.contracts[s], book.exposures[s],
    )  # fmt: skip


@njit(cache=True, allocates=False)
def _hedge_of(s: int, book: HedgeBook) -> SleeveHedge:
    policy = book.policy
    return SleeveHedge(
        book.beta[book.beta_of[s]], book.index_return, book.book_ratio[s], book.covariance[s],
        book.carry[s], book.index_level,
        Program(policy.ops[s], policy.a[s], policy.b[s], policy.flags[s], policy.bands[s]),
        book.ratio[s], book.method[s], book.default_beta[s], book.window[s],
        book.min_observations[s], book.aversion[s], book.range_low[s], book.range_high[s],
        book.both_sides[s], book.together[s],
    )  # fmt: skip


@njit(cache=True, allocates=False)
def begin_turn(
    s: int, inputs: LedgerInputs, state: FundState, work: FundWork, row: Floats, logs: Logs
) -> Turn:
    """Begin the turn of sleeve s; ``row`` is the fund's, which a single sleeve writes itself."""
    scalars = state.scalars
    for k in range(state.own.shape[1]):
        scalars[OWN + k] = state.own[s, k]
    logs.n[SLEEVE] = s
    own_row = work.rows[s] if state.own.shape[0] > 1 else row
    return Turn(
        _state_of(s, state), sleeve_work(s, work.of), _targets_of(s, inputs.targets),
        _hedge_of(s, inputs.hedge), Sheet(own_row, logs),
        scalars[STOCK_CASH] + scalars[FUTURES_CASH],
    )  # fmt: skip


@njit(cache=True, allocates=False)
def end_turn(s: int, one: Turn, state: FundState) -> None:
    """Put back what is the sleeve's own."""
    scalars = state.scalars
    scalars[SLEEVE_CASH] += scalars[STOCK_CASH] + scalars[FUTURES_CASH] - one.cash
    for k in range(state.own.shape[1]):
        state.own[s, k] = scalars[OWN + k]


@njit(cache=True, allocates=False)
def begin_day_of_sleeves(work: FundWork) -> None:
    """Forget what other sleeves did yesterday, and the rows of the sleeves."""
    day = work.of.futures
    for p in range(day.opened_by.size):
        day.opened_by[p] = 0.0
    if work.rows.shape[0] > 1:
        for s in range(work.rows.shape[0]):
            for k in range(work.rows.shape[1]):
                work.rows[s, k] = 0.0


@njit(cache=True, allocates=False)
def begin_contracts(s: int, product: Ints, lots: Floats, day: FuturesDay) -> None:
    """Note what is held over from yesterday, and what the other sleeves hold; lots are [S, C]."""
    for c in range(product.size):
        day.over[c] = lots[s, c]
        day.traded[c] = day.opened[c] = 0.0
        day.others[c, 0] = day.others[c, 1] = 0.0
        for o in range(lots.shape[0]):
            if o != s:
                day.others[c, 1 if lots[o, c] > 0.0 else 0] += abs(lots[o, c])


@njit(cache=True, allocates=False)
def end_contracts(product: Ints, day: FuturesDay) -> None:
    """Count the lots that the sleeve opened for those that come after it."""
    for c in range(product.size):
        day.opened_by[product[c]] += day.opened[c]


@njit(cache=True, allocates=False)
def note_elsewhere(first: int, work: FundWork, logs: Logs) -> None:
    """Count the shares of the sleeve's trades from row ``first`` on for the other sleeves."""
    if work.rows.shape[0] > 1:
        for k in range(first, logs.n[TRADES]):
            if logs.trades[k, 1] == STOCK:
                work.of.elsewhere[int(logs.trades[k, 2])] += abs(logs.trades[k, 3])


@njit(cache=True, allocates=False)
def what_has_moved(
    first: int, before_fills: bool, state: FundState, work: FundWork, logs: Logs
) -> None:
    """Note, after the stocks were traded, which sleeves did; list what they hold.

    ``first`` is the first row of these trades. A hedge set before them is looked at again tomorrow.
    """
    for k in range(first, logs.n[TRADES]):
        work.turns[int(logs.trades[k, 14]), TRADED] = 1.0
        work.of.elsewhere[int(logs.trades[k, 2])] = 0.0
    for s in range(state.shares.shape[0]):
        turns = work.turns[s]
        if before_fills and (turns[ASKED] > 0.0 or turns[TRADED] > 0.0):
            state.own[s, UNFINISHED - OWN] = 1.0
        if turns[TRADED] > 0.0:
            turns[MOVED] = 1.0
        if turns[MOVED] > 0.0:
            work.of.n[s, HELD] = list_held(state.shares[s], work.of.held[s])


@njit(cache=True, allocates=False)
def sum_of_sleeves(state: FundState) -> None:
    """Write the stocks and the dividends to come of all sleeves into the fund's scalars."""
    for k in (STOCK_VALUE, RECEIVABLE, LENT):
        total = state.own[0, k - OWN]
        for s in range(1, state.own.shape[0]):
            total += state.own[s, k - OWN]
        state.scalars[k] = total


@njit(cache=True, allocates=False)
def names_held(shares: Floats, work: Work) -> int:
    """Return how many stocks any sleeve [S, N] holds."""
    names = 0
    for s in range(shares.shape[0]):
        for k in range(work.n[s, HELD]):
            i = work.held[s, k]
            new = shares[s, i] != 0.0
            for before in range(s):
                new = new and shares[before, i] == 0.0
            names += 1 if new else 0
    return names


@njit(cache=True, allocates=False)
def write_beta(t: int, bars: Bars, one: Turn) -> float:
    """Write the beta of the stocks that a sleeve holds before its contracts are traded.

    Returns their value. A sleeve that hedges its stocks writes the beta of its hedge afterwards.
    """
    work, beta = one.work, one.work.futures.beta
    value = estimate_book(
        t, bars, one.hedge, one.state.shares, work.held, work.n[HELD], one.state.book_return, beta
    )
    total = 0.0
    for p in range(beta.size):
        total += beta[p]
    one.sheet.row[BETA_] = total if value > 0.0 or value < 0.0 else np.nan
    return value


@njit(cache=True, allocates=False)
def write_fund(rows: Floats, turns: Floats, row: Floats) -> None:
    """Add the sleeves' lines up in the fund's row; its contract is that of the largest value."""
    for s in range(rows.shape[0]):
        for k in range(len(SIGNS)):
            row[FIRST_LINE + k] += rows[s, FIRST_LINE + k]
        for k in (BOUGHT_, SOLD_, LOTS_, NOTIONAL_):
            row[k] += rows[s, k]
    most = -1.0
    beta = 0.0
    value = 0.0
    row[BETA_] = np.nan
    for s in range(rows.shape[0]):
        if abs(rows[s, NOTIONAL_]) > most:
            row[CONTRACT_], most = rows[s, CONTRACT_], abs(rows[s, NOTIONAL_])
        if not np.isnan(rows[s, BETA_]):
            own = max(1.0, turns[s, BOOK])  # a hedge set before the first purchase counts too
            if turns[s, BOOK] < 0.0:
                own = turns[s, BOOK]
            beta += rows[s, BETA_] * own
            if value == 0.0:
                row[BETA_] = rows[s, BETA_]
            else:
                row[BETA_] = beta / (value + own) if value + own != 0.0 else np.nan
            value += own


@njit(cache=True, allocates=False)
def write_sleeve(required: float, one: Turn) -> float:
    """Write the sleeve's balances of the close; return what it has earned so far, yuan."""
    scalars, row = one.state.scalars, one.sheet.row
    row[STOCK_VALUE_], row[STOCK_CASH_] = scalars[STOCK_VALUE], scalars[SLEEVE_CASH]
    row[RECEIVABLE_], row[MARGIN_] = scalars[RECEIVABLE], required
    row[EQUITY_] = scalars[STOCK_VALUE] + scalars[SLEEVE_CASH] + scalars[RECEIVABLE]
    names = 0
    for k in range(one.work.n[HELD]):
        names += 1 if one.state.shares[one.work.held[k]] != 0.0 else 0
    row[NAMES_] = names
    return row[EQUITY_]
