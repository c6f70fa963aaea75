"""What a purchase after a decision would have earned, and what stood against it."""

from quanthedge.labelling.decisions import decision_rows
from quanthedge.labelling.future import NO_COST, Labels, labels
from quanthedge.labelling.given import LEAST
from quanthedge.labelling.reasons import REASONS, reason_name

__all__ = [
    "LEAST",
    "NO_COST",
    "REASONS",
    "Labels",
    "decision_rows",
    "labels",
    "reason_name",
]
