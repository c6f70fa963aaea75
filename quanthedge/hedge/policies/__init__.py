"""When to rebalance: composable policies, for the hedge and for leveraged products alike."""

from quanthedge.hedge.policies.policies import (
    AllOf,
    AnyOf,
    Band,
    Bands,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    Policy,
    PriceMove,
)
from quanthedge.hedge.policies.program import (
    Program,
    compile_policy,
    own_answers,
)
from quanthedge.hedge.policies.wording import policy_text

__all__ = [
    "AllOf",
    "AnyOf",
    "Band",
    "Bands",
    "Calendar",
    "Deviation",
    "LeverageTrigger",
    "NoTradeBand",
    "Policy",
    "PriceMove",
    "Program",
    "compile_policy",
    "own_answers",
    "policy_text",
]
