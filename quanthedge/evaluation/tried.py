"""How many factors were tried on these data: what the false-discovery rate is reckoned over.

A factor in a universe is a trial; the registry of trials keeps them, with those of other
evaluations and of backtests on days that overlap.
"""

from collections.abc import Sequence

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.labelling import Labels
from quanthedge.trials import Trial, count, digest, record
from quanthedge.typing import Bools

__all__ = ["check_tried", "count_tried", "trial_of"]


def trial_of(factor: str, what: str, universe: str, mask: Bools, labels: Labels, p: float) -> Trial:
    """Return a factor in a universe as a trial: the factor, the stocks, the label and its days."""
    days = labels.market.dates[labels.rows].astype(str).tolist()
    found = digest([what, digest(mask), labels.definition, days])
    return Trial("evaluation", f"{factor}, {universe}", found, p if np.isfinite(p) else None)


def check_tried(evaluated: int, tried: int | None) -> None:
    """Refuse a number of trials that is less than what is evaluated here.

    Raises
    ------
    StrategyError
        Fewer are said to have been tried.
    """
    if tried is not None and (isinstance(tried, bool) or tried < evaluated):
        raise StrategyError(
            f"tried is {tried!r}, and {evaluated} tests are made here (a factor in a universe is "
            "one); accepted: that many or more: every factor that was looked at on these data"
        )


def count_tried(labels: Labels, trials: Sequence[Trial], tried: int | None) -> int:
    """Write the trials into the registry; return the number behind the evaluation.

    Parameters
    ----------
    labels : Labels
    trials : sequence of Trial
        Of this evaluation.
    tried : int, optional
        What the user says was tried in all, in place of the registry's count.

    Notes
    -----
    At least the trials of the evaluation, also where the registry is off or cannot be written.
    """
    days = labels.market.dates
    start, end = days[labels.rows[0]], days[min(int(labels.ends.max()), len(days) - 1)]
    written = record(labels.market, start, end, trials)
    if tried is not None:
        return tried
    found = count(labels.market, start, end) if written else None
    return max(found or 0, len(trials))
