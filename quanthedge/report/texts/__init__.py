"""Words of the report, one catalogue a language with the same keys."""

from typing import Any

from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["words"]


def words(language: Language) -> dict[str, Any]:
    """Return the catalogue of a language."""
    return texts("quanthedge.report.texts", language)
