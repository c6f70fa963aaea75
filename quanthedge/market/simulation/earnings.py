"""Earnings and book values of simulated companies, and the reports that make them public.

Profitability is a mean-reverting random walk by quarter, drawn before any price. Books grow with
retained earnings and drift back to their usual relation to the market value, as prices run ahead
of what companies earn later.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.simulation.companies import Companies, Lives
from quanthedge.market.simulation.settings import SimulationSettings
from quanthedge.typing import Days

__all__ = ["Books", "Profitability", "draw_profitability"]

Array = np.ndarray[Any, Any]
_HISTORY_QUARTERS = 13
_PERSISTENCE, _DEVIATION, _TROUBLED, _CATCH_UP = 0.85, 0.04, -0.12, 0.06


@dataclass(frozen=True)
class Profitability:
    """Return on equity, a fraction per year, by quarter.

    Attributes
    ----------
    quarter_ends
        Ends of the quarters, from _HISTORY_QUARTERS before the start, datetime64[D] [Q].
    closing_row
        Last trading day of each quarter (negative: before the start), int64 [Q].
    rate
        Return on equity, [Q, N].
    """

    quarter_ends: Days
    closing_row: Array
    rate: Array

    def at(self, date: np.datetime64) -> Array:
        """Return the rates of the quarter in which a date lies, [N]."""
        quarter = int(np.searchsorted(self.quarter_ends, date))
        row: Array = self.rate[min(quarter, len(self.rate) - 1)]
        return row


def draw_profitability(
    settings: SimulationSettings,
    calendar: Days,
    companies: Companies,
    lives: Lives,
    draw: np.random.Generator,
) -> Profitability:
    """Draw the return on equity; companies lose money for two years before ST and during it."""
    ends = _quarter_ends(calendar)
    shocks = draw.standard_normal((len(ends), settings.stocks)) * _DEVIATION
    rate = np.empty_like(shocks)
    state = shocks[0]
    for quarter in range(len(ends)):
        if quarter:
            state = _PERSISTENCE * state + np.sqrt(1 - _PERSISTENCE**2) * shocks[quarter]
        rate[quarter] = companies.profitability + state
    closing = np.searchsorted(calendar, ends, side="right") - 1
    closing[ends > calendar[-1]] = len(calendar)
    quarters_ago = np.arange(len(ends)) - int(np.searchsorted(ends, calendar[0]))
    day = quarters_ago[:, None] * 61
    troubled = (day >= lives.special_from - 500) & (day < lives.special_to)
    rate = np.where(troubled, _TROUBLED + 0.4 * (rate - companies.profitability), rate)
    return Profitability(ends, closing, rate)


def _quarter_ends(calendar: Days) -> Days:
    """Return the quarter ends from the history's begin to the quarter after the last day."""
    first = int(calendar[0].astype("datetime64[M]").astype(np.int64))
    first -= first % 3 + 3 * (_HISTORY_QUARTERS - 1)
    last = int(calendar[-1].astype("datetime64[M]").astype(np.int64)) + 4
    months = np.arange(first, last, 3).astype("datetime64[M]")
    return np.asarray(months.astype("datetime64[D]") - np.timedelta64(1, "D"))


class Books:
    """Book values and quarterly earnings, moved on at the end of each quarter.

    Attributes
    ----------
    book
        Book equity now, yuan [N].
    books, earnings
        Book equity at the end of and earnings during each quarter, yuan [Q, N]; NaN: not yet over.
    """

    def __init__(self, companies: Companies, profitability: Profitability) -> None:
        self._companies = companies
        self._profitability = profitability
        self.book = companies.price * companies.shares / companies.price_to_book
        shape = profitability.rate.shape
        self.books = np.full(shape, np.nan)
        self.earnings = np.full(shape, np.nan)
        book = self.book.copy()
        for quarter in np.flatnonzero(profitability.closing_row < 0)[::-1]:
            before = book / (1 + profitability.rate[quarter] / 4)
            self.books[quarter], self.earnings[quarter] = book, book - before
            book = before

    def close_quarter(self, quarter: int, market_value: Array, listed: Array) -> None:
        """Book the earnings of a quarter that ends today.

        Parameters
        ----------
        quarter
            Row of the quarter.
        market_value
            Yuan [N].
        listed
            Whether a stock is listed; the books of others stand still, bool [N].
        """
        earned = self.book * self._profitability.rate[quarter] / 4
        ratio = market_value / (self.book * self._companies.price_to_book)
        grown = np.maximum(self.book + earned, 0.2 * self.book)
        grown = grown * np.exp(_CATCH_UP * np.log(np.clip(ratio, 0.2, 5.0)))
        self.book = np.where(listed, grown, self.book)
        self.books[quarter], self.earnings[quarter] = self.book, earned

    def last_annual_earnings(self, date: np.datetime64) -> Array:
        """Return the earnings of the last calendar year before a date, yuan [N]."""
        year = date.astype("datetime64[Y]").astype("datetime64[D]")
        quarter = int(np.searchsorted(self._profitability.quarter_ends, year)) - 1
        total: Array = self.earnings[quarter - 3 : quarter + 1].sum(axis=0)
        return total
