"""Where alpha came from: by industry and stock, by layer of the strategy, by factor."""

from quanthedge.attribution.brinson import BRINSON
from quanthedge.attribution.layers import LAYERS
from quanthedge.attribution.tables import attribution, attribution_tables

__all__ = [
    "BRINSON",
    "LAYERS",
    "attribution",
    "attribution_tables",
]
