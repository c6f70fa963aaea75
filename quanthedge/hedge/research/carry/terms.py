"""How cash-and-carry is done: when it is entered and left, what it costs, what it ties up."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from quanthedge.plain import Told
from quanthedge.rules import cost_field

__all__ = ["CarryTerms", "Month", "Side"]

Month = Literal["front", "next", "quarter", "second quarter"]
Side = Literal["carry", "reverse"]  # stocks bought and futures sold; stocks sold and futures bought


class CarryTerms(Told):
    """Terms of cash-and-carry, as a sleeve would name them.

    Duties, exchange fees, transfer fees, futures fees and margins are those of the rule book on
    each day; commission and slippage are stated here, with the values of ``[costs]`` of a strategy.

    Attributes
    ----------
    entry, exit : float
        Fractions of the capital a year, net of all costs and of `financing`.
    months : tuple
        Listed months that may be entered.
    least_days : int
        Calendar days to delivery.
    fill : {"open", "close"}, optional
        Price of the day after the decision at which both legs are done; the close by default, and
        of a sleeve the price at which its fund trades contracts.
    financing : float or "market"
        A year, on all the capital; "market" = the overnight rate of each day.
    reserve, participation, most_suspended : float
        Fractions of the basket, of the turnover, and of the index.
    commission_rate : float
        Fraction of the amount.
    slippage_bp, futures_slippage_bp : float
        Basis points of the amount, each way.
    account : {"hedging", "speculative"}
        Of the futures: its margin and its limits.

    Raises
    ------
    StrategyError
        When a value is not accepted, or `exit` lies above `entry`.

    Examples
    --------
    >>> import quanthedge as qh
    >>> terms = qh.CarryTerms(entry=0.05, financing=0.0)
    >>> terms.months, terms.slippage_bp
    (('front', 'next'), 5.0)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: float = Field(
        default=0.02, ge=-1, le=5, description="Net return a year from which it is entered."
    )
    exit: float = Field(
        default=-0.05,
        le=5,
        description="Net return a year of what is left below which it is left before delivery; "
        "-inf = never.",
    )
    months: tuple[Month, ...] = Field(
        default=("front", "next"), min_length=1, description="Listed months that may be entered."
    )
    least_days: int = Field(
        default=5,
        ge=1,
        description="Calendar days to delivery below which nothing is entered or left early.",
    )
    fill: Literal["open", "close"] | None = Field(
        default=None,
        description="Price of the next day at which both legs are done; by default the close, of a "
        "sleeve the price at which its fund trades contracts.",
    )
    financing: float | Literal["market"] = Field(
        default="market",
        description="What the capital would earn or cost a year: 'market' = overnight rate, or a "
        "fraction.",
    )
    reserve: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="Cash kept beside the margin for a rise of the index, fraction of the basket.",
    )
    account: Literal["hedging", "speculative"] = Field(
        default="hedging", description="Futures account whose margin and limits hold."
    )
    commission_rate: float = cost_field("commission_rate")
    commission_includes_exchange_fees: bool = cost_field("commission_includes_exchange_fees")
    slippage_bp: float = cost_field(
        "slippage_bp", "Impact of buying or selling the basket, basis points of the amount."
    )
    futures_slippage_bp: float = cost_field("futures_slippage_bp")
    participation: float = Field(
        default=0.10,
        gt=0,
        le=1,
        description="Largest share of a day's turnover, and of the open interest, that is ours.",
    )
    most_suspended: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="Suspended part of the index above which nothing is entered or left early.",
    )

    @property
    def commission_min_yuan(self) -> float:
        """Least commission of an order: none, the orders of a basket are taken as large enough."""
        return 0.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.exit > self.entry:
            raise ValueError(f"exit {self.exit}: accepted: at or below the entry {self.entry}")
        return self
