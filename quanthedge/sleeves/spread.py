"""A calendar spread of two contracts of one index, traded by its deviation from fair value."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from quanthedge.arbitrage import refused_levels, spread_levels, spread_trades
from quanthedge.market import Market
from quanthedge.sleeves.base import FillPrice, Sleeve, Wishes, check_fill, state_changes

__all__ = ["CalendarSpread"]


class CalendarSpread(Sleeve):
    """One contract bought and another month sold, as many lots of both.

    When is decided by :func:`quanthedge.spread_trades`; the near contract is left before its last
    days. ``size`` is the value of each leg, a part of the budget.
    """

    kind: Literal["calendar_spread"] = "calendar_spread"
    pair: Literal["front/next", "next/quarter", "quarter/second quarter"] = Field(
        default="front/next", description="Listed months of the two legs."
    )
    rule: Literal["z", "band", "carry"] = Field(
        default="z", description="What a deviation is measured by."
    )
    entry: float | None = Field(
        default=None, gt=0, description="Deviation from which it is entered; by default the rule's."
    )
    exit: float | None = Field(
        default=None, ge=0, description="Deviation at which it is left; by default the rule's."
    )
    stop: float | None = Field(
        default=None, gt=0, description="Deviation at which it is given up; by default the rule's."
    )
    most_days: int = Field(default=20, ge=1, description="Trading days after which it is given up.")
    roll_days: int = Field(
        default=5,
        ge=1,
        description="Trading days before the near contract's last by which it is left.",
    )
    window: int = Field(default=120, ge=20, description="Days of the estimate.")
    fill: FillPrice | None = Field(
        default=None,
        description="Price of the next day at which both legs have to be tradable; by default, and "
        "in a fund, the one at which it trades contracts.",
    )
    size: float = Field(
        default=2.0, gt=0, le=20, description="Value of each leg, a multiple of the budget."
    )

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        refused = refused_levels(*spread_levels(self.rule, self.entry, self.exit, self.stop))
        if refused:
            raise ValueError(refused)
        return self

    def filled_at(self, price: FillPrice) -> Self:
        """Return the spread that asks at this price whether its legs can be traded."""
        check_fill(self, "fill", self.fill or price, price)
        return self.model_copy(update={"fill": price})

    def wishes(self, market: Market, first: int, last: int) -> Wishes:
        """Return the two legs after each decision."""
        names = ("pair", "rule", "entry", "exit", "stop", "most_days", "roll_days", "window")
        asked: dict[str, Any] = {name: getattr(self, name) for name in names}
        asked["fill"] = self.fill or "open"
        trades = spread_trades(market.until(market.dates[last]), self.product, **asked)
        rows, held = state_changes(market, trades, ("decision", "exit_decision"), first, last)
        legs: list[dict[str, float]] = []
        for one in held:
            if one is None:
                legs.append({})
                continue
            way = self.size if trades["side"].iloc[one] == "buy far" else -self.size
            legs.append({str(trades["near"].iloc[one]): -way, str(trades["far"].iloc[one]): way})
        return Wishes(rows, tuple({} for _ in rows), tuple(legs))
