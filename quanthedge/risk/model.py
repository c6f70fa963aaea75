"""The risk model: what a book of stocks and index futures may lose or gain over the next days.

>>> import quanthedge as qh
>>> model = qh.RiskModel().fit(market)                          # doctest: +SKIP
>>> model.risk({"600519.SH": 0.5, "000001.SZ": 0.5}, "2015-06-30", horizon=20)  # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, field_validator

from quanthedge.errors import DataError
from quanthedge.factors import Factor
from quanthedge.market import Market
from quanthedge.plain import Told
from quanthedge.risk.exposures import (
    BETA,
    MID_SIZE,
    Characteristics,
    characteristics_of,
    parents,
    risk_styles,
)
from quanthedge.risk.factor_covariance import (
    FactorMoments,
    eigen_bias,
    expected_means,
    moments_of,
    one_covariance,
    smooth_bias,
)
from quanthedge.risk.fitted import FittedRisk
from quanthedge.risk.forecast import RiskForecast
from quanthedge.risk.hedge_exposure import BasisRisk
from quanthedge.risk.regression import FactorReturns, factor_returns
from quanthedge.risk.specific import WINDOW, SpecificMoments, blended, shrunk, specific_of, trust
from quanthedge.risk.threads import one_thread
from quanthedge.typing import Bools, Floats

__all__ = ["FittedRiskModel", "RiskModel"]

_COUNTRY = "country"
_TAKEN = (
    BETA, MID_SIZE, _COUNTRY, "unknown", "market", "industries", "specific", "basis",
    "residual", "mismatched_holdings",
)  # fmt: skip
_LEAST_DAYS = 60  # of factor returns before a covariance is worth anything


class RiskModel(Told):
    """How risk is forecast; :meth:`fit` works it out for all days of a market at once.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> fitted = qh.RiskModel().fit(market)
    >>> fitted.style_names[:3]
    ('size', 'momentum', 'volatility')
    >>> fitted.covariance("2014-12-31", horizon=20).shape
    (23, 23)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["cne"] = "cne"
    styles: Mapping[str, Factor] = Field(
        default_factory=risk_styles, min_length=1, description="Beside beta and mid size."
    )
    winsorise: float = Field(
        default=0.01, ge=0, lt=0.5, description="Fraction of each tail pulled in to its quantile."
    )
    seasoned_days: int = Field(
        default=60, ge=0, description="Trading days since listing from which a stock counts."
    )
    largest_move: float = Field(
        default=0.11, gt=0, description="Returns beyond it are no move of a day with a limit."
    )
    volatility_half_life: float = Field(
        default=84.0, gt=0, description="Half-life of factor variances, days."
    )
    correlation_half_life: float = Field(
        default=252.0, gt=0, description="Half-life of factor correlations, days."
    )
    newey_west: int = Field(default=10, ge=0, description="Lags of factor variances, days.")
    correlation_lags: int = Field(default=2, ge=0, description="Lags of correlations, days.")
    specific_half_life: float = Field(
        default=84.0, gt=0, description="Half-life of specific variances, days."
    )
    specific_lags: int = Field(default=5, ge=0, description="Lags of specific variances, days.")
    regime: float = Field(default=42.0, ge=0, description="Half-life of the level; 0: none.")
    regime_cap: float = Field(
        default=25.0, gt=0, description="Most that the level of a day counts."
    )
    thin: float = Field(
        default=5.0, ge=0, description="Effective stocks below which an industry is drawn to all."
    )
    gap: bool = Field(
        default=True, description="Halted stocks carry the market's variance of the days missed."
    )
    style_means: bool = Field(
        default=True, description="Second moments of styles about their means, drawn to 0."
    )
    eigen: float = Field(default=1.4, ge=0, description="Scale of the eigenfactor step; 0: none.")
    simulations: int = Field(
        default=200, ge=10, description="Simulated covariances of the eigenfactor step."
    )
    structural: bool = Field(
        default=True,
        description="A stock with few returns takes part of its specific risk from stocks alike.",
    )
    shrink: float = Field(default=0.1, ge=0, description="Strength of the shrinkage to deciles.")
    seed: int = Field(default=0, description="Seed of the simulated covariances.")

    @field_validator("styles")
    @classmethod
    def _names(cls, styles: Mapping[str, Factor]) -> Mapping[str, Factor]:
        for name in styles:
            if name in _TAKEN:
                raise ValueError(f"style {name!r}: the name of another part; choose another")
        return styles

    def fit(self, market: Market, universe: Bools | None = None) -> "FittedRiskModel":
        """Return the model of every day of a market.

        Parameters
        ----------
        market : Market
        universe : bool [T, N], optional
            Stocks that count in the regressions; all that are listed long enough and not ST by
            default. Risk is forecast for all stocks either way.

        Raises
        ------
        DataError
            There are not enough stocks on any day.
        """
        shape = len(market.dates), len(market.codes)
        if universe is not None and np.shape(universe) != shape:
            raise DataError(
                f"RiskModel.fit: universe of shape {np.shape(universe)}; accepted: {shape}"
            )
        of = characteristics_of(
            market, self.styles, winsorise=self.winsorise, seasoned_days=self.seasoned_days,
            largest_move=self.largest_move, universe=universe,
        )  # fmt: skip
        found = factor_returns(of, self.thin)
        if not np.isfinite(found.returns[:, 0]).any():
            raise DataError(
                f"RiskModel.fit: market '{market.name}' has at most {int(found.stocks.max())} "
                f"stocks on a day, fewer than {found.returns.shape[1]} factors need"
            )
        return FittedRiskModel(self, market, of, found, self._moments(of, found),
                               self._specific(of, found))  # fmt: skip

    def _moments(self, of: Characteristics, found: FactorReturns) -> FactorMoments:
        groups, count = len(of.industries), len(of.style_names)
        active = np.ones(found.returns.shape, dtype=np.bool_)
        active[:, 1 : 1 + groups] = found.names > 0
        changes = {}
        for t, change in parents(of.industry, of.size, groups).items():
            changes[t] = np.eye(1 + groups + count)
            changes[t][1 : 1 + groups, 1 : 1 + groups] = change
        returns = found.returns
        if self.style_means:
            returns = returns.copy()
            returns[:, 1 + groups :] -= expected_means(
                returns[:, 1 + groups :], self.correlation_half_life
            )
        return moments_of(
            returns, active, changes,
            volatility_half_life=self.volatility_half_life,
            correlation_half_life=self.correlation_half_life,
            volatility_lags=self.newey_west, correlation_lags=self.correlation_lags,
            regime_half_life=self.regime or 1.0, regime_cap=self.regime_cap,
        )  # fmt: skip

    def _specific(self, of: Characteristics, found: FactorReturns) -> SpecificMoments:
        return specific_of(
            found.residuals, of.size, half_life=self.specific_half_life, lags=self.specific_lags,
            regime_half_life=self.regime or 1.0, regime_cap=self.regime_cap,
        )  # fmt: skip


@dataclass(frozen=True)
class FittedRiskModel(FittedRisk):
    """The model of every day; rows and days say what was known at their close.

    Attributes
    ----------
    model : RiskModel
    market : Market
    characteristics, regressions, moments, residual_moments
        What the steps found, [T, ...].
    """

    model: RiskModel
    market: Market
    characteristics: Characteristics = field(repr=False)
    regressions: FactorReturns = field(repr=False)
    moments: FactorMoments = field(repr=False)
    residual_moments: SpecificMoments = field(repr=False)
    _biases: dict[int, Floats] = field(default_factory=dict, repr=False, compare=False)
    _basis: dict[str, BasisRisk] = field(default_factory=dict, repr=False, compare=False)

    @property
    def first_row(self) -> int:
        """The first day with enough factor returns."""
        return int(np.searchsorted(self.moments.days, _LEAST_DAYS))

    @property
    def style_names(self) -> tuple[str, ...]:
        """Names of the styles."""
        return self.characteristics.style_names

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """Names of all factors: the country, industries by code, styles."""
        return (_COUNTRY, *self.characteristics.industries, *self.characteristics.style_names)

    def factor_returns(self) -> pd.DataFrame:
        """Return the factor returns of each day, with r_squared and stocks."""
        table = pd.DataFrame(
            self.regressions.returns,
            index=pd.DatetimeIndex(self.market.dates, name="date"),
            columns=list(self.factors),
        )
        table["r_squared"] = self.regressions.explained
        table["stocks"] = self.regressions.stocks
        return table

    def forecast(self, day: object, horizon: int = 1) -> RiskForecast:
        """Return exposures, their covariance and specific variances as known at a day's close.

        Parameters
        ----------
        day : date or int
            A trading day, or its row.
        horizon : int
            Trading days ahead. Beyond 1 returns that continue or revert count (Newey-West).

        Raises
        ------
        DataError
            The day is none of the market's, or too early.
        """
        row = self._row(day)
        if horizon < 1:
            raise DataError(f"risk: horizon {horizon} days; accepted: 1 or more")
        if self.moments.days[row] < _LEAST_DAYS:
            first = np.flatnonzero(self.moments.days >= _LEAST_DAYS)
            start = f"first on {self.market.dates[first[0]]}" if first.size else "on no day"
            raise DataError(
                f"risk on {self.market.dates[row]}: {_LEAST_DAYS} days of factor returns are "
                f"needed, which there are {start}"
            )
        with one_thread():
            design, covariance = self.design(row), self.factor_covariance(row, horizon)
            own = horizon * self._specific(row, design, lags=horizon > 1)
            if self.model.gap:
                own = own + self._gap(row, design, covariance)
        return RiskForecast(
            self.market.dates[row], horizon, self.market.codes, self.factors, design, covariance,
            own,
        )  # fmt: skip

    def notes(self) -> list[str]:
        """Return what was left out, in words."""
        odd, thin = self.characteristics.odd_moves, self.regressions.names
        small = int(((thin > 0) & (thin < 5)).sum())
        said = [
            f"{odd} returns beyond {self.model.largest_move:.0%} in a day left out: no price limit "
            "allows them (resumptions, relistings)"
        ]
        if small:
            said.append(f"{small} days x industries with fewer than 5 stocks")
        drawn = self.regressions.drawn
        if (drawn > 0).any():
            said.append(
                f"{int((drawn > 0).sum())} days x industries of effectively fewer than "
                f"{self.model.thin:g} stocks drawn to the country, on average by "
                f"{drawn[drawn > 0].mean():.0%}"
            )
        return said

    def design(self, row: int) -> Floats:
        """Return the exposures of a row as an array [N, K]; 0 for stocks that are not listed."""
        of = self.characteristics
        groups = len(of.industries)
        made = np.zeros((len(self.market.codes), len(self.factors)))
        listed = np.flatnonzero(np.isfinite(of.size[row]))
        made[listed, 0] = 1.0
        made[listed, 1 + of.industry[row, listed].astype(np.int64)] = 1.0
        made[np.ix_(listed, np.arange(1 + groups, made.shape[1]))] = of.styles[row, listed]
        return made

    # -- inside

    def factor_covariance(self, row: int, horizon: int = 1) -> Floats:
        """Return the covariance of all factors over a horizon as an array [K, K]."""
        lags = horizon > 1
        plain = self._before_eigen(row, lags=lags)
        if self.model.eigen > 0:
            plain = self._eigen_adjusted(plain, row, lags=lags)
        level = self.moments.regime[row] if self.model.regime > 0 else 1.0
        return np.asarray(horizon * level * plain)

    @cached_property
    def _market_variance(self) -> Floats:
        """The country's variance of each day as forecast at the close before, added up, [T]."""
        of = self.moments
        forecast = of.plain[:, 0] * (of.regime if self.model.regime > 0 else 1.0)
        return np.concatenate([[0.0], np.cumsum(forecast[:-1])])

    def _gap(self, row: int, design: Floats, covariance: Floats) -> Floats:
        """Return what halted stocks carry of the days that they missed, variances [N].

        Beta squared times the country's variance of these days, beta being that of a stock's
        exposures to those of all stocks by market value.
        """
        missed = self.characteristics.missed[row].astype(np.int64)
        gone = np.flatnonzero(missed)
        found = np.zeros(len(missed))
        size = np.nan_to_num(self.characteristics.size[row].astype(np.float64))
        whole = (size / size.sum()) @ design
        if gone.size and whole @ covariance @ whole > 0:
            beta = design[gone] @ covariance @ whole / (whole @ covariance @ whole)
            total = self._market_variance
            found[gone] = beta**2 * (total[row] - total[np.maximum(row - missed[gone], 0)])
        return found

    def _before_eigen(self, row: int, *, lags: bool) -> Floats:
        of = self.moments
        if lags:
            return one_covariance(of.adjusted[row], of.lagged[row])
        return one_covariance(of.plain[row], of.correlation[row])

    def _eigen_adjusted(self, covariance: Floats, row: int, *, lags: bool) -> Floats:
        on = np.flatnonzero(np.diag(covariance) > 0)
        values, vectors = np.linalg.eigh(covariance[np.ix_(on, on)])
        bias = self._bias(row, lags=lags)
        if len(bias) != len(values):  # an industry came or went since
            place = np.linspace(0, len(bias) - 1, len(values))
            bias = np.interp(place, np.arange(len(bias)), bias)
        scale = 1.0 + self.model.eigen * (bias - 1.0)
        made = covariance.copy()
        made[np.ix_(on, on)] = (vectors * (scale**2 * np.maximum(values, 0.0))) @ vectors.T
        return made

    def _bias(self, row: int, *, lags: bool) -> Floats:
        """Return the eigenfactors' bias of the month: of the last day of the month before."""
        month = self.market.dates.astype("datetime64[M]")
        place = int(np.searchsorted(month, month[row]))
        place = place - 1 if place > 0 and self.moments.days[place - 1] >= _LEAST_DAYS else row
        key = 2 * place + int(lags)
        if key not in self._biases:
            covariance = self._before_eigen(place, lags=lags)
            on = np.diag(covariance) > 0
            decay = 0.5 ** (1.0 / self.model.correlation_half_life)
            days = min((1.0 + decay) / (1.0 - decay), float(self.moments.days[place]))
            values = np.asarray(np.linalg.eigvalsh(covariance[np.ix_(on, on)]), np.float64)
            found = eigen_bias(values, days, self.model.simulations, self.model.seed)
            self._biases[key] = smooth_bias(found)
        return self._biases[key]

    def _specific(self, row: int, design: Floats, *, lags: bool) -> Floats:
        of, moments = self.characteristics, self.residual_moments
        size = of.size[row].astype(np.float64)
        variance = (moments.adjusted if lags else moments.plain)[row].astype(np.float64)
        own = np.sqrt(np.where(variance > 0, variance, np.nan))
        if self.model.structural:
            gamma = trust(self.regressions.residuals[max(row - WINDOW + 1, 0) : row + 1])
        else:
            gamma = np.where(np.isfinite(own), 1.0, 0.0)
        found = blended(own, gamma, design, size)
        if self.model.shrink > 0:
            found = shrunk(found, size, self.model.shrink)
        level = moments.regime[row] if self.model.regime > 0 else 1.0
        return np.asarray(level * found**2)
