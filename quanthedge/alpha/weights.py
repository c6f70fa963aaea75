"""Combinations that are weighted sums of factors: fixed weights, and weights from past evidence.

Features are signed, so that each weight is expected to be 0 or more: evidence against a factor's
published sign switches it off and never turns it around.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from quanthedge.alpha.combiner import Combiner, Trained
from quanthedge.alpha.study import Lesson
from quanthedge.typing import Floats

__all__ = ["IC", "ICIR", "Equal", "FamilyEqual", "MaximumIR", "Ridge", "weighted"]

_SAYS = 1e-9  # a residual rank of less is the noise of a factor that is the same for all
_LEAST_SPREAD = 0.03  # of a factor's IC by date: less is an accident of few dates


def weighted(weights: Floats) -> Trained:
    """Return the prediction that is a weighted sum."""
    return Trained(lambda features: features.astype(np.float64) @ weights, weights)


def _family_weights(families: Sequence[str]) -> Floats:
    """Return equal weights of families, and of the factors in each; their sum is 1.

    >>> _family_weights(["value", "value", "quality"])
    array([0.25, 0.25, 0.5 ])
    """
    kinds, number, count = np.unique(np.asarray(families), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[number] / kinds.size, dtype=np.float64)


class Equal(Combiner):
    """Equal weights of all factors: nothing is fitted."""

    learns: ClassVar[bool] = False
    kind: Literal["equal"] = "equal"

    def fit(self, lesson: Lesson) -> Trained:
        """Return equal weights."""
        return weighted(np.full(len(lesson.names), 1.0 / len(lesson.names)))


class FamilyEqual(Combiner):
    """Equal weights of families, and of the factors inside each: nothing is fitted.

    Of each day only factors count that tell its stocks apart. One that is undefined for all of
    them, as before its data begin, or the same for all has no part in its family's mean; a family
    without any has none in the score. A factor that some stocks lack counts as average for them.
    """

    learns: ClassVar[bool] = False
    kind: Literal["family_equal"] = "family_equal"

    def fit(self, lesson: Lesson) -> Trained:
        """Return equal weights of families: those of a day on which every factor counts."""
        families = np.asarray(lesson.families)

        def predict(features: NDArray[np.floating]) -> Floats:
            says = (np.abs(features) > _SAYS).any(axis=0)
            if not says.any():
                return np.zeros(len(features))
            of_day = features[:, says].astype(np.float64)
            return np.asarray(of_day @ _family_weights(families[says].tolist()))

        return Trained(predict, _family_weights(lesson.families))


class _Evidence(Combiner):
    """Weights from the rank correlations of each past date, shrunk towards equal weights."""

    shrink: float = Field(
        default=0.5, ge=0, le=1, description="Share of equal weights; 1 uses no evidence."
    )

    def fit(self, lesson: Lesson) -> Trained:
        """Return weights of 0 or more whose sum is 1."""
        found = np.maximum(self._raw(lesson.ics), 0.0)
        total = float(found.sum())
        equal = np.full(found.size, 1.0 / found.size)
        if total > 0:
            return weighted(self.shrink * equal + (1.0 - self.shrink) * found / total)
        return weighted(equal)

    def _raw(self, ics: Floats) -> Floats:
        raise NotImplementedError


class IC(_Evidence):
    """Weights by the mean IC of the past."""

    kind: Literal["ic"] = "ic"

    def _raw(self, ics: Floats) -> Floats:
        return _means(ics)[0]


class ICIR(_Evidence):
    """Weights by the mean IC of the past over its standard deviation.

    References
    ----------
    Grinold, R., Kahn, R. (2000), "Active Portfolio Management", chapters 6 and 10.
    """

    kind: Literal["icir"] = "icir"

    def _raw(self, ics: Floats) -> Floats:
        mean, spread = _means(ics)
        return mean / np.maximum(spread, _LEAST_SPREAD)


class MaximumIR(_Evidence):
    """Weights that maximise the mean of the combined IC over its standard deviation.

    The covariance of the ICs over the past dates is shrunk towards its diagonal by ``covariance``:
    ``w = ((1 - c) S + c diag(S))^-1 mean``.

    References
    ----------
    Qian, E., Hua, R., Sorensen, E. (2007), "Quantitative Equity Portfolio Management", chapter 7.
    """

    kind: Literal["max_ir"] = "max_ir"
    covariance: float = Field(
        default=0.5, ge=0, le=1, description="Share of the diagonal in the covariance of ICs."
    )

    def _raw(self, ics: Floats) -> Floats:
        mean, spread = _means(ics)
        filled = np.where(np.isfinite(ics), ics, mean)
        if len(filled) < 2:
            return mean
        joint = np.atleast_2d(np.cov(filled, rowvar=False))
        own = np.diag(np.maximum(spread, _LEAST_SPREAD) ** 2)
        shrunk = (1.0 - self.covariance) * joint + self.covariance * own
        shrunk += 1e-6 * own  # of two factors that are one the covariance has no inverse
        return np.asarray(np.linalg.solve(shrunk, mean))


def _means(ics: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (ddof 1) of each column's numbers; 0 without any."""
    known = np.isfinite(ics)
    count = known.sum(axis=0)
    filled = np.where(known, ics, 0.0)
    mean = filled.sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, (ics - mean) ** 2, 0.0).sum(axis=0)
    return mean, np.sqrt(squares / np.maximum(count - 1, 1))


class Ridge(Combiner):
    """Ridge regression of the target on all features, from sums of products.

    ``w = (X'X + penalty I)^-1 X'y`` over all pairs of the training dates, without an intercept:
    features and target have mean 0 on each date. The sums of a date are made once, so that each
    further training costs nothing.

    References
    ----------
    Hoerl, A., Kennard, R. (1970), "Ridge regression", Technometrics 12(1).
    """

    kind: Literal["ridge"] = "ridge"
    penalty: float = Field(
        default=3000.0, gt=0, allow_inf_nan=False, description="Of the sum of squared weights."
    )
    monotone: Literal["sign", "none"] = Field(
        default="none", description="'sign': no weight against a factor's published sign."
    )

    def fit(self, lesson: Lesson) -> Trained:
        """Return the regression's weights."""
        xx, xy = lesson.sums()
        whole = xx + self.penalty * np.eye(len(xy))
        if self.monotone == "none":
            return weighted(np.asarray(np.linalg.solve(whole, xy), dtype=np.float64))
        from scipy.optimize import nnls

        # |Lw - L^-1 xy|^2 with LL' = whole differs from the regression's loss by a constant
        root = np.linalg.cholesky(whole)
        return weighted(np.asarray(nnls(root.T, np.linalg.solve(root, xy))[0]))
