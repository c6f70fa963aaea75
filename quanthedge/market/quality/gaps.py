"""Gaps of the coverage map, in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quanthedge.market.quality.coverage import CoverageRow
from quanthedge.typing import Language
from quanthedge.words import retold, texts

__all__ = ["complete", "counted", "gaps_in_words", "months_in_words"]

Array = np.ndarray[Any, Any]
_FULL = 0.95  # suspensions alone keep shares a little below 1


def gaps_in_words(
    rows: Sequence[CoverageRow], months: Array, language: Language = "en"
) -> list[str]:
    """Return one sentence for each row that is not complete.

    >>> months = np.arange("2014-01", "2014-05", dtype="datetime64[M]")
    >>> row = CoverageRow("cash_rate", "days with a rate", np.array([0, 20, 20, 0]), np.full(4, 20))
    >>> gaps_in_words([row], months)
    ['cash_rate, days with a rate: none in 2014-01, 2014-04']
    >>> gaps_in_words([row], months, "zh")
    ['cash_rate，有利率的交易日：2014-01、2014-04 整月缺失']
    """
    words, sentences = _words(language), []
    for row in rows:
        parts = _none(row, months, language) + _low(row, months, language)
        if parts:
            name, told = counted(row.name, language), words["part"].join(parts)
            sentences.append(words["sentence"].format(group=row.group, name=name, parts=told))
    return sentences


def counted(text: str, language: Language) -> str:
    """Return what is counted in a language."""
    return retold(text, language, "quanthedge.market.quality", "counted")


def _words(language: Language) -> dict[str, str]:
    known = texts("quanthedge.market.quality", "report")
    told = {name: str(text[language]) for name, text in known["gap"].items()}
    return told | {"span": str(known["lines"]["span"][language])}


def complete(rows: Sequence[CoverageRow]) -> list[CoverageRow]:
    """Return the shares that are at least _FULL in every month in which anything is expected."""
    return [row for row in rows if row.expected is not None and _lowest(row) >= _FULL]


def _lowest(row: CoverageRow) -> float:
    share = row.share[~np.isnan(row.share)]
    return float(share.min()) if len(share) else 1.0


def _none(row: CoverageRow, months: Array, language: Language) -> list[str]:
    if row.group == "corporate_actions":  # months without an event are no gap
        return []
    wanted = np.ones(len(months), dtype=bool) if row.expected is None else row.expected > 0
    empty = wanted & (row.found == 0)
    if not empty.any():
        return []
    return [_words(language)["none"].format(months=months_in_words(months[empty], language))]


def _low(row: CoverageRow, months: Array, language: Language) -> list[str]:
    if row.expected is None:
        return []
    share = row.share
    low = (row.found > 0) & (share < _FULL)
    if not low.any():
        return []
    worst = int(np.flatnonzero(low)[np.argmin(share[low])])
    some = int(np.count_nonzero(row.found > 0))
    words = _words(language)
    where = words["some"].format(count=int(low.sum()), all=some)
    return [
        words["low"].format(
            share=_FULL, where=words["every"] if low.sum() == some else where,
            median=np.median(share[low]), lowest=share[worst], month=months[worst],
            found=row.found[worst], expected=row.expected[worst],
        )
    ]  # fmt: skip


def months_in_words(months: Array, language: Language = "en") -> str:
    """Write months as stretches: "2014-01 to 2014-03, 2014-07"."""
    numbers = months.astype("datetime64[M]").astype(np.int64)
    cuts = np.flatnonzero(np.diff(numbers) > 1) + 1
    words = _words(language)
    return words["between"].join(
        words["span"].format(first=part[0], last=part[-1]) if len(part) > 1 else str(part[0])
        for part in np.split(months, cuts)
        if len(part)
    )
