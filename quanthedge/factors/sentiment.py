"""Market sentiment: how much a stock is traded, how it has moved, how nervous it is.

Windows count trading days of the market. A day on which the stock did not trade counts as no
observation; a stock with fewer
than half of the window's days is not defined.
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import FactorBase, Floats, Rows, as_rows, window_of
from quanthedge.market import Market

__all__ = ["Illiquidity", "Momentum", "Reversal", "Turnover", "Volatility"]


def _mean(values: Floats, window: int) -> Floats:
    """Return the mean over days of the finite values, NaN where fewer than half the window."""
    finite = np.isfinite(values)
    count = finite.sum(axis=0)
    total = np.where(finite, values, 0.0).sum(axis=0)
    return np.where(2 * count >= window, total / np.maximum(count, 1), np.nan)


class Turnover(FactorBase):
    """Mean daily turnover: shares traded over freely tradable shares.

    References
    ----------
    Datar, Naik and Radcliffe (1998), Liquidity and stock returns; Liu, Stambaugh and Yuan (2019),
    Size and value in
    China, whose sentiment factor is abnormal turnover.
    """

    kind: Literal["turnover"] = "turnover"
    window: int = Field(default=20, ge=2, le=500)
    family: ClassVar[str] = "sentiment"
    sign: ClassVar[int] = -1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of volume / float shares over the window, [R, N]."""
        volume, shares = market.panel("volume"), market.panel("float_shares")
        result = [
            _mean(
                window_of(volume, t, self.window) / window_of(shares, t, self.window), self.window
            )
            for t in as_rows(market, rows)
        ]
        return np.array(result).reshape(-1, len(market.codes))


class Reversal(FactorBase):
    """Total return of the last days: what fell tends to recover.

    References
    ----------
    Jegadeesh (1990), Evidence of predictable behavior of security returns.
    """

    kind: Literal["reversal"] = "reversal"
    window: int = Field(default=20, ge=1, le=500)
    family: ClassVar[str] = "sentiment"
    sign: ClassVar[int] = -1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the total return over the window, dividends included, [R, N]."""
        return _total_return(market, as_rows(market, rows), self.window, 0)


class Momentum(FactorBase):
    """Total return of the last year without its last month.

    References
    ----------
    Jegadeesh and Titman (1993), Returns to buying winners and selling losers.
    """

    kind: Literal["momentum"] = "momentum"
    window: int = Field(default=243, ge=2, le=1000)
    skip: int = Field(default=20, ge=0, le=250)
    family: ClassVar[str] = "sentiment"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the total return from ``window`` to ``skip`` days ago, [R, N]."""
        return _total_return(market, as_rows(market, rows), self.window, self.skip)


def _total_return(market: Market, days: np.ndarray, window: int, skip: int) -> Floats:
    mark, factor = market.panel("mark"), market.panel("adj_factor")
    late, early = days - skip, days - window
    exists = (early >= 0) & (late > early)
    late, early = np.maximum(late, 0), np.maximum(early, 0)
    change = mark[late] * factor[late] / (mark[early] * factor[early]) - 1.0
    return np.where(exists[:, None], change, np.nan)


class Volatility(FactorBase):
    """Standard deviation of daily returns.

    References
    ----------
    Ang, Hodrick, Xing and Zhang (2006), The cross-section of volatility and expected returns.
    """

    kind: Literal["volatility"] = "volatility"
    window: int = Field(default=60, ge=5, le=500)
    family: ClassVar[str] = "sentiment"
    sign: ClassVar[int] = -1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the sample standard deviation of daily returns over the window, [R, N]."""
        returns = market.panel("simple_return")
        result = []
        for t in as_rows(market, rows):
            values = window_of(returns, t, self.window)
            count = np.isfinite(values).sum(axis=0)
            centred = values - _mean(values, self.window)
            squares = np.where(np.isfinite(centred), centred, 0.0) ** 2
            deviation = np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 1))
            result.append(np.where((2 * count >= self.window) & (count >= 2), deviation, np.nan))
        return np.array(result).reshape(-1, len(market.codes))


class Illiquidity(FactorBase):
    """Mean absolute return for each hundred million yuan traded.

    References
    ----------
    Amihud (2002), Illiquidity and stock returns.
    """

    kind: Literal["illiquidity"] = "illiquidity"
    window: int = Field(default=20, ge=2, le=500)
    family: ClassVar[str] = "sentiment"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the mean of |return| / (amount / 1e8), [R, N]."""
        returns, amount = market.panel("simple_return"), market.panel("amount")
        result = []
        for t in as_rows(market, rows):
            traded = window_of(amount, t, self.window)
            ratio = np.abs(window_of(returns, t, self.window)) * 1e8
            result.append(_mean(ratio / np.where(traded > 0, traded, np.nan), self.window))
        return np.array(result).reshape(-1, len(market.codes))
