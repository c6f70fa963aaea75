"""A loan against collateral, as its lender writes it."""

import csv
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.plain import Told
from quanthedge.products.lending.margin import Sale, loan_to_value, price_at_ltv, sale_to_restore

__all__ = ["CollateralLoan"]


class CollateralLoan(Told):
    """Terms of a loan against collateral that moves in price.

    Examples
    --------
    >>> loan = CollateralLoan(debt=10_000, units=2, price=10_000)
    >>> loan.start_ltv, round(loan.call_price, 2), loan.liquidation_price
    (0.5, 7142.86, 6250.0)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    debt: float = Field(gt=0, description="Lent, in money.")
    units: float = Field(gt=0, description="Units of collateral.")
    price: float = Field(gt=0, description="Price of a unit at the start.")
    call_ltv: float = Field(default=0.70, gt=0, description="Loan-to-value of a margin call.")
    liquidation_ltv: float = Field(default=0.80, gt=0, description="Of a sale without notice.")
    target_ltv: float = Field(default=0.70, gt=0, description="Loan-to-value after a sale.")
    haircut: float = Field(default=0.0, ge=0, lt=1, description="Of the price in a forced sale.")
    fee: float = Field(default=0.0, ge=0, lt=1, description="Of the proceeds of a forced sale.")
    mark_down: float = Field(
        default=0.0, ge=0, lt=1, description="By which collateral counts less in the ratio."
    )
    close_factor: float = Field(
        default=1.0, gt=0, le=1, description="Largest part of the debt that one sale repays."
    )
    rate: float = Field(default=0.0, ge=0, description="Interest a year, added to the debt.")
    term_days: float = Field(default=365.0, gt=0, description="Calendar days to maturity.")
    notice_days: float = Field(
        default=3.0, ge=0, description="Days in which a call may be cured before a sale."
    )
    cure: Literal["top_up", "repay"] = Field(
        default="top_up", description="What a borrower who answers a call does."
    )
    cure_probability: float = Field(
        default=0.0, ge=0, le=1, description="That a borrower answers a call, each by itself."
    )

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        if not self.call_ltv <= self.liquidation_ltv:
            raise ValueError(
                f"call_ltv {self.call_ltv} is above liquidation_ltv {self.liquidation_ltv}; "
                "a call comes first"
            )
        if not self.target_ltv < self.liquidation_ltv:
            raise ValueError(
                f"target_ltv {self.target_ltv} is not below liquidation_ltv "
                f"{self.liquidation_ltv}; a sale must leave the loan below it"
            )
        if self.start_ltv >= self.call_ltv:
            raise ValueError(
                f"the loan starts at a loan-to-value of {self.start_ltv:.3f}, not below call_ltv "
                f"{self.call_ltv}; lend less or ask for more collateral"
            )
        return self

    @property
    def start_ltv(self) -> float:
        """Loan-to-value at the start."""
        return loan_to_value(self.debt, self.units, self.price, self.mark_down)

    @property
    def call_price(self) -> float:
        """Price at which today's debt is called."""
        return price_at_ltv(self.debt, self.units, self.call_ltv, self.mark_down)

    @property
    def liquidation_price(self) -> float:
        """Price at which today's debt is liquidated."""
        return price_at_ltv(self.debt, self.units, self.liquidation_ltv, self.mark_down)

    def forced_sale(self, price: float, debt: float | None = None) -> Sale:
        """Return the sale that restores the target at a price; see `sale_to_restore`."""
        return sale_to_restore(
            self.debt if debt is None else debt,
            self.units,
            price,
            self.target_ltv,
            haircut=self.haircut,
            fee=self.fee,
            mark_down=self.mark_down,
            close_factor=self.close_factor,
        )

    @classmethod
    def preset(cls, lender: str, debt: float, price: float) -> Self:
        """Return a loan on the published terms of a lender, at its starting loan-to-value.

        The terms stand in ``quanthedge/products/lending/data/lenders.csv`` with sources and
        confidence.

        >>> CollateralLoan.preset("BlockFi", 10_000, 40_000).units
        0.5
        """
        source = files("quanthedge.products.lending").joinpath("data/lenders.csv")
        rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            if row["lender"] == lender:
                terms: dict[str, Any] = {
                    name: float(row[name])
                    for name in ("call_ltv", "liquidation_ltv", "target_ltv", "fee", "rate",
                                 "notice_days")
                    if row[name]
                }  # fmt: skip
                return cls(
                    debt=debt, price=price, units=debt / price / float(row["start_ltv"]), **terms
                )
        known = ", ".join(row["lender"] for row in rows)
        raise StrategyError(f"lender {lender!r} is not known; there are {known}")
