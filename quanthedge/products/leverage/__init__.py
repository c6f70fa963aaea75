"""Leveraged exposure to a price: products rebalanced by the policies that hedges use, too."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.products.leverage.exposure import LeveragedExposure as LeveragedExposure
    from quanthedge.products.leverage.files import load_exposure as load_exposure
    from quanthedge.products.leverage.files import read_prices as read_prices

_LAZY = {
    "LeveragedExposure": "exposure",
    "load_exposure": "files",
    "read_prices": "files",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.products.leverage.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.products.leverage' has no attribute {name!r}")
