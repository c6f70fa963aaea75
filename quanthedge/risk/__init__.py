"""What explains the returns of all stocks: characteristics, index weights, the risk model."""

from quanthedge.risk.characteristics import (
    MISMATCHES,
    RESIDUAL,
    STYLES,
    StyleModel,
    fitted_returns,
    style_grades,
    style_returns,
)
from quanthedge.risk.index_weights import IndexWeightModel, IndexWeights, index_weights

__all__ = [
    "MISMATCHES",
    "RESIDUAL",
    "STYLES",
    "IndexWeightModel",
    "IndexWeights",
    "StyleModel",
    "fitted_returns",
    "index_weights",
    "style_grades",
    "style_returns",
]
