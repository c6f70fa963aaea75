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
from quanthedge.risk.forecast import RiskForecast, RiskReport
from quanthedge.risk.index_weights import IndexWeightModel, IndexWeights, index_weights
from quanthedge.risk.model import FittedRiskModel, RiskModel
from quanthedge.risk.statistical import FittedStatisticalRisk, StatisticalRiskModel
from quanthedge.risk.validate import bias_table, factor_scores, standard_classes, z_scores

__all__ = [
    "MISMATCHES",
    "RESIDUAL",
    "STYLES",
    "FittedRiskModel",
    "FittedStatisticalRisk",
    "IndexWeightModel",
    "IndexWeights",
    "RiskForecast",
    "RiskModel",
    "RiskReport",
    "StatisticalRiskModel",
    "StyleModel",
    "bias_table",
    "factor_scores",
    "fitted_returns",
    "index_weights",
    "standard_classes",
    "style_grades",
    "style_returns",
    "z_scores",
]
