"""The fund: its terms, and unit value and fees in exact decimals."""

from quanthedge.fund.account import FundAccount
from quanthedge.fund.clients import Clients, Distribution, Flow, Leavers, Tier
from quanthedge.fund.terms import FundTerms, crystallisation_flags
from quanthedge.fund.values import performance_fee, round_half_up, unit_value

__all__ = [
    "Clients",
    "Distribution",
    "Flow",
    "FundAccount",
    "FundTerms",
    "Leavers",
    "Tier",
    "crystallisation_flags",
    "performance_fee",
    "round_half_up",
    "unit_value",
]
