"""What explains the returns of all stocks: the model of characteristics."""

from quanthedge.risk.characteristics import (
    MISMATCHES,
    RESIDUAL,
    STYLES,
    StyleModel,
    fitted_returns,
    style_grades,
    style_returns,
)

__all__ = [
    "MISMATCHES",
    "RESIDUAL",
    "STYLES",
    "StyleModel",
    "fitted_returns",
    "style_grades",
    "style_returns",
]
