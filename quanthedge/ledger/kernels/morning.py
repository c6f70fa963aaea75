"""Steps 0 and 1 of docs/ledger.md: flows of the morning, corporate actions, compiled."""

from typing import NamedTuple

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import ActionBook, Bars, FundNumbers, Settings, TaxBook
from quanthedge.ledger.kernels.actions import (
    action_of_day,
    add_lot,
    drop_lots,
    list_shares,
    lock_shares,
    note_dividend,
    scale_lots,
    shrink_locked,
)
from quanthedge.ledger.kernels.owed import owe_action, owe_growth, settle_delisted
from quanthedge.ledger.kernels.prices import reference_price
from quanthedge.ledger.kernels.sheet import HELD, ORDERED, Sheet, Work, note_trade, refuse
from quanthedge.ledger.layout import (
    BOUGHT_,
    BUY,
    CASH,
    DELISTING,
    DISTRIBUTIONS_,
    DIVIDEND_TAX_,
    DIVIDENDS_,
    EQUITY,
    FUTURES_CASH,
    LENT,
    LOAN,
    OWED,
    OWED_DUE,
    PAYABLE,
    PLEDGED,
    RECEIVABLE,
    REDEMPTIONS_,
    REVALUATION,
    RIGHTS,
    SERVICE_BASE,
    SOLD_,
    STOCK,
    STOCK_CASH,
    STOCK_VALUE,
    SUBSCRIPTIONS_,
    UNITS,
)
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats

_NO_COSTS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class LastClose(NamedTuple):
    """Money of the last close that the day still asks for, yuan."""

    days: float  # since then
    equity: float
    net_assets: float
    stock_value: float
    loan: float
    payable: float
    stock_interest: float
    futures_interest: float


@njit(cache=True, allocates=False)
def last_close(days: float, stock_rate: float, futures_rate: float, scalars: Floats) -> LastClose:
    """Read the balances of the last close, and the interest that they earn until this one.

    What borrowed stocks were sold for earns nothing.
    """
    return LastClose(
        days,
        scalars[EQUITY],
        scalars[EQUITY] + scalars[REVALUATION],
        scalars[STOCK_VALUE],
        scalars[LOAN],
        scalars[PAYABLE],
        max(0.0, scalars[STOCK_CASH] - scalars[LENT]) * stock_rate * days / 365.0,
        max(0.0, scalars[FUTURES_CASH]) * futures_rate * days / 365.0,
    )


@njit(cache=True, allocates=False)
def take_flows(t: int, fund: FundNumbers, scalars: Floats, row: Floats) -> float:
    """Step 0: book the flows of the morning, pay what is due. Returns the flow over equity."""
    net = fund.subscribed[t] - fund.redeemed[t] - fund.distributed[t]
    scalars[STOCK_CASH] += fund.subscribed[t]
    scalars[OWED] += fund.redeemed[t] + fund.distributed[t]
    scalars[OWED_DUE] += fund.paid_out[t]
    scalars[UNITS] += fund.units_change[t]
    scalars[SERVICE_BASE] += fund.service_change[t]
    row[SUBSCRIPTIONS_] = fund.subscribed[t]
    row[REDEMPTIONS_] = fund.redeemed[t]
    row[DISTRIBUTIONS_] = fund.distributed[t]
    flow = max(-1.0, net / scalars[EQUITY]) if net != 0.0 else 0.0
    scalars[EQUITY] = max(0.0, scalars[EQUITY] + net)
    if scalars[OWED_DUE] > 0.0:
        paid = max(0.0, min(scalars[STOCK_CASH] - scalars[PLEDGED], scalars[OWED_DUE]))
        scalars[STOCK_CASH] -= paid
        scalars[OWED_DUE] -= paid
        scalars[OWED] -= paid
    return flow


@njit(cache=True, allocates=False)
def _receive_dividends(t: int, state: LedgerState) -> None:
    """Take the dividends that are paid today into the account."""
    scalars, due = state.scalars, state.carried.due
    if due[t] != 0.0:
        scalars[STOCK_CASH] += due[t]
        scalars[RECEIVABLE] = 0.0  # summed anew: no residue of rounding stays behind
        for d in range(t + 1, due.size):
            scalars[RECEIVABLE] += due[d]


@njit(cache=True, allocates=False)
def subscribe_rights(
    t: int, i: int, a: int, old: float, actions: ActionBook, tax: TaxBook, state: LedgerState,
    sheet: Sheet,
) -> float:  # fmt: skip
    """Take up the rights of action a as far as the cash goes. Returns the shares taken."""
    scalars = state.scalars
    wanted = np.floor(old * actions.rights[a] + 1e-6)
    price = actions.rights_price[a]
    taken = min(wanted, np.floor(max(0.0, scalars[STOCK_CASH] - scalars[PLEDGED]) / price))
    if taken < wanted:
        refuse(sheet.logs, t, STOCK, i, BUY, wanted, taken, CASH)
    if taken > 0.0:
        scalars[STOCK_CASH] -= taken * price
        sheet.row[BOUGHT_] += taken * price
        add_lot(t, i, taken, tax, state.carried)
        note_trade(sheet.logs, t, STOCK, i, taken, price, taken * price, _NO_COSTS, RIGHTS, 0.0)
    return taken


@njit(cache=True, allocates=False)
def _pay_action(
    t: int, i: int, a: int, bars: Bars, actions: ActionBook, tax: TaxBook, rights: bool,
    state: LedgerState, sheet: Sheet,
) -> float:  # fmt: skip
    """Dividend, bonus and rights of action a on a holding. Returns its change in value."""
    scalars, shares, carried, row = state.scalars, state.shares, state.carried, sheet.row
    old, mark = shares[i], bars.mark[t, i]
    reference = reference_price(t, i, bars)
    gross = old * actions.cash[a]
    withheld = old * tax.at_payment[a]
    note_dividend(a, i, tax, carried)
    grown = old * (1.0 + actions.bonus[a])
    whole = np.floor(grown + 1e-6)
    fraction = max(0.0, grown - whole) * reference
    scale_lots(i, whole / old, carried)
    taken = 0.0
    if actions.rights[a] > 0.0 and rights:
        taken = subscribe_rights(t, i, a, old, actions, tax, state, sheet)
    scalars[STOCK_CASH] += fraction
    if actions.pay_day[a] <= t:
        scalars[STOCK_CASH] += gross - withheld
    else:
        carried.due[actions.pay_day[a]] += gross - withheld
        scalars[RECEIVABLE] += gross - withheld
    row[DIVIDENDS_] += gross + fraction
    row[DIVIDEND_TAX_] += withheld
    shares[i] = whole + taken
    lock_shares(t, i, a, whole - old + taken, actions, carried)
    return shares[i] * reference - old * mark - taken * actions.rights_price[a]


@njit(cache=True, allocates=False)
def _pay_delisted(
    t: int, i: int, mark: float, recovery: float, state: LedgerState, sheet: Sheet
) -> float:
    """Pay out a holding that is delisted. Returns its gain (a loss when recovery is below 1)."""
    held = state.shares[i]
    price = recovery * mark
    state.scalars[STOCK_CASH] += held * price
    sheet.row[SOLD_] += held * price
    note_trade(sheet.logs, t, STOCK, i, -held, price, held * price, _NO_COSTS, DELISTING, 0.0)
    state.shares[i] = 0.0
    drop_lots(i, state.carried)
    return held * (price - mark)


@njit(cache=True, allocates=False)
def _grow_holding(
    t: int, i: int, growth: float, mark: float, actions: ActionBook, state: LedgerState,
    row: Floats,
) -> float:  # fmt: skip
    """Let a holding grow by a factor that no action explains. Returns its change in value."""
    shares = state.shares
    grown = shares[i] * growth
    whole = np.floor(grown + 1e-6)
    paid = max(0.0, grown - whole) * mark / growth
    # The reference price is rounded nowhere, so the holding's value does not move here.
    gain = whole * mark / growth - shares[i] * mark
    state.scalars[STOCK_CASH] += paid
    row[DIVIDENDS_] += paid
    scale_lots(i, whole / shares[i], state.carried)
    shrink_locked(t, i, whole / shares[i], actions, state.carried)
    shares[i] = whole
    return gain


@njit(cache=True, allocates=False)
def _grow_orders(
    t: int, bars: Bars, actions: ActionBook, rights: bool, pending: Floats, work: Work
) -> None:
    """Bring the wanted holdings on the basis of the day's shares."""
    for k in range(work.n[ORDERED]):
        i = work.ordered[k]
        if t >= bars.delist[i]:
            pending[i] = np.nan
        if np.isnan(pending[i]):
            continue
        a = action_of_day(t, i, actions.pointer, actions.stock)
        growth = bars.adj_factor[t + 1, i] / bars.adj_factor[t, i]
        if a >= 0:
            growth = 1.0 + actions.bonus[a]
            if rights and pending[i] > 0.0:
                growth += actions.rights[a]
        if growth != 1.0:
            pending[i] = np.floor(pending[i] * growth + 0.5)


@njit(cache=True, allocates=False)
def _owe(
    t: int, i: int, bars: Bars, actions: ActionBook, settings: Settings, state: LedgerState,
    sheet: Sheet,
) -> float:  # fmt: skip
    """Let the lender of borrowed shares have what the day brings. Returns the price gain."""
    mark = bars.mark[t, i]
    if t >= bars.delist[i]:
        return settle_delisted(t, i, mark, settings.recovery, state, sheet)
    a = action_of_day(t, i, actions.pointer, actions.stock)
    if a >= 0:
        return owe_action(i, a, mark, reference_price(t, i, bars), actions, state, sheet.row)
    if bars.adj_factor[t + 1, i] != bars.adj_factor[t, i]:
        growth = bars.adj_factor[t + 1, i] / bars.adj_factor[t, i]
        return owe_growth(i, growth, mark, state, sheet.row)
    return 0.0


@njit(cache=True, allocates=False)
def corporate_actions(
    t: int, bars: Bars, actions: ActionBook, tax: TaxBook, settings: Settings, state: LedgerState,
    work: Work, sheet: Sheet,
) -> float:  # fmt: skip
    """Step 1. Returns the price gain of holdings paid out or changed by an action."""
    shares, rights = state.shares, settings.subscribe_rights
    gain = 0.0
    list_shares(t, actions, state.carried)
    _receive_dividends(t, state)
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] < 0.0:
            gain += _owe(t, i, bars, actions, settings, state, sheet)
            continue
        if not shares[i] > 0.0:  # rounded away by an earlier event
            continue
        if t >= bars.delist[i]:
            gain += _pay_delisted(t, i, bars.mark[t, i], settings.recovery, state, sheet)
            continue
        a = action_of_day(t, i, actions.pointer, actions.stock)
        if a >= 0:
            gain += _pay_action(t, i, a, bars, actions, tax, rights, state, sheet)
        elif bars.adj_factor[t + 1, i] != bars.adj_factor[t, i]:
            growth = bars.adj_factor[t + 1, i] / bars.adj_factor[t, i]
            gain += _grow_holding(t, i, growth, bars.mark[t, i], actions, state, sheet.row)
    _grow_orders(t, bars, actions, rights, state.pending, work)
    return gain
