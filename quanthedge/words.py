"""The sentences of the package: each room has its own in a TOML file, and this reads them all.

A text stands in both languages, in one of three ways: as a table of ``en`` and ``zh``; as keys that
end in ``_en`` and ``_zh``; or in two files, ``en.toml`` and ``zh.toml``, with the same keys.
A placeholder of the one stands in the other: tests/test_words.py holds every file to that.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from quanthedge.typing import Language

__all__ = ["LANGUAGES", "Bilingual", "in_both", "sentence", "texts"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
Bilingual = dict[str, str]  # a text by language, and under "kind" what it is about


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


def in_both(text: Mapping[str, str], /, **values: object) -> Bilingual:
    """Return a text in both languages, with its placeholders filled.

    >>> in_both({"en": "{n} days", "zh": "{n} 天"}, n=3)
    {'en': '3 days', 'zh': '3 天'}
    """
    return {code: str(text[code]).format(**values) for code in LANGUAGES}


def sentence(kind: str, text: Mapping[str, str], /, **values: object) -> Bilingual:
    """Return a text in both languages, with its kind first.

    >>> sentence("loan", {"en": "a loan of {size}", "zh": "借款 {size}"}, size="10%")["kind"]
    'loan'
    """
    return {"kind": kind, **in_both(text, **values)}
