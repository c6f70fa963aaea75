"""Layers of a book above its stocks: how much is invested, and how much in each industry."""

from quanthedge.layers.allocation import Allocation, NoAllocation, Standing
from quanthedge.layers.episodes import episodes
from quanthedge.layers.sections import Layers

__all__ = [
    "Allocation",
    "Layers",
    "NoAllocation",
    "Standing",
    "episodes",
]
