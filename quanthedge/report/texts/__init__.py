"""Words of the report, one catalogue a language with the same keys."""

from typing import Any

from quanthedge.fund import METHODS
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["words"]


def words(language: Language) -> dict[str, Any]:
    """Return the catalogue of a language."""
    found = texts("quanthedge.report.texts", language)
    # a method of charging the fee brings its own name
    methods = {kind: method.names[language] for kind, method in METHODS.items()}
    return found | {"methods": methods, "terms": found["terms"] | {"methods": methods}}
