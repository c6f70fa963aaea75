"""What a simulated market is made of: its size, its seed and the parameters of its truth."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["BasisProcess", "SimulationSettings", "Style"]

# What a style may be of: those of the usual market, and lasting traits that reports show.
_STYLES = (
    "size", "earnings_yield", "book_yield", "return_on_equity", "turnover", "volatility",
    "reversal", "gross_profitability", "capital_expenditure", "leverage", "state_owned",
)  # fmt: skip


class Style(BaseModel):
    """A style factor: what one standard deviation of exposure earns and how much it varies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    premium_per_year: float
    volatility_per_day: float = Field(ge=0)


class BasisProcess(BaseModel):
    """Annualised basis of an index future: a mean-reverting (Ornstein-Uhlenbeck) process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: str
    mean_per_year: float
    deviation_per_year: float = Field(ge=0)
    half_life_days: float = Field(gt=0)
    noise: float = Field(default=0.0008, ge=0)
    lots_per_day: float = Field(gt=0)


def _styles() -> dict[str, Style]:
    return {
        "size": Style(premium_per_year=-0.03, volatility_per_day=0.0025),
        "earnings_yield": Style(premium_per_year=0.035, volatility_per_day=0.0014),
        "book_yield": Style(premium_per_year=0.03, volatility_per_day=0.0014),
        "return_on_equity": Style(premium_per_year=0.035, volatility_per_day=0.0012),
        "turnover": Style(premium_per_year=-0.045, volatility_per_day=0.0015),
        "volatility": Style(premium_per_year=-0.06, volatility_per_day=0.0018),
        "reversal": Style(premium_per_year=-0.07, volatility_per_day=0.0),
    }


def _basis() -> dict[str, BasisProcess]:
    return {
        "IF": BasisProcess(
            index="000300.SH",
            mean_per_year=-0.02,
            deviation_per_year=0.04,
            half_life_days=12,
            lots_per_day=400_000,
        ),
        "IC": BasisProcess(
            index="000905.SH",
            mean_per_year=-0.07,
            deviation_per_year=0.06,
            half_life_days=15,
            lots_per_day=150_000,
        ),
    }


class SimulationSettings(BaseModel):
    """Settings of a simulated market; the same settings give the same market.

    Volatilities are daily standard deviations in an ordinary state of the market; a common
    volatility state multiplies all of them, so that true betas do not depend on it.

    Examples
    --------
    >>> SimulationSettings(stocks=60, years=1).end
    datetime.date(2014, 1, 3)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stocks: int = Field(120, ge=10, le=6_000)
    years: int = Field(3, ge=1, le=30)
    seed: int = Field(7, ge=0)
    start: dt.date = dt.date(2013, 1, 4)

    market_premium_per_year: float = 0.11
    market_volatility_per_day: float = Field(0.013, gt=0)
    volatility_state_deviation: float = Field(0.35, ge=0)
    volatility_state_half_life_days: float = Field(40, gt=0)
    beta_deviation_between_stocks: float = Field(0.2, ge=0)
    beta_drift_deviation: float = Field(0.15, ge=0)
    beta_half_life_days: float = Field(120, gt=0)
    industry_volatility_per_day: float = Field(0.005, ge=0)
    specific_volatility_per_day: float = Field(0.018, gt=0)
    styles: Mapping[str, Style] = Field(default_factory=_styles)
    basis: Mapping[str, BasisProcess] = Field(default_factory=_basis)

    @field_validator("styles")
    @classmethod
    def _known_styles(cls, styles: Mapping[str, Style]) -> Mapping[str, Style]:
        for name in styles:
            if name not in _STYLES:
                raise ValueError(f"no style {name!r}; accepted: {', '.join(_STYLES)}")
        return styles

    exposure_days: int = Field(10, ge=1)

    suspensions_per_year: float = Field(0.35, ge=0)
    suspension_after_fall: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Daily probability that a stock stops trading once it has fallen by a quarter "
        "or more below its highest of the last 15 trading days.",
    )
    listings_per_year: float = Field(0.04, ge=0, le=0.5)
    special_treatments_per_year: float = Field(0.015, ge=0, le=0.2)
    bonus_share_of_ex_dates: float = Field(0.15, ge=0, le=1)

    @property
    def end(self) -> dt.date:
        """The last day that may be simulated."""
        try:
            anniversary = self.start.replace(year=self.start.year + self.years)
        except ValueError:  # 29 February
            anniversary = self.start.replace(year=self.start.year + self.years, day=28)
        return anniversary - dt.timedelta(days=1)

    @property
    def style_names(self) -> tuple[str, ...]:
        """Names of the style factors in the order of every exposure array."""
        return tuple(self.styles)

    def generators(self, *names: str) -> dict[str, np.random.Generator]:
        """Return one independent random stream for each name; a new name disturbs no other."""
        streams = {}
        for name in names:
            words = list(name.encode())
            sequence = np.random.SeedSequence([self.seed, *words])
            streams[name] = np.random.Generator(np.random.PCG64(sequence))
        return streams
