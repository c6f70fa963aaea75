"""QuantHedge: backtests of market-neutral A-share funds as they would really have run.

>>> import quanthedge as qh
>>> qh.__version__
'0.1.0'
"""

from importlib import import_module
from types import FunctionType
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "BetaEstimator": "quanthedge.beta",
    "Bounds": "quanthedge.optimise",
    "CarryTerms": "quanthedge.hedge",
    "CollateralLoan": "quanthedge.products.lending",
    "DataError": "quanthedge.errors",
    "Decision": "quanthedge.optimise",
    "Factor": "quanthedge.factors",
    "FactorTerm": "quanthedge.alpha",
    "FixedIncome": "quanthedge.comparison",
    "HedgeRatio": "quanthedge.hedge",
    "LedgerError": "quanthedge.errors",
    "LendingPool": "quanthedge.products.lending",
    "LeveragedExposure": "quanthedge.products.leverage",
    "Market": "quanthedge.market",
    "Optimiser": "quanthedge.optimise",
    "PanelCombinatorialPurged": "quanthedge.alpha.splitters",
    "PanelPurgedKFold": "quanthedge.alpha.splitters",
    "PanelWalkForward": "quanthedge.alpha.splitters",
    "Policy": "quanthedge.hedge.policies",
    "QuantHedgeError": "quanthedge.errors",
    "Result": "quanthedge.backtesting.result",
    "RiskModel": "quanthedge.risk",
    "RuleError": "quanthedge.errors",
    "Selector": "quanthedge.portfolio",
    "Sharing": "quanthedge.sleeves.sharing",
    "Sleeve": "quanthedge.sleeves",
    "Stated": "quanthedge.comparison",
    "Strategy": "quanthedge.strategy",
    "StrategyError": "quanthedge.errors",
    "alpha_by": "quanthedge.performance.bridge_groups",
    "alpha_by_model": "quanthedge.performance.model_alpha",
    "audit": "quanthedge.studies.lookahead",
    "backtest": "quanthedge.backtesting.run",
    "basis_desk": "quanthedge.hedge",
    "book_betas": "quanthedge.beta",
    "book_ratios": "quanthedge.hedge",
    "capacity_curve": "quanthedge.studies.capacity",
    "carry_opportunity": "quanthedge.hedge",
    "carry_trades": "quanthedge.hedge",
    "compare_funds": "quanthedge.comparison",
    "compare_hedges": "quanthedge.hedge",
    "compare_leverage": "quanthedge.studies.stress",
    "compare_sharing": "quanthedge.studies.sharing",
    "days_to_margin_call": "quanthedge.studies.stress",
    "deflated_sharpe": "quanthedge.performance.deflation",
    "evaluate": "quanthedge.evaluation",
    "explain_holding": "quanthedge.backtesting",
    "factor": "quanthedge.factors",
    "fairness": "quanthedge.performance",
    "fee_table": "quanthedge.fund.explainer",
    "from_vectorbt": "quanthedge.batch.screen",
    "import_market": "quanthedge.sources",
    "index_book": "quanthedge.hedge",
    "index_returns": "quanthedge.beta",
    "investor_statement": "quanthedge.performance",
    "joint_hedge": "quanthedge.hedge",
    "judge": "quanthedge.batch",
    "keep_stages": "quanthedge.stages",
    "labels": "quanthedge.labelling",
    "labels_from": "quanthedge.labelling.given",
    "load_strategy": "quanthedge.strategy",
    "macro": "quanthedge.conditions.macro",
    "margin_outlook": "quanthedge.studies.stress",
    "mean_reversion": "quanthedge.arbitrage",
    "orders_for": "quanthedge.daily",
    "pairs_targets": "quanthedge.arbitrage",
    "panel": "quanthedge.factors",
    "random_book": "quanthedge.hedge",
    "read_unit_values": "quanthedge.comparison",
    "resume": "quanthedge.daily",
    "rolling_ols": "quanthedge.beta.ols",
    "run_stress": "quanthedge.studies.stress",
    "sample_market": "quanthedge.begin.bundle",
    "seal": "quanthedge.trials",
    "signal_from": "quanthedge.factors",
    "sleeve_bridge": "quanthedge.performance",
    "sleeve_figures": "quanthedge.performance",
    "spread_panel": "quanthedge.arbitrage",
    "spread_trades": "quanthedge.arbitrage",
    "statement_report": "quanthedge.report.statement",
    "sweep": "quanthedge.batch.sweeping",
    "update_market": "quanthedge.sources",
    "value_layers": "quanthedge.performance.bridge_groups",
    "walk_forward": "quanthedge.batch.walk_forward",
    "weights_from": "quanthedge.portfolio.weights",
}

_ROOMS = {  # whole rooms, and files of them, under a short name
    "alpha": "quanthedge.alpha",
    "factors": "quanthedge.factors",
    "ops": "quanthedge.operators",
    "overfit": "quanthedge.performance.overfit",
    "trials": "quanthedge.trials",
}

__all__ = [*_EXPORTS, *_ROOMS, "__version__"]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that ``import quanthedge`` stays fast.

    Functions are held to their signatures: a wrong call ends in one line.
    """
    if name in _ROOMS:
        room = globals()[name] = import_module(_ROOMS[name])
        return room
    if name in _EXPORTS:
        found = getattr(import_module(_EXPORTS[name]), name)
        if isinstance(found, FunctionType):
            found = import_module("quanthedge.door").guarded(found)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'quanthedge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
