"""Arbitrage beside alpha: calendar spreads of index futures and pairs inside industries.

Research on closes alone, a trade at a time: nothing here is a ledger.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.arbitrage.levels import refused_levels as refused_levels
    from quanthedge.arbitrage.levels import spread_levels as spread_levels
    from quanthedge.arbitrage.pairs import pairs_targets as pairs_targets
    from quanthedge.arbitrage.spread_days import spread_panel as spread_panel
    from quanthedge.arbitrage.spread_reversion import mean_reversion as mean_reversion
    from quanthedge.arbitrage.spread_trading import spread_trades as spread_trades

_LAZY = {
    "mean_reversion": "spread_reversion",
    "pairs_targets": "pairs",
    "refused_levels": "levels",
    "spread_levels": "levels",
    "spread_panel": "spread_days",
    "spread_trades": "spread_trading",
}

__all__ = [
    "PairsBook",
    "mean_reversion",
    "pairs_targets",
    "refused_levels",
    "spread_levels",
    "spread_panel",
    "spread_trades",
]


def __getattr__(name: str) -> Any:
    """Import on first use (PEP 562)."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.arbitrage.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.arbitrage' has no attribute {name!r}")
