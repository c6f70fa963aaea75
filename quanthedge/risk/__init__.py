"""What explains the returns of all stocks: the risk model, and weights of indices."""

from quanthedge.risk.choice import AnyRiskModel
from quanthedge.risk.exposures import RISK_STYLES, style_exposures
from quanthedge.risk.fitted import FittedRisk
from quanthedge.risk.forecast import RiskForecast, RiskReport
from quanthedge.risk.hedge_exposure import basis_risk
from quanthedge.risk.index_weights import IndexWeightModel, IndexWeights, index_weights
from quanthedge.risk.model import FittedRiskModel, RiskModel
from quanthedge.risk.statistical import StatisticalRiskModel
from quanthedge.risk.threads import one_thread
from quanthedge.risk.validate import (
    bias_table,
    factor_scores,
    noise_bands,
    standard_classes,
    z_scores,
)

__all__ = [
    "RISK_STYLES",
    "AnyRiskModel",
    "FittedRisk",
    "FittedRiskModel",
    "IndexWeightModel",
    "IndexWeights",
    "RiskForecast",
    "RiskModel",
    "RiskReport",
    "StatisticalRiskModel",
    "basis_risk",
    "bias_table",
    "factor_scores",
    "index_weights",
    "noise_bands",
    "one_thread",
    "standard_classes",
    "style_exposures",
    "z_scores",
]
