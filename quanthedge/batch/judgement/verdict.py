"""Whether the best of a sweep is to be believed, in words."""

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.batch.judgement.neighbours import Neighbours
from quanthedge.batch.judgement.wording import told
from quanthedge.performance import Cscv
from quanthedge.words import LANGUAGES, Bilingual, in_both, texts

__all__ = ["FEWEST_DAYS", "Belief", "Evidence", "Verdict", "verdict_of"]

Belief = Literal["yes", "open", "no", "short"]
_SURE = 0.95  # deflated Sharpe ratio from which luck is no good explanation
FEWEST_DAYS = 60  # below, a Sharpe ratio says nothing
_UNSURE = 0.80  # below, luck explains it well enough
_LOSES = 0.25  # share of halves in which the chosen run loses out of sample
_LASTS, _SELDOM = 0.25, 0.10  # overfitting and loss out of sample of a choice that lasts
_LONELY = 0.5  # of its lead, that the neighbours keep
_NOTABLE = 0.3  # of its own figure, that the neighbours fall short


class Evidence(NamedTuple):
    """What a verdict goes by.

    Attributes
    ----------
    by : str
        The figure that runs are ranked by.
    days : int
        Of the best run's returns.
    trials : int
    found : Cscv or None
    pairs : Neighbours
    done, failed : int
        Runs.
    """

    by: str
    days: int
    trials: int
    found: Cscv | None
    pairs: Neighbours
    done: int
    failed: int


class Verdict(NamedTuple):
    """What is said at the top.

    Attributes
    ----------
    belief : "yes", "open", "no" or "short" (too few days to say)
    lonely : bool
        The best is a peak that its neighbours do not share.
    sentences : tuple of Bilingual
        The first tells the belief, the second of neighbours and failures.
    """

    belief: Belief
    lonely: bool
    sentences: tuple[Bilingual, ...]


def verdict_of(best: pd.Series, evidence: Evidence) -> Verdict:
    """Return the verdict on the best run.

    Parameters
    ----------
    best : Series
        Its row of the table.
    evidence : Evidence

    Notes
    -----
    "yes": deflated Sharpe ratio of 95% or more, a loss out of sample in a quarter of the halves or
    fewer, and neighbours that keep half of its lead over the median run or more (or fall short by
    less than three tenths of its figure). "no": deflated below 80% (50% where the choice lasts out
    of sample: probability of overfitting up to 25% and a loss in up to 10%), or it is more likely
    overfitted than not and loses out of sample in more than a quarter. Otherwise "open". A
    probability of overfitting above one half alone does not speak against runs that all earn: it
    says that which of them is the best is luck.
    """
    chance, found = float(best["deflated"]), evidence.found
    lonely = _is_lonely(best, evidence.by)
    loses = found is not None and found.loss > _LOSES
    belief: Belief = "open"
    if evidence.days < FEWEST_DAYS or np.isnan(chance):
        belief = "short"
    elif chance < _unsure(found) or (found is not None and found.pbo > 0.5 and loses):
        belief = "no"
    elif chance >= _SURE and not loses and not lonely:
        belief = "yes"
    first = _filled(
        f"belief_{belief}",
        figure=told(best[evidence.by], evidence.by),
        trials=f"{evidence.trials:,}",
        deflated=told(chance, "deflated"),
        days=f"{evidence.days:,}",
        halves=_halves(found, loses=loses),
    )
    second = _filled("second", near=_near(best, evidence, lonely=lonely), failed=_failed(evidence))
    return Verdict(belief, lonely, (first, second))


def _unsure(found: Cscv | None) -> float:
    """Return the deflated ratio below which the best is not believed."""
    lasting = found is not None and found.pbo <= _LASTS and found.loss <= _SELDOM
    return 0.5 if lasting else _UNSURE


def _is_lonely(best: pd.Series, by: str) -> bool:
    short = float(best[by]) - float(best["neighbours_mean"])
    return bool(best["plateau"] < _LONELY and short > _NOTABLE * abs(float(best[by])))


def _halves(found: Cscv | None, *, loses: bool) -> Bilingual:
    if found is None:
        return _filled("halves_none")
    kind = "low" if found.pbo <= 0.5 else "loses" if loses else "alike"
    return _filled(
        f"halves_{kind}", pbo=told(found.pbo, "deflated"), loss=told(found.loss, "deflated")
    )


def _near(best: pd.Series, evidence: Evidence, *, lonely: bool) -> Bilingual:
    count = int(best["neighbours"])
    if count == 0:
        return _filled("near_none")
    kind = "lonely" if lonely else "plateau" if best["plateau"] >= _LONELY else "flat"
    return _filled(
        f"near_{kind}_{evidence.pairs.kind}",
        count=count,
        mean=told(best["neighbours_mean"], evidence.by),
        worst=told(best["neighbours_worst"], evidence.by),
        figure=told(best[evidence.by], evidence.by),
    )


def _failed(evidence: Evidence) -> Bilingual:
    kind = "failed" if evidence.failed else "all_done"
    whole = evidence.failed + evidence.done
    return _filled(kind, failed=f"{evidence.failed:,}", whole=f"{whole:,}")


def _filled(key: str, **values: Any) -> Bilingual:
    """Return a sentence, places filled with values or with parts in the same language."""
    text = texts("quanthedge.batch.judgement", "words")["verdict"][key]
    plain = {k: v for k, v in values.items() if not isinstance(v, dict)}
    parts = {k: v for k, v in values.items() if isinstance(v, dict)}
    if not parts:
        return in_both(text, **plain)
    return {
        code: text[code].format(**plain, **{k: v[code] for k, v in parts.items()})
        for code in LANGUAGES
    }
