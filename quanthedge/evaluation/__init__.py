"""Evidence of factors: what they ranked, and what a hedged fund would have earned."""

from quanthedge.evaluation.evaluation import Evaluation, evaluate
from quanthedge.evaluation.hedge_leg import hedge_returns
from quanthedge.evaluation.significance import (
    MeanTest,
    false_discovery,
    fixed_b_p,
    mean_test,
    newey_west_t,
)

__all__ = [
    "Evaluation",
    "MeanTest",
    "evaluate",
    "false_discovery",
    "fixed_b_p",
    "hedge_returns",
    "mean_test",
    "newey_west_t",
]
