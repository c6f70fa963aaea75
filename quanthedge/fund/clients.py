"""Clients of a fund as plain data: who holds units, who comes and goes, under which rules."""

import math
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, field_serializer, model_validator

from quanthedge.fund.methods import Method, WholeFund
from quanthedge.plain import Plain

__all__ = ["Clients", "Distribution", "Flow", "Leavers", "Tier"]

_ShareClass = Literal["A", "C"]


class _Plain(Plain):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Flow(_Plain):
    """One order of an investor, done on the first opening day at or after its date."""

    date: Annotated[date, Field(description="Day from which the order waits for an opening day.")]
    investor: str = Field(min_length=1, description="Who subscribes or redeems.")
    subscribe_yuan: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Money paid in, yuan."
    )
    redeem_units: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Units given back."
    )
    redeem_fraction: float | None = Field(
        default=None, gt=0, le=1, description="Of the units that the investor then holds."
    )
    share_class: _ShareClass = Field(default="A", description="Class of the units.")

    @model_validator(mode="after")
    def _one_order(self) -> Self:
        given = (self.subscribe_yuan, self.redeem_units, self.redeem_fraction)
        if sum(value is not None for value in given) != 1:
            raise ValueError(
                "a flow needs exactly one of subscribe_yuan, redeem_units, redeem_fraction"
            )
        return self


class Leavers(_Plain):
    """Clients who leave when the published unit value has fallen: a scenario, not a forecast."""

    drawdown: float = Field(gt=0, lt=1, description="Below its highest value so far, 0.05 = 5%.")
    fraction: float = Field(gt=0, le=1, description="Of each investor's units.")
    staying: tuple[str, ...] = Field(default=(), description="Investors who do not leave.")


class Distribution(_Plain):
    """A dividend of the fund, paid on the units of the close of its date."""

    date: Annotated[date, Field(description="Day at whose close the units count.")]
    yuan_per_unit: float = Field(gt=0, allow_inf_nan=False, description="Yuan paid on each unit.")
    reinvesting: tuple[str, ...] = Field(
        default=(), description="Investors who take units at the ex-dividend value instead of cash."
    )


class Tier(_Plain):
    """A step of a fee: the rate below a limit (yuan paid in, or calendar days held)."""

    below: float = Field(gt=0, description="The last step takes infinity: inf.")
    rate: float = Field(ge=0, lt=1, description="Rate of the step, a fraction.")

    @field_serializer("below", when_used="json")
    def _in_json(self, value: float) -> float | str:
        """Write infinity as the word that reads back to it: JSON has no such number."""
        return "inf" if math.isinf(value) else value


class Clients(_Plain):
    """Investors of the fund, their flows, and the rules under which they come and go.

    Attributes
    ----------
    founders
        Who holds the capital at the start, as fractions of it that add up to 1.
    founders_class
        Their class of units.
    method
        How the performance fee is charged; see :mod:`quanthedge.fund.methods`.
    flows, leavers, distributions
        Orders by date, a rule by which clients leave, dividends of the fund.
    opening
        Orders are done on the last trading day of each such period.
    payment_days
        Trading days from the booking of a redemption (the day after the opening day) to payment.
    gate
        Largest net redemption of an opening day, as a fraction of the units; the rest waits for the
        next one. None: no limit.
    lock_up_days
        Calendar days after a purchase during which units cannot be redeemed.
    minimum_yuan
        A holding that would fall below it is redeemed whole.
    subscription_fee, redemption_fee
        By yuan paid in (class A only) and by calendar days held; the first is taken by the seller.
    redemption_fee_kept
        Part of the redemption fee that stays in the fund.
    """

    founders: dict[str, float] = Field(default_factory=lambda: {"founder": 1.0})
    founders_class: _ShareClass = "A"
    method: Method = WholeFund()
    flows: tuple[Flow, ...] = ()
    leavers: Leavers | None = None
    distributions: tuple[Distribution, ...] = ()
    opening: Literal["day", "week", "month", "quarter"] = "month"
    payment_days: int = Field(default=3, ge=0, le=60)
    gate: float | None = Field(default=None, gt=0, le=1)
    lock_up_days: int = Field(default=0, ge=0)
    minimum_yuan: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    subscription_fee: tuple[Tier, ...] = ()
    redemption_fee: tuple[Tier, ...] = ()
    redemption_fee_kept: float = Field(default=0.25, ge=0, le=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.founders or abs(sum(self.founders.values()) - 1.0) > 1e-9:
            raise ValueError(f"founders {self.founders}: fractions must add up to 1")
        if min(self.founders.values()) <= 0:
            raise ValueError(f"founders {self.founders}: fractions must be above 0")
        known = {*self.founders, *(flow.investor for flow in self.flows)}
        blank = [name for name in known if not any(letter.isprintable() for letter in name.strip())]
        if blank:
            raise ValueError(f"a client is called {blank[0]!r}: a letter cannot name him")
        for rule, names in (
            ("leavers.staying", self.leavers.staying if self.leavers else ()),
            *(("distributions.reinvesting", one.reinvesting) for one in self.distributions),
        ):
            if strange := sorted(set(names) - known):
                raise ValueError(
                    f"{rule}: {', '.join(strange)} neither founds nor subscribes; accepted: "
                    f"{', '.join(sorted(known))}"
                )
        for name in ("subscription_fee", "redemption_fee"):
            limits = [tier.below for tier in getattr(self, name)]
            if limits and (limits != sorted(set(limits)) or limits[-1] != float("inf")):
                raise ValueError(f"{name}: limits must rise and end with inf; got {limits}")
        return self


def tier_rate(tiers: tuple[Tier, ...], amount: float) -> float:
    """Return the rate of the first step whose limit lies above an amount; 0 without steps.

    >>> tier_rate((Tier(below=7, rate=0.015), Tier(below=float("inf"), rate=0.0)), 3)
    0.015
    """
    return next((tier.rate for tier in tiers if amount < tier.below), 0.0)
