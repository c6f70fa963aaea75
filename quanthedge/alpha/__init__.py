"""Combination of factors into one score per day and stock, trained on the past where it is."""

from quanthedge.alpha.combination import Combine, OutOfSample
from quanthedge.alpha.combine import FactorTerm, scores
from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.expected import expected_at
from quanthedge.alpha.learners import Boosting, ElasticNet, Estimator, Stack
from quanthedge.alpha.model import (
    AlphaModel,
    AlphaScores,
    alpha_scores,
    carried,
    first_training,
    graded_factors,
)
from quanthedge.alpha.splitters import (
    PanelCombinatorialPurged,
    PanelPurgedKFold,
    PanelWalkForward,
)
from quanthedge.alpha.walk import no_training
from quanthedge.alpha.weights import IC, ICIR, Equal, FamilyEqual, MaximumIR, Ridge
from quanthedge.alpha.wording import combination_name, neutral_name

__all__ = [
    "IC",
    "ICIR",
    "AlphaModel",
    "AlphaScores",
    "Boosting",
    "Combine",
    "Combiner",
    "ElasticNet",
    "Equal",
    "Estimator",
    "FactorTerm",
    "FamilyEqual",
    "MaximumIR",
    "OutOfSample",
    "PanelCombinatorialPurged",
    "PanelPurgedKFold",
    "PanelWalkForward",
    "Ridge",
    "Stack",
    "alpha_scores",
    "carried",
    "combination_name",
    "expected_at",
    "first_training",
    "graded_factors",
    "neutral_name",
    "no_training",
    "scores",
]
