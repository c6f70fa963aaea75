"""What factors of company reports have in common: one figure a publication, spread over days."""

import numpy as np

from quanthedge.factors.base import Factor, Rows, as_rows
from quanthedge.market import Market, ReportHistory
from quanthedge.typing import Floats

__all__ = ["YEAR", "ReportFactor", "deviation"]

YEAR = 4  # quarters


class ReportFactor(Factor):
    """A factor that changes only when a company reports."""

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the publications and the factor after each of them, [E]."""
        raise NotImplementedError

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the factor as last published by each day, [R, N].

        Raises
        ------
        DataError
            The market has no table statements.
        """
        days = as_rows(market, rows)
        history, figures = self.per_report(market)
        return history.as_of(figures, days)


def deviation(values: Floats, least: int) -> Floats:
    """Return the sample deviation (n - 1) of each row's known values, [E].

    NaN where fewer than `least` are known, or where they do not differ.
    """
    known = np.isfinite(values)
    count = known.sum(axis=1)
    mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    square = np.where(known, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    found = np.sqrt(square / np.maximum(count - 1, 1))
    size = np.where(known, np.abs(values), 0.0).max(axis=1, initial=0.0)
    # values that are alike but for rounding have no deviation to divide by
    return np.where((count >= least) & (found > 1e-12 * size), found, np.nan)
