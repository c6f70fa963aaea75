"""What a strategy's other parts say of a decision: for selectors that weigh costs and risk."""

from functools import cache

import numpy as np

from quanthedge.backtesting.expectation import information_at
from quanthedge.backtesting.hedge_leg import known_betas, value_of_contracts
from quanthedge.backtesting.risk_stage import fitted_risk, risk_model_of
from quanthedge.hedge import BetaRatio
from quanthedge.market import Market
from quanthedge.portfolio import Circumstances
from quanthedge.risk import RiskModel
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Ints

__all__ = ["circumstances"]


def circumstances(strategy: Strategy, market: Market, scores: Floats, rows: Ints) -> Circumstances:
    """Return what decisions at the closes of some rows are made in: see :class:`Circumstances`."""
    hedged = not strategy.hedge.sells_nothing
    products = strategy.hedge.products if hedged else ()
    none = np.empty((rows.size, 0))
    found = cache(lambda: _expected(strategy, market, scores, rows))
    return Circumstances(
        capital_yuan=strategy.capital_yuan,
        invested_fraction=strategy.invested_fraction,
        costs=strategy.costs,
        impact_coefficient=strategy.costs.impact_coefficient,
        participation=strategy.execution.participation,
        schedule=strategy.rebalance,
        products=products,
        hedge_ratio=_ratio(strategy),
        contract_yuan=cache(
            lambda: value_of_contracts(strategy, market, rows) if products else none
        ),
        betas=cache(lambda: known_betas(strategy, market, rows)),
        expected=found,
        tilts=cache(lambda: _tilts(strategy, market, rows, found()[0])),
        risk=cache(lambda: fitted_risk(market, risk_model_of(strategy) or RiskModel())),
    )


def _ratio(strategy: Strategy) -> float:
    """Return the part of the book's beta that is hedged, as far as it is one number."""
    ratio = strategy.hedge.ratio
    if isinstance(ratio, BetaRatio):
        return ratio.scale
    return ratio if isinstance(ratio, float) else 1.0


def _tilts(strategy: Strategy, market: Market, rows: Ints, expected: Floats) -> Floats:
    return strategy.layers.industry.tilts(market, rows, expected, strategy.beta.index)


def _expected(
    strategy: Strategy, market: Market, scores: Floats, rows: Ints
) -> tuple[Floats, Floats]:
    found = information_at(strategy, market, rows)
    return found.expected(market, scores, rows), found.coefficient
