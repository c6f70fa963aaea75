"""Names of the estimators of beta, English and Chinese."""

from collections.abc import Mapping
from typing import Any

from quanthedge.beta.base import BetaEstimator
from quanthedge.kinds import is_own, own_name, read_catalogue
from quanthedge.typing import Language

__all__ = ["estimator_text"]


def estimator_text(estimator: BetaEstimator | Mapping[str, Any] | str, language: Language) -> str:
    """Return the name of an estimator: of the object, its values by name, or its kind.

    >>> estimator_text("ols", "en"), estimator_text({"kind": "my_betas:Mine"}, "zh")
    ('least squares', 'Mine（自有估计方法）')
    """
    if is_own(estimator):
        return own_name(estimator, "estimator", language)
    if isinstance(estimator, Mapping):
        estimator = str(estimator["kind"])
    kind = estimator if isinstance(estimator, str) else estimator.kind
    return read_catalogue("quanthedge.beta").name(kind, language)
