"""Market structure: how large a company is, how much of it is traded, and what it belongs to."""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import (
    Factor,
    Rows,
    as_rows,
    market_value,
    positive,
    rows_before,
)
from quanthedge.factors.windows import alive
from quanthedge.market import Market
from quanthedge.operators import neutralise, standardise
from quanthedge.typing import Floats

__all__ = ["Age", "FreeFloat", "IndexMember", "IndustryMomentum", "MidSize", "Size"]


class Size(Factor):
    """Logarithm of the total market value.

    Notes
    -----
    Formula: ln(close x total_shares), yuan.
    Undefined: no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses the close and the share count of t.
    """

    kind: Literal["size"] = "size"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return ln(last close x total shares), [R, N]."""
        return np.asarray(np.log(market_value(market, as_rows(market, rows))))


class MidSize(Factor):
    """What the middle of the sizes has beside both ends: the cube of size, orthogonal to it.

    Notes
    -----
    Formula: z = ln(close x total_shares) standardised over all listed stocks of the day; the
    residual of a regression of z^3 on a constant and z.
    Undefined: no price or share count yet, or no longer listed.
    Suspension: the last close stands.
    Look-ahead: day t uses closes and share counts of t, of all stocks.
    """

    kind: Literal["mid_size"] = "mid_size"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the cube of standardised size, orthogonal to size, [R, N]."""
        days = as_rows(market, rows)
        size = np.log(market_value(market, days))
        grade = standardise(np.where(alive(market, days), size, np.nan))
        return neutralise(grade * grade * grade, others=grade)


class FreeFloat(Factor):
    """Share of a company that may be traded: what is in short supply is bid up.

    Notes
    -----
    Formula: float_shares / total_shares.
    Undefined: a share count is not known.
    Suspension: the last counts stand.
    Look-ahead: day t uses the share counts of t.
    """

    kind: Literal["free_float"] = "free_float"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return float shares over total shares, [R, N]."""
        days = as_rows(market, rows)
        total = positive(market.panel("total_shares")[days])
        return np.asarray(market.panel("float_shares")[days] / total)


class Age(Factor):
    """How long a stock has been listed: the young are bought too dear.

    Notes
    -----
    Formula: ln(1 + calendar days since the first trading day).
    Undefined: not listed yet, or no longer.
    Suspension: time goes on.
    Look-ahead: day t uses the listing date.
    """

    kind: Literal["age"] = "age"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return ln(1 + calendar days since listing), [R, N]."""
        days = as_rows(market, rows)
        since = market.dates[days][:, None] - market.list_dates()[None, :]
        count = np.where(alive(market, days), since / np.timedelta64(1, "D"), np.nan)
        return np.asarray(np.log1p(np.where(count >= 0, count, np.nan)))


class IndexMember(Factor):
    """Whether a stock is in an index: what funds have to hold is dear.

    Notes
    -----
    Formula: 1 for a member of the index on the day, 0 for other stocks.
    Undefined: no price yet, or no longer listed.
    Suspension: the membership stands.
    Look-ahead: day t uses the members of t.
    """

    kind: Literal["index_member"] = "index_member"
    index: str = Field(default="000300.SH", description="Index whose members count.")

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return 1 for members and 0 for others, [R, N]."""
        days = as_rows(market, rows)
        there = alive(market, days) & np.isfinite(market.panel("mark")[days])
        return np.where(there, market.members(self.index)[days].astype(np.float64), np.nan)


class IndustryMomentum(Factor):
    """Return of a stock's industry: industries go on as they went.

    Notes
    -----
    Formula: mean total return (adjusted close[t] / adjusted close[t - window] - 1) of the stocks of
    the industry of today, weighted by their market values of day t - window.
    Undefined: industry not known, no price yet, no longer listed, or nobody in the industry that
    was listed ``window`` days before.
    Suspension: the last close stands on either end.
    Look-ahead: day t uses closes of days up to t and the industries of t.
    """

    kind: Literal["industry_momentum"] = "industry_momentum"
    window: int = Field(
        default=126, ge=1, le=1000, description="Trading days back to the start of the return."
    )

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the value-weighted return of each stock's industry, [R, N]."""
        from quanthedge.factors.kernels import group_means

        days = as_rows(market, rows)
        early, exists = rows_before(days, self.window)
        mark, factor = market.panel("mark"), market.panel("adj_factor")
        there = alive(market, days) & np.isfinite(mark[days])
        change = mark[days] * factor[days] / positive(mark[early] * factor[early]) - 1.0
        value = np.where(exists & there, market_value(market, early), np.nan)
        industry = np.where(there, market.industry()[0][days], -1)
        result = np.full(change.shape, np.nan)
        group_means(change, value, industry, result)
        return result
