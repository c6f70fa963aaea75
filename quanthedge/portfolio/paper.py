"""The paper book: what was decided before, as it stands at the close of the next decision.

An optimiser weighs a trade against what is held. What the ledger holds depends on fills, cash and
flows of investors; targets must depend on the market and the strategy alone, so that a stage of
them can be kept and a decision be made again at any time. The paper book is decided at a close and
drifts with the total returns of its stocks to the next: a suspended stock keeps its price, one that
is gone has been paid out at its last. Its equity earns the stocks' returns less those of the
contracts that were sold, before costs and fees.
"""

import numpy as np

from quanthedge.market import Market
from quanthedge.portfolio.circumstances import Circumstances
from quanthedge.rules import index_of
from quanthedge.typing import Floats

__all__ = ["PaperBook"]


class PaperBook:
    """Weights and size of the stock book between decisions.

    Attributes
    ----------
    held : float64 [N]
        Fractions of the stock book; the rest to 1 is cash.
    book_yuan : float
    """

    def __init__(self, market: Market, circumstances: Circumstances) -> None:
        self._market, self._invested = market, circumstances.invested_fraction
        self._worth = market.panel("mark"), market.panel("adj_factor")
        self._gone = market.delist_index()
        product = circumstances.products[0] if circumstances.products else None
        self._index = None if product is None else market.index_close(index_of(product))
        self._equity = circumstances.capital_yuan
        self._row, self._sold_yuan = -1, 0.0
        self.held: Floats = np.zeros(len(market.codes))

    @property
    def book_yuan(self) -> float:
        """Yuan of the stock book on a rebalance."""
        return self._invested * self._equity

    def carry_to(self, row: int) -> None:
        """Let the book drift from the decision before to the close of a row."""
        if self._row < 0:
            return
        names = np.flatnonzero(self.held)
        begin, end = (self._worth[0][t, names] * self._worth[1][t, names] for t in (self._row, row))
        now = self.held[names] * end / begin
        gain = float(now.sum() - self.held[names].sum())
        hedge = 0.0
        if self._index is not None:
            hedge = self._sold_yuan * (self._index[row] / self._index[self._row] - 1.0)
        self._equity += self.book_yuan * gain - float(np.nan_to_num(hedge))
        self.held = np.zeros_like(self.held)
        self.held[names] = np.where(self._gone[names] > row, now / (1.0 + gain), 0.0)

    def decide(self, row: int, weights: Floats, sold_yuan: float) -> None:
        """Take the weights that were decided at the close of a row, and the contracts sold."""
        self._row, self.held, self._sold_yuan = row, weights, sold_yuan
