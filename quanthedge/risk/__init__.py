"""What explains the returns of all stocks: the risk model, and weights of indices."""

from quanthedge.risk.choice import AnyRiskModel
from quanthedge.risk.exposures import style_exposures
from quanthedge.risk.fitted import FittedRisk
from quanthedge.risk.forecast import RiskForecast, RiskReport
from quanthedge.risk.index_weights import index_weights
from quanthedge.risk.model import FittedRiskModel, RiskModel
from quanthedge.risk.statistical import StatisticalRiskModel
from quanthedge.risk.threads import one_thread
from quanthedge.risk.validate import bias_beside_noise

__all__ = [
    "AnyRiskModel",
    "FittedRisk",
    "FittedRiskModel",
    "RiskForecast",
    "RiskModel",
    "RiskReport",
    "StatisticalRiskModel",
    "bias_beside_noise",
    "index_weights",
    "one_thread",
    "style_exposures",
]
