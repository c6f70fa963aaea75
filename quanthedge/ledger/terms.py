"""How orders are done, what they cost and how cash is kept: the strategy's side of the ledger."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from quanthedge.plain import Plain
from quanthedge.rules import cost_field

__all__ = ["Accounts", "Costs", "Execution"]

# a fraction a year: 3 is a slip for 3%
_CashRate = Annotated[float, Field(gt=-1, lt=1)]


class Execution(Plain):
    """How the orders of a day are filled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fill: Literal["open", "vwap", "close"] = Field(
        default="open", description="Price of the day at which stocks and futures are traded."
    )
    sale_proceeds: Literal["same_auction", "after_fill", "next_day"] = Field(
        default="same_auction",
        description="When the money of the day's sales can buy: in the same fill (a fund that "
        "settles net at its custodian), after they were filled, at the day's average price (only "
        "with fill = 'open'), or from the next trading day on.",
    )
    participation: float = Field(
        default=0.10, ge=0, le=1, description="Largest share of a day's volume; 0 = no cap."
    )
    participation_open: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Largest share that an order filled at the open may have of the turnover that "
        "the opening auction usually has; 0 = no cap. The rest of the order waits.",
    )
    auction_share: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Usual part of a day's turnover that is done in the opening auction; needed "
        "with participation_open.",
    )
    retry_days: int = Field(
        default=5, ge=0, description="Trading days on which an order not done is tried again."
    )
    rights: Literal["subscribe", "lapse"] = Field(
        default="subscribe",
        description="Rights issues told by corporate_actions: taken up as cash allows, or not.",
    )
    delisting_recovery: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Fraction of the last close that is paid for a delisted stock still held.",
    )

    @model_validator(mode="after")
    def _possible(self) -> "Execution":
        if self.sale_proceeds == "after_fill" and self.fill != "open":
            raise ValueError(
                f"execution.sale_proceeds after_fill needs execution.fill open: sales at the "
                f"{self.fill} are complete at the close, and no later price of the day is left to "
                "buy at; take same_auction or next_day"
            )
        if self.sale_proceeds == "next_day" and self.retry_days == 0:
            raise ValueError(
                "execution.sale_proceeds next_day needs execution.retry_days of 1 or more: what "
                "the day's sales pay for is bought when the order is tried again"
            )
        return self

    @model_validator(mode="after")
    def _auction_known(self) -> "Execution":
        if self.participation_open > 0 and self.auction_share is None:
            raise ValueError(
                "participation_open needs auction_share, the part of a day's turnover that is "
                "done in the opening auction (0.02 = 2%)"
            )
        if self.participation_open > 0 and self.fill != "open":
            raise ValueError(
                f"participation_open is a cap on fills at the open; fill is '{self.fill}': leave "
                'it out, or set fill = "open"'
            )
        return self


class Costs(Plain):
    """What trading costs beside duties and exchange fees, which come from the rule book.

    Notes
    -----
    ``impact_coefficient`` is the prefactor of the square-root law: an order of amount ``a`` costs
    ``coefficient x daily volatility x sqrt(a / turnover of the day) x a`` on top of the fixed
    slippage, paid inside the ledger (docs/ledger.md, step 4). Studies of several markets find a
    prefactor of order one (Toth et al., 2011, "Anomalous price impact and the critical nature of
    liquidity in financial markets"; Almgren, Thum, Hauptmann and Li, 2005, "Direct estimation of
    equity market impact", find the power 0.6), and the Shanghai Stock Exchange's published costs of
    immediate orders give 1.3 and more. The default is 1: an order must not be free of its size
    because a strategy says nothing. Evidence and effect: docs/costs.md. 0 = slippage alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    commission_rate: float = cost_field("commission_rate")
    commission_min_yuan: float = Field(default=5.0, ge=0, description="For each stock order.")
    commission_includes_exchange_fees: bool = cost_field("commission_includes_exchange_fees")
    slippage_bp: float = cost_field(
        "slippage_bp", "Fixed impact of a stock order, basis points of the amount."
    )
    impact_coefficient: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="Prefactor of the square-root impact of stock orders, on top of the slippage; "
        "0 = slippage only; 1 is of the order that studies find.",
    )
    futures_slippage_bp: float = cost_field("futures_slippage_bp")
    dividend_tax: Literal["none", "public_fund", "public_fund_where_known"] = Field(
        default="none",
        description="Tax on cash dividends by holding period, as public securities funds pay it; "
        "nothing is withheld from private funds and asset-management accounts. public_fund needs "
        "the table corporate_actions; public_fund_where_known does without tax where it is not "
        "there.",
    )


class Accounts(Plain):
    """The two cash accounts: what is kept, when money moves, what it earns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cash_reserve: float = Field(
        default=0.0, ge=0, lt=1, description="Fraction of equity that stock orders leave in cash."
    )
    margin_call: float = Field(
        default=1.2,
        ge=1,
        description="The futures account is topped up below this multiple of its margin.",
    )
    margin_target: float = Field(
        default=1.5, ge=1, description="Multiple of the margin to which the account is topped up."
    )
    margin_release: float = Field(
        default=2.0, ge=1, description="Money above this multiple of the margin goes back."
    )
    stock_cash_rate: _CashRate | Literal["market"] = Field(
        default="market",
        description="Interest a year on stock cash: 'market' = overnight rate, or a fraction.",
    )
    futures_cash_rate: _CashRate | Literal["market"] = Field(
        default=0.0, description="Interest a year on the futures account."
    )

    borrowed: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="Loan drawn for the stock account on rebalance days, fraction of equity.",
    )
    borrowing_rate: float = Field(
        default=0.06, ge=0, lt=1, description="Interest of the loan a year; it is added to it."
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Accounts":
        if not self.margin_call <= self.margin_target <= self.margin_release:
            raise ValueError("margin_call <= margin_target <= margin_release is needed")
        return self
