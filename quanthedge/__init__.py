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
    "CollateralLoan": "quanthedge.lending",
    "DataError": "quanthedge.errors",
    "FixedIncome": "quanthedge.comparison",
    "LedgerError": "quanthedge.errors",
    "LendingPool": "quanthedge.lending",
    "LeveragedExposure": "quanthedge.leverage",
    "Market": "quanthedge.market",
    "QuantHedgeError": "quanthedge.errors",
    "Result": "quanthedge.result",
    "RuleError": "quanthedge.errors",
    "Stated": "quanthedge.comparison",
    "Strategy": "quanthedge.strategy",
    "StrategyError": "quanthedge.errors",
    "StyleModel": "quanthedge.performance",
    "alpha_by": "quanthedge.performance",
    "alpha_by_model": "quanthedge.performance",
    "audit": "quanthedge.lookahead",
    "backtest": "quanthedge.run",
    "basis_desk": "quanthedge.hedge",
    "book_betas": "quanthedge.beta",
    "book_ratios": "quanthedge.hedge",
    "capacity_curve": "quanthedge.capacity",
    "compare_funds": "quanthedge.comparison",
    "compare_hedges": "quanthedge.hedge",
    "compare_leverage": "quanthedge.stress",
    "days_to_margin_call": "quanthedge.stress",
    "deflated_sharpe": "quanthedge.performance",
    "fairness": "quanthedge.fund.fairness",
    "fee_table": "quanthedge.fund.explainer",
    "import_market": "quanthedge.market",
    "index_book": "quanthedge.hedge",
    "index_returns": "quanthedge.beta",
    "investor_statement": "quanthedge.fund.statement",
    "joint_hedge": "quanthedge.hedge",
    "layers": "quanthedge.performance",
    "load_strategy": "quanthedge.strategy",
    "margin_outlook": "quanthedge.stress",
    "random_book": "quanthedge.hedge",
    "read_unit_values": "quanthedge.comparison",
    "rolling_ols": "quanthedge.beta",
    "run_stress": "quanthedge.stress",
    "statement_report": "quanthedge.report.statement",
    "style_returns": "quanthedge.performance",
    "update_market": "quanthedge.market",
}

__all__ = [*_EXPORTS, "__version__"]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that ``import quanthedge`` stays fast.

    Functions are held to their signatures: a wrong call ends in one line.
    """
    if name in _EXPORTS:
        found = getattr(import_module(_EXPORTS[name]), name)
        if isinstance(found, FunctionType):
            found = import_module("quanthedge.door").guarded(found)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'quanthedge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
