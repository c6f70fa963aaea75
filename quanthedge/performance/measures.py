"""The statistics of a run as one ordered collection, each with its unit and its definition.

The names and formulas, in English and Chinese, stand in ``measures.toml`` beside this module.
"""

import difflib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from quanthedge.cards import Card, Carded, Cell
from quanthedge.errors import DataError
from quanthedge.performance.relation import Estimate
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, Bilingual, in_both, notation, texts

__all__ = [
    "MINIMUM_DAYS",
    "Measure",
    "MeasureWriter",
    "Summary",
    "Unit",
    "Value",
]

Unit = Literal["fraction", "yuan", "unit_value", "ratio", "coefficient", "days", "date", "count"]
Value = float | int | date | None
MINIMUM_DAYS = 20


def _named(formula: str, variant: str, language: Language) -> str:
    known = Measure.definitions()
    name = str(known["measures"][formula][language])
    if not variant:
        return name
    told = str(known["variants"][variant][language])
    return f"{name}（{told}）" if language == "zh" else f"{name} ({told})"


@dataclass(frozen=True)
class Measure:
    """One number about the run.

    Attributes
    ----------
    key : str
        Unique: the definition's id, followed by its variant where there is one.
    value : float, int, date or None
        None when it cannot be stated; ``reason`` says why.
    unit : str
        fraction, yuan, unit_value (yuan a unit), ratio, coefficient (correlation or beta), days,
        date or count.
    formula : str
        Id of the definition in ``measures.toml``.
    variant : str
        net, gross, index, daily, a cost line, a reason ..., or empty.
    chapter : str
        period, return, risk, neutrality, trading or costs.
    estimate : Estimate or None
        Standard error and 95% interval where the value is an estimate.
    reason : str or None
        Id of the reason why there is no value.
    """

    key: str
    value: Value
    unit: Unit
    formula: str
    variant: str
    chapter: str
    estimate: Estimate | None = None
    reason: str | None = None

    @staticmethod
    def definitions() -> dict[str, Any]:
        """Return the texts of ``measures.toml``: chapters, measures, variants, reasons, units."""
        return texts("quanthedge.performance", "measures")

    @classmethod
    def name(cls, key: str, language: Language) -> str:
        """Return what a measure is called, known by its key alone; a key of none stays as it is.

        Examples
        --------
        >>> Measure.name("sharpe_net", "en"), Measure.name("max_drawdown_net", "zh")
        ('Sharpe ratio (net)', '最大回撤（费后）')
        >>> Measure.name("trading_days", "en"), Measure.name("no_such_net", "en")
        ('Trading days', 'no_such_net')
        """
        known = cls.definitions()
        for formula in sorted(known["measures"], key=len, reverse=True):
            if key == formula:
                return _named(formula, "", language)
            variant = key.removeprefix(f"{formula}_")
            if variant != key and variant in known["variants"]:
                return _named(formula, variant, language)
        return key

    def label(self, language: Language = "en") -> str:
        """Return the name of the measure."""
        return _named(self.formula, self.variant, language)

    def formula_text(self, language: Language = "en") -> str:
        """Return the definition with its formula and day count."""
        return str(Measure.definitions()["measures"][self.formula][f"formula_{language}"])

    def text(self, language: Language = "en") -> str:
        """Return the value as it is printed, or why there is none."""
        if self.value is None:
            return str(Measure.definitions()["reasons"][self.reason or "undefined"][language])
        return notation.figure(self.value, self.unit)


class Summary(Carded):
    """The statistics of a run, in reading order, grouped by chapter.

    ``summary["annual_return_net"]`` is a :class:`Measure`, ``summary.value(key)`` its value;
    shown it is a card of the first ones, :meth:`text` tells all of them, :meth:`to_frame` and
    :meth:`to_dict` give the numbers.
    """

    def __init__(self, measures: list[Measure]) -> None:
        self._measures = {measure.key: measure for measure in measures}

    def __getitem__(self, key: str) -> Measure:
        if key not in self._measures:
            near = difflib.get_close_matches(str(key), self._measures, n=3)
            raise DataError(
                f"summary: no measure {key!r}; "
                + (f"did you mean {', '.join(near)}?" if near else "see summary.to_frame()")
            )
        return self._measures[key]

    def __contains__(self, key: object) -> bool:
        return key in self._measures

    def __iter__(self) -> Iterator[Measure]:
        return iter(self._measures.values())

    def __len__(self) -> int:
        return len(self._measures)

    def value(self, key: str) -> Value:
        """Return the value of one measure; None when it cannot be stated."""
        return self[key].value

    def chapters(self) -> dict[str, list[Measure]]:
        """Return the measures of each chapter, in order."""
        grouped: dict[str, list[Measure]] = {}
        for measure in self:
            grouped.setdefault(measure.chapter, []).append(measure)
        return grouped

    def to_frame(self, language: Language = "en") -> pd.DataFrame:
        """Return one row a measure, indexed by key.

        Returns
        -------
        DataFrame
            chapter, name, value (as it is), unit, text (as printed), standard_error, low, high,
            observations (where the value is an estimate), formula.
        """
        rows = [
            {
                "key": measure.key,
                "chapter": measure.chapter,
                "name": measure.label(language),
                "value": measure.value,
                "unit": measure.unit,
                "text": measure.text(language),
                "standard_error": measure.estimate.standard_error if measure.estimate else None,
                "low": measure.estimate.low if measure.estimate else None,
                "high": measure.estimate.high if measure.estimate else None,
                "observations": measure.estimate.observations if measure.estimate else None,
                "formula": measure.formula_text(language),
            }
            for measure in self
        ]
        return pd.DataFrame(rows).set_index("key")

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return ``{key: {value, unit, chapter, ...}}`` with plain JSON values and no NaN."""
        result: dict[str, dict[str, Any]] = {}
        for measure in self:
            value = measure.value
            entry: dict[str, Any] = {
                "value": value.isoformat() if isinstance(value, date) else value,
                "unit": measure.unit,
                "chapter": measure.chapter,
            }
            if measure.estimate is not None:
                entry["observations"] = measure.estimate.observations
                if value is not None:
                    entry["standard_error"] = measure.estimate.standard_error
                    entry["interval_95"] = [measure.estimate.low, measure.estimate.high]
            if value is None:
                entry["reason"] = measure.reason
            result[measure.key] = entry
        return result

    def card(self) -> Card:
        """Return the few figures that are asked for first."""
        return _card(self)

    def text(self, language: Language = "en") -> str:
        """Return every measure by chapter, one a line, estimates with their 95% interval."""
        lines = []
        width = max(len(measure.label(language)) for measure in self)
        for chapter, measures in self.chapters().items():
            lines.append(f"\n{Measure.definitions()['chapters'][chapter][language]}")
            for measure in measures:
                note, name = _interval(measure), measure.label(language)
                lines.append(f"  {name:<{width}}  {measure.text(language):>16}{note}".rstrip())
        return "\n".join(lines).lstrip("\n")


def _card(summary: Summary) -> Card:
    """Return a card of statistics: net, before fund fees and index side by side."""
    said = texts("quanthedge.performance", "card")
    return Card(
        said["title"],
        _neutrality(summary),
        _rows(summary),
        [
            ('summary["sharpe_net"]', said["one"]),
            ("summary.to_frame()", in_both(said["all"], n=len(summary))),
            ("print(summary.text())", said["text"]),
        ],
        heads=[said[basis] for basis in _BASES],
    )


_BASES = ("net", "gross", "index")
_ROWS = ("return", "annual_return", "volatility", "sharpe", "max_drawdown")


def _rows(summary: Summary) -> list[tuple[Cell, ...]]:
    """Return the rows of a card: each measure net, before fund fees and of the index."""
    known = Measure.definitions()["measures"]
    return [
        (
            {code: str(known[name][code]) for code in LANGUAGES},
            *(_in_both_as_printed(summary[f"{name}_{basis}"]) for basis in _BASES),
        )
        for name in _ROWS
        if all(f"{name}_{basis}" in summary for basis in _BASES)
    ]


def _neutrality(summary: Summary) -> list[Bilingual]:
    """Return the sentence on how a fund moves with its index, where there are days enough."""
    linked, slope = summary["correlation_accrued_weekly"], summary["beta_weekly"]
    if linked.value is None or slope.value is None or not linked.estimate or not slope.estimate:
        return []
    said = texts("quanthedge.performance", "card")
    return [
        in_both(
            said["neutral"], correlation=linked.value, beta=slope.value,
            low=linked.estimate.low, high=linked.estimate.high,
            beta_low=slope.estimate.low, beta_high=slope.estimate.high,
        )
    ]  # fmt: skip


def _in_both_as_printed(measure: Measure) -> Bilingual:
    return {code: measure.text(code) for code in LANGUAGES}


def _interval(measure: Measure) -> str:
    if measure.estimate is None or measure.value is None:
        return ""
    return f"  [{measure.estimate.low:.3f}, {measure.estimate.high:.3f}]"


class MeasureWriter:
    """Collects measures; turns NaN into None with a reason."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.chapter = ""
        self.measures: list[Measure] = []

    def add(
        self,
        formula: str,
        value: float | date | None,
        unit: Unit,
        *,
        variant: str = "",
        reason: str = "undefined",
        least_days: int = 0,
        estimate: Estimate | None = None,
    ) -> None:
        """Append one measure."""
        missing: str | None = None
        if self.days < least_days:
            value, missing = None, "too_short"
        elif value is None or (isinstance(value, float) and not math.isfinite(value)):
            value, missing = None, reason
        elif isinstance(value, pd.Timestamp):
            value = value.date()
        key = f"{formula}_{variant}" if variant else formula
        self.measures.append(
            Measure(key, value, unit, formula, variant, self.chapter, estimate, missing)
        )
