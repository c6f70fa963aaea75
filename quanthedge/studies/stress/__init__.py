"""What can be lost: shocks, worst weeks, margin calls ahead, leverage."""

from importlib import import_module
from typing import Any

_HOMES = {
    "HISTORY": "scenarios",
    "SCENARIOS": "scenarios",
    "Accounts": "outlook",
    "Scenario": "scenarios",
    "StressReport": "scenarios",
    "compare_leverage": "leverage",
    "days_to_margin_call": "outlook",
    "default_day": "scenarios",
    "levered": "leverage",
    "margin_outlook": "outlook",
    "run_stress": "scenarios",
}

__all__ = [*_HOMES]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name in _HOMES:
        return getattr(import_module(f"quanthedge.studies.stress.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'quanthedge.studies.stress' has no attribute {name!r}")
