"""Factors: one exposure per day and stock, each with its formula and its source.

The classes are those of ``catalogue.toml``; each is imported when it is asked for.

Examples
--------
>>> import quanthedge as qh
>>> qh.factors.factor_name(qh.factors.BookYield(), "en")
'book yield'
>>> qh.factors.library().loc["book_yield", "family"]
'valuation'
"""

from typing import TYPE_CHECKING, Any

from quanthedge.factors.base import Factor, factor_name
from quanthedge.factors.custom import factor
from quanthedge.factors.library import factor_card, factor_coverage, library
from quanthedge.factors.panels import FactorPanel, panel, period_ends
from quanthedge.factors.sharing import sharing
from quanthedge.factors.signal import signal_from
from quanthedge.factors.transforms import Transforms
from quanthedge.kinds import read_catalogue

if TYPE_CHECKING:  # for readers of types; what is there is what the catalogue names
    from quanthedge.factors.estimates import CoverageChange as CoverageChange
    from quanthedge.factors.estimates import Dispersion as Dispersion
    from quanthedge.factors.estimates import ForecastYield as ForecastYield
    from quanthedge.factors.estimates import FundCoverageChange as FundCoverageChange
    from quanthedge.factors.estimates import Revision as Revision
    from quanthedge.factors.growth import AssetGrowth as AssetGrowth
    from quanthedge.factors.growth import CapitalExpenditure as CapitalExpenditure
    from quanthedge.factors.growth import GrowthAcceleration as GrowthAcceleration
    from quanthedge.factors.growth import Issuance as Issuance
    from quanthedge.factors.growth import ProfitGrowth as ProfitGrowth
    from quanthedge.factors.growth import ReturnOnEquityChange as ReturnOnEquityChange
    from quanthedge.factors.growth import RevenueGrowth as RevenueGrowth
    from quanthedge.factors.ownership import StateOwned as StateOwned
    from quanthedge.factors.quality import Accruals as Accruals
    from quanthedge.factors.quality import AssetTurnover as AssetTurnover
    from quanthedge.factors.quality import EarningsStability as EarningsStability
    from quanthedge.factors.quality import GrossProfitability as GrossProfitability
    from quanthedge.factors.quality import Leverage as Leverage
    from quanthedge.factors.quality import Margin as Margin
    from quanthedge.factors.quality import ReturnOnAssetsQuarter as ReturnOnAssetsQuarter
    from quanthedge.factors.quality import ReturnOnEquity as ReturnOnEquity
    from quanthedge.factors.quality import ReturnOnEquityQuarter as ReturnOnEquityQuarter
    from quanthedge.factors.quality import ReturnOnInvestedCapital as ReturnOnInvestedCapital
    from quanthedge.factors.residuals import DownsideBeta as DownsideBeta
    from quanthedge.factors.residuals import MarketBeta as MarketBeta
    from quanthedge.factors.residuals import ResidualMomentum as ResidualMomentum
    from quanthedge.factors.residuals import ResidualReversal as ResidualReversal
    from quanthedge.factors.residuals import SpecificVolatility as SpecificVolatility
    from quanthedge.factors.sentiment import Intraday as Intraday
    from quanthedge.factors.sentiment import LimitHits as LimitHits
    from quanthedge.factors.sentiment import LongReversal as LongReversal
    from quanthedge.factors.sentiment import MaxReturn as MaxReturn
    from quanthedge.factors.sentiment import Momentum as Momentum
    from quanthedge.factors.sentiment import Overnight as Overnight
    from quanthedge.factors.sentiment import Reversal as Reversal
    from quanthedge.factors.sentiment import Skewness as Skewness
    from quanthedge.factors.sentiment import Volatility as Volatility
    from quanthedge.factors.structure import Age as Age
    from quanthedge.factors.structure import FreeFloat as FreeFloat
    from quanthedge.factors.structure import IndexMember as IndexMember
    from quanthedge.factors.structure import IndustryMomentum as IndustryMomentum
    from quanthedge.factors.structure import MidSize as MidSize
    from quanthedge.factors.structure import Size as Size
    from quanthedge.factors.surprises import AnnouncementReturn as AnnouncementReturn
    from quanthedge.factors.surprises import EarningsChange as EarningsChange
    from quanthedge.factors.surprises import EarningsSurprise as EarningsSurprise
    from quanthedge.factors.surprises import RevenueSurprise as RevenueSurprise
    from quanthedge.factors.trading import AbnormalTurnover as AbnormalTurnover
    from quanthedge.factors.trading import Illiquidity as Illiquidity
    from quanthedge.factors.trading import PriceVolume as PriceVolume
    from quanthedge.factors.trading import Turnover as Turnover
    from quanthedge.factors.trading import TurnoverVariation as TurnoverVariation
    from quanthedge.factors.valuation import BookYield as BookYield
    from quanthedge.factors.valuation import CashFlowYield as CashFlowYield
    from quanthedge.factors.valuation import DividendYield as DividendYield
    from quanthedge.factors.valuation import EarningsYield as EarningsYield
    from quanthedge.factors.valuation import EarningsYieldOwnHistory as EarningsYieldOwnHistory
    from quanthedge.factors.valuation import EbitYield as EbitYield
    from quanthedge.factors.valuation import FreeCashFlowYield as FreeCashFlowYield
    from quanthedge.factors.valuation import SalesYield as SalesYield

CATALOGUE = read_catalogue("quanthedge.factors")

__all__ = [  # noqa: PLE0604 -- names resolved lazily (PEP 562)
    "CATALOGUE",
    "Factor",
    "FactorPanel",
    "Transforms",
    "factor",
    "factor_card",
    "factor_coverage",
    "factor_name",
    "library",
    "panel",
    "period_ends",
    "sharing",
    "signal_from",
    *CATALOGUE.places,
]


def __getattr__(name: str) -> Any:
    """Import a class of the catalogue on first use (PEP 562)."""
    if name in CATALOGUE.places:
        found = globals()[name] = CATALOGUE.load(name)
        return found
    raise AttributeError(f"module 'quanthedge.factors' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
