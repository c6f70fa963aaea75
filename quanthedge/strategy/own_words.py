"""Words that a strategy's author wrote about it, held against what was changed afterwards.

A report made of parameters cannot be wrong about them; a name or a description written by hand can,
once ``--set`` has changed what it speaks of.
"""

import re
import warnings
from collections.abc import Iterator
from typing import Any

from quanthedge.errors import StrategyWarning

__all__ = ["warn_of_stale_words"]

_TEXTS = ("name", "name_zh", "description", "description_zh")
_COUNTS = (
    ("one", "一"), ("two", "两", "二"), ("three", "三"), ("four", "四"), ("five", "五"),
    ("six", "六"), ("seven", "七"), ("eight", "八"), ("nine", "九"), ("ten", "十"),
)  # fmt: skip
_CALLED = (  # what a text calls the values that a file writes as codes and keys
    ({"000300.SH", "IF"}, ("CSI 300", "CSI300", "沪深300", "沪深 300")),
    ({"000905.SH", "IC"}, ("CSI 500", "CSI500", "中证500", "中证 500")),
    ({"000852.SH", "IM"}, ("CSI 1000", "CSI1000", "中证1000", "中证 1000")),
    ({"000016.SH", "IH"}, ("SSE 50", "SSE50", "上证50", "上证 50")),
    ({"month"}, ("monthly", "a month", "every month", "每月", "月度")),
    ({"week"}, ("weekly", "a week", "every week", "每周", "周度")),
    ({"day"}, ("daily", "a day", "every day", "每日", "日度")),
)


def warn_of_stale_words(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Warn where name or description still state a value that a change has replaced.

    Parameters
    ----------
    before, after : dict
        A strategy as plain data, without and with the changes.
    """
    for place, old, new in _changed(before, after, ""):
        for key in _TEXTS:
            text = after.get(key)
            if not isinstance(text, str) or text != before.get(key):
                continue
            words = _spelt(old) + _called(old, after)
            found = next((word for word in words if _states(text, word)), None)
            if found is not None and not any(
                _states(text, word) for word in _spelt(new) + _called(new, {})
            ):
                warnings.warn(
                    f"{key} of the strategy says {found!r}, but {place} was changed to "
                    f"{_short(new)}; change it too (without a description the report words one)",
                    StrategyWarning,
                    stacklevel=3,
                )


def _changed(before: Any, after: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the keys whose values differ; of a list of another length its length."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys():
            yield from _changed(before[key], after[key], f"{place}.{key}" if place else str(key))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield f"the number of {place}", len(before), len(after)
        else:
            for k, pair in enumerate(zip(before, after, strict=True)):
                yield from _changed(*pair, f"{place}.{k}")
    elif before != after and place not in _TEXTS:
        yield place, before, after


def _spelt(value: Any) -> list[str]:
    """Return how a text may state a value."""
    if isinstance(value, bool):
        return []
    if isinstance(value, str):
        return [value] if value else []
    if not isinstance(value, int | float):
        return []
    spelt = [f"{value:g}", f"{value:,.10g}"]
    if 0 < abs(value) < 1:
        spelt.append(f"{value * 100:g}%")
    if value in range(1, len(_COUNTS) + 1):
        spelt += _COUNTS[int(value) - 1]
    return spelt


def _called(value: Any, after: Any) -> list[str]:
    """Return what a text may call a code or key; nothing where the strategy still has it."""
    found = next((pair for pair in _CALLED if isinstance(value, str) and value in pair[0]), None)
    if found is None or not found[0].isdisjoint(_texts_in(after)):
        return []
    return list(found[1])


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(one)
    elif isinstance(value, str):
        yield value


def _states(text: str, word: str) -> bool:
    """Return whether a text holds a word or number as a whole."""
    if not word.isascii():
        return word in text
    return bool(re.search(rf"(?<![\w.,]){re.escape(word)}(?![\w%]|[.,]\d)", text, re.IGNORECASE))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
