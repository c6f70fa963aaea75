"""From a strategy and a market to a result: stages with keys, ledger, fund, notes."""

from importlib import import_module
from typing import Any

_LAZY = {
    "Prepared": "plan",
    "Result": "result",
    "Selection": "plan",
    "StageFolder": "stage_files",
    "Wanted": "request",
    "asked": "request",
    "backtest": "run",
    "complete": "run",
    "forget_stages": "stages",
    "keep_stages": "stages",
    "made_by": "request",
    "prepare": "plan",
    "prepared_run": "run",
    "run_days": "plan",
    "select": "plan",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use (PEP 562), so that the command line starts fast."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.backtesting.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.backtesting' has no attribute {name!r}")
