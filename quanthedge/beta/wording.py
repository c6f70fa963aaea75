"""Names of the estimators of beta, English and Chinese."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["estimator_text"]


@cache
def _texts() -> dict[str, Any]:
    source = files("quanthedge.beta").joinpath("wording.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def estimator_text(kind: str, language: str) -> str:
    """Return the name of an estimator.

    >>> estimator_text("ols", "en")
    'least squares'
    """
    return str(_texts()[kind][language])
