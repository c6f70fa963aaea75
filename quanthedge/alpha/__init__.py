"""Combination of factors into one score per day and stock, trained on the past where it is.

Examples
--------
>>> import quanthedge as qh
>>> model = qh.alpha.AlphaModel(library=["book_yield", "reversal"], combine=qh.alpha.Equal())
>>> qh.Strategy(name="two factors", alpha=model).alpha.combine.kind
'equal'
"""

from quanthedge.alpha.combination import Combine, OutOfSample
from quanthedge.alpha.combine import FactorTerm, scores
from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.expected import (
    LEAST_KNOWN,
    STATED_IC,
    Information,
    ScoreHistory,
    expected_at,
    information,
    score_history,
)
from quanthedge.alpha.learners import Boosting, ElasticNet, Estimator, Stack
from quanthedge.alpha.model import (
    AlphaModel,
    AlphaScores,
    alpha_scores,
    carried,
    first_training,
    graded_factors,
)
from quanthedge.alpha.walk import no_training
from quanthedge.alpha.weights import IC, ICIR, Equal, FamilyEqual, MaximumIR, Ridge
from quanthedge.alpha.wording import combination_name, neutral_name

__all__ = [
    "IC",
    "ICIR",
    "LEAST_KNOWN",
    "STATED_IC",
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
    "Information",
    "MaximumIR",
    "OutOfSample",
    "Ridge",
    "ScoreHistory",
    "Stack",
    "alpha_scores",
    "carried",
    "combination_name",
    "expected_at",
    "first_training",
    "graded_factors",
    "information",
    "neutral_name",
    "no_training",
    "score_history",
    "scores",
]
