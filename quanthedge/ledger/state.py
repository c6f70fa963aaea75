"""The one state of the ledger: everything that lasts over a close, of one sleeve and of all."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Carried", "FundState", "LedgerState", "opening_state"]


class Carried(NamedTuple):
    """What of corporate actions lasts over a close."""

    due: Floats  # [D] dividends to be paid on each day, D > T: also on days after the span
    lots: Floats  # [N, L, 5]
    lot_count: Ints  # [N]
    locked: Floats  # [N] of the shares held, those that are not listed yet
    waiting: Floats  # [A] new shares of an action that are not listed yet
    restated: Bools  # [N] holdings stated off their last close


class LedgerState(NamedTuple):
    """Money, holdings, orders not yet done, own past returns of a sleeve; a run advances it.

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
    wanted_lots : float64 [C]
        Signed lots wanted of a sleeve that states its contracts, NaN where no order is open.
    """

    scalars: Floats
    shares: Floats
    pending: Floats
    book_return: Floats
    carried: Carried
    lots: Floats
    last_level: Floats
    wanted_lots: Floats

    @property
    def equity(self) -> float:
        """The equity at the last close, suspended holdings at their last closes, yuan."""
        return float(self.scalars[layout.EQUITY])

    def of_sleeves(self) -> list["LedgerState"]:
        """Return the state of the one sleeve."""
        return [self]

    @classmethod
    def opening(cls, inputs: LedgerInputs) -> "LedgerState":
        """State before the first day: the capital in the stock account, in units."""
        n_days, n_stocks = inputs.bars.open.shape
        last_payment = int(inputs.actions.pay_day.max(initial=n_days))
        contracts = inputs.futures.product.size
        return cls(
            _opening_money(inputs),
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
            np.zeros(contracts),
            np.full(inputs.futures.multiplier.size, np.nan),
            np.full(contracts, np.nan),
        )


def _opening_money(inputs: LedgerInputs) -> Floats:
    scalars = np.zeros(layout.N_SCALARS)
    scalars[layout.STOCK_CASH] = scalars[layout.EQUITY] = inputs.settings.capital_yuan
    initial = inputs.fund.initial_unit_value
    scalars[layout.UNITS] = round(inputs.settings.capital_yuan / initial, 2)
    scalars[layout.MARK_TICKS] = round(initial * 10_000)
    return scalars


class FundState(NamedTuple):
    """The state of all S sleeves of a fund: the money once, everything else with an axis S.

    Attributes
    ----------
    scalars : float64 [layout.N_SCALARS]
    own : float64 [S, layout.N_SCALARS - layout.OWN]
        What ``scalars`` holds from OWN on while it is a sleeve's turn. Of a single sleeve it is
        that part of ``scalars`` itself.
    shares, pending, book_return, carried, lots, last_level, wanted_lots
        As in :class:`LedgerState`, [S, ..].
    """

    scalars: Floats
    own: Floats
    shares: Floats
    pending: Floats
    book_return: Floats
    carried: Carried
    lots: Floats
    last_level: Floats
    wanted_lots: Floats

    @property
    def equity(self) -> float:
        """As in :class:`LedgerState`."""
        return float(self.scalars[layout.EQUITY])

    @classmethod
    def of_one(cls, state: LedgerState) -> "FundState":
        """Return a single sleeve's state as the fund's: the same arrays."""
        return _with_axis(state, state.scalars[layout.OWN :][None], lambda part: part[None])

    def of_sleeves(self) -> list[LedgerState]:
        """Return the state of each sleeve, its money as it is in the sleeve's turn.

        Arrays are views, so that what is written into them is the fund's; ``scalars`` are copies.
        """
        return [
            LedgerState(
                np.concatenate([self.scalars[: layout.OWN], own]),
                self.shares[s],
                self.pending[s],
                self.book_return[s],
                Carried(*(part[s] for part in self.carried)),
                self.lots[s],
                self.last_level[s],
                self.wanted_lots[s],
            )
            for s, own in enumerate(self.own)
        ]

    @classmethod
    def opening(cls, inputs: LedgerInputs, sleeves: int) -> "FundState":
        """State of S sleeves before the first day."""
        one = LedgerState.opening(inputs)
        if sleeves == 1:
            return cls.of_one(one)
        own = np.zeros((sleeves, layout.N_SCALARS - layout.OWN))
        return _with_axis(one, own, lambda part: np.repeat(part[None], sleeves, axis=0))


def _with_axis(
    state: LedgerState, own: Floats, widened: Callable[[NDArray[Any]], NDArray[Any]]
) -> FundState:
    """Return a state with an axis of sleeves before every array but the money."""
    carried: list[Any] = [widened(part) for part in state.carried]
    return FundState(
        state.scalars,
        own,
        widened(state.shares),
        widened(state.pending),
        widened(state.book_return),
        Carried(*carried),
        widened(state.lots),
        widened(state.last_level),
        widened(state.wanted_lots),
    )


def opening_state(inputs: LedgerInputs) -> LedgerState | FundState:
    """Return the state before the first day: of the one sleeve, or of all."""
    sleeves = len(inputs.hedge.ratio)
    return LedgerState.opening(inputs) if sleeves == 1 else FundState.opening(inputs, sleeves)
