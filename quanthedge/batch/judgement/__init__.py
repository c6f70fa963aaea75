"""Which of many runs to believe: deflation, overfitting, neighbours, a page (docs/judging.md)."""

from quanthedge.batch.judgement.of_store import judge, trials_of
from quanthedge.batch.judgement.table import Judgement, judged
from quanthedge.batch.judgement.wording import parameter_name

__all__ = ["Judgement", "judge", "judged", "parameter_name", "trials_of"]
