"""What factors of trailing windows share: which days must have traded, and what is read for them.

Windows count trading days of the market and end with the day asked for. A day without trading is
no observation; a stock that traded on fewer than ``min_traded`` of the window's days is undefined,
and so is every stock where the data do not reach back over the window.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, positive, rows_before
from quanthedge.market import Market
from quanthedge.operators import rolling_sum
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["WINDOW", "WindowFactor", "alive", "over_window", "panels_of"]

WINDOW = "Trading days of the market, the last one included."


class WindowFactor(Factor):
    """A factor of the last ``window`` days."""

    min_traded: float = Field(
        default=0.5, gt=0, le=1, description="Share of the window's days that must have traded."
    )

    def least(self, days: int) -> int:
        """Return how many observations are enough for a window of so many days."""
        return int(np.ceil(self.min_traded * days - 1e-9))

    def total_return(self, market: Market, days: Ints, window: int, skip: int) -> Floats:
        """Return the total return from ``window`` to ``skip`` days ago, [R, N]."""
        mark, factor = market.panel("mark"), market.panel("adj_factor")
        late, known = rows_before(days, skip)
        early, exists = rows_before(days, window)
        change = mark[late] * factor[late] / positive(mark[early] * factor[early]) - 1.0
        traded = panels_of(market, "traded")
        count = over_window(rolling_sum, lambda span: traded(span)[0], late, window - skip)
        enough = count >= self.least(window - skip)
        return np.where(enough & exists & known, change, np.nan)


def _recent(days: Ints, window: int) -> tuple[slice, Ints]:
    """Return the rows that windows ending on some days reach, and the days' places among them.

    The rows begin with a multiple of the window, so that an operator cuts them into the same
    blocks as the whole, and finds the same to the last bit.
    """
    if not days.size:
        return slice(0, 0), days
    first = max(int(days.min()) - window + 1, 0) // window * window
    return slice(first, int(days.max()) + 1), days - first


def over_window(
    operator: Callable[..., Any],
    values: Callable[[slice], Any],
    days: Ints,
    window: int,
    *more: Any,
    **options: Any,
) -> Any:
    """Return what an operator finds in the windows that end on some days.

    Parameters
    ----------
    operator
        Of quanthedge.operators: takes values, a window, what follows here, and rows.
    values
        Of a span of rows; a tuple for operators of two arrays. Only the rows that the windows
        reach are asked for.
    """
    span, rows = _recent(days, window)
    found = values(span)
    arrays = found if isinstance(found, tuple) else (found,)
    return operator(*arrays, window, *more, rows=rows, **options)


def panels_of(market: Market, *names: str) -> Callable[[slice], tuple[Floats, ...]]:
    """Return a function that gives panels on a span of rows."""
    panels = [market.panel(name) for name in names]
    return lambda span: tuple(np.asarray(panel[span]) for panel in panels)


def alive(market: Market, days: Ints) -> Bools:
    """Return which stocks have had their first trading day and are not gone, [R, N]."""
    day = days[:, None]
    return np.asarray((market.list_index() <= day) & (market.delist_index() > day))
