"""Evidence of factors: what they ranked, and what a hedged fund would have earned."""

from quanthedge.evaluation.evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
