"""Combine: factors and labels in, predictions out of sample back. ``qh.alpha.Combine``.

>>> panel = qh.factors.panel(market, factors, rows)                              # doctest: +SKIP
>>> labels = qh.labels(market, rows)                                             # doctest: +SKIP
>>> found = qh.alpha.Combine("ridge").fit_predict(panel, labels)                 # doctest: +SKIP
>>> found.frame()                                                                # doctest: +SKIP
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from quanthedge.alpha.calibrate import calibrate, own_volatility
from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.features import NEUTRAL, Features, neutraliser, prepare
from quanthedge.alpha.learners import as_combiner
from quanthedge.alpha.splitters import PanelWalkForward, Splitter
from quanthedge.alpha.study import Study
from quanthedge.alpha.targets import Target, known_at, targets
from quanthedge.alpha.tried import write_trial
from quanthedge.alpha.walk import NOT_CAUSAL, Fold, Walk, folds_for, training_table, walk
from quanthedge.errors import StrategyError
from quanthedge.factors import FactorPanel
from quanthedge.labelling import Labels
from quanthedge.market import Market
from quanthedge.operators import rank_correlation
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Bools, Floats, Ints
from quanthedge.universe import Universe

__all__ = ["Combine", "OutOfSample"]


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """Predictions of R dates x N stocks, none of which saw its own label.

    Attributes
    ----------
    market : Market
    rows : int64 [R]
    names, families : tuple of str [K]
        Of the factors.
    causal : bool
        Whether every training ended before what it predicts; False for purged folds.
    scores : float64 [R, N]
        NaN before the first training, outside the universe, without a factor.
    alpha : float64 [R, N]
        Expected return a year beyond industry and size, calibrated on dates whose returns were
        known; NaN before there is one, and where ``causal`` is False.
    slope : float64 [R]
        Of the calibration: the information coefficient in units of the label over a day's
        volatility.
    trained_until, label_end : int64 [R]
        Market row of the last decision that the prediction was trained on, and of the last price in
        its labels: not after the decision itself where ``causal``. -1: nothing was fitted.
    realised : float64 [R, N]
        What was learnt, of every label that ended, also those that no training saw in time: for
        judging predictions afterwards.
    """

    market: Market
    rows: Ints
    names: tuple[str, ...]
    families: tuple[str, ...]
    causal: bool
    scores: Floats
    alpha: Floats
    slope: Floats
    trained_until: Ints
    label_end: Ints
    realised: Floats
    kind: str
    _walk: Walk = field(repr=False)
    _study: Study = field(repr=False)
    _scored: Bools = field(repr=False)

    def frame(self, name: Literal["scores", "alpha"] = "scores") -> pd.DataFrame:
        """Return predictions as a table, dates x codes."""
        return pd.DataFrame(
            getattr(self, name),
            index=pd.DatetimeIndex(self.market.dates[self.rows], name="date"),
            columns=pd.Index(self.market.codes, name="code"),
        )

    def ic(self) -> pd.Series:
        """Return the rank correlation of predictions with what was realised, by date."""
        found = rank_correlation(self.scores, self.realised)
        index = pd.DatetimeIndex(self.market.dates[self.rows], name="date")
        return pd.Series(np.asarray(found), index=index, name="ic")

    def trainings(self) -> pd.DataFrame:
        """Return what each date's prediction was trained on; empty where nothing is fitted."""
        return training_table(self._walk, self._study, self.market.dates, self.kind)

    def weights(self) -> pd.DataFrame | None:
        """Return the weight of each feature by the close of its training; None for other shapes."""
        made = self._walk.trainings
        if any(one.weights is None for one in made):
            return None
        table = [one.weights for one in made if one.weights is not None]
        dates = [self.market.dates[max(fold.known, 0)] for fold in self._walk.folds]
        index = pd.DatetimeIndex(dates, name="date")
        return pd.DataFrame(table, index=index, columns=list(self._walk.names))

    def importance(self, seed: int = 0) -> pd.DataFrame:
        """Return what each factor is worth to the predictions, training by training.

        Returns
        -------
        DataFrame
            Indexed by the close of the training, a column a factor: mean rank correlation of the
            predictions of that training with what was realised, less the same with the factor's
            values exchanged at random among the stocks of each date. NaN where nothing was
            realised.

        Raises
        ------
        StrategyError
            Of a stack, whose trainings see its members and not the factors.

        References
        ----------
        Breiman, L. (2001), "Random forests", Machine Learning 45(1).
        """
        if self._walk.names != self.names:
            raise StrategyError("importance: a stack weighs its members; ask it of a member")
        table = [self._of_fold(k, fold, seed) for k, fold in enumerate(self._walk.folds)]
        dates = [self.market.dates[max(fold.known, 0)] for fold in self._walk.folds]
        index = pd.DatetimeIndex(dates, name="date")
        return pd.DataFrame(table, index=index, columns=list(self.names))

    def _of_fold(self, number: int, fold: Fold, seed: int) -> Floats:
        whole, drops = [], []
        for r in fold.test:
            stocks = np.flatnonzero(self._scored[r] & np.isfinite(self.realised[r]))
            if stocks.size < 3:
                continue
            base, others = self._of_date(number, int(r), stocks, seed)
            whole.append(base)
            drops.append(base - others)
        if not whole:
            return np.full(len(self.names), np.nan)
        return np.asarray(np.mean(drops, axis=0))

    def _of_date(self, number: int, r: int, stocks: Ints, seed: int) -> tuple[float, Floats]:
        """Return the correlation of a date, and that with each factor exchanged, [K]."""
        x, y = self._study.values[r, stocks], self.realised[r, stocks]
        order = np.random.default_rng([seed, r]).permutation(stocks.size)
        stacked = np.repeat(x[None], len(self.names) + 1, axis=0)
        for k in range(len(self.names)):
            stacked[k + 1, :, k] = x[order, k]
        predict = self._walk.trainings[number].predict
        made = predict(stacked.reshape(-1, x.shape[1])).reshape(len(stacked), -1)
        found = rank_correlation(made, np.broadcast_to(y, made.shape).copy())
        found = np.nan_to_num(np.asarray(found))  # a prediction that is the same for all
        return float(found[0]), found[1:]


@dataclass(frozen=True)
class Combine:
    """From a panel of factors and labels to predictions out of sample.

    Parameters
    ----------
    estimator : str, Combiner or estimator object
        A kind (equal, family_equal, ic, icir, max_ir, ridge, elastic_net, boosting, stack), a
        combination with its parameters, or any regressor in scikit-learn's manner.
    target : "rank_residual", "rank" or "residual"
        What is learnt of the labels: the rank of the return beyond industry and size, the rank of
        the return, or the return beyond industry and size.
    cv : splitter, optional
        By default a :class:`PanelWalkForward` with the combination's own sizes.
    monotone : "sign" or "none"
        Constraint on an estimator object; a combination has its own.
    neutral : collection of "industry" and "size"
        What is taken out of the ranks of factors, and of the returns.
    needed : collection of str
        Factors without which a stock gets no prediction; the others count as average.
    half_life : float
        Of the calibration, in rebalances.

    Examples
    --------
    >>> Combine("ridge").combiner().kind
    'ridge'
    """

    estimator: Any = "family_equal"
    target: Target = "rank_residual"
    cv: Splitter | None = None
    monotone: Literal["sign", "none"] = "none"
    neutral: Collection[str] = NEUTRAL
    needed: Collection[str] = ()
    half_life: float = 36.0

    def combiner(self) -> Combiner:
        """Return the combination; errors are those of a wrong estimator."""
        return as_combiner(self.estimator, self.monotone)

    def fit_predict(
        self, panel: FactorPanel, labels: Labels, universe: Universe | Bools | None = None
    ) -> OutOfSample:
        """Train and predict, date by date.

        Parameters
        ----------
        panel : FactorPanel
        labels : Labels
            Of the same market and rows.
        universe : Universe or bool [R, N], optional
            Stocks that are graded on each date; by default all that have a factor.

        Raises
        ------
        StrategyError
            Panel and labels are of different days or markets; an estimator has no ``predict`` or
            fails; the purge is shorter than the labels; nothing can be learnt.

        Notes
        -----
        Counts as a trial (:mod:`quanthedge.trials`), whatever is then asked of the predictions: who
        chooses among combinations by their :meth:`OutOfSample.ic` has tried them all.
        """
        combiner = self.combiner()
        cv = self._splitter(combiner)
        where = _universe(panel, universe)
        _check_same(panel, labels)
        taken_out = neutraliser(panel.market, panel.rows, where, self.neutral)
        needed = [_place(name, panel.names) for name in self.needed]
        features = prepare(panel.values, panel.signs, where, taken_out, needed)
        known = None
        if isinstance(cv, PanelWalkForward):
            known = known_at(labels.rows, labels, cv.purge, cv.embargo)
        learnt = targets(labels, where, taken_out, known, self.target)
        families = tuple(factor.family for factor in panel.factors)
        study = Study(
            panel.rows, features.values, learnt.value, learnt.label_end, panel.names, families
        )
        folds = folds_for(combiner, study, _folds(cv, panel.rows) if combiner.learns else ())
        made = walk(combiner, study, features.scored, folds)
        write_trial(self, combiner, cv, panel, labels, where)
        hindsight = targets(labels, where, taken_out, None, self.target)
        return self._result(panel, labels, combiner, study, features, made, hindsight.value, known)

    def _splitter(self, combiner: Combiner) -> Splitter:
        if self.cv is None:
            return PanelWalkForward(
                combiner.first, combiner.retrain, combiner.window, combiner.purge, combiner.embargo
            )
        if not isinstance(self.cv, Splitter):
            raise StrategyError(
                f"cv: {type(self.cv).__name__} splits rows, not dates; accepted: PanelWalkForward, "
                "PanelPurgedKFold"
            )
        return self.cv

    def _result(
        self,
        panel: FactorPanel,
        labels: Labels,
        combiner: Combiner,
        study: Study,
        features: Features,
        made: Walk,
        realised: Floats,
        known: Ints | None,
    ) -> OutOfSample:
        alpha, slope = np.full_like(made.scores, np.nan), np.full(len(panel.rows), np.nan)
        if known is not None:
            where = features.scored
            taken_out = neutraliser(panel.market, panel.rows, where, self.neutral)
            residual = targets(labels, where, taken_out, known, "residual").residual
            volatility = own_volatility(panel.market, panel.rows, where)
            alpha, slope = calibrate(
                made.scores, volatility, residual, known, panel.rows, self.half_life
            )
            alpha = alpha * _periods_a_year(labels)
        return OutOfSample(
            market=panel.market,
            rows=panel.rows,
            names=panel.names,
            families=study.families,
            causal=known is not None,
            scores=made.scores,
            alpha=alpha,
            slope=slope,
            trained_until=made.trained_until,
            label_end=made.label_end,
            realised=realised,
            kind=combiner.kind,
            _walk=made,
            _study=study,
            _scored=features.scored,
        )


def _folds(cv: Splitter, rows: Ints) -> list[Fold]:
    """Return the splits of dates as trainings."""
    causal = isinstance(cv, PanelWalkForward)
    found = []
    for train, test in cv.of_dates(len(rows)):
        tested = np.flatnonzero(test)
        known = int(rows[tested[0]]) if causal else NOT_CAUSAL
        found.append(Fold(np.flatnonzero(train), tested, known))
    return found


def _universe(panel: FactorPanel, universe: Universe | Bools | None) -> Bools:
    if universe is None:
        return np.asarray(np.isfinite(panel.values).any(axis=2))
    if isinstance(universe, Universe):
        return universe.mask(panel.market, panel.rows)[0]
    found = np.asarray(universe)
    if found.shape != panel.values.shape[:2] or found.dtype != np.bool_:
        raise StrategyError(
            f"universe: {found.dtype} of shape {found.shape}; accepted: bool of shape "
            f"{panel.values.shape[:2]}, rows x stocks, or a Universe"
        )
    return found


def _check_same(panel: FactorPanel, labels: Labels) -> None:
    if labels.market.fingerprint != panel.market.fingerprint:
        raise StrategyError("fit_predict: panel and labels are of different markets")
    if not np.array_equal(panel.rows, labels.rows):
        raise StrategyError(
            f"fit_predict: the panel has {len(panel.rows)} dates and the labels "
            f"{len(labels.rows)}, not the same ones; accepted: both made of the same rows"
        )
    labels.check_unchanged()


def _place(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise StrategyError(f"needed: no factor {name!r}; accepted: {', '.join(names)}")
    return names.index(name)


def _periods_a_year(labels: Labels) -> float:
    days = len(labels.market.dates)
    whole = (labels.ends < days) & (labels.begins < days)
    length = float((labels.ends - labels.begins)[whole].mean()) if whole.any() else 1.0
    return TRADING_DAYS_A_YEAR / max(length, 1.0)
