"""What a sweep shows of itself: its runs, the first by their figure, and what to call next."""

from typing import TYPE_CHECKING, Any

from quanthedge.batch.judgement import parameter_name
from quanthedge.cards import Card, Cell
from quanthedge.performance import Measure
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, Bilingual, in_both, texts

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.batch.sweeping import Sweep

__all__ = ["sweep_card"]

_SHOWN = 5


def sweep_card(sweep: "Sweep") -> Card:
    """Return the card of a sweep."""
    said, table = texts("quanthedge.batch", "card"), sweep.table
    counts = in_both(
        said["counts"], runs=f"{len(table):,}", failed=f"{len(sweep.failures):,}",
        folder=sweep.store.folder,
    )  # fmt: skip
    steps = [
        ("sweep.judgement()", said["judgement"]),
        ("sweep.table", said["table"]),
        ("sweep.failures", said["failures"]),
        ('sweep.report("sweep.html")', said["page"]),
    ]
    title = in_both(said["sweep"], id=sweep.id)
    if not len(table):
        return Card(title, [counts, said["none"]], [], steps[2:3])
    differ = [name for name in table.columns[: table.columns.get_loc(sweep.by)] if "." in name]
    rows: list[tuple[Cell, ...]] = [
        (_differing(row, differ) or str(key), f"{row[sweep.by]:.4g}")
        for key, row in table.head(_SHOWN).iterrows()
    ]
    by: Bilingual = {code: Measure.name(sweep.by, code) for code in LANGUAGES}
    facts = [counts]
    if differ:
        facts.append({code: _varied(differ, said["varied"][code], code) for code in LANGUAGES})
    facts.append({code: said["ordered"][code].format(name=by[code], by=sweep.by) for code in by})
    return Card(title, facts, rows, steps, heads=[by])


def _differing(row: "pd.Series[Any]", names: list[str]) -> Bilingual | None:
    """Return what sets a run apart: its parameters by name, their values as a file has them."""
    return {
        code: _COMMA[code].join(f"{parameter_name(name, code)} {row[name]}" for name in names)
        for code in LANGUAGES
    } if names else None  # fmt: skip


def _varied(names: list[str], text: str, language: Language) -> str:
    """Return which parameters were varied, each with its place in a file."""
    bracket = {"en": "{0} ({1})", "zh": "{0}（{1}）"}[language]
    told = [parameter_name(name, language) for name in names]
    pairs = zip(told, names, strict=True)
    return text.format(
        keys=_LISTED[language].join(
            bracket.format(*pair) if pair[0] != pair[1] else pair[1] for pair in pairs
        )
    )


_COMMA, _LISTED = {"en": ", ", "zh": "，"}, {"en": ", ", "zh": "、"}
