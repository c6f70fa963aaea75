"""Which of many runs to believe: deflation, overfitting, neighbours, a page (docs/judging.md)."""

from quanthedge.batch.judgement.of_store import judge, trials_of
from quanthedge.batch.judgement.table import Judgement, judged

__all__ = ["Judgement", "judge", "judged", "trials_of"]
