"""A book that is really held, laid into the ledger's state, so that the next day can be run."""

from typing import NamedTuple

import numpy as np

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats

__all__ = ["RealBook", "lay_book", "without_closing"]


class RealBook(NamedTuple):
    """What is held at a close: stocks and contracts by their places in the inputs, and money.

    Attributes
    ----------
    shares, locked : float64 [N]
        All shares, and those of them that cannot be sold on the next day.
    lots : float64 [C]
        Signed; below 0 short.
    stock_cash, futures_cash, payable, receivable, loan : float
        Yuan; the futures account with its margin.
    """

    shares: Floats
    locked: Floats
    lots: Floats
    stock_cash: float
    futures_cash: float
    payable: float
    receivable: float
    loan: float


def lay_book(state: LedgerState, book: RealBook, inputs: LedgerInputs, t: int) -> None:
    """Write a book held at the close before day t into the state, in place.

    Equity is that of the last closes. What is to be raised out of the stocks follows from the
    margin as at every close (step 8 of docs/ledger.md). Orders not done yet stay as they are in
    the state, but for those that the book has done.
    """
    from quanthedge.ledger.kernels.futures import _ask_for_cash, margin_required

    scalars, carried, bars = state.scalars, state.carried, inputs.bars
    state.shares[:], carried.locked[:], state.lots[:] = book.shares, book.locked, book.lots
    carried.lot_count[:] = 0
    carried.waiting[:] = 0.0
    carried.restated[:] = False
    carried.due[:] = 0.0
    held = np.flatnonzero(book.shares > 0.0)
    value = float((book.shares[held] * bars.mark[t, held]).sum())
    scalars[layout.STOCK_CASH], scalars[layout.FUTURES_CASH] = book.stock_cash, book.futures_cash
    scalars[layout.PAYABLE], scalars[layout.LOAN] = book.payable, book.loan
    scalars[layout.LOAN_TARGET] = book.loan
    # paid on some later day, so that it is equity and no cash
    carried.due[-1] = scalars[layout.RECEIVABLE] = book.receivable
    scalars[layout.OWED] = scalars[layout.OWED_DUE] = scalars[layout.REVALUATION] = 0.0
    scalars[layout.STOCK_VALUE] = value
    equity = value + book.stock_cash + book.futures_cash + book.receivable
    scalars[layout.EQUITY] = equity - book.payable - book.loan
    _ask_for_cash(margin_required(t, state.lots, inputs.futures), inputs.settings, scalars)
    state.pending[state.pending == state.shares] = np.nan


def without_closing(inputs: LedgerInputs) -> LedgerInputs:
    """Return the inputs without what happens after the trading of a day: interest and fees."""
    days = inputs.days.size
    never = np.zeros(days, dtype=np.bool_)
    fund = inputs.fund._replace(
        management_per_year=0.0,
        custody_per_year=0.0,
        performance_rate=0.0,
        fee_day=never,
        month_first=never,
        service_per_year=0.0,
        audit_yuan_per_year=0.0,
    )
    recorded = inputs.record_day.copy()
    recorded[-1] = True
    nothing = np.zeros(days + 1)
    return inputs._replace(
        fund=fund,
        stock_rate=nothing,
        futures_rate=nothing,
        record_day=recorded,
        settings=inputs.settings._replace(borrowing_rate=0.0),
    )
