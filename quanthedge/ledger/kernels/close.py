"""Steps 8 (stocks), 9 and 11 of docs/ledger.md: marks, fees, the day's row and its promises."""

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, FundNumbers, FutureBook
from quanthedge.ledger.kernels.margin import any_lots
from quanthedge.ledger.kernels.morning import LastClose
from quanthedge.ledger.kernels.owed import may_borrow
from quanthedge.ledger.kernels.prices import reference_price
from quanthedge.ledger.kernels.sheet import CONTRACTS, HELD, POSITIONS, Sheet, Work, note_held
from quanthedge.ledger.layout import (
    AUDIT_,
    BROKEN_IDENTITY,
    CONTRACT_,
    CUSTODY_,
    EQUITY_,
    FIRST_LINE,
    FUTURES_CASH,
    FUTURES_CASH_,
    INSOLVENT,
    INTEREST_,
    LENT,
    LENT_,
    LOAN,
    LOAN_,
    LOAN_INTEREST_,
    LOTS_,
    MANAGEMENT_,
    MARGIN_,
    NAMES_,
    NEGATIVE_CASH,
    NEGATIVE_SHARES,
    NOTIONAL_,
    OK,
    OWED,
    OWED_,
    PAYABLE,
    PAYABLE_,
    PLEDGED,
    PLEDGED_,
    RECEIVABLE,
    RECEIVABLE_,
    SERVICE_,
    SERVICE_BASE,
    SIGNS,
    STOCK_CASH,
    STOCK_CASH_,
    STOCK_VALUE,
    STOCK_VALUE_,
    UNITS,
    UNITS_,
    UNPAID_MARGIN,
)
from quanthedge.ledger.lending import LendingBook
from quanthedge.ledger.state import FundState
from quanthedge.typing import Floats


@njit(cache=True, allocates=False)
def gain_to_close(t: int, gain: float, bars: Bars, shares: Floats, work: Work) -> float:
    """Add to ``gain`` what the shares now held earn from the reference price to the close."""
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] != 0.0:
            gain += shares[i] * (bars.mark[t + 1, i] - reference_price(t, i, bars))
    return gain


@njit(cache=True, allocates=False)
def value_of_stocks(t: int, bars: Bars, shares: Floats, work: Work) -> float:
    """Value of a sleeve's stocks at their last closes, yuan."""
    value = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] != 0.0:
            value += shares[i] * bars.mark[t + 1, i]
    return value


@njit(cache=True, allocates=False)
def assets(scalars: Floats) -> float:
    """Return what the fund owns less what it owes, stocks at their last closes, yuan."""
    owned = scalars[STOCK_VALUE] + scalars[STOCK_CASH] + scalars[FUTURES_CASH]
    return owned + scalars[RECEIVABLE] - scalars[PAYABLE] - scalars[LOAN] - scalars[OWED]


@njit(cache=True, allocates=False)
def charge_fees(
    t: int,
    last: LastClose,
    withdrawable: float,
    year_fraction: float,
    loan_rate: float,
    fund: FundNumbers,
    scalars: Floats,
    row: Floats,
) -> float:
    """Step 9: interest, accrued and paid fees. Returns the equity, stocks at their last closes.

    ``year_fraction`` are the day's days over those of their year, ``loan_rate`` is a year's.
    """
    scalars[STOCK_CASH] += last.stock_interest
    scalars[FUTURES_CASH] += last.futures_interest
    row[INTEREST_] = last.stock_interest + last.futures_interest
    row[MANAGEMENT_] = fund.management_per_year * last.net_assets * year_fraction
    row[CUSTODY_] = fund.custody_per_year * last.net_assets * year_fraction
    row[AUDIT_] = fund.audit_yuan_per_year * year_fraction
    row[SERVICE_] = fund.service_per_year * max(0.0, scalars[SERVICE_BASE]) * year_fraction
    scalars[PAYABLE] += row[MANAGEMENT_] + row[CUSTODY_] + row[SERVICE_] + row[AUDIT_]
    row[LOAN_INTEREST_] = last.loan * loan_rate * last.days / 365.0
    scalars[LOAN] += row[LOAN_INTEREST_]
    if fund.month_first[t]:
        paid = max(0.0, min(last.payable, withdrawable))
        scalars[STOCK_CASH] -= paid
        scalars[PAYABLE] -= paid
    return assets(scalars)


@njit(cache=True, allocates=False)
def sum_of_lines(row: Floats) -> float:
    """Return the change of equity that the day's lines of money explain, yuan."""
    total = 0.0
    for k in range(len(SIGNS)):
        if SIGNS[k] != 0.0:
            total += SIGNS[k] * row[FIRST_LINE + k]
    return total


@njit(cache=True, allocates=False)
def broken_promise(
    equity: float, change: float, required: float, row: Floats, lending: LendingBook,
    state: FundState, work: Work,
) -> int:  # fmt: skip
    """Step 11: which promise the day broke, or OK."""
    if not abs(change - sum_of_lines(row)) <= 1e-9 * max(abs(equity), 1.0):
        return BROKEN_IDENTITY
    for s in range(state.shares.shape[0]):
        for k in range(work.n[s, HELD]):
            if state.shares[s, work.held[s, k]] < 0.0 and not may_borrow(s, lending):
                return NEGATIVE_SHARES
    if equity <= 0.0 or row[EQUITY_] <= 0.0:
        return INSOLVENT
    if state.scalars[STOCK_CASH] < -1e-6:
        return NEGATIVE_CASH
    if any_lots(state.lots) and state.scalars[FUTURES_CASH] < required - 1e-6:
        return UNPAID_MARGIN
    return OK


@njit(cache=True, allocates=False)
def list_contracts(t: int, futures: FutureBook, lots: Floats, sheet: Sheet) -> None:
    """Record the lots of the close, and the day's columns of them."""
    row, logs = sheet.row, sheet.logs
    row[CONTRACT_] = -1.0
    most = 0.0
    for c in range(lots.size):
        if lots[c] != 0.0:
            multiplier = futures.multiplier[futures.product[c]]
            value = -lots[c] * multiplier * futures.settlement[t + 1, c]  # short: above 0
            row[NOTIONAL_] += value
            row[LOTS_] += lots[c]
            note_held(logs, CONTRACTS, logs.contracts, t, c, lots[c])
            if abs(value) > most:
                row[CONTRACT_], most = float(c), abs(value)


@njit(cache=True, allocates=False)
def list_positions(t: int, shares: Floats, work: Work, sheet: Sheet) -> None:
    """Record the shares of the close."""
    logs = sheet.logs
    for k in range(work.n[HELD]):
        i = work.held[k]
        if shares[i] != 0.0:
            note_held(logs, POSITIONS, logs.positions, t, i, shares[i])


@njit(cache=True, allocates=False)
def write_balances(required: float, names: int, scalars: Floats, row: Floats) -> None:
    """Write the columns that show how the accounts stand at the close."""
    row[STOCK_VALUE_] = scalars[STOCK_VALUE]
    row[STOCK_CASH_] = scalars[STOCK_CASH]
    row[FUTURES_CASH_] = scalars[FUTURES_CASH]
    row[RECEIVABLE_] = scalars[RECEIVABLE]
    row[PAYABLE_] = scalars[PAYABLE]
    row[LOAN_] = scalars[LOAN]
    row[OWED_] = scalars[OWED]
    row[UNITS_] = scalars[UNITS]
    row[LENT_] = scalars[LENT]
    row[PLEDGED_] = scalars[PLEDGED]
    row[MARGIN_] = required
    row[NAMES_] = names
