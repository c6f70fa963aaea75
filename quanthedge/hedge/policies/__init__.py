"""When to rebalance: composable policies, for the hedge and for leveraged products alike."""

from quanthedge.hedge.policies.policies import (
    AllOf,
    AnyOf,
    Band,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    Policy,
    PriceMove,
)
from quanthedge.hedge.policies.program import Program, compile_policy

__all__ = [
    "AllOf",
    "AnyOf",
    "Band",
    "Calendar",
    "Deviation",
    "LeverageTrigger",
    "NoTradeBand",
    "Policy",
    "PriceMove",
    "Program",
    "compile_policy",
]
