"""The stage of the risk model: fitted once for a market and its parameters, shared by all who ask.

Selector, attribution, tables of the record and :meth:`Result.risk` ask here. The model of a day is
made of what was known at its close, so that the whole market may be fitted at once.
"""

import pandas as pd

from quanthedge.market import Market
from quanthedge.performance import BookRisk
from quanthedge.record import Record
from quanthedge.risk import AnyRiskModel, FittedRisk, RiskModel
from quanthedge.rules import index_of
from quanthedge.stages import stage
from quanthedge.strategy import Strategy

__all__ = ["fitted_risk", "hedges_without_members", "risk_model_of", "risk_tables"]


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
    return stage("risk_model", market, {"model": model}, lambda: model.fit(market), on_disk=False)


def hedges_without_members(strategy: Strategy, market: Market) -> list[str]:
    """Return the products sold whose index has members that the market does not know."""
    products = () if strategy.hedge.sells_nothing else strategy.hedge.products
    return [one for one in products if index_of(one) not in market.member_indices()]


def risk_tables(run: Record, market: Market) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables ``risk_forecasts`` and ``risk_parts`` of a run's record.

    Empty for a strategy without a model of risk, and where a future's members are not known: a
    note of the run says so.
    """
    model = risk_model_of(run.strategy)
    if model is None or not len(run.positions) or hedges_without_members(run.strategy, market):
        return BookRisk.no_tables()
    return BookRisk.tables(run, market, fitted_risk(market, model))
