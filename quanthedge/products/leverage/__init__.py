"""Leveraged exposure to a price: products rebalanced by the policies that hedges use, too."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.products.leverage.exposure import ExposureResult as ExposureResult
    from quanthedge.products.leverage.exposure import LeveragedExposure as LeveragedExposure
    from quanthedge.products.leverage.files import load_exposure as load_exposure
    from quanthedge.products.leverage.files import read_prices as read_prices
    from quanthedge.products.leverage.formulas import equity_after as equity_after
    from quanthedge.products.leverage.formulas import leverage_after as leverage_after
    from quanthedge.products.leverage.formulas import trade_to_rebalance as trade_to_rebalance
    from quanthedge.products.leverage.formulas import trigger_move as trigger_move
    from quanthedge.products.leverage.formulas import volatility_drag as volatility_drag
    from quanthedge.products.leverage.formulas import wipe_out_move as wipe_out_move

_LAZY = {
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

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts fast."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.products.leverage.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.products.leverage' has no attribute {name!r}")
