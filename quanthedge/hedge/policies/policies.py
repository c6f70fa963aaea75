"""Policies as plain data.

A policy watches one exposure, signed: the leverage of a product (below 0 for a short one), or the
futures of a hedge over the stocks (below 0: short). It says whether the exposure is to be changed
now, and where it then lands: on the target, or on the nearest edge of a band. Where a policy speaks
of sizes, it means the exposure in the direction of the target: 4 is 4x long or 4x short.
"""

import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.kinds import Kinded
from quanthedge.typing import Bools, Floats, Ints

if TYPE_CHECKING:
    from quanthedge.market import Market

__all__ = [
    "AllOf",
    "AnyOf",
    "Band",
    "Bands",
    "Calendar",
    "Deviation",
    "LeverageTrigger",
    "NoTradeBand",
    "Policy",
    "PriceMove",
]


class Bands(NamedTuple):
    """A band for each day, in which an exposure is left alone, in parts of its target.

    Attributes
    ----------
    low, high : float64 [R]
        Sizes over the target's: 0.9 and 1.1 leave a tenth either way.
    to_edge : bool
        Whether the exposure lands on the nearest edge; on the target otherwise.
    """

    low: Floats
    high: Floats
    to_edge: bool = False


class Policy(Kinded, noun="policy"):
    """When an exposure is changed, and where it lands.

    A field of this type takes a policy of ours, or one of a user's own, as an object or by its
    ``kind``. An own policy is a class derived from this one that defines :meth:`asks`, with its
    parameters as fields; together with ours in ``any`` and ``all`` it also looks at the exposure.

    Examples
    --------
    >>> import quanthedge as qh
    >>> changes = ["hedge.policy={kind='calendar', every_days=10}"]
    >>> strategy = qh.load_strategy("market_neutral", changes)
    >>> isinstance(strategy.hedge.policy, qh.Policy), strategy.hedge.policy.every_days
    (True, 10)
    """

    needed: ClassVar[tuple[str, ...]] = ("asks",)

    def asks(self, market: "Market", rows: Ints) -> "Bools | Bands":
        """Return after which closes the exposure is to be changed: what an own policy defines.

        Parameters
        ----------
        market : Market
        rows : int64 [R]
            Day indices, rising one by one.

        Returns
        -------
        bool [R], or Bands
            True where the exposure is set to its target on the trading day after row t; or the band
            in which it is left alone on that day. Row t may use what is known at the close of day
            rows[t] and nothing later.
        """
        raise StrategyError(f"{type(self).__name__}: a policy of ours answers in compiled code")


class Calendar(Policy):
    """Rebalance at fixed times, to the target.

    Examples
    --------
    >>> Calendar(every_days=5).every_days
    5
    >>> Calendar(every="day", at="00:02").at
    datetime.time(0, 2)
    """

    kind: Literal["calendar"] = "calendar"
    every_days: int | None = Field(
        default=None, ge=1, description="Every so many bars, counted from the first, which is one."
    )
    every: Literal["day", "week", "month"] | None = Field(
        default=None, description="On the first bar of each day, week (Monday) or month."
    )
    at: datetime.time | None = Field(
        default=None, description="With every = 'day': on the first bar at or after this time."
    )

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if (self.every_days is None) == (self.every is None):
            raise ValueError("give every_days or every, one of them")
        if self.at is not None and self.every != "day":
            raise ValueError("at goes with every = 'day' only")
        return self


class Band(Policy):
    """Rebalance when the size leaves a band, without any schedule."""

    kind: Literal["band"] = "band"
    low: float = Field(ge=0, description="Least size, such as 1.25 (times).")
    high: float = Field(gt=0, description="Largest size, such as 4 (times).")
    margin: float = Field(
        default=0.0, ge=0, description="Acts so far inside the edges already, and lands there."
    )
    to: Literal["edge", "target"] = Field(default="edge", description="Where it lands.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low + self.margin <= self.high - self.margin:
            raise ValueError("low + margin <= high - margin is needed")
        return self


class Deviation(Policy):
    """Rebalance to the target when the size is off it by a fraction."""

    kind: Literal["deviation"] = "deviation"
    fraction: float = Field(gt=0, description="Of the target, such as 0.33.")
    side: Literal["over", "both"] = Field(
        default="both", description="Only when the size is too large, or either way."
    )


class PriceMove(Policy):
    """Rebalance to the target when the price has moved since the last rebalancing."""

    kind: Literal["price_move"] = "price_move"
    fraction: float = Field(gt=0, description="Of the price then, such as 0.15.")
    side: Literal["against", "both"] = Field(
        default="against", description="Only moves against the position, or either way."
    )


class LeverageTrigger(Policy):
    """Rebalance to the target at a leverage, signed: 4 for a long product, -5 for a short one."""

    kind: Literal["leverage_trigger"] = "leverage_trigger"
    long: float | None = Field(default=None, gt=0, description="Leverage from which a long acts.")
    short: float | None = Field(default=None, lt=0, description="Leverage from which a short acts.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.long is None and self.short is None:
            raise ValueError("give long, short or both")
        return self


class NoTradeBand(Policy):
    """Rebalance only when the exposure is so far off that a trade is worth its cost.

    Notes
    -----
    Half-width ``(3 c v / (2 g))^(1/3)`` with cost ``c`` per yuan traded, risk aversion ``g`` and
    ``v`` the variance of the exposure's drift over that of the price: for an exposure ``x`` that
    drifts with its own price, ``v = x^2 (1 - x)^2`` (Rogers, 2004, "Why is the effect of
    proportional transaction costs O(d^(2/3))?"; Janecek and Shreve, 2004, "Asymptotic analysis for
    optimal investment and consumption with transaction costs"). For a hedge give the volatility of
    the ratio, whose v is ``(ratio_volatility / volatility)^2``. It lands on the nearest edge.

    """

    kind: Literal["no_trade_band"] = "no_trade_band"
    cost: float = Field(gt=0, lt=1, description="Cost of a trade, fraction of its amount.")
    risk_aversion: float = Field(gt=0, description="Relative risk aversion.")
    ratio_volatility: float | None = Field(
        default=None, gt=0, description="Of the ratio left alone, a year; none: it drifts itself."
    )
    volatility: float | None = Field(default=None, gt=0, description="Of the price, a year.")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.ratio_volatility is None) != (self.volatility is None):
            raise ValueError("ratio_volatility and volatility go together")
        return self


class AnyOf(Policy):
    """Rebalance when one of the policies says so; the landing nearest to the target counts."""

    kind: Literal["any"] = "any"
    of: tuple[Policy, ...] = Field(min_length=1, description="The policies.")


class AllOf(Policy):
    """Rebalance when all policies say so; the landing that moves the exposure least counts."""

    kind: Literal["all"] = "all"
    of: tuple[Policy, ...] = Field(min_length=1, description="The policies.")
