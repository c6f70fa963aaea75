"""Combination of factors into one score per day and stock, trained on the past where it is.

Examples
--------
>>> import quanthedge as qh
>>> model = qh.alpha.AlphaModel(library=["book_yield", "reversal"], combine=qh.alpha.Equal())
>>> qh.Strategy(name="two factors", alpha=model).alpha.combine.kind
'equal'
"""

from quanthedge.alpha.combination import Combine
from quanthedge.alpha.combine import FactorTerm, scores
from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.expected import Information, ScoreHistory
from quanthedge.alpha.learners import Boosting, ElasticNet, Estimator, Stack
from quanthedge.alpha.model import AlphaModel, AlphaScores
from quanthedge.alpha.walk import no_training
from quanthedge.alpha.weights import IC, ICIR, Equal, FamilyEqual, MaximumIR, Ridge

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
    "Information",
    "MaximumIR",
    "Ridge",
    "ScoreHistory",
    "Stack",
    "no_training",
    "scores",
]
