"""Names of the rule book's tables and rows in English and Chinese, for reports and notes."""

import re
from functools import cache
from typing import Any

from quanthedge.words import texts

__all__ = ["rule_names"]


def _names() -> dict[str, dict[str, Any]]:
    return texts("quanthedge.rules", "names")


@cache
def _pattern() -> re.Pattern[str]:
    """Return a pattern that finds the phrases of keys, the longest first, as whole words."""
    phrases = sorted(_names()["phrases"], key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, phrases)) + r")(?![\w-])")


def rule_names(table: str, key: str, language: str) -> tuple[str, str]:
    """Return what a table of the rule book is about, and what a row of it is about.

    A table that is not known has its own name; words of a key that are not known stay as they are.

    >>> rule_names("stock_fees", "transfer_fee SSE", "en")
    ('stock fees', 'transfer fee, Shanghai')
    >>> rule_names("fut_fees", "open_close IF;IH", "en")[1]
    'opening and closing, IF/IH'
    >>> rule_names("stock_price_limit", "main_sse ipo", "zh")[1]
    '沪市主板、新股'
    """
    names = _names()["tables"].get(table)
    return str(names[language]) if names else table, _row_name(key, language)


def _row_name(key: str, language: str) -> str:
    phrases, parts, at = _names()["phrases"], [], 0
    for match in _pattern().finditer(key):
        parts += [key[at : match.start()], str(phrases[match[0]][language])]
        at = match.end()
    parts.append(key[at:])
    joint = "、" if language == "zh" else ", "
    named = [part.strip().strip(";").replace(";", "/") for part in parts]
    return joint.join(part for part in named if part)
