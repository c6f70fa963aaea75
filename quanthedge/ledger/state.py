"""The one state of the ledger: everything that lasts over a close."""

from typing import NamedTuple

import numpy as np

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Carried", "LedgerState"]


class Carried(NamedTuple):
    """What of corporate actions lasts over a close."""

    due: Floats  # [D] dividends to be paid on each day, D > T: also on days after the span
    lots: Floats  # [N, L, 5]
    lot_count: Ints  # [N]
    locked: Floats  # [N] of the shares held, those that are not listed yet
    waiting: Floats  # [A] new shares of an action that are not listed yet
    restated: Bools  # [N] holdings stated off their last close


class LedgerState(NamedTuple):
    """Money, holdings, orders not yet done, own past returns; a run advances it in place.

    Attributes
    ----------
    scalars : float64 [layout.N_SCALARS]
        Money and counters, positions as in :mod:`quanthedge.ledger.layout`.
    shares, pending : float64 [N]
        Whole shares held; whole shares wanted, NaN where no order is open.
    book_return : float64 [T]
        The book's own return of each day run so far.
    carried : Carried
        Dividends not yet paid and the lots that the tax on dividends asks for.
    lots : float64 [C]
        Futures held, above 0 long, below 0 sold short.
    last_level : float64 [P]
        Index levels at the last review of the hedge; NaN before the first.
    """

    scalars: Floats
    shares: Floats
    pending: Floats
    book_return: Floats
    carried: Carried
    lots: Floats
    last_level: Floats

    @classmethod
    def opening(cls, inputs: LedgerInputs) -> "LedgerState":
        """State before the first day: the capital in the stock account, in units."""
        n_days, n_stocks = inputs.bars.open.shape
        last_payment = int(inputs.actions.pay_day.max(initial=n_days))
        scalars = np.zeros(layout.N_SCALARS)
        scalars[layout.STOCK_CASH] = scalars[layout.EQUITY] = inputs.settings.capital_yuan
        initial = inputs.fund.initial_unit_value
        scalars[layout.UNITS] = round(inputs.settings.capital_yuan / initial, 2)
        scalars[layout.MARK_TICKS] = round(initial * 10_000)
        return cls(
            scalars,
            np.zeros(n_stocks),
            np.full(n_stocks, np.nan),
            np.full(n_days, np.nan),
            Carried(
                np.zeros(last_payment + 1),
                np.zeros((n_stocks, inputs.tax.lots, 5)),
                np.zeros(n_stocks, dtype=np.int64),
                np.zeros(n_stocks),
                np.zeros(inputs.actions.stock.size),
                np.zeros(n_stocks, dtype=np.bool_),
            ),
            np.zeros(inputs.futures.product.size),
            np.full(inputs.futures.multiplier.size, np.nan),
        )
