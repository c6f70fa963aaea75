"""What a purchase after a decision would have earned, and what stood against it."""

from quanthedge.labelling.decisions import decision_rows
from quanthedge.labelling.future import Labels, labels
from quanthedge.labelling.reasons import REASONS, reason_name

__all__ = [
    "REASONS",
    "Labels",
    "decision_rows",
    "labels",
    "reason_name",
]
