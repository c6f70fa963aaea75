"""Combinations that scikit-learn fits: elastic net, boosted trees, and any estimator of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.alpha.combiner import Combiner, Trained, check_estimator
from quanthedge.alpha.study import Lesson
from quanthedge.alpha.weights import weighted
from quanthedge.errors import StrategyError
from quanthedge.typing import Language

__all__ = ["Boosting", "ElasticNet", "Estimator", "Stack", "as_combiner", "constrained"]


class ElasticNet(Combiner):
    """Least squares with both penalties, over all pairs; ``sklearn.linear_model.ElasticNet``.

    References
    ----------
    Zou, H., Hastie, T. (2005), "Regularization and variable selection via the elastic net",
    Journal of the Royal Statistical Society B 67(2).
    """

    kind: Literal["elastic_net"] = "elastic_net"
    penalty: float = Field(
        default=0.0005, gt=0, allow_inf_nan=False, description="scikit-learn's alpha."
    )
    l1_ratio: float = Field(default=0.5, ge=0, le=1, description="Share of absolute values.")
    monotone: Literal["sign", "none"] = Field(
        default="sign", description="'sign': no weight against a factor's published sign."
    )

    def estimator(self) -> Any:
        """Return the estimator."""
        from sklearn.linear_model import ElasticNet as Peer

        return Peer(
            alpha=self.penalty,
            l1_ratio=self.l1_ratio,
            fit_intercept=False,
            positive=self.monotone == "sign",
            max_iter=10_000,
        )

    def fit(self, lesson: Lesson) -> Trained:
        """Return the regression's weights."""
        x, y = lesson.pooled()
        return weighted(np.asarray(self.estimator().fit(x.astype(np.float64), y).coef_))


class Boosting(Combiner):
    """Boosted trees of few leaves; ``sklearn.ensemble.HistGradientBoostingRegressor``.

    References
    ----------
    Friedman, J. (2001), "Greedy function approximation", Annals of Statistics 29(5).
    """

    kind: Literal["boosting"] = "boosting"
    trees: int = Field(default=100, ge=1, description="Trees that are added one after another.")
    leaves: int = Field(default=8, ge=2, description="Most leaves of a tree.")
    learning_rate: float = Field(
        default=0.03, gt=0, le=1, description="Part of each tree that counts."
    )
    least_leaf: int = Field(default=500, ge=1, description="Pairs in a leaf, at least.")
    l2: float = Field(
        default=1.0, ge=0, allow_inf_nan=False, description="Penalty on the values of leaves."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the estimator's random numbers.")
    monotone: Literal["sign", "none"] = Field(
        default="sign", description="'sign': the prediction never falls as a signed factor rises."
    )

    def estimator(self) -> Any:
        """Return the estimator, without constraints."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            max_iter=self.trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.least_leaf,
            l2_regularization=self.l2,
            early_stopping=False,
            random_state=self.seed,
        )

    def fit(self, lesson: Lesson) -> Trained:
        """Return the trees."""
        made = self.estimator()
        if self.monotone == "sign":
            made = constrained(made, len(lesson.names))
        x, y = lesson.pooled()
        with one_thread():
            fitted = made.fit(x, y)

        def predict(features: Any) -> Any:
            with one_thread():
                return np.asarray(fitted.predict(features), dtype=np.float64)

        return Trained(predict)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let scikit-learn's compiled loops use one thread: short ones are slower on several."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield


class Stack(Combiner):
    """Several combinations, each out of sample, weighted by what their predictions were worth.

    Each member predicts as it would alone. Their ranks of each past date are regressed on the
    target with weights of 0 or more, shrunk towards equal weights; before ``least`` such dates are
    known the weights are equal. Members follow the stack's own schedule.

    References
    ----------
    Wolpert, D. (1992), "Stacked generalization", Neural Networks 5(2); Breiman, L. (1996), "Stacked
    regressions", Machine Learning 24(1), for weights of 0 or more.
    """

    kind: Literal["stack"] = "stack"
    members: tuple[Combiner, ...] = Field(default=(), validate_default=True)
    shrink: float = Field(default=0.5, ge=0, le=1, description="Share of equal weights.")
    least: int = Field(default=12, ge=2, description="Rebalances of predictions to weigh by.")

    @model_validator(mode="before")
    @classmethod
    def _usual_members(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and not value.get("members"):
            usual = [{"kind": kind} for kind in ("family_equal", "ridge", "boosting")]
            return {**value, "members": usual}
        return value

    @model_validator(mode="after")
    def _several(self) -> Self:
        if len(self.members) < 2 or any(isinstance(one, Stack) for one in self.members):
            raise ValueError("members: two or more combinations, none of them a stack")
        return self

    def _text(self, language: Language) -> str:
        names = [one.called(language) for one in self.members]
        return (
            super()._text(language).format(members=("、" if language == "zh" else ", ").join(names))
        )


class Estimator(Combiner):
    """Any regressor of scikit-learn by its place, ``sklearn.linear_model:HuberRegressor``.

    One that is not of scikit-learn, or has parameters that are not plain, goes into a class of your
    own: see :class:`Combiner`.
    """

    kind: Literal["estimator"] = "estimator"
    of: str = Field(pattern=r"^sklearn(\.[a-z_]+)+:[A-Za-z]\w*$", description="module:Class")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of the regressor, by their names."
    )
    monotone: Literal["sign", "none"] = Field(
        default="none",
        description="'sign': the prediction never falls as a signed factor rises; only regressors "
        "that know monotonic constraints.",
    )

    def estimator(self) -> Any:
        """Return the estimator.

        Raises
        ------
        StrategyError
            There is no such regressor in scikit-learn, or its parameters are others.
        """
        from sklearn.base import BaseEstimator

        module, _, name = self.of.partition(":")
        try:
            found = getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise StrategyError(f"combination estimator: no {self.of} ({error})") from error
        if not (isinstance(found, type) and issubclass(found, BaseEstimator)):
            raise StrategyError(f"combination estimator: {self.of} is no estimator")
        try:
            made = found(**self.parameters)
        except TypeError as error:
            raise StrategyError(f"combination estimator {self.of}: {error}") from error
        check_estimator(made, f"combination estimator {self.of}")
        return made

    def fit(self, lesson: Lesson) -> Trained:
        """Return the fitted estimator."""
        made = self.estimator()
        if self.monotone == "sign":
            made = constrained(made, len(lesson.names))
        return _fitted(made, lesson, self.of)

    def _text(self, language: Language) -> str:
        return super()._text(language).format(of=self.of.partition(":")[2])


class Given(Combiner):
    """An estimator that was handed over as an object; of research only, never of a strategy."""

    kind: Literal["given"] = "given"
    object: Any = None
    monotone: Literal["sign", "none"] = "none"

    def fit(self, lesson: Lesson) -> Trained:
        """Return the fitted estimator: a copy is fitted, the object stays as it is."""
        from sklearn.base import clone

        made = clone(self.object, safe=False)
        if self.monotone == "sign":
            made = constrained(made, len(lesson.names))
        return _fitted(made, lesson, type(self.object).__name__)


def constrained(made: Any, factors: int) -> Any:
    """Return an estimator whose prediction never falls as a signed factor rises.

    Raises
    ------
    StrategyError
        It knows no such constraint.
    """
    known = made.get_params() if hasattr(made, "get_params") else {}
    if "monotonic_cst" in known:
        return made.set_params(monotonic_cst=[1] * factors)
    if "positive" in known:
        return made.set_params(positive=True)
    raise StrategyError(
        f"monotone 'sign': {type(made).__name__} knows no constraint (neither monotonic_cst nor "
        "positive); accepted: none"
    )


def as_combiner(value: Any, monotone: Literal["sign", "none"] = "none") -> Combiner:
    """Return a combination from one, its kind, or an estimator object.

    Raises
    ------
    StrategyError
        It is none of these, or has no ``predict``.
    """
    if isinstance(value, Combiner):
        return value
    if isinstance(value, str):
        known = Combiner.builtin()
        if value not in known or value == "estimator":
            named = ", ".join(one for one in known if one != "estimator")
            raise StrategyError(f"combination {value!r}; accepted: {named}, or an estimator object")
        return known[value]()  # type: ignore[return-value]
    check_estimator(value, "estimator")
    return Given(object=value, monotone=monotone)


def _fitted(made: Any, lesson: Lesson, name: str) -> Trained:
    x, y = lesson.pooled()
    try:
        with one_thread():
            fitted = made.fit(x, y)
    except ValueError as error:
        raise StrategyError(f"estimator {name}: fit: {error}") from error

    def predict(features: Any) -> Any:
        with one_thread():
            found = np.asarray(fitted.predict(features), dtype=np.float64)
        if found.shape != (len(features),) or not np.isfinite(found).all():
            raise StrategyError(
                f"estimator {name}: predict gave shape {found.shape}; accepted: a finite number "
                f"for each of {len(features)} rows"
            )
        return found

    return Trained(predict)
