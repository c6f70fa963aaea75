"""The sentences of the package in both languages, and how each writes numbers, days and amounts."""

from quanthedge.words import notation
from quanthedge.words.sentences import (
    LANGUAGES,
    Bilingual,
    default_language,
    error_said,
    filled,
    in_both,
    retold,
    sentence,
    texts,
)
from quanthedge.words.templates import templates

__all__ = [
    "LANGUAGES", "Bilingual", "default_language", "error_said", "filled", "in_both",
    "notation", "retold", "sentence", "templates", "texts",
]  # fmt: skip
