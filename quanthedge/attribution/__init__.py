"""Where alpha came from: by industry and stock, by layer of the strategy, by factor."""

from quanthedge.attribution.brinson import BRINSON
from quanthedge.attribution.layers import ALLOCATION_LINES, LAYERS
from quanthedge.attribution.tables import attribution, attribution_tables

__all__ = [
    "ALLOCATION_LINES",
    "BRINSON",
    "LAYERS",
    "attribution",
    "attribution_tables",
]
