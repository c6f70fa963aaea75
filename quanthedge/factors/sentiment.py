"""Market sentiment: how much a stock is traded, how it has moved, how nervous it is.

Windows count trading days of the market and end with the day asked for. A day without trading is
no observation; a stock that traded on fewer than ``min_traded`` of the window's days is undefined,
and so is every stock where the data do not reach back over the window.
"""

from collections.abc import Callable
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.factors.base import Factor, Rows, as_rows, positive, rows_before
from quanthedge.factors.kernels import window_deviations
from quanthedge.market import Market
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats, Ints

__all__ = ["Illiquidity", "Momentum", "Reversal", "Turnover", "Volatility"]

_WINDOW = "Trading days of the market, the last one included."


class _WindowFactor(Factor):
    """A factor of the last ``window`` days."""

    min_traded: float = Field(
        default=0.5, gt=0, le=1, description="Share of the window's days that must have traded."
    )

    def _enough(self, count: Ints, days: int) -> np.ndarray:
        """Return where so many observations are enough for a window of so many days."""
        return np.asarray(count >= np.ceil(self.min_traded * days - 1e-9))

    def _mean(self, values: Floats) -> Floats:
        """Return the mean of the observations [W, N] over days; NaN where there are too few."""
        known = np.isfinite(values)
        count = known.sum(axis=0)
        total = np.where(known, values, 0.0).sum(axis=0)
        return np.where(self._enough(count, len(values)), total / np.maximum(count, 1), np.nan)

    def _total_return(self, market: Market, days: Ints, window: int, skip: int) -> Floats:
        """Return the total return from ``window`` to ``skip`` days ago, [R, N]."""
        mark, factor = market.panel("mark"), market.panel("adj_factor")
        late, known = rows_before(days, skip)
        early, exists = rows_before(days, window)
        change = mark[late] * factor[late] / positive(mark[early] * factor[early]) - 1.0
        traded = market.panel("traded")
        counts = [
            traded[start + 1 : end + 1].sum(axis=0) for start, end in zip(early, late, strict=True)
        ]
        enough = self._enough(np.array(counts).reshape(change.shape), window - skip)
        return np.where(enough & exists & known, change, np.nan)


def _over_windows(
    panels: list[Floats], days: Ints, window: int, statistic: Callable[..., Floats]
) -> Floats:
    """Return a statistic of each day's window of the panels, [R, N]; only these days are read."""
    result = np.full((days.size, panels[0].shape[1]), np.nan)
    for r, t in enumerate(days):
        if t + 1 >= window:
            result[r] = statistic(*(panel[t - window + 1 : t + 1] for panel in panels))
    return result


class Turnover(_WindowFactor):
    """Mean daily turnover: shares traded over freely tradable shares.

    Notes
    -----
    Formula: mean over the window's traded days of volume / float_shares.
    Undefined: too few traded days (``min_traded``).
    Suspension: days without trading are left out of the mean, not counted as 0, so that a stock
    does not look calm because it was halted.
    Look-ahead: day t uses volumes of days up to t.
    """

    kind: Literal["turnover"] = "turnover"
    window: int = Field(default=20, ge=2, le=500, description=_WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of volume / float shares over the window, [R, N]."""
        panels = [market.panel("volume"), market.panel("float_shares")]
        return _over_windows(
            panels,
            as_rows(market, rows),
            self.window,
            lambda volume, shares: self._mean(volume / positive(shares)),
        )


class Reversal(_WindowFactor):
    """Total return of the last days: what fell tends to recover.

    Notes
    -----
    Formula: adjusted close[t] / adjusted close[t - window] - 1, dividends included.
    Undefined: not listed ``window`` days before, or too few traded days since (``min_traded``).
    Suspension: the last close stands on either end.
    Look-ahead: day t uses closes of days up to t.
    """

    kind: Literal["reversal"] = "reversal"
    window: int = Field(default=20, ge=1, le=500, description=_WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the total return over the window, dividends included, [R, N]."""
        return self._total_return(market, as_rows(market, rows), self.window, 0)


class Momentum(_WindowFactor):
    """Total return of the last year without its last month.

    Notes
    -----
    Formula: adjusted close[t - skip] / adjusted close[t - window] - 1, dividends included.
    Undefined: not listed ``window`` days before, or too few traded days between (``min_traded``).
    Suspension: the last close stands on either end.
    Look-ahead: day t uses closes of days up to t - skip.
    """

    kind: Literal["momentum"] = "momentum"
    window: int = Field(
        default=TRADING_DAYS_A_YEAR,
        ge=2,
        le=1000,
        description="Trading days back to the start of the return.",
    )
    skip: int = Field(
        default=20, ge=0, le=250, description="Trading days back to its end; less than window."
    )

    @model_validator(mode="after")
    def _skip_within_window(self) -> Self:
        if self.skip >= self.window:
            raise ValueError(f"skip {self.skip} must be less than window {self.window}")
        return self

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the total return from ``window`` to ``skip`` days ago, [R, N]."""
        return self._total_return(market, as_rows(market, rows), self.window, self.skip)


class Volatility(_WindowFactor):
    """Standard deviation of daily returns.

    Notes
    -----
    Formula: sample standard deviation (n - 1) of close / pre_close - 1 over the window's traded
    days, a fraction per day.
    Undefined: too few traded days (``min_traded``), or fewer than two.
    Suspension: days without trading are left out, not counted as a return of 0.
    New listings: the first day's return counts from the issue price, and raises the deviation while
    it is in the window; a universe's filter ``listed`` keeps such stocks out.
    Look-ahead: day t uses returns of days up to t.
    """

    kind: Literal["volatility"] = "volatility"
    window: int = Field(default=60, ge=5, le=500, description=_WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the sample standard deviation of daily returns over the window, [R, N]."""
        days, returns = as_rows(market, rows), market.panel("simple_return")
        found = np.full((days.size, returns.shape[1]), np.nan)
        least = max(2, int(np.ceil(self.min_traded * self.window - 1e-9)))
        window_deviations(returns, days, self.window, least, found)
        return found


class Illiquidity(_WindowFactor):
    """Mean absolute return for each hundred million yuan traded.

    Notes
    -----
    Formula: mean over the window's traded days of |close / pre_close - 1| / (amount / 1e8).
    Undefined: too few traded days (``min_traded``).
    Suspension: days without trading are left out.
    Look-ahead: day t uses returns and amounts of days up to t.
    """

    kind: Literal["illiquidity"] = "illiquidity"
    window: int = Field(default=20, ge=2, le=500, description=_WINDOW)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of |return| / (amount / 1e8), [R, N]."""
        panels = [market.panel("simple_return"), market.panel("amount")]
        return _over_windows(
            panels,
            as_rows(market, rows),
            self.window,
            lambda returns, amount: self._mean(np.abs(returns) / (positive(amount) / 1e8)),
        )
