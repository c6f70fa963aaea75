"""The sentences of the package: each room has its own in a TOML file, and this reads them all.

A text stands in both languages, in one of three ways: as a table of ``en`` and ``zh``; as keys that
end in ``_en`` and ``_zh``; or in two files, ``en.toml`` and ``zh.toml``, with the same keys.
A placeholder of the one stands in the other: tests/test_words.py holds every file to that.
"""

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from quanthedge.errors import QuantHedgeError, StrategyError
from quanthedge.words import notation

if TYPE_CHECKING:
    from quanthedge.typing import Language

__all__ = [
    "LANGUAGES", "Bilingual", "default_language", "error_said", "filled", "in_both",
    "retold", "sentence", "texts",
]  # fmt: skip

LANGUAGES: "Final[tuple[Language, ...]]" = ("en", "zh")
Bilingual = dict[str, str]  # a text by language, and under "kind" what it is about

_ASKED = "QUANTHEDGE_LANGUAGE"
_OF_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")
_CHINESE_WINDOWS = 0x04  # primary language of a Windows language identifier


def default_language() -> "Language":
    """Return the language that texts are shown in where none is asked for.

    The environment's ``QUANTHEDGE_LANGUAGE`` decides; without it the first of ``LC_ALL``,
    ``LC_MESSAGES`` and ``LANG`` that is set, and on Windows, where none is, the language of the
    system. Chinese of any country is ``"zh"``, everything else ``"en"``.

    Raises
    ------
    StrategyError
        ``QUANTHEDGE_LANGUAGE`` is neither Chinese nor English.

    Examples
    --------
    >>> default_language() in LANGUAGES
    True
    """
    asked = os.environ.get(_ASKED, "").strip().lower()
    if asked:
        for language in LANGUAGES:
            if asked[:2] == language and not asked[2:3].isalpha():
                return language
        raise StrategyError(f"{_ASKED}={asked!r}: accepted: zh, en")
    told = next((told for told in map(os.environ.get, _OF_SYSTEM) if told), None)
    if told is not None:
        return "zh" if told.lower().startswith("zh") else "en"
    if sys.platform == "win32":
        import ctypes

        identifier = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return "zh" if identifier & 0x3FF == _CHINESE_WINDOWS else "en"
    return "en"


@cache
def texts(package: str, name: str) -> dict[str, Any]:
    """Return the texts of a file, read once.

    Parameters
    ----------
    package
        The room that the file lies in, as in ``quanthedge.beta``.
    name
        Of the file, without its ending.

    Examples
    --------
    >>> texts("quanthedge.beta", "catalogue")["ols"]["en"]
    'least squares'
    """
    source = files(package).joinpath(f"{name}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def filled(text: str, language: "Language", /, **values: object) -> str:
    """Return a text with its placeholders filled; a date as the language writes it in a sentence.

    >>> filled("截至 {day}", "zh", day=date(2015, 3, 31))
    '截至 2015年3月31日'
    """
    return text.format(**{name: _told(value, language) for name, value in values.items()})


def _told(value: object, language: "Language") -> object:
    of_numpy = type(value).__name__ == "datetime64"  # which is not loaded for a word
    day = getattr(value, "item")() if of_numpy else value  # noqa: B009 -- not of every object
    return notation.day(day, language) if isinstance(day, date) else value


def in_both(text: Mapping[str, str], /, **values: object) -> Bilingual:
    """Return a text in both languages, with its placeholders filled by :func:`filled`.

    >>> in_both({"en": "{n} days", "zh": "{n} 天"}, n=3)
    {'en': '3 days', 'zh': '3 天'}
    """
    return {code: filled(str(text[code]), code, **values) for code in LANGUAGES}


def sentence(kind: str, text: Mapping[str, str], /, **values: object) -> Bilingual:
    """Return a text in both languages, with its kind first.

    >>> sentence("loan", {"en": "a loan of {size}", "zh": "借款 {size}"}, size="10%")["kind"]
    'loan'
    """
    return {"kind": kind, **in_both(text, **values)}


def retold(text: str, language: "Language", package: str, name: str) -> str:
    """Return an English text of the code in a language; one that is not known stays as it is.

    The file has pairs of sentences with the same placeholders. What stands in a placeholder may be
    a text of the file itself, and in ``{reason}`` an error.

    >>> retold("buyer 0%, seller 0.1%", "zh", "quanthedge.rules", "wording")
    '买方 0%，卖方 0.1%'
    """
    if language == "en":
        return text
    for pattern, other in _sentences(package, name):
        found = pattern.fullmatch(text)
        if found is not None:
            parts = {
                key: error_said(part, language)
                if key == "reason"
                else retold(part, language, package, name)
                for key, part in found.groupdict().items()
            }
            return other.format(**parts)
    return text


def error_said(error: QuantHedgeError | str, language: "Language") -> str:
    """Return what an error says in a language; what ``errors.toml`` does not know stays English.

    An error that brings its own Chinese says that. Of any other, and of a text by itself, the
    message in the code is the one source: it is known by its English, and only what
    stands in the places of ``_TOLD_AGAIN``, sentences and lists of what is accepted, is told
    again. Names and values that came in stay as they are.

    >>> error_said("mine.csv: no such file", "zh")
    'mine.csv：文件不存在'
    >>> error_said("strategy mine.toml: selector.m: unknown key; and 2 more", "zh")
    '策略 mine.toml：selector.m：未知的键；另有 2 处'
    >>> error_said("what nobody has told yet", "zh")
    'what nobody has told yet'
    """
    if language == "en":
        return str(error)
    own = error.zh if isinstance(error, QuantHedgeError) else ""
    return own or _chinese(str(error))


@lru_cache(maxsize=4096)  # what stands in the places is looked for again and again
def _chinese(text: str) -> str:
    language: Language = "zh"
    for words, pattern, other in _errors():
        found = _compiled(pattern).fullmatch(text) if _in_order(words, text) else None
        if found is None:
            continue
        parts = found.groupdict()
        again = {name: parts[name] for name in _TOLD_AGAIN if name in parts}
        told = {name: _told_again(name, part, language) for name, part in again.items()}
        known = told.get("what", "") != again.get("what", "") if "what" in again else told != again
        if again and not known and not _says(words):
            continue  # a bracket around a sentence that is not known: nothing is gained
        chinese_part = told.get("part") != parts.get("part")  # no blank between Chinese words
        said = re.sub(r"\{part\} (?!\{)", "{part}", other) if chinese_part else other
        return said.format(**parts | told)
    return text


def _in_order(words: tuple[str, ...], text: str) -> bool:
    """Return whether a text has the words of a pattern one after the other: a look, no search."""
    at = 0
    for word in words:
        at = text.find(word, at) + len(word)
        if at < len(word):
            return False
    return text.startswith(words[0]) and text.endswith(words[-1])


def _says(words: tuple[str, ...]) -> bool:
    """Return whether a pattern has words of its own, beside keys and what was found."""
    return any(re.search(r"[a-z]{3}", word.replace("found", "")) for word in words)


def _told_again(name: str, part: str, language: "Language") -> str:
    """Return a part of an error that is a sentence itself, or several of them."""
    if name == "faults":
        return "；".join(_each_told(part.split("; "), language))
    told = error_said(part, language)
    if name in ("accepted", "choices", "span"):
        told = _AND_TO.sub(lambda word: {"or": "或", "to": "至"}[word[0]], told)
    if name == "accepted" and told == part:
        kinds = part.split(" or ")
        chinese = [error_said(kind, language) for kind in kinds]
        pairs = zip(chinese, kinds, strict=True)
        known = all(one != kind or _VALUE.match(kind) for one, kind in pairs)
        told = " 或 ".join(chinese) if known else told
    return told


def _each_told(pieces: list[str], language: "Language") -> Iterator[str]:
    """Yield several errors one by one: the shortest row of pieces that is known is one error."""
    while pieces:
        for count in range(1, len(pieces) + 1):
            english = "; ".join(pieces[:count])
            if (told := error_said(english, language)) != english:
                break
        else:
            count, told = 1, pieces[0]
        yield told
        pieces = pieces[count:]


def _in_environment(error: QuantHedgeError) -> str:
    """Return an error in the language of the environment; English where that cannot be told."""
    try:
        return error_said(error, default_language())
    except StrategyError:
        return str(error)


QuantHedgeError.said = staticmethod(_in_environment)


# sentences and lists that an error holds, and the words between numbers and texts in quotes
_TOLD_AGAIN: Final = (
    *("what", "why", "faults", "part"),
    *("accepted", "choices", "names", "span", "first", "last"),
)
_AND_TO: Final = re.compile(r"(?<=['\"] )or(?= ['\"])|(?<=\d )to(?= \d)")

_VALUE: Final = re.compile(r"'|True$|False$")  # which is the same in every language

_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")


@cache
def _sentences(package: str, name: str) -> "tuple[tuple[re.Pattern[str], str], ...]":
    """Return the English sentences of a file as patterns, whole ones and long ones first."""
    pairs = sorted(
        _pairs(texts(package, name)), key=lambda pair: ("{" in pair[0], -_letters(pair[0]))
    )
    return tuple(
        (re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(english)), re.DOTALL), chinese)
        for english, chinese in pairs
    )


@cache
def _errors() -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """Return what errors say: words between places, pattern, Chinese.

    A key has no blanks, a part no colon, another place as little as fits.
    """
    pairs = sorted(
        _pairs(texts("quanthedge", "errors")),
        key=lambda pair: ("{" in pair[0], _rank(pair[0]), -_letters(pair[0])),
    )
    choice = r"(?:'[^']*'|-?[\d.]+)"
    held = {
        "key": r"\S+?",
        "choices": f"{choice}(?:(?:, | or ){choice})*",
        "shape": r"\([\d, ]*\)",  # of an array
        "part": r"[^:]+?",
        "quoted": r"'[^']*'",
    }
    return tuple(
        (
            tuple(re.split(r"\{\w+\}", english)),
            _PLACE.sub(
                lambda place: rf"(?P<{place[1]}>{held.get(place[1], '.+?')})", re.escape(english)
            ),
            chinese,
        )
        for english, chinese in pairs
    )


@cache
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.DOTALL)


def _rank(english: str) -> int:
    """Return when an error's pattern is tried: what names its subject before what only has one.

    A sentence that begins with words of its own comes before one that begins with a place, which
    would take those words for it.
    """
    if "{faults}" in english:
        return 1
    if english.startswith("strategy "):
        return 0
    if english.startswith("{key}: {what}"):  # a key of a strategy, then any sentence
        return 3
    return 4 if english.startswith("{") else 2


def _pairs(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in found.values():
        if LANGUAGES[0] in one:
            yield str(one["en"]), str(one["zh"])
        else:
            yield from _pairs(one)


def _letters(english: str) -> int:
    return len(re.sub(r"\{\w+\}", "", english))
