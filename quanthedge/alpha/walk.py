"""Training again and again: every prediction is out of sample and knows what it was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.alpha.combiner import Combiner, Trained, trained
from quanthedge.alpha.learners import Stack
from quanthedge.alpha.study import Lesson, Study
from quanthedge.alpha.weights import weighted
from quanthedge.errors import StrategyError
from quanthedge.operators import rank
from quanthedge.typing import Bools, Floats, Ints

__all__ = [
    "NOT_CAUSAL",
    "Fold",
    "Walk",
    "check_known",
    "folds_for",
    "no_training",
    "training_table",
    "walk",
    "walk_folds",
]

NOT_CAUSAL = -1
_TRAINING = ("date", "kind", "trained_on", "trained_until", "label_end", "rebalances", "pairs")


class Fold(NamedTuple):
    """One training and what it predicts: places of dates.

    ``known`` is the market's row at whose close it is done: every label in it has ended by then.
    NOT_CAUSAL where training holds dates after the test.
    """

    train: Ints
    test: Ints
    known: int


@dataclass(frozen=True, eq=False)
class Walk:
    """Predictions of R dates x N stocks.

    Attributes
    ----------
    scores : float64 [R, N]
        NaN before the first training and for stocks without a score.
    fold : int64 [R]
        Which training predicts a date; -1: none.
    folds, trainings : lists
        The trainings and what came out of each.
    trained_until, label_end : int64 [R]
        Market row of the last decision that the date's training has seen, and of the last price in
        its labels; -1 where nothing is trained.
    names : tuple of str
        What the trainings weigh: the factors, or the members of a stack.
    """

    scores: Floats
    fold: Ints
    folds: list[Fold]
    trainings: list[Trained]
    trained_until: Ints
    label_end: Ints
    names: tuple[str, ...]


def walk_folds(
    rows: Ints, grid: Ints, first: int, step: int, gap: int, window: int | None
) -> list[Fold]:
    """Return trainings on a grid of dates, each predicting every row until the next.

    Parameters
    ----------
    rows : int64 [R]
        Market rows of all dates, ascending.
    grid : int64 [G]
        Places of those that are trained on, ascending.
    first, step : int
        Dates of the grid before the first training, and between trainings.
    gap : int
        Dates left out before a training: purge and embargo.
    window : int, optional
        Dates of a training.
    """
    found = []
    for m in range(first, grid.size, step):
        last = m - gap
        train = grid[0 if window is None else max(0, last - window) : last]
        known = int(rows[grid[m]])
        until = rows[grid[m + step]] if m + step < grid.size else rows[-1] + 1
        test = np.flatnonzero((rows >= known) & (rows < until))
        found.append(Fold(train, test, known))
    return found


def walk(combiner: Combiner, study: Study, scored: Bools, folds: Sequence[Fold]) -> Walk:
    """Train on each fold and predict its test dates.

    Parameters
    ----------
    combiner : Combiner
    study : Study
    scored : bool [R, N]
        Which stocks get a score.
    folds : sequence of Fold
        No date is tested twice. One that learns nothing has a fold without training dates.

    Raises
    ------
    StrategyError
        A training has nothing to learn from, would use a label that was not known, or fails.
    """
    if isinstance(combiner, Stack):
        return _stacked(combiner, study, scored, folds)
    trainings = [trained(combiner, Lesson(study, fold.train)) for fold in folds]
    return _predicted(study, scored, folds, trainings)


def _predicted(
    study: Study, scored: Bools, folds: Sequence[Fold], trainings: Sequence[Trained]
) -> Walk:
    dates = len(study.rows)
    scores = np.full(scored.shape, np.nan)
    number = np.full(dates, -1, dtype=np.int64)
    until, end = number.copy(), number.copy()
    for k, (fold, one) in enumerate(zip(folds, trainings, strict=True)):
        if fold.known != NOT_CAUSAL:
            check_known(study, fold)
        if (number[fold.test] >= 0).any():
            raise StrategyError(
                "cv: a date is tested twice, so that it has no single prediction; accepted: "
                "PanelWalkForward or PanelPurgedKFold"
            )
        number[fold.test] = k
        seen = fold.train[study.learnable[fold.train]]
        if seen.size:
            until[fold.test] = study.rows[seen].max()
            end[fold.test] = study.label_end[seen].max()
        for r in fold.test:
            chosen = scored[r]
            if chosen.any():
                scores[r, chosen] = one.predict(study.values[r, chosen])
    return Walk(scores, number, list(folds), list(trainings), until, end, study.names)


def check_known(study: Study, fold: Fold) -> None:
    """Refuse a training that would use what was not known at its close.

    Raises
    ------
    StrategyError
        A label had not ended, or a predicted date lies before the training.
    """
    ends = int(study.label_end[fold.train].max(initial=-1))
    tested = int(study.rows[fold.test].min(initial=fold.known))
    decided = int(study.rows[fold.train].max(initial=-1))
    if max(ends, decided) > fold.known or tested < fold.known:
        raise StrategyError(
            f"look-ahead: a training at the close of row {fold.known} uses decisions up to row "
            f"{decided} whose labels end on row {ends}, and predicts row {tested}"
        )


def _stacked(combiner: Stack, study: Study, scored: Bools, folds: Sequence[Fold]) -> Walk:
    """Weigh members by what their own predictions were worth."""
    found = [walk(one, study, scored, folds_for(one, study, folds)) for one in combiner.members]
    ranked = np.stack([np.nan_to_num(np.asarray(rank(one.scores))) for one in found], axis=2)
    above = Study(
        study.rows, ranked.astype(np.float32), study.target, study.label_end,
        tuple(one.kind for one in combiner.members), tuple(one.kind for one in combiner.members),
    )  # fmt: skip
    predicted = np.asarray(np.stack([one.fold >= 0 for one in found], axis=1).all(axis=1))
    trainings = []
    for fold in folds:
        seen = fold.train[predicted[fold.train] & study.learnable[fold.train]]
        trainings.append(_stack_weights(combiner, Lesson(above, seen)))
    made = _predicted(above, scored, folds, trainings)
    inside = [one.label_end for one in found if one.label_end.max() >= 0]
    last = [one.trained_until for one in found if one.label_end.max() >= 0]
    return Walk(
        np.where((made.fold >= 0)[:, None], made.scores, np.nan),
        made.fold,
        made.folds,
        made.trainings,
        np.max([made.trained_until, *last], axis=0),
        np.max([made.label_end, *inside], axis=0),
        above.names,
    )


def folds_for(combiner: Combiner, study: Study, folds: Sequence[Fold]) -> Sequence[Fold]:
    """Return the folds of a combination: one that learns nothing predicts every date."""
    if combiner.learns:
        return folds
    every = np.arange(len(study.rows))
    return [Fold(every[:0], every, int(study.rows[0]) if every.size else 0)]


def _stack_weights(combiner: Stack, lesson: Lesson) -> Trained:
    from scipy.optimize import nnls

    members = len(lesson.names)
    equal = np.full(members, 1.0 / members)
    if lesson.train.size < combiner.least:
        return weighted(equal)
    xx, xy = lesson.sums()
    root = np.linalg.cholesky(xx + 1e-9 * np.trace(xx) * np.eye(members))
    found = nnls(root.T, np.linalg.solve(root, xy))[0]
    total = float(found.sum())
    if total <= 0:
        return weighted(equal)
    return weighted(combiner.shrink * equal + (1.0 - combiner.shrink) * found / total)


def training_table(made: Walk, study: Study, dates: Ints, kind: str) -> pd.DataFrame:
    """Return what each date's prediction was trained on, a row a predicted date.

    Columns date, kind, trained_on (close at which the training was done), trained_until (last
    decision in it), label_end (last price in its labels), rebalances and pairs in it.
    """
    rows = [r for r in range(len(study.rows)) if made.fold[r] >= 0 and made.label_end[r] >= 0]
    table = []
    for r in rows:
        fold = made.folds[made.fold[r]]
        seen = fold.train[study.learnable[fold.train]]
        known = max(fold.known, 0)
        table.append(
            (dates[study.rows[r]], kind, dates[known], dates[made.trained_until[r]],
             dates[made.label_end[r]], seen.size, int(study.moments.pairs[seen].sum()))
        )  # fmt: skip
    return _typed(pd.DataFrame(table, columns=list(_TRAINING)))


def no_training() -> pd.DataFrame:
    """Return the table of trainings of what is not fitted: no rows."""
    return _typed(pd.DataFrame(columns=list(_TRAINING)))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    dates = ("date", "trained_on", "trained_until", "label_end")
    made = frame.assign(**{name: pd.DatetimeIndex(frame[name]) for name in dates})
    return made.astype({"kind": "str", "rebalances": "int64", "pairs": "int64"})
