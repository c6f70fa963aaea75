"""Puts together what the ledger is given to state suspended holdings."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.ledger import Bars, StockBook, ValuationBook
from quanthedge.market import Market
from quanthedge.typing import Floats
from quanthedge.valuation.industries import IndexReturns, index_returns_of
from quanthedge.valuation.terms import Valuation

__all__ = ["Stated", "no_restatement"]


class Stated(NamedTuple):
    """Stated values of a span.

    Attributes
    ----------
    book : ValuationBook
        As the ledger takes it.
    days : int16 [T + 1, N]
        Number of the day of a suspension; 0 on a day of trading. [0, 0] with last closes.
    returns : IndexReturns or None
        The indices followed, by row of the market; None with last closes.
    """

    book: ValuationBook
    days: NDArray[np.int16]
    returns: IndexReturns | None

    @classmethod
    def of(
        cls,
        terms: Valuation,
        market: Market,
        first: int,
        bars: Bars,
        stocks: StockBook,
        hedged: Floats,
        beta: Floats,
    ) -> "Stated":
        """Return what the stocks of a span are stated at.

        Parameters
        ----------
        terms : Valuation
        market : Market
        first : int
            The market's row of the span's first day.
        bars, stocks : of the span's T days
        hedged : float64 [rows of the market]
            Daily returns of the first index that is hedged.
        beta : float64 [T + 1, N] or [0, 0]
            Betas to it as known at the closes ``first - 1 ..``, for the method ``beta``; else none.
        """
        from quanthedge.valuation.kernels import restate

        n_days, n = bars.close.shape
        if terms.suspended == "last_close":
            return cls(no_restatement(), np.zeros((0, 0), dtype=np.int16), None)
        stop = first + n_days
        if terms.suspended == "index_return" and terms.index == "industry":
            returns = index_returns_of(market, stop)
        else:
            returns = _one_index(hedged[:stop], n)
        ratio, days = np.empty((n_days + 1, n)), np.empty((n_days + 1, n), dtype=np.int16)
        restate(
            first, market.panel("close")[:stop], returns.group, returns.growth,
            np.ascontiguousarray(beta),
            bars, stocks, ratio, days,
        )  # fmt: skip
        always = np.zeros((0, 0), dtype=np.bool_)
        if terms.from_day is not None:
            always = days >= terms.from_day
        return cls(ValuationBook(ratio, always, terms.materiality), days, returns)


def no_restatement() -> ValuationBook:
    """Return the book of a fund that states every stock at its last close."""
    return ValuationBook(np.zeros((0, 0)), np.zeros((0, 0), dtype=np.bool_), 0.0)


def _one_index(returns: Floats, n: int) -> IndexReturns:
    """Return the returns of one index, 0 where it has none, for all stocks."""
    growth = np.nan_to_num(returns)[:, None]
    sources = pd.DataFrame({"name_en": ["hedged"], "name_zh": ["对冲指数"], "index": ["hedged"]})
    group = np.zeros((returns.size, n), dtype=np.int16)
    return IndexReturns(group, growth, sources, np.zeros(growth.shape, dtype=np.bool_))
