"""How much money a strategy carries: net return against the size of the fund."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.studies.capacity.curve import capacity_curve as capacity_curve
    from quanthedge.studies.capacity.kept import kept_curve as kept_curve

_LAZY = {
    "capacity_curve": "curve",
    "kept_curve": "kept",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"quanthedge.studies.capacity.{_LAZY[name]}"), name)
