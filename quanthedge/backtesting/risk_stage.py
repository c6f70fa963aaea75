"""The stage of the risk model: fitted once for a market and its parameters, shared by all who ask.

Selector, attribution, tables of the record and :meth:`Result.risk` ask here. The model of a day is
made of what was known at its close, so that the whole market may be fitted at once.
"""

from quanthedge.backtesting.stages import stage
from quanthedge.market import Market
from quanthedge.risk import AnyRiskModel, FittedRisk, RiskModel
from quanthedge.strategy import Strategy

__all__ = ["fitted_risk", "risk_model_of"]

_CODE = ("risk", "factors", "market", "operators", "rules")


def risk_model_of(strategy: Strategy) -> AnyRiskModel | None:
    """Return the model of risk that a strategy names; the usual one where its selector needs it."""
    if strategy.risk is None and strategy.selector.kind == "optimised":
        return RiskModel()
    return strategy.risk


def fitted_risk(market: Market, model: AnyRiskModel) -> FittedRisk:
    """Return a model of risk fitted on a market; kept in memory as other stages are.

    Parameters
    ----------
    market : Market
    model : RiskModel or StatisticalRiskModel

    Raises
    ------
    DataError
        There are too few stocks or days.

    Notes
    -----
    Not kept, but worked out each time: of a market that was altered to look for look-ahead, and of
    a model with own code. Not kept in a folder: it holds the market.
    """
    return stage(
        "risk_model", market, {"model": model}, lambda: model.fit(market), code=_CODE, on_disk=False
    )
