"""Layers of a book above its stocks: how much is invested, and how much in each industry."""

from quanthedge.layers.allocation import Allocation, NoAllocation, Standing, allocation_table
from quanthedge.layers.carry import CarryGate, CarryScaled
from quanthedge.layers.control import DrawdownControl, RiskBudget
from quanthedge.layers.episodes import Episodes, episodes
from quanthedge.layers.industry import NoTilt, ScoreTilt, industry_tilts
from quanthedge.layers.sections import Layers
from quanthedge.layers.wording import allocation_name

__all__ = [
    "Allocation",
    "CarryGate",
    "CarryScaled",
    "DrawdownControl",
    "Episodes",
    "Layers",
    "NoAllocation",
    "NoTilt",
    "RiskBudget",
    "ScoreTilt",
    "Standing",
    "allocation_name",
    "allocation_table",
    "episodes",
    "industry_tilts",
]
