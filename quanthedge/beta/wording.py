"""Names of the estimators of beta, English and Chinese."""

from quanthedge.words import texts

__all__ = ["estimator_text"]


def estimator_text(kind: str, language: str) -> str:
    """Return the name of an estimator.

    >>> estimator_text("ols", "en")
    'least squares'
    """
    return str(texts("quanthedge.beta", "wording")[kind][language])
