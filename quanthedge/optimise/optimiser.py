"""The optimiser: an index-relative book of a day from expected returns, a risk model and bounds.

>>> import quanthedge as qh
>>> optimiser = qh.Optimiser(benchmark="000300.SH", risk_aversion=10.0)
>>> decision = optimiser.solve(alpha, risk, "2015-06-30", held, 1e8)     # doctest: +SKIP
>>> decision.weights, decision.shares, decision.explain("600519.SH")     # doctest: +SKIP
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.optimise.bounds import Bounds
from quanthedge.optimise.decision import Decision
from quanthedge.optimise.lots import Lots, whole_lots
from quanthedge.optimise.market import ContractHedge, MarketDay, Posed, market_days, posed
from quanthedge.optimise.names import fewer_names
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.relax import solve_relaxed
from quanthedge.optimise.solution import Solution
from quanthedge.plain import Told
from quanthedge.risk import FittedRisk, RiskForecast
from quanthedge.rules import TRADING_DAYS_A_YEAR, CostTerms
from quanthedge.typing import Bools, Floats

__all__ = ["Optimiser", "TradingTerms"]

ByCode = Mapping[str, float] | pd.Series


class TradingTerms(Told):
    """What a trade costs beside duties and fees, as a strategy's ``[costs]`` and ``[execution]``.

    ``impact_coefficient`` is that of the square-root law (docs/costs.md), ``participation`` the
    largest part of a day's turnover that is traded (0 = no cap).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    commission_rate: float = Field(default=0.0008, ge=0, lt=0.1, description="Of the amount.")
    commission_min_yuan: float = Field(default=5.0, ge=0, description="Not weighed: too small.")
    commission_includes_exchange_fees: bool = True
    slippage_bp: float = Field(default=5.0, ge=0, lt=1000)
    impact_coefficient: float = Field(default=1.0, ge=0, le=10)
    participation: float = Field(default=0.10, ge=0, le=1)

    @classmethod
    def of(cls, costs: CostTerms, impact_coefficient: float, participation: float) -> Self:
        """Return the terms of a strategy's costs."""
        return cls(
            commission_rate=costs.commission_rate,
            commission_min_yuan=costs.commission_min_yuan,
            commission_includes_exchange_fees=costs.commission_includes_exchange_fees,
            slippage_bp=costs.slippage_bp,
            impact_coefficient=impact_coefficient,
            participation=participation,
        )


class Optimiser(Told):
    """An index-relative optimiser: expected return less risk and cost, within bounds.

    Examples
    --------
    >>> Optimiser(benchmark="000300.SH", tracking_error=0.04).bounds.active_weight
    0.01
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str = Field(min_length=1, description="Index that weights are held against.")
    risk_aversion: float | None = Field(
        default=None, ge=0, description="Price of variance; or tracking_error."
    )
    tracking_error: float | None = Field(
        default=None, gt=0, lt=1, description="Largest active risk a year."
    )
    bounds: Bounds = Field(default_factory=Bounds)
    costs: TradingTerms = Field(default_factory=TradingTerms)
    horizon: int = Field(default=20, ge=1, description="Trading days that alpha looks ahead.")

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.risk_aversion is None) == (self.tracking_error is None):
            raise ValueError("accepted: exactly one of risk_aversion and tracking_error")
        return self

    def solve(
        self,
        alpha: ByCode,
        risk: FittedRisk,
        day: object,
        held: ByCode,
        nav: float,
        *,
        beta: ByCode | None = None,
        contract_yuan: float = float("nan"),
    ) -> Decision:
        """Return the book of a day.

        Parameters
        ----------
        alpha : mapping or Series by code
            Expected returns over the horizon beyond the benchmark's. What has none is not bought.
        risk : FittedRisk
            Its market is the one that is traded.
        day : date or int
            A trading day, or its row: what was known at its close is used.
        held : mapping or Series by code
            Fractions of nav; empty for a book that begins.
        nav : float
            Yuan of the stock book.
        beta, contract_yuan : optional
            Betas to the index of the future that hedges the book, and yuan of one contract: then
            the book's beta is that of the benchmark's whole contracts.

        Raises
        ------
        DataError
            A code or day is none of the market's, or the benchmark or the risk is not known on it.
        StrategyError
            A style that is bounded is none of the risk model's; nav is not above 0; alpha is empty.
        """
        market = risk.market
        row = day if isinstance(day, int) else market.day(day)
        if not (np.isfinite(nav) and nav > 0):
            raise StrategyError(f"Optimiser.solve: nav {nav}; accepted: yuan of the book, above 0")
        expected = _by_stock(market, alpha, np.nan)
        if not np.isfinite(expected).any():
            raise StrategyError("Optimiser.solve: alpha is empty; accepted: numbers by code")
        facts = market_days(market, np.array([row]), self.costs, self.benchmark)[0]
        hedge = None
        if beta is not None:
            hedge = ContractHedge(_by_stock(market, beta, np.nan), contract_yuan)
        forecast = risk.forecast(row, self.horizon)
        return self.decide(
            facts, forecast, expected, _by_stock(market, held, 0.0), nav, hedge=hedge,
            style_names=risk.style_names,
        )  # fmt: skip

    def decide(
        self,
        day: MarketDay,
        forecast: RiskForecast,
        alpha: Floats,
        held: Floats,
        nav: float,
        *,
        hedge: ContractHedge | None = None,
        tilt: Floats | None = None,
        universe: Bools | None = None,
        style_names: tuple[str, ...] = (),
    ) -> Decision:
        """Return the book of a day whose facts are at hand, arrays [N]: see :func:`posed`."""
        error = self.tracking_error
        if error is not None:
            error *= float(np.sqrt(self.horizon / TRADING_DAYS_A_YEAR))
        asked = posed(
            day, forecast, alpha, held, nav, self.bounds,
            aversion=self.risk_aversion, tracking_error=error,
            impact_coefficient=self.costs.impact_coefficient,
            participation=self.costs.participation, hedge=hedge, tilt=tilt, universe=universe,
            style_names=style_names,
        )  # fmt: skip
        solution, loss = _solved(asked.problem, self.bounds)
        chosen = asked.stocks
        on = np.abs(forecast.exposures[chosen]).any(axis=0)
        return Decision(
            day, asked, solution, _lots(solution, day, asked, nav), nav,
            float("nan") if hedge is None else hedge.contract_yuan, float(self.horizon), loss,
            tuple(forecast.factors[k] for k in np.flatnonzero(on)), day.industries,
        )  # fmt: skip


def _solved(problem: Problem, bounds: Bounds) -> tuple[Solution, float]:
    """Return the solution, bounds loosened where needed, and what fewer names cost."""
    found = solve_relaxed(problem)
    if found.status == "infeasible" or (not bounds.least_weight and bounds.most_names is None):
        return found, 0.0
    fewer = fewer_names(found, least_weight=bounds.least_weight, most_names=bounds.most_names)
    return fewer.solution, fewer.loss


def _lots(solution: Solution, day: MarketDay, asked: Posed, nav: float) -> Lots | None:
    if not np.isfinite(solution.weights).all():
        return None
    chosen = asked.stocks
    price = np.where(day.price[chosen] > 0, day.price[chosen], 1.0)
    return whole_lots(solution, nav, price, day.lot[chosen], day.step[chosen])


def _by_stock(market: Market, values: ByCode, empty: float) -> Floats:
    """Return values by code as an array over the market's stocks."""
    found = np.full(len(market.codes), empty)
    for code, value in dict(values).items():
        found[market.column(str(code))] = float(value)
    return found
