"""Layers of a book above its stocks: how much is invested, and how much in each industry."""

from quanthedge.layers.industry import industry_tilts
from quanthedge.layers.sections import Layers

__all__ = ["Layers", "industry_tilts"]
