"""The dividend tax that a public fund would have paid, where the ledger does not levy it.

A market that has only the adjustment factor lets the shares grow by its steps: dividends are
reinvested inside the factor, free of tax. Here each step is read as the cash and the bonus shares
that explain it, and the trades of the run are replayed through the same tax lots as the ledger's
own (docs/ledger.md, "Tax that is not levied").
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.ledger import layout
from quanthedge.ledger.corporate_actions import LOTS, TaxRates, factor_steps, tax_book, with_taxes
from quanthedge.ledger.inputs import ActionBook, TaxBook
from quanthedge.ledger.state import Carried
from quanthedge.typing import Floats, Ints

__all__ = ["DividendSteps", "TaxedRun", "cash_in_step"]

_STEP = 1e-9  # a factor that moves by less stands still
_BONUS_STEP = 0.1  # bonus shares are issued as whole shares on ten
_MOST_CASH = 0.06  # of the price: 99.5% of dividends are less; a larger rest is no dividend


class DividendSteps(NamedTuple):
    """What holders got, by day and stock in order: all that a tax on it asks for."""

    day: Ints  # [A]
    stock: Ints  # [A]
    growth: Floats  # [A] shares held after one share held
    cash: Floats  # [A] yuan per share held
    profit: Floats  # [A] bonus shares out of profit per share held

    def at(self, rows: NDArray[Any]) -> "DividendSteps":
        """Return the steps of some rows, given as a mask or as places."""
        return DividendSteps(
            self.day[rows], self.stock[rows], self.growth[rows], self.cash[rows], self.profit[rows]
        )

    @classmethod
    def of(
        cls,
        book: ActionBook,
        adj_factor: Floats,
        mark: Floats,
        stocks: Ints,
        cash: Floats,
        profit: Floats,
    ) -> "DividendSteps":
        """Return what holders of some stocks got: by the table, and by the factor's other steps.

        Parameters
        ----------
        book : ActionBook
            The actions of the table of corporate actions, if there is one.
        adj_factor, mark : float64 [T + 1, N]
            Factor, and last closes, of the span and the day before it.
        stocks : int64 [K], sorted
            Stocks that were held.
        cash, profit : float64 [A]
            Yuan, and shares out of profit, of each action of the book.
        """
        told_day = np.repeat(np.arange(book.pointer.size - 1), np.diff(book.pointer))
        mine = np.isin(book.stock, stocks)
        factor = adj_factor[:, stocks]
        step = factor_steps(factor)
        moved = np.abs(step - 1.0) > _STEP
        moved[told_day[mine], np.searchsorted(stocks, book.stock[mine])] = False
        day, column = np.nonzero(moved)
        priced = np.isfinite(mark[day, stocks[column]])
        day, column = day[priced], column[priced]
        growth = step[day, column]
        read = cash_in_step(growth) * mark[day, stocks[column]]
        found = cls(
            np.concatenate([told_day[mine], day]),
            np.concatenate([book.stock[mine], stocks[column]]),
            np.concatenate([1.0 + book.bonus[mine], growth]),
            np.concatenate([cash[mine], read]),
            np.concatenate([profit[mine], np.zeros(day.size)]),
        )
        return found.at(np.lexsort((found.stock, found.day)))

    def replayed(
        self, trades: Floats, rates: TaxRates, dates: NDArray[np.datetime64]
    ) -> "TaxedRun":
        """Return the dividends of a run's holdings and the tax on them, paid by the end of the run.

        Parameters
        ----------
        trades : float64 [n, 14]
            As recorded, of stocks and futures.
        steps : DividendSteps
        rates : TaxRates
            Of all trading days before an ex-date of ``steps``, which stand for the record days.
        dates : datetime64[D] [T + 1]
            Trading days of the span and the day before it.

        Notes
        -----
        The lots are the ledger's own: first in first out, each with its day of purchase, grown with
        the holding. What the money would have earned, and the performance fee that is not taken on
        it, are left out.
        """
        place = np.searchsorted(rates.days, dates[self.day])
        rows = pd.DataFrame({"cash_per_share": self.cash, "stock_dividend_per_share": self.profit})
        return tax_of_run(trades, self, tax_book(dates, with_taxes(rows, rates, place)))


class TaxedRun(NamedTuple):
    """Dividends of a run's holdings, yuan, and the tax on them."""

    dividends: float
    withheld: float
    at_sale: float

    @property
    def tax(self) -> float:
        """Tax paid by the end of the run, yuan."""
        return self.withheld + self.at_sale


def cash_in_step(step: Floats) -> Floats:
    """Return the cash dividend in a step of the adjustment factor, as a fraction of the last close.

    Parameters
    ----------
    step : float64 [A]
        Factor after over factor before: last close over ex-date reference price.

    Returns
    -------
    float64 [A]
        0 where the step holds none.

    Notes
    -----
    By the exchanges' ex-date formula ``step = (1 + b) / (1 - y)`` for a bonus of ``b`` shares and a
    dividend of ``y``, each per share (of the price). Of two unknowns and one number the bonus is
    taken as the largest whole number of shares on ten that leaves a dividend,
    ``b = floor(10 (step - 1)) / 10``, and ``y = 1 - (1 + b) / step``. What leaves more than 6% is
    taken for another bonus ratio, a rights issue or a split and counts as no dividend.

    Examples
    --------
    >>> cash_in_step(np.array([1.0, 1 / 0.98, 1.5, 1.5 / 0.99, 1.08, 0.5])).round(4).tolist()
    [0.0, 0.02, 0.0, 0.01, 0.0, 0.0]
    """
    bonus = np.floor(np.maximum(step - 1.0, 0.0) / _BONUS_STEP + 1e-6) * _BONUS_STEP
    cash = 1.0 - (1.0 + bonus) / step
    return np.where((cash > _STEP) & (cash <= _MOST_CASH), cash, 0.0)


def tax_of_run(trades: Floats, steps: DividendSteps, tax: TaxBook) -> TaxedRun:
    """Let the steps, each with its row of the tax book, and the trades of a run pass over lots."""
    from quanthedge.ledger.kernels.actions import N_PARTS, tax_of_events

    codes, stock = np.unique(
        np.concatenate([steps.stock, trades[:, 2].astype(np.int64)]), return_inverse=True
    )
    own = np.flatnonzero(trades[:, 1] == layout.STOCK)
    day = np.concatenate([steps.day, trades[own, 0].astype(np.int64)])
    order = np.argsort(day, kind="stable")  # a step before the trades of its day
    place = np.concatenate([np.arange(steps.day.size), steps.day.size + own])[order]
    quantity = np.concatenate([steps.growth, trades[:, 3]])
    gone = np.append(np.zeros(steps.day.size, np.bool_), trades[:, 12] == layout.DELISTING)
    carried = Carried(
        np.zeros(1), np.zeros((codes.size, LOTS, N_PARTS)), np.zeros(codes.size, dtype=np.int64),
        np.zeros(codes.size), np.zeros(0), np.zeros(0, dtype=np.bool_),
    )  # fmt: skip
    found = tax_of_events(
        day[order], place, stock[place], quantity[place], gone[place], steps.cash, tax, carried
    )
    return TaxedRun(*found)
