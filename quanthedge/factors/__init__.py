"""Factors: one exposure per day and stock, each with its formula and its source."""

from typing import Annotated

from pydantic import Field

from quanthedge.factors.base import FactorBase
from quanthedge.factors.growth import ProfitGrowth, RevenueGrowth
from quanthedge.factors.quality import Leverage, ReturnOnEquity
from quanthedge.factors.sentiment import Illiquidity, Momentum, Reversal, Turnover, Volatility
from quanthedge.factors.structure import Size
from quanthedge.factors.transforms import Transforms, standardise
from quanthedge.factors.valuation import BookYield, DividendYield, EarningsYield, SalesYield

Factor = Annotated[
    BookYield
    | DividendYield
    | EarningsYield
    | Illiquidity
    | Leverage
    | Momentum
    | ProfitGrowth
    | ReturnOnEquity
    | RevenueGrowth
    | Reversal
    | SalesYield
    | Size
    | Turnover
    | Volatility,
    Field(discriminator="kind"),
]

__all__ = [
    "BookYield",
    "DividendYield",
    "EarningsYield",
    "Factor",
    "FactorBase",
    "Illiquidity",
    "Leverage",
    "Momentum",
    "ProfitGrowth",
    "ReturnOnEquity",
    "RevenueGrowth",
    "Reversal",
    "SalesYield",
    "Size",
    "Transforms",
    "Turnover",
    "Volatility",
    "standardise",
]
