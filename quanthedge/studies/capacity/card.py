"""The table of a capacity curve, which shows itself as a card."""

import re
from typing import Any

import pandas as pd

from quanthedge.cards import Card, Carded, Cell
from quanthedge.report import capacity_answer, done_sizes
from quanthedge.words import LANGUAGES, Bilingual, in_both, notation, texts

__all__ = ["CapacityCurve"]

_PART = re.compile(r"(?<=[;；]) ?")  # after which the answer speaks of the short
_SHOWN = ("gross", "net", "impact", "open_interest_share_most")


class CapacityCurve(Carded, pd.DataFrame):
    """The table of :func:`quanthedge.capacity_curve`; what is taken of it is a plain DataFrame."""

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def card(self) -> Card:
        """Return how much the strategy carries, size by size, and what to call next."""
        said, done = texts("quanthedge.studies.capacity", "card"), done_sizes(self)
        about = self.iloc[0]
        title = in_both(said["title"], strategy=about["strategy"], n=len(self))
        if done.empty:
            return Card(title, [in_both(said["none"], reason=about["reason"])], [], [])
        first = done.iloc[0]
        answers = {language: capacity_answer(self, language) for language in LANGUAGES}
        parts = {language: _PART.split(text, maxsplit=1) for language, text in answers.items()}
        facts: list[Bilingual] = [
            {str(language): part[at] for language, part in parts.items()} for at in (0, 1)
        ]
        facts.append(
            in_both(
                said["span"], first=first["first_day"], last=first["last_day"],
                market=about["market"], missing=len(self) - len(done),
            )
        )  # fmt: skip
        rows: list[tuple[Cell, ...]] = [
            (
                {
                    language: notation.large_yuan(float(str(size)), language)
                    for language in LANGUAGES
                },
                *(notation.percent(float(row[name])) for name in _SHOWN),
            )
            for size, row in done.iterrows()
        ]
        steps = [
            ("curve.T", said["all"]),
            ("result.with_capacity(curve).report(path)", said["kept"]),
            ("curve.to_csv(path)", said["file"]),
        ]
        heads = [said[name] for name in ("gross", "net", "impact", "short")]
        return Card(title, facts, rows, steps, heads=heads)
