"""How much money a strategy carries: net return against the size of the fund."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.report import capacity_answer as capacity_answer
    from quanthedge.report import read_capacity as read_capacity
    from quanthedge.report.capacity import capacity_figure as capacity_figure
    from quanthedge.report.capacity import capacity_limits as capacity_limits
    from quanthedge.report.capacity import capacity_spec as capacity_spec
    from quanthedge.studies.capacity.curve import COEFFICIENT as COEFFICIENT
    from quanthedge.studies.capacity.curve import SIZES as SIZES
    from quanthedge.studies.capacity.curve import capacity_curve as capacity_curve
    from quanthedge.studies.capacity.kept import kept_curve as kept_curve

_LAZY = {
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

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
