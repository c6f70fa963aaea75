"""What every factor is: frozen parameters, a family, a sign and an exposure per day and stock."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.plain import Plain
from quanthedge.typing import Floats, Ints

__all__ = ["FactorBase", "Rows", "as_rows", "market_value", "positive", "rows_before", "trailing"]

Rows = Sequence[int] | Ints | None


class FactorBase(Plain):
    """A factor: ``exposure`` gives one number per day and stock, NaN where it is not defined.

    Row t uses what was public by the close of day t and nothing later: prices and volumes of days
    up to t, and the last fundamentals whose known date is not after t. Rows do not depend on which
    other rows are asked for.

    Attributes
    ----------
    family : str
        valuation, growth, quality, sentiment or structure.
    sign : int
        +1 where published research finds that high exposures earn more, -1 where it finds the
        opposite. The exposure itself is raw; scores apply the sign.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: ClassVar[str]
    sign: ClassVar[int]

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the raw exposure, [len(rows), N].

        Parameters
        ----------
        market : Market
        rows : sequence of int, optional
            Day indices, 0 <= row < T; all days by default.
        """
        raise TypeError(f"{type(self).__name__} is no factor: it defines no exposure")


def as_rows(market: Market, rows: Rows) -> Ints:
    """Return the day indices asked for, all days by default.

    Raises
    ------
    DataError
        For a row outside the market: a negative one would silently be a day of the future.
    """
    if rows is None:
        return np.arange(len(market.dates))
    days = np.asarray(rows, dtype=np.int64)
    if days.size and (days.min() < 0 or days.max() >= len(market.dates)):
        raise DataError(
            f"rows {days.min()}..{days.max()} reach outside the market '{market.name}', whose days "
            f"are 0..{len(market.dates) - 1}; use Market.day to find a row"
        )
    return days


def rows_before(days: Ints, lag: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the rows ``lag`` trading days before, and which of them exist, [R] and [R, 1]."""
    before = days - lag
    return np.maximum(before, 0), (before >= 0)[:, None]


def positive(values: Floats) -> Floats:
    """Return the values, NaN where they are not above 0: what can stand below a fraction line."""
    return np.where(values > 0, values, np.nan)


def market_value(market: Market, days: Ints) -> Floats:
    """Return the total market value, yuan, [R, N]: last close x total shares as last known."""
    return positive(market.panel("mark")[days] * market.panel("total_shares")[days])


def trailing(market: Market, item: str, days: Ints, *, fallback: bool) -> Floats:
    """Return twelve months of an item as last published, yuan, [R, N].

    Parameters
    ----------
    item : str
        net_profit, revenue or dividend.
    fallback : bool
        Take the last annual report where ``<item>_ttm`` is missing. A market without
        ``<item>_last_annual`` has nothing to fall back on, and the value stays undefined.
    """
    values = np.asarray(market.fundamental(f"{item}_ttm")[days])
    if fallback and f"{item}_last_annual" in market.fundamental_items():
        annual = market.fundamental(f"{item}_last_annual")[days]
        values = np.where(np.isnan(values), annual, values)
    return values
