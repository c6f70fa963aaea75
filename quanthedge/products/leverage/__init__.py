"""Leveraged exposure to a price: products rebalanced by the policies that hedges use, too."""

from importlib import import_module
from typing import Any

_HOMES = {
    "ExposureResult": "exposure",
    "LeveragedExposure": "exposure",
    "equity_after": "formulas",
    "leverage_after": "formulas",
    "load_exposure": "files",
    "read_prices": "files",
    "trade_to_rebalance": "formulas",
    "trigger_move": "formulas",
    "volatility_drag": "formulas",
    "wipe_out_move": "formulas",
}

__all__ = [*_HOMES]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name in _HOMES:
        return getattr(import_module(f"quanthedge.products.leverage.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'quanthedge.products.leverage' has no attribute {name!r}")
