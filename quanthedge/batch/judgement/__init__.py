"""Which of many runs to believe: deflation, overfitting, neighbours, a page (docs/judging.md)."""

from quanthedge.batch.judgement.table import Judgement, judged

__all__ = ["Judgement", "judged"]
