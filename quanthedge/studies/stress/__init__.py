"""What can be lost: shocks, worst weeks, margin calls ahead, leverage."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.studies.stress.leverage import compare_leverage as compare_leverage
    from quanthedge.studies.stress.outlook import Accounts as Accounts
    from quanthedge.studies.stress.outlook import days_to_margin_call as days_to_margin_call
    from quanthedge.studies.stress.outlook import margin_outlook as margin_outlook
    from quanthedge.studies.stress.scenarios import default_day as default_day
    from quanthedge.studies.stress.scenarios import run_stress as run_stress

_LAZY = {
    "Accounts": "outlook",
    "compare_leverage": "leverage",
    "days_to_margin_call": "outlook",
    "default_day": "scenarios",
    "margin_outlook": "outlook",
    "run_stress": "scenarios",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.studies.stress.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.studies.stress' has no attribute {name!r}")
