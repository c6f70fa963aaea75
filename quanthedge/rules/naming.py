"""Names of the rule book's tables and rows in English and Chinese, for reports and notes."""

import re
from functools import cache
from typing import Any

from quanthedge.words import texts

__all__ = ["rule_name", "table_name"]


def _names() -> dict[str, dict[str, Any]]:
    return texts("quanthedge.rules", "names")


@cache
def _pattern() -> re.Pattern[str]:
    """Return a pattern that finds the phrases of keys, the longest first, as whole words."""
    phrases = sorted(_names()["phrases"], key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, phrases)) + r")(?![\w-])")


def table_name(table: str, language: str) -> str:
    """Return what a table of the rule book is about, or its own name where it is not known.

    >>> table_name("stock_stamp_duty", "en")
    'stamp duty'
    """
    names = _names()["tables"].get(table)
    return str(names[language]) if names else table


def rule_name(key: str, language: str) -> str:
    """Return what a row of the rule book is about; words that are not known stay as they are.

    >>> rule_name("transfer_fee SSE", "en"), rule_name("open_close IF;IH", "en")
    ('transfer fee, Shanghai', 'opening and closing, IF/IH')
    >>> rule_name("main_sse ipo", "zh")
    '沪市主板、新股'
    """
    phrases, parts, at = _names()["phrases"], [], 0
    for match in _pattern().finditer(key):
        parts += [key[at : match.start()], str(phrases[match[0]][language])]
        at = match.end()
    parts.append(key[at:])
    joint = "、" if language == "zh" else ", "
    named = [part.strip().strip(";").replace(";", "/") for part in parts]
    return joint.join(part for part in named if part)
