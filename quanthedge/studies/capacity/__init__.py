"""How much money a strategy carries: net return against the size of the fund."""

from importlib import import_module
from typing import Any

_HOMES = {
    "COEFFICIENT": "quanthedge.studies.capacity.curve",
    "SIZES": "quanthedge.studies.capacity.curve",
    "capacity_answer": "quanthedge.report.capacity",
    "capacity_curve": "quanthedge.studies.capacity.curve",
    "capacity_figure": "quanthedge.report.capacity",
    "capacity_limits": "quanthedge.report.capacity",
    "capacity_spec": "quanthedge.report.capacity",
    "kept_curve": "quanthedge.studies.capacity.kept",
    "read_capacity": "quanthedge.report.capacity",
}

__all__ = [*_HOMES]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
