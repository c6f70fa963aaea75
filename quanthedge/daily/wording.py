"""The words of orders: sentences in both languages, from words.toml."""

from typing import Any

from quanthedge.typing import Language
from quanthedge.words import Bilingual, sentence, texts

__all__ = ["Note", "note", "told", "word"]

Note = Bilingual


def _words() -> dict[str, Any]:
    return texts("quanthedge.daily", "words")


def note(kind: str, **values: object) -> Note:
    """Return a note in both languages, with its kind."""
    return sentence(kind, _words()["note"][kind], **values)


def told(part: str, kind: str, **values: object) -> Bilingual:
    """Return a sentence of a part of words.toml in both languages, with its kind."""
    return sentence(kind, _words()[part][kind], **values)


def word(part: str, kind: str, language: Language, **values: object) -> str:
    """Return a word or sentence of a part of words.toml."""
    return str(_words()[part][kind][language]).format(**values)
