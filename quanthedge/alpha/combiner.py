"""What every combination is: parameters, and a training that gives a prediction."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from quanthedge.alpha.study import Lesson
from quanthedge.errors import StrategyError
from quanthedge.kinds import Kinded, own_name
from quanthedge.typing import Floats, Language
from quanthedge.words import texts

__all__ = ["Combiner", "Trained", "check_estimator", "trained"]


class Trained(NamedTuple):
    """What came out of a training.

    Attributes
    ----------
    predict : callable
        Features [n, K] -> predictions [n].
    weights : float64 [K], optional
        Weight of each feature where the prediction is a weighted sum.
    """

    predict: Callable[[NDArray[np.floating]], Floats]
    weights: Floats | None = None


class Combiner(Kinded, noun="combination"):
    """From features to one prediction; trained on the past, again and again.

    A field of this type takes a combination of ours by its ``kind``, or one of a user's own: a
    class derived from this one that defines :meth:`estimator`, with its parameters as fields::

        class Robust(Combiner):
            epsilon: float = 1.35

            def estimator(self):
                from sklearn.linear_model import HuberRegressor
                return HuberRegressor(epsilon=self.epsilon)

    Sizes are counted in rebalances.
    """

    needed: ClassVar[tuple[str, ...]] = ("estimator",)
    default_kind: ClassVar[str] = "family_equal"
    learns: ClassVar[bool] = True

    first: int = Field(default=36, ge=2, description="Rebalances before the first prediction.")
    retrain: int = Field(default=12, ge=1, description="Rebalances between trainings.")
    window: int | None = Field(
        default=None, ge=2, description="Rebalances of a training; all of the past by default."
    )
    purge: int = Field(
        default=1,
        ge=0,
        description="Rebalances left out before a training, at least the length of a label.",
    )
    embargo: int = Field(default=0, ge=0, description="Further rebalances left out.")

    @classmethod
    def builtin(cls) -> dict[str, type[Kinded]]:
        """Return the combinations of ours by kind, but the one that holds an object."""
        return {kind: one for kind, one in super().builtin().items() if kind != "given"}

    def estimator(self) -> Any:
        """Return a fresh estimator in scikit-learn's manner, with ``fit`` and ``predict``."""
        raise StrategyError(f"{type(self).__name__} is no combination: it defines no estimator")

    def fit(self, lesson: Lesson) -> Trained:
        """Train on a lesson: all pairs pooled, missing features 0."""
        with self.own_errors("estimator"):
            made = self.estimator()
        check_estimator(made, f"combination {self.kind}")
        x, y = lesson.pooled()
        with self.own_errors("fit"):
            fitted = made.fit(x, y)
        return Trained(lambda features: _numbers(self, fitted.predict, features))

    def called(self, language: Language) -> str:
        """Return what the combination is called.

        >>> from quanthedge.alpha.weights import Ridge
        >>> Ridge().called("en"), Ridge().called("zh")
        ('ridge regression', '岭回归')
        """
        return own_name(self, "combination", language) if self.own else self._text(language)

    def _text(self, language: Language) -> str:
        """Return what its kind is called in ``words.toml``."""
        return str(texts("quanthedge.alpha", "words")["kinds"][self.kind][language])


def trained(combiner: Combiner, lesson: Lesson) -> Trained:
    """Train a combination, and refuse a lesson without pairs.

    Raises
    ------
    StrategyError
        There is nothing to learn from, or the estimator fails.
    """
    if combiner.learns and not lesson.study.learnable[lesson.train].any():
        raise StrategyError(
            f"combination {combiner.kind}: no stock of the universe has a label that was known in "
            f"time on any of {lesson.train.size} rebalances; start later, or check the universe"
        )
    return combiner.fit(lesson)


def check_estimator(made: Any, where: str) -> None:
    """Refuse what is no estimator of numbers.

    Raises
    ------
    StrategyError
        It has no ``fit`` or no ``predict``, or is a class instead of an object.
    """
    if isinstance(made, type):
        raise StrategyError(f"{where}: {made.__name__} is a class; accepted: an object of it")
    missing = [name for name in ("fit", "predict") if not callable(getattr(made, name, None))]
    if missing:
        raise StrategyError(
            f"{where}: {type(made).__name__} has no {' and no '.join(missing)}; accepted: an "
            "estimator in scikit-learn's manner, with fit(X, y) and predict(X)"
        )


def _numbers(
    combiner: Combiner, predict: Callable[[Any], Any], features: NDArray[np.floating]
) -> Floats:
    with combiner.own_errors("predict"):
        found = np.asarray(predict(features))
    if found.shape != (len(features),) or found.dtype.kind not in "fiu":
        raise StrategyError(
            f"combination {combiner.kind}: predict gave {found.dtype} of shape {found.shape}; "
            f"accepted: a number for each of {len(features)} rows"
        )
    if not np.isfinite(found).all():
        raise StrategyError(
            f"combination {combiner.kind}: predict gave {int((~np.isfinite(found)).sum())} values "
            "that are no finite numbers"
        )
    return found.astype(np.float64)
