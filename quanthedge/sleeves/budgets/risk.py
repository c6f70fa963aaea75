"""A budget of risk: decisions sized by what the sleeve's own gain has moved.

References
----------
Bühlmann, H. (1967), "Experience rating and credibility", ASTIN Bulletin 4(3): the weight
n / (n + k) of n own observations against a prior.
"""

import numpy as np
from pydantic import ConfigDict, Field

from quanthedge.plain import Told
from quanthedge.portfolio import Every
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.sleeves.budgets.shares import BudgetShares
from quanthedge.typing import Floats, Ints

__all__ = ["RiskReview", "risk_shares"]


class RiskReview(Told):
    """How a budget of risk becomes one of capital, and when that is looked at again.

    At the close of a review, s is the standard deviation, a year, of the sleeve's daily gain per
    yuan of budget on the n of the last ``window`` days on which it held anything, in a run on paper
    of the fund with that sleeve alone and the budget ``start``. ``start`` says what it was thought
    to be beforehand, budget / start, which weighs as many days as ``prior_days``:

        sigma^2 = (n s^2 + prior_days (budget / start)^2) / (n + prior_days)

    since days that were calm say little of those that will not be. Its decisions are then parts of

        budget / sigma,   at most ``most``

    of the equity. Of fewer than ``fewest`` days nothing is known: what stood before stays.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float = Field(
        gt=0, le=3, description="Part of the equity that decisions are parts of until it is known."
    )
    every: Every = Field(
        default="month",
        description="When it is reviewed: 'month', 'week', or a number of trading days.",
    )
    window: int = Field(
        default=120, ge=20, description="Days with a position that are looked back on."
    )
    fewest: int = Field(
        default=40, ge=2, description="Days with a position below which nothing is known."
    )
    prior_days: int = Field(
        default=120,
        ge=0,
        description="Days with a position that the volatility by which start was stated weighs as.",
    )
    most: float = Field(
        default=1.0, gt=0, le=3, description="Largest part of the equity, whatever the risk."
    )
    band: float = Field(
        default=0.10, ge=0, le=1, description="Change of the share up to which it stays as it was."
    )


def risk_shares(
    budget: float, review: RiskReview, rows: Ints, gains: Floats, tied: Floats
) -> BudgetShares:
    """Return what a budget of risk makes of the stated start at each review.

    Parameters
    ----------
    budget : float
        Volatility a year, of the equity.
    review : RiskReview
    rows : int64 [R]
        Days of the reviews, counted from the close before the first of ``gains``.
    gains, tied : float64 [T]
        What the sleeve earned each day on paper, and held at the close, a fraction of its budget.
    """
    active = np.flatnonzero((tied > 0.0) | (gains != 0.0))
    standing = 1.0
    shares, asks, reasons, figures = [], [], [], []
    for row in rows.tolist():
        known = active[active < row][-review.window :]
        sigma = np.nan
        if known.size >= review.fewest:
            own = float(gains[known].var(ddof=1)) * TRADING_DAYS_A_YEAR
            days, prior = known.size, review.prior_days
            sigma = np.sqrt((days * own + prior * (budget / review.start) ** 2) / (days + prior))
        asked = budget / sigma / review.start if sigma > 0.0 else standing
        wanted = min(asked, review.most / review.start)
        kept = abs(wanted - standing) <= review.band
        standing = standing if kept else wanted
        shares.append(standing)
        asks.append(asked)
        figures.append(sigma)
        if not sigma > 0.0:
            reasons.append("unknown")
        elif kept:
            reasons.append("kept")
        else:
            reasons.append("more" if standing > 1.0 else "less" if standing < 1.0 else "stated")
    return BudgetShares(rows, np.array(shares), np.array(asks), tuple(reasons), np.array(figures))
