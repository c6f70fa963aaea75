"""Hedge with index futures: contract chain, roll, and when and how much to hedge."""

from quanthedge.hedge.chain import ContractChain, FuturesMarket, contract_chain
from quanthedge.hedge.rule import HedgeRule, hedge_days, target_lots
from quanthedge.hedge.schedule import (
    BEYOND,
    ContractSchedule,
    Fill,
    contract_schedule,
    fill_prices,
)

__all__ = [
    "BEYOND",
    "ContractChain",
    "ContractSchedule",
    "Fill",
    "FuturesMarket",
    "HedgeRule",
    "contract_chain",
    "contract_schedule",
    "fill_prices",
    "hedge_days",
    "target_lots",
]
