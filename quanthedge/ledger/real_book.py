"""A book that is really held, laid into the ledger's state, so that the next day can be run."""

from typing import NamedTuple

import numpy as np

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.state import FundState, LedgerState
from quanthedge.typing import Floats

__all__ = ["RealBook"]


class RealBook(NamedTuple):
    """What is held at a close: stocks and contracts by their places in the inputs, and money.

    Attributes
    ----------
    shares, locked : float64 [S, N]
        All shares of each sleeve, and those of them that cannot be sold on the next day.
    lots : float64 [S, C]
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

    def lay(self, state: LedgerState | FundState, inputs: LedgerInputs, t: int) -> None:
        """Write a book held at the close before day t into the state of S sleeves, in place.

        Equity is that of the last closes. What is to be raised out of the stocks follows from the
        margin as at every close (step 8 of docs/ledger.md). Orders not done yet stay as they are in
        the state, but for those that the book has done. Dividends to come are the first sleeve's.
        """
        from quanthedge.ledger.kernels.margin import ask_for_cash, margin_required

        scalars, mark = state.scalars, inputs.bars.mark[t]
        own = state.own if isinstance(state, FundState) else scalars[None, layout.OWN :]
        for s, one in enumerate(state.of_sleeves()):
            carried = one.carried
            one.shares[:], carried.locked[:], one.lots[:] = (
                self.shares[s],
                self.locked[s],
                self.lots[s],
            )
            carried.lot_count[:] = 0
            carried.waiting[:] = 0.0
            carried.restated[:] = False
            carried.due[:] = 0.0
            held = np.flatnonzero(one.shares > 0.0)
            # paid on some later day, so that it is equity and no cash
            receivable = carried.due[-1] = self.receivable if s == 0 else 0.0
            own[s, layout.STOCK_VALUE - layout.OWN] = float((one.shares[held] * mark[held]).sum())
            own[s, layout.RECEIVABLE - layout.OWN] = receivable
            one.pending[one.pending == one.shares] = np.nan
            one.wanted_lots[one.wanted_lots == one.lots] = np.nan
        value = float(own[:, layout.STOCK_VALUE - layout.OWN].sum())
        scalars[layout.STOCK_CASH], scalars[layout.FUTURES_CASH] = (
            self.stock_cash,
            self.futures_cash,
        )
        scalars[layout.PAYABLE], scalars[layout.LOAN] = self.payable, self.loan
        scalars[layout.LOAN_TARGET] = self.loan
        scalars[layout.OWED] = scalars[layout.OWED_DUE] = scalars[layout.REVALUATION] = 0.0
        scalars[layout.STOCK_VALUE], scalars[layout.RECEIVABLE] = value, self.receivable
        equity = value + self.stock_cash + self.futures_cash + self.receivable
        scalars[layout.EQUITY] = equity - self.payable - self.loan
        ask_for_cash(margin_required(t, self.lots, inputs.futures), inputs.settings, scalars)
