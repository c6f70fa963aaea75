"""What a sleeve owes for borrowed stocks, which count below 0: actions, collateral, the fee.

Everything here is a holding's with the sign turned: what a shareholder gets, the lender is given.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import ActionBook, Bars
from quanthedge.ledger.kernels.prices import reference_price
from quanthedge.ledger.kernels.sheet import HELD, Sheet, Work, note_trade
from quanthedge.ledger.layout import (
    BOUGHT_,
    DELISTING,
    DIVIDENDS_,
    LENDING_FEE_,
    LENT,
    LENT_,
    PAYABLE,
    PLEDGED_,
    SLEEVE_CASH,
    STOCK,
    STOCK_CASH,
)
from quanthedge.ledger.lending import LendingBook
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats

__all__ = [
    "charge_lender",
    "may_borrow",
    "owe_action",
    "owe_growth",
    "pledge_of",
    "settle_delisted",
    "value_owed",
]

_NO_COSTS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@njit(cache=True, allocates=False)
def may_borrow(s: int, lending: LendingBook) -> bool:
    """Whether a sleeve may sell borrowed stocks."""
    return s < lending.given.size and lending.given[s]


@njit(cache=True, allocates=False)
def _pay_lender(amount: float, scalars: Floats) -> None:
    """Pay out of the account; what it has not is payable, and gone from the sleeve's cash."""
    paid = min(amount, max(0.0, scalars[STOCK_CASH]))
    scalars[STOCK_CASH] -= paid
    scalars[PAYABLE] += amount - paid
    scalars[SLEEVE_CASH] -= amount - paid


@njit(cache=True, allocates=False)
def owe_action(
    i: int, a: int, mark: float, reference: float, actions: ActionBook, state: LedgerState,
    row: Floats,
) -> float:  # fmt: skip
    """Dividend, bonus and rights of action a, owed to the lender. Returns the price gain.

    The dividend is paid in full on the ex-date, the value of rights in cash.
    """
    old = -state.shares[i]
    grown = old * (1.0 + actions.bonus[a])
    whole = np.floor(grown + 1e-6)
    paid = old * actions.cash[a] + max(0.0, grown - whole) * reference
    if actions.rights[a] > 0.0:
        paid += old * actions.rights[a] * max(0.0, reference - actions.rights_price[a])
    _pay_lender(paid, state.scalars)
    row[DIVIDENDS_] -= paid
    state.shares[i] = 0.0 - whole
    return old * mark - whole * reference


@njit(cache=True, allocates=False)
def owe_growth(i: int, growth: float, mark: float, state: LedgerState, row: Floats) -> float:
    """Let what is owed grow by a factor that no action explains. Returns the price gain."""
    old = -state.shares[i]
    whole = np.floor(old * growth + 1e-6)
    paid = max(0.0, old * growth - whole) * mark / growth
    _pay_lender(paid, state.scalars)
    row[DIVIDENDS_] -= paid
    state.shares[i] = 0.0 - whole
    return old * mark - whole * mark / growth


@njit(cache=True, allocates=False)
def settle_delisted(
    t: int, i: int, mark: float, recovery: float, state: LedgerState, sheet: Sheet
) -> float:
    """Pay the lender of a stock that is gone what holders get. Returns the price gain."""
    owed, price = -state.shares[i], recovery * mark
    _pay_lender(owed * price, state.scalars)
    sheet.row[BOUGHT_] += owed * price
    note_trade(sheet.logs, t, STOCK, i, owed, price, owed * price, _NO_COSTS, DELISTING, 0.0)
    state.shares[i] = 0.0
    return owed * (mark - price)


@njit(cache=True, allocates=False)
def value_owed(t: int, bars: Bars, shares: Floats, work: Work) -> float:
    """Value of the borrowed stocks of a sleeve at the day's reference prices, yuan."""
    value = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] < 0.0:
            value -= shares[i] * reference_price(t, i, bars)
    return value


@njit(cache=True, allocates=False)
def pledge_of(s: int, t: int, value: float, lending: LendingBook) -> float:
    """Cash kept for stocks of a value that a sleeve owes on day t, yuan."""
    return (1.0 + lending.collateral[s, t + 1]) * value if value > 0.0 else 0.0


@njit(cache=True, allocates=False)
def charge_lender(
    s: int, t: int, days: float, bars: Bars, lending: LendingBook, state: LedgerState, work: Work,
    row: Floats,
) -> None:  # fmt: skip
    """Charge the fee since the last close, payable with the fund's; write what is owed now."""
    scalars = state.scalars
    fee = 0.0
    if scalars[LENT] > 0.0:
        fee = scalars[LENT] * lending.fee[s, t] * days / 365.0
    scalars[PAYABLE] += fee
    scalars[SLEEVE_CASH] -= fee
    row[LENDING_FEE_] += fee
    value = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        if state.shares[i] < 0.0:
            value -= state.shares[i] * bars.mark[t + 1, i]
    scalars[LENT] = value
    row[LENT_], row[PLEDGED_] = value, pledge_of(s, t, value, lending)
