"""Combination of factors into one score per day and stock."""

from quanthedge.alpha.combine import FactorTerm, scores
from quanthedge.alpha.splitters import (
    PanelCombinatorialPurged,
    PanelPurgedKFold,
    PanelWalkForward,
)

__all__ = [
    "FactorTerm",
    "PanelCombinatorialPurged",
    "PanelPurgedKFold",
    "PanelWalkForward",
    "scores",
]
