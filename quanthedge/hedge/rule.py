"""What a strategy says about its hedge."""

import math
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from quanthedge.hedge.contracts.schedule import Fill
from quanthedge.hedge.policies import Calendar, Policy
from quanthedge.hedge.ratios.ratios import HedgeRatio
from quanthedge.plain import Plain

__all__ = ["HedgeRule", "Product", "target_lots"]

Product = Literal["IF", "IH", "IC", "IM"]


def _number_or_rule(value: object) -> str:
    return "number" if isinstance(value, int | float | str) else "rule"


Ratio = Annotated[
    Annotated[float, Field(ge=0), Tag("number")] | Annotated[HedgeRatio, Tag("rule")],
    Discriminator(_number_or_rule),
]


class HedgeRule(Plain):
    """Short index futures against the stock book, as strategies name them.

    Examples
    --------
    >>> HedgeRule(product="IC").products
    ('IC',)
    >>> HedgeRule(product=("IF", "IC"), risk_aversion=10.0).products
    ('IF', 'IC')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Product | tuple[Product, ...] = Field(
        default="IF", description="Index futures sold short: one product, or several jointly."
    )
    ratio: Ratio = Field(
        default=1.0,
        description="Futures value wanted: a number in units of beta x stock value, or a rule.",
    )
    range: tuple[float, float] | None = Field(
        default=None,
        description="Least and largest futures value as a fraction of the stocks, such as 0.8, 1.2 "
        "for an absolute-return public fund.",
    )
    risk_aversion: float = Field(
        default=0.0,
        ge=0,
        description="Of the joint choice of lots: variance is weighed against expected carry and "
        "roll costs; 0 = whole lots nearest to the exposure, whatever the carry.",
    )
    contract: Literal["front", "next", "quarter", "main", "cheapest_carry"] = Field(
        default="front", description="Which listed month is held."
    )
    roll: Literal["days", "open_interest", "basis"] = Field(
        default="days", description="When the hedge goes to the following contract."
    )
    roll_days: int = Field(
        default=4,
        ge=0,
        description="Trading days before the last trading day from which on the hedge is rolled.",
    )
    roll_window: int = Field(
        default=5,
        ge=0,
        description="Trading days before the latest roll day in which roll = 'basis' may act.",
    )
    fill: Literal["stocks", "open", "open_after_stocks", "close", "vwap", "settlement"] = Field(
        default="stocks",
        description="Price of the day of futures orders; 'stocks' = as for them. Where it comes "
        "before the stock fills by the trading hours of the day, the lots are those of the "
        "expected book; 'open_after_stocks' = the open with the lots of the day's stock fills, "
        "which nobody could do before 2016.",
    )
    policy: Policy = Field(
        default_factory=lambda: Calendar(every_days=5),
        description="When the number of lots is reviewed besides the days on which stocks trade.",
    )
    account: Literal["hedging", "speculative"] = Field(
        default="hedging", description="Trading code at the exchange: margin and limits differ."
    )
    quota_lots: int | None = Field(
        default=None,
        ge=1,
        description="Hedging quota: lots that may be held in one contract; none = large enough.",
    )

    @property
    def sells_nothing(self) -> bool:
        """Whether no contract is ever wanted: a ratio of 0 that nothing lifts above it."""
        return self.ratio == 0.0 and self.range is None and self.risk_aversion == 0.0

    @property
    def products(self) -> tuple[str, ...]:
        """The products, one or several."""
        return (self.product,) if isinstance(self.product, str) else self.product

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.products or len(set(self.products)) != len(self.products):
            raise ValueError("product names each of IF, IH, IC, IM at most once, at least one")
        if self.range is not None and not 0 <= self.range[0] <= self.range[1]:
            raise ValueError("range is two numbers, 0 <= least <= largest")
        if self.quota_lots is not None and self.account == "speculative":
            raise ValueError("quota_lots is of the hedging account; leave it out or change account")
        return self

    def fill_price(self, stock_fill: Literal["open", "vwap", "close"]) -> Fill:
        """Return the price of the day at which futures are traded."""
        if self.fill == "open_after_stocks":
            return "open"
        return stock_fill if self.fill == "stocks" else self.fill


def target_lots(
    book_value: float, book_beta: float, ratio: float, futures_price: float, multiplier: float
) -> int:
    """Return the whole lots to be short for a stock book.

    Parameters
    ----------
    book_value : float
        Stocks held, yuan.
    book_beta : float
        Beta of the book to the index of the future.
    ratio : float
        Part of the beta that is hedged, 1 = all of it.
    futures_price : float
        Points.
    multiplier : float
        Yuan per point.

    Returns
    -------
    int
        ``ratio x beta x value / (price x multiplier)``, rounded half up, never below 0: a book
        of negative beta is left alone, because the fund only sells futures short.

    Examples
    --------
    >>> target_lots(75e6, 0.96, 1.0, 2400.0, 300.0)  # exactly 100 lots of 720,000 yuan
    100
    >>> target_lots(75e6, -0.1, 1.0, 2400.0, 300.0)
    0

    """
    return max(0, math.floor(ratio * book_beta * book_value / (multiplier * futures_price) + 0.5))
