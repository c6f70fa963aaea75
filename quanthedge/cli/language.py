"""The one option of language: every command that prints or writes text has it.

A command asks for its language once, at its start; what is printed on its way then speaks it
(:func:`told`). Errors are raised in English, and told in it where ``errors.toml`` has them.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.errors import StrategyError
from quanthedge.words import default_language, texts

if TYPE_CHECKING:
    from quanthedge.typing import Language

__all__ = [
    "LANGUAGES",
    "AnyLanguage",
    "AnyLanguages",
    "language_asked",
    "language_of_environment",
    "languages_asked",
    "speak_as_the_environment",
    "spoken",
    "told",
]

LANGUAGES: "tuple[Language, ...]" = ("zh", "en")

AnyLanguage = Annotated[
    str | None,
    typer.Option("--language", help="zh or en; by default as the environment says."),
]
AnyLanguages = Annotated[
    str | None,
    typer.Option("--language", help="zh, en, or both: zh,en; by default as the environment says."),
]

_SPOKEN: "ContextVar[Language | None]" = ContextVar("language of the command", default=None)


def spoken() -> "Language":
    """Return the language that the command speaks."""
    return _SPOKEN.get() or language_of_environment()


def speak_as_the_environment() -> None:
    """Forget the language of a command before: another one begins."""
    _SPOKEN.set(None)


def told(table: str) -> dict[str, str]:
    """Return the texts of a table of words.toml in the language that the command speaks."""
    language = spoken()
    return {key: text[language] for key, text in texts("quanthedge.cli", "words")[table].items()}


def language_of_environment() -> "Language":
    """Return the language of QUANTHEDGE_LANGUAGE, LC_ALL, LC_MESSAGES or LANG: zh, else en."""
    return default_language()


def language_asked(text: str | None) -> "Language":
    """Return the language of an option, which the command speaks from here on.

    Without the option it is the environment's.

    Raises
    ------
    StrategyError
        It is neither zh nor en.
    """
    found = language_of_environment() if text is None else _known(text)
    if found is None:
        raise StrategyError(f"--language {text!r}: accepted: {', '.join(LANGUAGES)}")
    _SPOKEN.set(found)
    return found


def languages_asked(text: str | None, option: str = "--language") -> "list[Language]":
    """Return the languages of documents, each once; the command speaks the first.

    Without the option it is the environment's.

    Raises
    ------
    StrategyError
        A part is neither zh nor en.
    """
    if text is None:
        return [language_asked(None)]
    found = {part: _known(part) for part in text.split(",")}
    for part, language in found.items():
        if language is None:
            raise StrategyError(
                f"{option} {part.strip()!r}: accepted: {', '.join(LANGUAGES)}, or both: zh,en"
            )
    languages = list(dict.fromkeys(one for one in found.values() if one is not None))
    _SPOKEN.set(languages[0])
    return languages


def _known(text: str) -> "Language | None":
    return next((one for one in LANGUAGES if one == text.strip().lower()), None)
